"""A table gone through once: hashes of its rows and keys, what rows do, and how many there are where.

Room: reads the tables it is given; some 17 bytes a row are kept.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from itertools import compress, repeat

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.comparison.shape import ACTIVE, ENDED, NO_ROW, SHUT, TAKEN, Shape
from canvas_sis_csv.comparison.table import Table

_BLOCK = 1400
"""Keys looked at together, about as many as there are rows in a chunk."""

_OUT_OF_USE = (ENDED, SHUT)


class Places:
    """How many rows there are in each account, term, course and section, and what they do."""

    def __init__(self, columns: Iterable[str]) -> None:
        self._columns = tuple(dict.fromkeys(columns))
        # By the ids of a row together: one look at a row for all its columns.
        self._rows = {effect: Counter[tuple[str, ...]]() for effect in (None, TAKEN, *_OUT_OF_USE)}
        self.deleting = 0
        """All rows that delete, wherever they are."""

    def add(self, chunk: Chunk, effects: bytes) -> None:
        """Count the rows of a chunk."""
        self.deleting += effects.count(TAKEN)
        if not self._columns:
            return
        columns = [chunk.values(name) if chunk.has(name) else repeat("", chunk.size) for name in self._columns]
        # A chunk has few places, and a small table is filled much faster than a large one.
        for ids, count in Counter(zip(*columns, strict=True)).items():
            self._rows[None][ids] += count
        # Most rows of most files are active.
        for effect in (TAKEN, *_OUT_OF_USE):
            if effect in effects:
                self._rows[effect].update(compress(zip(*columns, strict=True), map(effect.__eq__, effects)))

    def rows(self, column: str) -> Counter[str]:
        """By id, how many rows there are."""
        at = self._columns.index(column)
        by_id: Counter[str] = Counter()
        for ids, count in self._rows[None].items():
            if ids[at] and count > 0:
                by_id[ids[at]] += count
        return by_id

    def kept(self, column: str) -> set[str]:
        """The ids that have a row which does not take away."""
        return self._with_rows(column, TAKEN)

    def active(self, column: str) -> set[str]:
        """The ids that have an active row."""
        return self._with_rows(column, TAKEN, *_OUT_OF_USE)

    def _with_rows(self, column: str, *others: int) -> set[str]:
        """The ids that have a row which does none of the `others`."""
        at = self._columns.index(column)
        left_out = [self._rows[effect] for effect in others if self._rows[effect]]
        return {
            ids[at]
            for ids, count in self._rows[None].items()
            if ids[at] and count > sum(rows.get(ids, 0) for rows in left_out)
        }

    def but(self, gone: Places, fresh: Places) -> Places:
        """These, without the rows that are gone and with the fresh ones."""
        now = Places(self._columns)
        now.deleting = self.deleting - gone.deleting + fresh.deleting
        for effect, counter in now._rows.items():
            counter.update(self._rows[effect])
            counter.subtract(gone._rows[effect])
            counter.update(fresh._rows[effect])
        return now


class Repeated:
    """What stands more than once among some keys; a hundred bytes a key are kept."""

    def __init__(self) -> None:
        self.repeated: set[int] = set()
        self.distinct: set[int] = set()

    def add(self, keys: array[int]) -> set[int]:
        """Take in more of them; these, once each."""
        some = set(keys)
        if len(some) < len(keys):
            self.repeated.update(key for key, count in Counter(keys).items() if count > 1)
        self.repeated |= some & self.distinct
        self.distinct |= some
        return some


class Nearby:
    """The same for a table that is sorted by the first column of its key, as exports often are: in next to no memory.

    Rows of one key stand close together there, and a key need not be held against those of rows far above.
    """

    def __init__(self) -> None:
        self._near = Repeated()
        self._leads: set[str] = set()
        self._last: str | None = None

    @property
    def repeated(self) -> set[int]:
        """The keys that stand more than once."""
        return self._near.repeated

    def add(self, keys: array[int], leads: Sequence[str]) -> bool:
        """Take in the next rows, with the values of that column; False when the table is not sorted after all."""
        if not keys:
            return True
        new = set(leads)
        if not new or not (new & self._leads) <= {self._last}:
            return False
        these = self._near.add(keys)
        # When another value has begun, what stands above its rows has other keys.
        if leads[-1] != self._last:
            self._near.distinct = these
        self._leads |= new
        self._last = leads[-1]
        return True


class Survey:
    """All that is to be known of a table's rows; places in the arrays are those of rows in the table."""

    def __init__(self, table: Table, shape: Shape, *, with_hashes: bool = True) -> None:
        """Go through the table; `hashes` stay empty when there is nothing to hold against them.

        Raises FileRefused, see Table.
        """
        self.hashes, self.keys, self.effects = array("q"), array("q"), bytearray()
        self.places = Places(shape.places.values())
        self._nearby: Nearby | None = Nearby()
        """What keys repeat, as long as rows that can have one key stand together."""
        for chunk in table.chunks():
            effects = shape.effects(chunk)
            if with_hashes:
                self.hashes.extend(shape.hashes(chunk))
            keys = array("q", shape.keys(chunk))
            self.keys.extend(keys)
            if self._nearby is not None and not self._nearby.add(keys, shape.leads(chunk)):
                self._nearby = None
            for place in chunk.blank:
                effects = effects[:place] + bytes([NO_ROW]) + effects[place + 1 :]
            self.effects += effects
            self.places.add(chunk, effects)
        self.rows = len(self.keys) - self.effects.count(NO_ROW)

    @cached_property
    def repeated(self) -> set[int]:
        """The keys that more than one row has."""
        if self._nearby is not None:
            return self._nearby.repeated
        everywhere = Repeated()
        # Block by block: what is looked up is then still at hand when it is added.
        for at in range(0, len(self.keys), _BLOCK):
            everywhere.add(self.keys[at : at + _BLOCK])
        return everywhere.repeated

    @cached_property
    def overwritten(self) -> array[int]:
        """The places of rows that a later one of the same key makes void."""
        last: dict[int, int] = {}
        void = array("q")
        for place in self.places_of(self.repeated):
            if self.keys[place] in last:
                void.append(last[self.keys[place]])
            last[self.keys[place]] = place
        return void

    def places_of(self, keys: Set[int]) -> Iterator[int]:
        """The places of rows that have one of these keys."""
        if keys:
            for place in compress(range(len(self.keys)), map(keys.__contains__, self.keys)):
                if self.effects[place] != NO_ROW:
                    yield place

    @property
    def counting(self) -> bytearray:
        """For each row 1 where it counts: it is a row, and the last of its key."""
        counting = bytearray(map(NO_ROW.__ne__, self.effects))
        for place in self.overwritten:
            counting[place] = 0
        return counting

    @property
    def active(self) -> int:
        """How many keys are active."""
        return self.effects.count(ACTIVE) - sum(self.effects[place] == ACTIVE for place in self.overwritten)


def places_of(table: Table, flags: bytes, shape: Shape) -> Places:
    """Where the rows are that are marked in `flags`."""
    places = Places(shape.places.values())
    for chunk in table.picked(flags):
        places.add(chunk, shape.effects(chunk))
    return places
