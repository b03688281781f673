"""Notes of our own: what only Canvas can know, and a drop can merely fail to show.

Room: data. A note is said once for a file and column, with the number of rows and the first of them.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.rule import Known, Rule, rule


def undefined(kind: str, hint: str) -> Rule:
    """The note on ids of a kind that a drop uses and does not bring."""
    message = "{column} names {kind} that no row of this drop defines, in {rows}; the first is {first}"
    return Rule(f"note.undefined_{kind}", message, hint, Level.NOTE, Known.DATABASE, row_is="kept")


RENAMED = rule("advice.renamed_id", known=Known.IMPORT_SOMETIMES, row_is="kept")
