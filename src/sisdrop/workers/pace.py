"""How long to wait: for the next look at an import, after Canvas was away, between tries of a move.

Pure. All values are seconds.
"""

from __future__ import annotations

import random

SHORTEST_POLL_S = 1.0
LONGEST_POLL_S = 30.0
GROWTH = 1.5
LONGEST_AWAY_S = 300.0


def next_poll_s(last_s: float, *, elapsed_s: float, progress: int, moved: bool) -> float:
    """The wait before the next look at something that runs.

    It grows from 1 to 30. When `progress` (0-100) has moved since the last look, the end can be guessed from
    `elapsed_s`, and the wait is a quarter of what is left, so that the end is noticed soon after it comes.
    """
    grown = min(LONGEST_POLL_S, max(SHORTEST_POLL_S, last_s * GROWTH))
    if not moved or not 0 < progress < 100:
        return grown
    left_s = elapsed_s * (100 - progress) / progress
    return max(SHORTEST_POLL_S, min(grown, left_s / 4))


def backoff_s(tries: int, *, longest_s: float = LONGEST_AWAY_S, chance: float | None = None) -> float:
    """The wait after the `tries`-th failure in a row (1-based): 1, 2, 4 … up to `longest_s`, less up to half by chance.

    The jitter keeps many schools' servers from coming back in step; `chance` (0-1) stands in for it in tests.
    """
    full = min(longest_s, 2.0 ** min(tries - 1, 30))
    share = random.random() if chance is None else chance  # noqa: S311 - jitter, not a secret
    return max(1.0, full * (1 - share / 2))
