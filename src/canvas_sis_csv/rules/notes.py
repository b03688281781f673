"""Notes of our own: what only Canvas can know, and a drop can merely fail to show.

Room: data. A note is said once for a file and column, with the number of rows and the first of them.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.rule import Known, Rule, stage

_MESSAGE = "{column} names {kind} that no row of this drop defines, in {rows}; the first is {first}"

_KINDS = {
    "account": "an account",
    "course": "a course",
    "section": "a section",
    "user": "a user",
    "user_integration": "a user by integration id",
    "group_category": "a group category",
    "group": "a group",
    "differentiation_tag_set": "a differentiation tag set",
    "differentiation_tag": "a differentiation tag",
    "institutional_tag_category": "an institutional tag category",
    "institutional_tag": "an institutional tag",
}


def _undefined(kind: str, hint: str) -> Rule:
    code = f"note.undefined_{kind}"
    return Rule(code, _MESSAGE, hint, Level.NOTE, Known.DATABASE, row_is="kept")


_IN_CANVAS = (
    "Fine if Canvas has it from an earlier import; else Canvas skips these rows. Check the id if you expected it here."
)

NOTES = stage(
    "notes",
    *(_undefined(kind, _IN_CANVAS) for kind in _KINDS),
    _undefined(
        "abstract_course", "Fine if Canvas has it from an earlier import; else the course is imported without it."
    ),
    _undefined("term", "Canvas does not complain about an unknown term: it takes the default term, or the one before."),
    Rule(
        "advice.renamed_id",
        "{column} uses an id that this drop renames, in {rows}; the first is {first}",
        "Renaming comes before everything else in an import: the other files must use the new id already.",
        Level.WARNING,
        Known.IMPORT_SOMETIMES,
        row_is="kept",
    ),
)

NAMES = {**_KINDS, "abstract_course": "an abstract course", "term": "a term"}
"""How a kind of thing is called in a note."""
