"""What becomes of the rows that have no equal in the other table: added, changed, absent, deleted.

Room: reads the tables it is given; of each such row before some hashes are kept, of each key that is new one.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from itertools import compress, repeat
from operator import ne

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.comparison.shape import ACTIVE, SHUT, TAKEN, Shape
from canvas_sis_csv.comparison.survey import Places
from canvas_sis_csv.comparison.table import Kept, Table

ADDED, CHANGED, ABSENT, DELETED = "added", "changed", "absent", "deleted"


class _Gone:
    """The rows before that have no equal now: by place among themselves, what is to be known of them."""

    def __init__(self, table: Table, flags: bytes, shape: Shape) -> None:
        self.places = Places(shape.places.values())
        self.effects = bytearray()
        self.cells = {column: array("q") for column in shape.changeable}
        self.ids = {column: array("L") for column in shape.grouped.values()}
        self.names: defaultdict[str, int] = defaultdict()
        # A name that is new gets the next number.
        self.names.default_factory = self.names.__len__
        keys = array("q")
        for chunk in table.picked(flags):
            effects = shape.effects(chunk)
            keys.extend(shape.keys(chunk))
            self.effects += effects
            self.places.add(chunk, effects)
            for column, hashes in self.cells.items():
                hashes.extend(map(hash, _values(chunk, column)))
            for column, numbers in self.ids.items():
                numbers.extend(map(self.names.__getitem__, _values(chunk, column)))
        self.by_key = dict(zip(keys, range(len(keys)), strict=True))
        self.met = bytearray(len(keys))
        """1 for each that has a row of its key now."""


class Differences:
    """What is different, by key. Takes in all unmatched rows of two tables; raises FileRefused, see Table."""

    def __init__(
        self, before: Table, now: Table, flags: tuple[bytes, bytes], shape: Shape, kept: Kept | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        """By ADDED, CHANGED, ABSENT, DELETED."""
        self.lost = 0
        self.columns: Counter[str] = Counter()
        self.by_place: dict[str, Counter[tuple[str, str]]] = {column: Counter() for column in shape.grouped.values()}
        """By column, then by what and id."""
        self.keys = array("q")
        """Those of the rows now."""
        self.gone_keys: Set[int] = set()
        self.fresh = Places(shape.places.values())
        gone = _Gone(before, flags[0], shape)
        self.gone, self.gone_keys = gone.places, gone.by_key.keys()
        for chunk in now.picked(flags[1], kept):
            self._take(chunk, gone, shape)
        self._take_absent(gone)

    def forget_absent(self) -> None:
        """What is not there now is not told: the files now hold only what changed."""
        self.lost -= self._lost_with_absent
        del self.counts[ABSENT]
        for counter in self.by_place.values():
            for pair in [pair for pair in counter if pair[0] == ABSENT]:
                del counter[pair]

    def _take(self, chunk: Chunk, gone: _Gone, shape: Shape) -> None:
        effects, keys = shape.effects(chunk), list(shape.keys(chunk))
        self.keys.extend(keys)
        self.fresh.add(chunk, effects)
        places = [gone.by_key.get(key, -1) for key in keys]
        whats = [self._what(place, effect, gone) for place, effect in zip(places, effects, strict=True)]
        self._count(whats, {column: _values(chunk, column) for column in self.by_place})
        changed = [what == CHANGED for what in whats]
        at = list(compress(places, changed))
        for column, hashes in gone.cells.items():
            cells = compress(map(hash, _values(chunk, column)), changed)
            self.columns[column] += sum(map(ne, cells, map(hashes.__getitem__, at)))

    def _what(self, place: int, effect: int, gone: _Gone) -> str:
        """What the row now, which does `effect`, makes of that before; of none at -1."""
        if place < 0:
            return DELETED if effect == TAKEN else ADDED
        gone.met[place] = 1
        was = gone.effects[place]
        if effect == TAKEN and was != TAKEN:
            self.lost += was == ACTIVE
            return DELETED
        self.lost += was == ACTIVE and effect == SHUT
        return CHANGED

    def _take_absent(self, gone: _Gone) -> None:
        absent = [not met for met in gone.met]
        self._lost_with_absent = sum(map(ACTIVE.__eq__, compress(gone.effects, absent)))
        self.lost += self._lost_with_absent
        names = list(gone.names)
        ids = {column: map(names.__getitem__, compress(numbers, absent)) for column, numbers in gone.ids.items()}
        self._count([ABSENT] * sum(absent), ids)

    def _count(self, whats: list[str], ids: Mapping[str, Iterable[str]]) -> None:
        self.counts.update(whats)
        for column, values in ids.items():
            self.by_place[column].update(zip(whats, values, strict=True))


def _values(chunk: Chunk, column: str) -> Iterable[str]:
    return chunk.values(column) if chunk.has(column) else repeat("", chunk.size)
