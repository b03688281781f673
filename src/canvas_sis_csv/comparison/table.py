"""All files of one CSV type, before or now, as one table of rows.

Room: reads the files it is given, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import compress

from canvas_sis_csv.chunks import Chunk, chunks
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.drop import Member
from canvas_sis_csv.pieces import Piece
from canvas_sis_csv.reading import Reading
from canvas_sis_csv.repeats import canonical_cell
from canvas_sis_csv.row import Columns, column_places
from canvas_sis_csv.types import CsvType, Registry

_BLOCK = 1 << 20
_ROWS = 1000
"""Rows picked from a table come so many at a time: fewer would cost more to look at."""
_MOST_KEPT = 100_000
"""Rows; a table that differs in more of them is read twice, which takes less memory."""

_Rows = tuple[list[str], Columns, int]
"""Rows as texts, and how they are laid out: places of the columns, width."""


class Table:
    """The rows of the members of one type, in the order in which Canvas imports them."""

    def __init__(self, type_: CsvType, members: Sequence[tuple[Member, tuple[str | None, ...]]], registry: Registry):
        self.type = type_
        self._members = [(member, column_places(header), len(header)) for member, header in members]
        self._registry = registry

    @property
    def names(self) -> tuple[str, ...]:
        """The files."""
        return tuple(member.name for member, _, _ in self._members)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns that any file has, as written but for their case, in their order."""
        return tuple(dict.fromkeys(name for _, columns, _ in self._members for name in columns))

    def chunks(self) -> Iterator[Chunk]:
        """All rows, those of nothing but blanks included. Raises FileRefused for a file that Canvas drops whole."""
        for member, columns, width in self._members:
            with closing(member.open()) as stream:
                reading = Reading(text_blocks(stream), self._registry.features, self._registry)
                yield from chunks(reading.pieces(), columns, width, numbered=False)

    def picked(self, flags: bytes, kept: Kept | None = None) -> Iterator[Chunk]:
        """The rows that have a 1 at their place in `flags`, a thousand or more at a time where there are so many.

        The table is not read again when all of them were `kept`.
        """
        if 1 not in flags:
            return
        if kept is not None and kept.has_all(flags):
            yield from _joined(kept.picked(flags))
        else:
            yield from _joined(self._picked(flags))

    def _picked(self, flags: bytes) -> Iterator[_Rows]:
        at = 0
        for chunk in self.chunks():
            lines = chunk.plain_lines
            size = chunk.size if lines is None else len(lines)
            wanted = flags[at : at + size]
            at += size
            if 1 in wanted:
                yield list(compress(_lines(chunk) if lines is None else lines, wanted)), chunk.columns, chunk.width

    def is_same(self, other: Table) -> bool:
        """Whether the files of both are the same, byte for byte and one by one; their names do not matter."""
        pairs = list(zip(self._members, other._members, strict=False))
        if len(self._members) != len(other._members) or any(mine[0].size != its[0].size for mine, its in pairs):
            return False
        return all(_is_same(mine[0], its[0]) for mine, its in pairs)


class Kept:
    """Rows kept while their table is gone through, as texts, so that it need not be read again for them."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, bytes, list[str], Columns, int]] = []
        """Place of the first row, which rows of how many, their texts; and how those are laid out."""
        self._rows = self._count = 0

    def add(self, chunk: Chunk, flags: bytes) -> None:
        """Take in the next chunk, and keep those of its rows that have a 1 in `flags`."""
        if 1 in flags and self._count <= _MOST_KEPT:
            lines = chunk.plain_lines
            texts = list(compress(_lines(chunk) if lines is None else lines, flags))
            self._parts.append((self._rows, flags, texts, chunk.columns, chunk.width))
            self._count += len(texts)
            if self._count > _MOST_KEPT:
                self._parts.clear()
        self._rows += len(flags)

    def has_all(self, flags: bytes) -> bool:
        """Whether all rows with a 1 in `flags` were kept."""
        parts = ((flags[at : at + len(mine)], mine) for at, mine, *_ in self._parts)
        both = (int.from_bytes(its) & int.from_bytes(mine) for its, mine in parts)
        return sum(each.bit_count() for each in both) == flags.count(1)

    def picked(self, flags: bytes) -> Iterator[_Rows]:
        """The rows with a 1 in `flags`."""
        for at, mine, kept, columns, width in self._parts:
            yield list(compress(kept, compress(flags[at : at + len(mine)], mine))), columns, width


def tables(members: Iterable[Member], registry: Registry) -> dict[str, Table]:
    """The tables of a drop by type, in Canvas's order. What Canvas does not read, and what is empty, is in none.

    Raises FileRefused for a file whose beginning makes Canvas drop it whole.
    """
    by_type: dict[str, list[tuple[Member, tuple[str | None, ...]]]] = {}
    # Canvas imports the files of one type in the order of their paths.
    for member in sorted(members, key=lambda member: member.name):
        if member.is_read:
            with closing(member.open()) as stream:
                seen = Reading(text_blocks(stream), registry.features, registry).seen
            if seen.type is not None:
                by_type.setdefault(seen.type, []).append((member, seen.header or ()))
    return {name: Table(registry[name], by_type[name], registry) for name in registry if name in by_type}


def _lines(chunk: Chunk) -> Iterator[str]:
    for index in range(chunk.size):
        yield ",".join(map(canonical_cell, chunk.row(index).cells))


def _joined(parts: Iterable[_Rows]) -> Iterator[Chunk]:
    """The rows of neighbouring parts that are laid out alike, together until they are a thousand."""
    texts: list[str] = []
    layout: tuple[Columns, int] | None = None
    for more, columns, width in parts:
        if layout is not None and texts and (columns is not layout[0] or len(texts) >= _ROWS):
            yield _chunk_of(texts, *layout)
            texts = []
        layout = columns, width
        texts += more
    if layout is not None and texts:
        yield _chunk_of(texts, *layout)


def _chunk_of(texts: Sequence[str], columns: Columns, width: int) -> Chunk:
    return Chunk(Piece("\n".join(texts) + "\n", "\n", 1), 0, columns, width, 0)


def _is_same(mine: Member, its: Member) -> bool:
    with closing(mine.open()) as one, closing(its.open()) as other:
        while True:
            block = one.read(_BLOCK)
            if block != other.read(_BLOCK):
                return False
            if not block:
                return True
