"""Canvas's rules on single rows, as data: what it says to a row of each CSV type, and in which order.

Room: pure; a rule is written once and serves preflight and sandbox. `rule.py` says what a rule is, `when.py` how its
condition is written, `cells.py` answers questions on one value; the other files hold the rules, a family of types each.
Beside them: `cross/` (rules between the rows of one upload), `advice/` (warnings of our own) and `notes.py`.

**Adding a rule** is one entry in the stage where Canvas asks it. The catalog, the fast path's tests and the reference
page follow from it.

**Stages.** `CHECKS[type]` is a row of stages in Canvas's order. Between stages Canvas looks something up, so whoever
plays the database runs a stage (`row_hits(..., stage="model")`), then its own look-ups, then the next stage. Rules
without a `when` stand in a stage at the place where Canvas asks them and never hit here. A stage with `given` applies
only when that is true of the database (`the account does not exist yet`): a run of all stages leaves it out. After
the stage with `drops_deletes`, the import option `skip_deletes` drops deleting rows without a word.

**Fast path.** Everything `row_hits` can say about a row is foretold by tests on single columns, so a reader that
holds a chunk of a million cells by column need not make rows of it:

* `VALUE_CHECKS[type]` are pairs (column, suspicious): when `suspicious(value)` is true of a value, a row with that
  value may have a hit. Test the distinct values of a column; a column that is not in the file has the one value None.
  The column `ANY_CELL` ("*") stands for every cell, those below no header included.
* `JOINT_CHECKS[type]` are conditions on several columns: a row may have a hit only when **every** test of `.tests` is
  true of its column in `.columns`, and then `.joint(*values)`, if there is one. So when one of the columns has no
  value in the chunk for which its test is true, no row of the chunk can be hit, and nothing more need be asked.

When none of these fires, `row_hits` has nothing to say about any row of the chunk (a property test proves it). When
one does, make rows and ask `row_hits`: it alone knows the order, what ends a row and what only remarks on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules import (
    courses,
    enrollments,
    files,
    groups,
    institutional,
    people,
    structure,
    tags,
)
from canvas_sis_csv.rules.rule import Hit, Known, RowIs, Rule, Stage
from canvas_sis_csv.rules.when import ANY_CELL, Row, Test, Way

__all__ = [
    "ANY_CELL",
    "CHECKS",
    "FILE_STAGES",
    "JOINT_CHECKS",
    "VALUE_CHECKS",
    "Hit",
    "Known",
    "Row",
    "RowIs",
    "Rule",
    "Stage",
    "Way",
    "is_skipped_delete",
    "row_hits",
    "skips",
]

CHECKS: dict[str, tuple[Stage, ...]] = {
    "change_sis_id": structure.CHANGE_SIS_ID,
    "account": structure.ACCOUNT,
    "term": structure.TERM,
    "abstract_course": structure.ABSTRACT_COURSE,
    "course": courses.COURSE,
    "section": courses.SECTION,
    "xlist": courses.XLIST,
    "user": people.USER,
    "login": people.LOGIN,
    "enrollment": enrollments.ENROLLMENT,
    "admin": people.ADMIN,
    "group_category": groups.GROUP_CATEGORY,
    "differentiation_tag_set": tags.DIFFERENTIATION_TAG_SET,
    "group": groups.GROUP,
    "differentiation_tag": tags.DIFFERENTIATION_TAG,
    "group_membership": groups.GROUP_MEMBERSHIP,
    "differentiation_tag_membership": tags.DIFFERENTIATION_TAG_MEMBERSHIP,
    "institutional_tag_category": institutional.INSTITUTIONAL_TAG_CATEGORY,
    "institutional_tag": institutional.INSTITUTIONAL_TAG,
    "institutional_tag_association": institutional.INSTITUTIONAL_TAG_ASSOCIATION,
    "grade_publishing_results": enrollments.GRADE_PUBLISHING_RESULTS,
    "user_observer": people.USER_OBSERVER,
}
"""Per CSV type, Canvas's questions in Canvas's order."""

FILE_STAGES: tuple[Stage, ...] = (*files.FILE, *files.DIFF)
"""Messages about whole files; no row check finds them."""


def _ways(type_: str) -> Iterator[Way]:
    for stage in CHECKS[type_]:
        for rule in stage.rules:
            if rule.when and not stage.given:
                yield from rule.when.ways


VALUE_CHECKS: dict[str, tuple[tuple[str, Test], ...]] = {
    type_: tuple((way.columns[0], way.tests[0]) for way in _ways(type_) if len(way.columns) == 1) for type_ in CHECKS
}
"""Per type: (column, suspicious) — see this room's docstring."""

JOINT_CHECKS: dict[str, tuple[Way, ...]] = {
    type_: tuple(way for way in _ways(type_) if len(way.columns) > 1) for type_ in CHECKS
}
"""Per type: conditions on several columns together — see this room's docstring."""

_DELETABLE = frozenset(type_ for type_, stages in CHECKS.items() if any(stage.drops_deletes for stage in stages))


def is_skipped_delete(type_: str, row: Row) -> bool:
    """Whether the import option `skip_deletes` drops this row, once its `drops_deletes` stage left it standing."""
    return type_ in _DELETABLE and "deleted" in (row.get("status") or "").lower()


_SKIPPING = frozenset(
    rule.code for stages in CHECKS.values() for stage in stages for rule in stage.rules if rule.row_is == "skip"
)


def skips(code: str) -> bool:
    """Whether a row that this message is about is not imported at all."""
    return code in _SKIPPING


_Question = tuple[str, Test, Way, Rule]
"""A column, a test of it that must be true for the way to hold, the way, its rule."""


def _questions(stage: Stage) -> Iterator[_Question]:
    for rule in stage.rules:
        for way in rule.when.ways if rule.when else ():
            in_any_cell = way.columns[0] == ANY_CELL
            yield ("", _always, way, rule) if in_any_cell else (way.columns[0], way.tests[0], way, rule)


def _always(_: str | None) -> bool:
    return True


_ASKED = {
    type_: {stage.name: (stage, tuple(_questions(stage))) for stage in stages} for type_, stages in CHECKS.items()
}


def row_hits(type_: str, row: Row, options: Mapping[str, Any], stage: str | None = None) -> Iterator[Hit]:
    """What Canvas says to this row, in its order: remarks that keep the row, and at most one that skips it, last.

    `options` are the import options in Canvas's names; of them `skip_deletes` matters here. With `stage`, only that
    stage is asked, whatever must be given for it, and `skip_deletes` is the caller's business. Raises KeyError for an
    unknown type or stage.
    """
    asked = _ASKED[type_]
    if stage is not None:
        yield from _said(*asked[stage], row)
        return
    for each, questions in asked.values():
        if each.given:
            continue
        for hit in _said(each, questions, row):
            yield hit
            if hit.code in _SKIPPING:
                return
        if each.drops_deletes and options.get("skip_deletes") and is_skipped_delete(type_, row):
            return


def _said(stage: Stage, questions: Sequence[_Question], row: Row) -> Iterator[Hit]:
    """What one stage says to the row, nothing after what skips it; each rule is said once."""
    said: Rule | None = None
    for column, may_hold, way, rule in questions:
        if rule is not said and may_hold(row.get(column)) and way.holds(row):
            said = rule
            known = Knowable.DATABASE if stage.given else Knowable.ROW
            yield Hit(rule.code, rule.values(row), way.column, known)
            if rule.row_is == "skip":
                return
