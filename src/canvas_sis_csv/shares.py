"""Millions of hashes parted into shares, so that what stands more than once is found in little memory.

Room: pure. A set of all of them would take ten times the memory of the hashes themselves.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, compress


class Scattered:
    """Keys as they come, parted by one of their bytes: each part is small enough for a set in a processor's cache."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(256)]
        self._put = [part.append for part in self._parts]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def add(self, keys: Iterable[int]) -> None:
        """Take up some keys."""
        put = self._put
        for key in keys:
            put[key & 255](key)

    def count_repeated(self) -> int:
        """How many of the keys repeat an earlier one."""
        return sum(len(part) - len(set(part)) for part in self._parts)

    def more_than_once(self) -> Iterator[int]:
        """The keys that stand more than once."""
        for part in self._parts:
            # Telling that nothing is twice is many times as fast as counting.
            if len(set(part)) < len(part):
                yield from _twice(part)


SHARE = 1 << 17
"""Hashes compared at a time; a set of so many takes some twelve megabytes."""


_BLOCK = 1 << 16
"""Keys looked through at a time: marks for all of them would take a byte each."""


def shares(keys: array[int]) -> Iterator[bytes]:
    """Selections that part the keys by one of their bytes: equal ones are in one share, and each share is small."""
    lowest = _lowest_bytes(keys)
    return (lowest.translate(table) for table in _tables(keys))


def more_than_once(keys: array[int]) -> Iterator[int]:
    """The keys that stand more than once."""
    for share in _parted(keys):
        yield from _twice(share)


def _twice(keys: Iterable[int]) -> Iterator[int]:
    counts = Counter(keys)
    return compress(counts, map((1).__lt__, counts.values()))


def _parted(keys: array[int]) -> Iterator[Iterator[int]]:
    """The keys of each share, one share after the other."""
    lowest = _lowest_bytes(keys)
    blocks = range(0, len(keys), _BLOCK)
    for table in _tables(keys):
        selected = (compress(keys[at : at + _BLOCK], lowest[at : at + _BLOCK].translate(table)) for at in blocks)
        yield chain.from_iterable(selected)


def _lowest_bytes(keys: array[int]) -> bytes:
    return bytes(memoryview(keys).cast("B")[:: keys.itemsize])


def _tables(keys: array[int]) -> Iterator[bytes]:
    """For each share, what makes 1 of the lowest bytes of its keys and 0 of all others."""
    count = min(256, 1 + len(keys) // SHARE)
    return (bytes(byte % count == share for byte in range(256)) for share in range(count))
