"""What rows of two tables are compared by: hashes of their keys and of all their values, and what they bring about.

Room: works on chunks it is given. Two rows of one hash are taken for the same: with 64 bits, that is wrong once in
some ten million comparisons of a million rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.types import CsvType

TAKEN, ENDED, SHUT, ACTIVE, NO_ROW = range(5)
"""What a row does to what it is about: takes it away, leaves it there when it is over, shuts people out, or leaves it
in use; the last is for rows of nothing but blanks. Bytes, as there is one for each row."""

_BUILT_IN = frozenset({"student", "teacher", "ta", "observer", "designer"})


class Shape:
    """How rows of the tables with these columns are compared.

    Only columns that Canvas knows and both tables have are compared: a column more or less changes no row. But where a
    part of the key is mainly told by a column that only one has, all columns of the part are looked at, so that
    rows of one hash always have one key.
    """

    def __init__(self, type_: CsvType, before: Sequence[str], now: Sequence[str]) -> None:
        self.type = type_
        self.common = tuple(name for name in before if name in now and name in type_.column_names)
        either = dict.fromkeys((*before, *now))
        self._key = tuple(
            tuple(name for name in part if name in (self.common if part[0] in self.common else either))
            for part in type_.key
        )
        in_key = {name for part in self._key for name in part}
        self._layout = tuple(name for name in either if name in self.common or name in in_key) or tuple(either)
        self._effects = _Effects(type_)
        self._folds = {"role": _Roles().__getitem__}
        # What is not folded and stands first in its part is the same in all rows of a key.
        same = {part[0] for part in self._key if part} - self._folds.keys()
        self.changeable = tuple(name for name in self.common if name not in same)
        """The columns in which rows of one key can differ."""
        self.blank = hash("," * (len(self._layout) - 1))
        """The hash of a row of nothing but blanks."""
        self.places = {
            reference.kind.name: reference.column
            for reference in type_.references
            if reference.column in either
            and reference.kind.name in {"account", "term", "course", *type_.fills}
            # An account's own account, a term's own term are no groups of rows.
            and reference.kind.name != type_.name
        }
        """By kind, the column that says to which account, term, course or section a row belongs."""
        self.grouped = {
            kind: column for kind, column in self.places.items() if kind != "section" or "course" not in self.places
        }
        """Those whose ids are told one by one: sections only where no courses are named."""

    def hashes(self, chunk: Chunk) -> Iterable[int]:
        """A hash of all that is compared of each row."""
        if chunk.width == len(self._layout) and tuple(chunk.columns) == self._layout:
            lines = chunk.plain_lines
            if lines is not None:
                return map(hash, lines)
        columns = [_values(chunk, name) for name in self._layout]
        if chunk.has_sign('"'):
            # A comma in a cell is none between cells. NULs never stand at the end of a cell.
            columns = [[value.replace(",", "\0,") for value in values] for values in columns]
        return map(hash, map(",".join, zip(*columns, strict=True)))

    def keys(self, chunk: Chunk) -> Iterable[int]:
        """A hash of the key of each row."""
        columns = [values for part in self._key for values in self._part(chunk, part)]
        if not columns:
            return self.hashes(chunk)
        return map(hash, zip(*columns, strict=True))

    def leads(self, chunk: Chunk) -> Sequence[str]:
        """The first column of each row's key, if there are more: rows of one key have one value there.

        Empty where it says little: a table is then taken for one that is not sorted.
        """
        first = self._key[0][0] if len(self._key) > 1 and self._key[0] else None
        return chunk.values(first) if first is not None and chunk.has(first) else ()

    def effects(self, chunk: Chunk) -> bytes:
        """What each row does: TAKEN, ENDED, SHUT or ACTIVE."""
        if not chunk.has("status"):
            return bytes([ACTIVE]) * chunk.size
        statuses = chunk.values("status")
        if chunk.size and statuses.count(statuses[0]) == chunk.size:
            return bytes([self._effects[statuses[0]]]) * chunk.size
        return bytes(map(self._effects.__getitem__, statuses))

    def _part(self, chunk: Chunk, part: Sequence[str]) -> Iterator[Iterable[str]]:
        """One part of the key: a column's values where no column before it has one, else blank.

        So the id of a course is never taken for that of a section.
        """
        filled: Sequence[str] | None = None
        for name in part:
            if not chunk.has(name) or (filled is not None and "" not in filled):
                yield repeat("", chunk.size)
                continue
            values = chunk.values(name)
            if filled is not None:
                values = ["" if before else value for before, value in zip(filled, values, strict=True)]
                filled = list(map(max, filled, values))
            elif len(part) > 1:
                filled = values
            yield self._folded(name, values)

    def _folded(self, name: str, values: Sequence[str]) -> Iterable[str]:
        """The values with one text for each role; of a column that is the same in every row, a single text."""
        fold = self._folds.get(name, str)
        if values and values[0] == values[-1] and values.count(values[0]) == len(values):
            # Its hash is made only once.
            return repeat(fold(values[0]), len(values))
        return values if fold is str else map(fold, values)


class _Effects(dict[str, int]):
    """What rows of a status do, by the status."""

    def __init__(self, type_: CsvType) -> None:
        super().__init__()
        self._takes_away: Callable[[str], bool] = type_.takes_away or type_.deletes
        self._ends = type_.ends
        self._shuts = type_.shuts

    def __missing__(self, status: str) -> int:
        return self.setdefault(status, self._of(status))

    def _of(self, status: str) -> int:
        if self._takes_away(status):
            return TAKEN
        return ENDED if self._ends(status) else SHUT if self._shuts(status) else ACTIVE


class _Roles(dict[str, str]):
    """Roles by how they are written: Canvas has two names for the built-in ones, and takes one of them in any case."""

    def __missing__(self, written: str) -> str:
        plain = written.lower().removesuffix("enrollment")
        return self.setdefault(written, plain if plain in _BUILT_IN else written)


def _values(chunk: Chunk, name: str) -> Sequence[str]:
    return chunk.values(name) if chunk.has(name) else [""] * chunk.size
