"""Which rows of two tables have no equal in the other one.

Room: pure. Marks are bytes, one for each row of a table: 1 where there is none.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import compress
from operator import gt

from canvas_sis_csv.comparison.survey import Survey
from canvas_sis_csv.shares import more_than_once

_FEW = 100_000
"""Keys of which a set more is no matter."""

_BLOCK = 1024
"""Rows matched at a time: exports come in much the same order every night, so that what is not matched yet is little
and stays in a processor's cache."""


class Matching:
    """The rows now matched with those before by their hashes, while they are read; `blank` is that of what is no row.

    Where rows repeat, some have no mark before that should have one, and some now have one that should not: see
    `find_repeats`.
    """

    def __init__(self, before: array[int], blank: int) -> None:
        self.now = array("q")
        """The hashes of all rows taken in."""
        self._before = before
        self._blank = blank
        self._gone: set[int] = set()
        self._fresh: set[int] = set()
        self._repeated: set[int] = set()

    def take(self, some: array[int]) -> set[int]:
        """Take in the next rows; the hashes of those that have no equal so far."""
        at = len(self.now)
        self.now.extend(some)
        return self._match(self._before[at : at + len(some)], some)

    def marks(self) -> tuple[bytes, bytes]:
        """The marks before and now, when all rows were taken in."""
        for at in range(len(self.now), len(self._before), _BLOCK):
            self._match(self._before[at : at + _BLOCK], array("q"))
        fresh, gone = self._fresh, self._gone
        # Let go of: they may be as large as the tables, and the hashes are needed for longer.
        self._fresh, self._gone = set(), set()
        fresh |= self._repeated
        gone.discard(self._blank)
        fresh.discard(self._blank)
        return bytes(map(gone.__contains__, self._before)), bytes(map(fresh.__contains__, self.now))

    def _match(self, earlier: array[int], some: array[int]) -> set[int]:
        old, new = set(earlier), set(some)
        if len(new) < len(some):
            self._repeated.update(hash_ for hash_, count in Counter(some).items() if count > 1)
        unmatched = old ^ new
        old, new = unmatched & old, unmatched & new
        # What the other table had further up.
        late = old & self._fresh
        old -= late
        self._fresh -= late
        late = new & self._gone
        new -= late
        self._gone -= late
        self._gone |= old
        self._fresh |= new
        return new


def find_repeats(old: Survey, gone_keys: Set[int], fresh_keys: array[int]) -> set[int]:
    """The keys that more than one row has in one of the tables, for marks of `Matching`.

    The other two are the keys of the rows marked before and now. A key now that is not among those gone, and yet was
    there before, stands twice now: with its equal before, and in the marked row.
    """
    fresh = set(fresh_keys)
    if len(fresh) < _FEW:
        twice_now = fresh.intersection(old.keys) - gone_keys
    else:  # no sets beside the large ones
        twice_now = {key for key in filter(fresh.__contains__, old.keys) if key not in gone_keys}
    return old.repeated | twice_now | (set(more_than_once(fresh_keys)) if len(fresh) < len(fresh_keys) else set())


@dataclass(frozen=True)
class Resolved:
    """The marks before and now when of each key the last row counts, and marks of all rows that are not there alike.

    Outside of `before_all` and `now_all` there are the same rows in both tables, each as often.
    """

    before: bytes
    now: bytes
    before_all: bytes
    now_all: bytes


def resolve(
    old: Survey, hashes: array[int], marks: tuple[bytes, bytes], fresh_keys: array[int], keys: Set[int]
) -> Resolved:
    """Mend the marks of `Matching` for these keys, which some rows share."""
    before, now = bytearray(marks[0]), bytearray(marks[1])
    before_all, now_all = bytearray(before), bytearray(now)
    last_before: dict[int, int] = {}
    key_of: dict[int, int] = {}
    for place in old.places_of(keys):
        key_of[old.hashes[place]] = old.keys[place]
        last_before[old.keys[place]] = place
        before[place], before_all[place] = 0, 1
    last_now: dict[int, int] = {}
    for place, key in _rows_now(hashes, marks[1], fresh_keys, keys, key_of):
        last_now[key] = max(place, last_now.get(key, -1))
        now[place], now_all[place] = 0, 1
    for key in keys:
        was, is_ = last_before.get(key), last_now.get(key)
        if was is None or is_ is None or old.hashes[was] != hashes[is_]:
            if was is not None:
                before[was] = 1
            if is_ is not None:
                now[is_] = 1
    return Resolved(bytes(before), bytes(now), bytes(before_all), bytes(now_all))


def _rows_now(
    hashes: array[int], marks: bytes, fresh_keys: array[int], keys: Set[int], key_of: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Place and key of each row now that has one of the keys: that of an unmarked row is known from its equal."""
    for place, key in zip(compress(range(len(hashes)), marks), fresh_keys, strict=True):
        if key in keys:
            yield place, key
    for place in compress(range(len(hashes)), map(key_of.__contains__, hashes)):
        if not marks[place]:
            yield place, key_of[hashes[place]]


def match(before: Survey, now: Survey) -> tuple[bytes, bytes]:
    """The marks of two tables whose rows are all known, those that do not count without mark."""
    return _unmatched(before, now), _unmatched(now, before)


def _unmatched(mine: Survey, its: Survey) -> bytes:
    others: Iterable[int] = compress(its.hashes, its.counting)
    return bytes(map(gt, mine.counting, map(set(others).__contains__, mine.hashes)))
