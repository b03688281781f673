"""The words of the preflight as values: what was found in a CSV, how bad it is, and what a file holds.

Room: the bottom of this package; touches nothing. All values are frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from canvas_sis_csv.cell_text import NOTHING, CellText


class Level(StrEnum):
    """How bad a finding is. `error`: Canvas rejects the file or the row."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Knowable(StrEnum):
    """What one must know to be certain of a message."""

    ROW = "row"
    FILE = "file"
    IMPORT = "import"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem the preflight found.

    `row` counts as Canvas does (header is 1, blank lines are not counted), `line` as an editor does; both are
    None when the finding is about a whole file. `message` is Canvas's own text where it has one. Both texts may quote
    the file: no log can show that.
    """

    level: Level
    code: str
    file: str
    row: int | None
    message: CellText
    hint: CellText = NOTHING
    line: int | None = None
    knowable: Knowable = Knowable.ROW
    column: str | None = None
    """The column to look at, where there is a single one."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of one CSV of a drop. `type` is a CSV type of Canvas (`user`), None when not recognised."""

    name: str
    type: str | None
    rows: int
    deletes: int = 0


@dataclass(frozen=True, slots=True)
class UnknownRows:
    """Rows of a file that name a user, course, section, account or term which nobody is known to have brought.

    `rows` out of `of`, each counted once; `by_kind` the rows that name an unknown one of a kind. `undecided` are rows
    of which it cannot be said yet, because files that have not been read may bring what they name; they are not among
    `rows`.
    """

    rows: int
    of: int
    by_kind: Mapping[str, int]
    undecided: int = 0
