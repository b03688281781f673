"""Keeping the index whole, beside everything else: at a start, after trouble, and now and then.

Room: decides when to look; the looking is the index's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from sisdrop.known.filed import Source
from sisdrop.known.index import Known

EVERY_S = 3600.0
AGAIN_S = 2.0
LONGEST_S = 600.0


class CatchUp:
    """Catches up with what was filed in every lane. `turn` is for one thread."""

    def __init__(
        self,
        known: Known,
        lanes: Mapping[str, Sequence[Source]],
        stop: Callable[[], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known = known
        self._lanes = lanes
        self._stop = stop
        self._monotonic = monotonic
        self._due = dict.fromkeys(lanes, 0.0)
        self._wait_s = dict.fromkeys(lanes, AGAIN_S)
        for lane in lanes:
            known.expect(lane)

    def turn(self) -> float:
        """Look after each lane whose time has come; the seconds until the next one's."""
        for lane, sources in self._lanes.items():
            is_due = self._due[lane] <= self._monotonic() or self._known.is_behind(lane)
            if is_due and not self._stop():
                is_done = self._known.catch_up(lane, sources, self._stop)
                self._due[lane] = self._monotonic() + (EVERY_S if is_done else self._wait_s[lane])
                self._wait_s[lane] = AGAIN_S if is_done else min(2 * self._wait_s[lane], LONGEST_S)
        return max(0.0, min(self._due.values(), default=EVERY_S) - self._monotonic())
