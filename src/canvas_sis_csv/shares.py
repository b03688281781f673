"""Millions of hashes parted into shares, so that what stands more than once is found in little memory.

Room: pure. A set of all of them would take ten times the memory of the hashes themselves.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import chain, compress

SHARE = 1 << 17
"""Hashes compared at a time; a set of so many takes some twelve megabytes."""


_BLOCK = 1 << 16
"""Keys looked through at a time: marks for all of them would take a byte each."""


def shares(keys: array[int]) -> Iterator[bytes]:
    """Selections that part the keys by one of their bytes: equal ones are in one share, and each share is small."""
    lowest = _lowest_bytes(keys)
    return (lowest.translate(table) for table in _tables(keys))


def count_distinct(keys: array[int]) -> int:
    """How many different keys there are."""
    return sum(len(set(share)) for share in _parted(keys))


def more_than_once(keys: array[int]) -> Iterator[int]:
    """The keys that stand more than once."""
    for share in _parted(keys):
        counts = Counter(share)
        yield from compress(counts, map((1).__lt__, counts.values()))


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
