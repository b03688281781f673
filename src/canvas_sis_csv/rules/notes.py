"""Notes of our own: what only Canvas can know, and a drop can merely fail to show.

Room: data. A note is said once for a file and column, with the number of rows and the first of them.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.rule import Known, Rule


def undefined(kind: str, hint: str) -> Rule:
    """The note on ids of a kind that a drop uses and does not bring."""
    message = "{column} names {kind} that no row of this drop defines, in {rows}; the first is {first}"
    return Rule(f"note.undefined_{kind}", message, hint, Level.NOTE, Known.DATABASE, row_is="kept")


RENAMED = Rule(
    "advice.renamed_id",
    "{column} uses an id that this drop renames, in {rows}; the first is {first}",
    "Renaming comes before everything else in an import: the other files must use the new id already.",
    Level.WARNING,
    Known.IMPORT_SOMETIMES,
    row_is="kept",
)
