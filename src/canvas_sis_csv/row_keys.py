"""What tells the rows of a file apart, as one number for each: where hardly any is there twice, no line is.

Room: pure, remembers eight bytes a row. Telling it of the lines themselves takes a second way through the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import xor

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.repeats import MAX_LINES, THRESHOLD
from canvas_sis_csv.shares import Scattered
from canvas_sis_csv.types import CsvType

_ENOUGH = 2
"""Columns that are taken together: who, and in what."""


class RowKeys:
    """The keys of all rows of a file; every chunk of it must be added."""

    def __init__(self, type_: CsvType) -> None:
        self._parts = type_.key
        self._keys = Scattered()
        self._rows = 0

    def add(self, chunk: Chunk) -> None:
        """Take note of the chunk's rows."""
        keys: Iterable[int] = ()
        columns = [next(filter(chunk.has, part), "") for part in self._parts]
        for number, column in enumerate(filter(None, columns[:_ENOUGH])):
            hashes = map(hash, chunk.values(column))
            # Two numbers may be one by chance: then a line seems to be there twice, and is looked at.
            keys = map(xor, keys, hashes) if number else hashes
        self._rows += chunk.size
        if self._rows <= MAX_LINES:
            self._keys.add(keys)

    def prove_no_repeats(self, lines: int) -> bool:
        """Whether fewer lines repeat than Canvas makes a copy for; `lines` are all of the file but its header."""
        # Lines that are no rows, empty ones above all, are not among the keys.
        others = lines - self._rows
        return len(self._keys) == self._rows and others + self._keys.count_repeated() < THRESHOLD
