"""One data row as Canvas sees it.

Room: pure; values only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Columns = dict[str, int]
"""Where each column stands, by its name; the first of two with one name."""


def column_places(header: Sequence[str | None]) -> Columns:
    """Where each column of a header stands. Names are lower-cased and nothing else: a space in one is part of it."""
    places: Columns = {}
    for place, name in enumerate(header):
        if name:
            places.setdefault(name.lower(), place)
    return places


class Row:
    """One data row.

    `number` counts as Canvas does (the header is 1; empty lines do not count, lines of commas do), `line` as an
    editor does. `cells` are all values, those below no header included: trimmed, None when blank.
    """

    __slots__ = ("_columns", "_line", "cells", "number")

    def __init__(
        self, columns: Columns, cells: tuple[str | None, ...], number: int, line: int | Callable[[], int]
    ) -> None:
        self._columns = columns
        self._line = line
        self.cells = cells
        self.number = number

    @property
    def line(self) -> int:
        """The line the row begins on, as an editor counts."""
        if not isinstance(self._line, int):
            self._line = self._line()
        return self._line

    def get(self, column: str) -> str | None:
        """The value below this header; None when it is blank, the row too short, or there is no such column."""
        place = self._columns.get(column)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def has(self, column: str) -> bool:
        """Whether the file has such a column."""
        return column in self._columns

    def __repr__(self) -> str:
        return f"Row({self.number}, {self.cells})"
