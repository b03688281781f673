"""Why Canvas drops a whole file, as an error with the place where it was found.

Room: words only.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from canvas_sis_csv.cell_text import NOTHING, CellText

INVALID_UTF8 = "file.invalid_utf8"
MALFORMED_CSV = "file.malformed_csv"
UNKNOWN_HEADERS = "file.unknown_headers"


@dataclass(eq=False)
class FileRefused(Exception):
    """Canvas drops this file and imports none of its rows."""

    code: str
    """That of the rule."""
    why: str
    """The cause in a few words."""
    _: KW_ONLY
    line: int | None = None
    """Where reading stopped, as an editor counts, from 1; None when no place is to blame."""
    column: int | None = None
    excerpt: CellText = NOTHING
    """A short piece of the file around the place."""
    header: tuple[str | None, ...] = field(default=(), repr=False)
    """The cells of a header that matches no type."""
    offset: int | None = None
    """The place of an invalid byte in the file."""

    def __str__(self) -> str:
        place = f" (line {self.line}, column {self.column})" if self.line is not None else ""
        return f"{self.code}: {self.why}{place}"
