"""What Canvas says to a CSV and its rows, as data: every message, when it is given, and in which order.

Room: data and pure tests. `rule.py` says what a rule is, `when.py` how its condition is written, `cells.py` answers
questions on one value, `diagnoses.py` those of our own advice; the other files hold the rules, a family of CSV types
each, and `files.py` and `advice.py` what is said of whole files, and by us alone.

**Adding a rule** is one entry in the stage where Canvas asks it, and its text in the TOML file of the same name. The
catalog, the fast path's tests and the reference page follow from it.

**Stages.** The `stages` of a CSV type stand in Canvas's order. Between stages Canvas looks something up, so whoever
plays the database runs a stage (`stage_hits(type, "model", row)`), then its own look-ups, then the next stage. Rules
without a `when` stand in a stage at the place where Canvas asks them and never hit here. A stage with `given` applies
only when that is true of the database (`the account does not exist yet`): a run of all stages leaves it out. After
the stage with `drops_deletes`, the import option `skip_deletes` drops deleting rows without a word.

**Fast path.** Everything `row_hits` can say about a row is foretold by tests on single columns, so a reader that
holds a chunk of a million cells by column need not make rows of it. Of each CSV type

* `value_checks` are pairs (column, suspicious): when `suspicious(value)` is true of a value, a row with that value may
  have a hit. Test the distinct values of a column; a column that is not in the file has the one value None. The column
  `ANY_CELL` ("*") stands for every cell, those below no header included.
* `joint_checks` are conditions on several columns: a row may have a hit only when **every** test of `.tests` is true of
  its column in `.columns`, and then `.joint(*values)`, if there is one. So when one of the columns has no value in the
  chunk for which its test is true, no row of the chunk can be hit, and nothing more need be asked.

When none of these fires, `row_hits` has nothing to say about any row of the chunk (a property test proves it). When
one does, make rows and ask `row_hits`: it alone knows the order, what ends a row and what only remarks on it.
"""
