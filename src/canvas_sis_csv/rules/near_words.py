"""Which of some words a misspelled one probably means.

Room: pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_LETTERS = re.compile(r"[^a-z]+")
_NUMBER = re.compile(r"\d")
_PARTS = re.compile(r"\w[^\w.]+\w|_")


@lru_cache(maxsize=4096)
def near_word(value: str, words: Sequence[str]) -> str | None:
    """The word that `value` is a slip of the pen away from; None when it is one of them, or near to none.

    One slip in a short word, two in a longer one that begins alike; none in words of two letters but for a dot or a
    plural, nor where there are several words or a number: Co-Teacher and Teacher 2 are words of their own.
    """
    plain = _LETTERS.sub("", value.lower())
    if not plain or value in words or value.lower() in words or _NUMBER.search(value):
        return None
    whole = not _PARTS.search(value.strip())
    best: tuple[int, str] | None = None
    for word in words:
        target = _LETTERS.sub("", word.lower())
        most = (2 if len(target) > 5 and plain[0] == target[0] else 1) if whole else 0
        slips = _slips(plain, target, most=most)
        # A short word with a slip may be another word altogether.
        if len(target) < 4 and plain not in (target, f"{target}s"):
            continue
        if slips is not None and (best is None or slips < best[0]):
            best = slips, word
    return best[1] if best else None


def _slips(left: str, right: str, *, most: int) -> int | None:
    """How many letters are wrong, missing, too many or in the place of their neighbour; None for more than `most`."""
    if abs(len(left) - len(right)) > most:
        return None
    before: list[int] = []
    row = list(range(len(right) + 1))
    for at, sign in enumerate(left, 1):
        last, row, older = row, [at], before
        for place, other in enumerate(right, 1):
            cost = min(last[place] + 1, row[place - 1] + 1, last[place - 1] + (sign != other))
            if at > 1 and place > 1 and sign == right[place - 2] and left[at - 2] == other:
                cost = min(cost, older[place - 2] + 1)
            row.append(cost)
        before = last
    return row[-1] if row[-1] <= most else None
