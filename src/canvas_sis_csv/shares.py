"""Millions of hashes parted into shares, so that what stands more than once is found in little memory.

Room: pure. A set of all of them would take ten times the memory of the hashes themselves.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import compress

SHARE = 1 << 17
"""Hashes compared at a time; a set of so many takes some twelve megabytes."""


def shares(keys: array[int]) -> Iterator[bytes]:
    """Selections that part the keys by one of their bytes: equal ones are in one share, and each share is small."""
    count = min(256, 1 + len(keys) // SHARE)
    lowest = bytes(memoryview(keys).cast("B")[:: keys.itemsize])
    for share in range(count):
        yield lowest.translate(bytes(byte % count == share for byte in range(256)))


def count_distinct(keys: array[int]) -> int:
    """How many different keys there are."""
    return sum(len(set(compress(keys, share))) for share in shares(keys))


def more_than_once(keys: array[int]) -> Iterator[int]:
    """The keys that stand more than once."""
    for share in shares(keys):
        counts = Counter(compress(keys, share))
        yield from compress(counts, map((1).__lt__, counts.values()))
