"""Which user rows can clash at all: those that share an id, a login or an integration id with another row.

Room: pure, remembers eight bytes a value. Among millions of users hardly any share anything, and only those that do
need to be looked at together, with all that is remembered of each. Should two different values have one hash after
all, a row is looked at for nothing, and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.shares import Scattered

COLUMNS = ("user_id", "login_id", "integration_id")


class Clashes:
    """The values that stand more than once in three columns of the users files of a drop.

    First `add` every chunk of every file; then see whether it `may_be`; then ask `rows` for each.
    """

    def __init__(self) -> None:
        self._hashes = {column: Scattered() for column in COLUMNS}
        self._shared: dict[str, set[int]] = {column: set() for column in COLUMNS}

    def add(self, chunk: Chunk) -> None:
        """Take note of the chunk's values."""
        for name, hashes in self._hashes.items():
            if chunk.has(name):
                # Blank cells share nothing with each other.
                here = _hashes(name, chunk)
                hashes.add(filter(_BLANK.__ne__, here) if chunk.has_blank(name) else here)

    def may_be(self) -> bool:
        """Whether any value stands more than once. Nothing is added afterwards."""
        for name, hashes in self._hashes.items():
            self._shared[name] |= set(hashes.more_than_once())
        self._hashes = {}
        return any(self._shared.values())

    def rows(self, chunk: Chunk) -> Iterator[int]:
        """The rows of the chunk that share something with another row of the drop, some of them more than once."""
        for name, shared in self._shared.items():
            if shared and chunk.has(name):
                hashes = (key if key != _BLANK else None for key in _hashes(name, chunk))
                yield from compress(range(chunk.size), map(shared.__contains__, hashes))


_BLANK = hash("")


def _hashes(column: str, chunk: Chunk) -> Iterable[int]:
    """The hashes of the column's values; logins that differ in case only are one to Canvas."""
    values = chunk.values(column)
    if column == "login_id":
        together = "\n".join(values)
        lowered = together.lower()
        # Nothing is made anew where nothing is in capitals.
        if lowered != together:
            return map(hash, map(str.lower, values))
    return map(hash, values)
