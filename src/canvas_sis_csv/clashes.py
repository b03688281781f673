"""Which user rows can clash at all: those that share an id, a login or an integration id with another row.

Room: pure, remembers four bytes a value. Among millions of users hardly any share anything, and only those that do
need to be looked at together, with all that is remembered of each. Half of each value's hash finds the rows that may
share something; among those few, a second look at the whole hash finds the ones that do. Should two different values
have one hash after all, a row is looked at for nothing, and nothing is missed.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import compress

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.shares import more_than_once

COLUMNS = ("user_id", "login_id", "integration_id")
_LOW_HALF = 0 if sys.byteorder == "little" else 1


class Clashes:
    """The values that stand more than once in three columns of the users files of a drop.

    First `add` every chunk of every file; then, where it `may_be`, `confirm` every chunk; then ask `rows` for each.
    """

    def __init__(self) -> None:
        self._columns = {column: _Column() for column in COLUMNS}

    def add(self, chunk: Chunk) -> None:
        """Take note of the chunk's values."""
        for name, column in self._columns_of(chunk):
            column.hashes.extend(_halves(array("q", filter(_BLANK.__ne__, _hashes(name, chunk)))))

    def may_be(self) -> bool:
        """Whether any value may stand more than once. Nothing is added afterwards."""
        candidates = [column.find_candidates() for column in self._columns.values()]
        return any(candidates)

    def confirm(self, chunk: Chunk) -> None:
        """Look at the candidates among the chunk's values more closely."""
        for name, column in self._columns_of(chunk):
            column.confirm(_hashes(name, chunk))

    def __bool__(self) -> bool:
        """Whether any value stands more than once."""
        return any(column.shared for column in self._columns.values())

    def rows(self, chunk: Chunk) -> Iterator[int]:
        """The rows of the chunk that share something with another row of the drop, some of them more than once."""
        for name, column in self._columns_of(chunk):
            if column.shared:
                yield from compress(range(chunk.size), map(column.shared.__contains__, _hashes(name, chunk)))

    def _columns_of(self, chunk: Chunk) -> Iterator[tuple[str, _Column]]:
        return ((name, column) for name, column in self._columns.items() if chunk.has(name))


class _Column:
    """One column's values: all of them as halves of their hashes, then those that stand more than once as hashes."""

    def __init__(self) -> None:
        self.hashes = array("I")
        self.shared: set[int] = set()
        self._candidates: Collection[int] = ()
        self._once: set[int] = set()

    def find_candidates(self) -> bool:
        self._candidates = frozenset(more_than_once(self.hashes))
        self.hashes = array("I")
        return bool(self._candidates)

    def confirm(self, hashes: array[int]) -> None:
        for key in compress(hashes, map(self._candidates.__contains__, _halves(hashes))):
            if key != _BLANK:
                (self.shared if key in self._once else self._once).add(key)


# Blank cells share nothing with each other.
_BLANK = hash("")


def _halves(hashes: array[int]) -> array[int]:
    return array("I", memoryview(hashes).cast("B").cast("I")[_LOW_HALF::2].tobytes())


def _hashes(column: str, chunk: Chunk) -> array[int]:
    """The hashes of the column's values; logins that differ in case only are one to Canvas."""
    values: Iterable[str] = chunk.values(column)
    return array("q", map(hash, map(str.lower, values) if column == "login_id" else values))
