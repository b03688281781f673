"""Which entries are kept an eye on, in what order they came, and which to look at now. Pure.

Bounded: of an inbox with a hundred thousand files the first few thousand are observed and the rest is counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sisdrop.watch.listing import Entry
from sisdrop.watch.names import natural_key
from sisdrop.watch.settle import Hint, Observation

MOST_OBSERVED = 5_000
_REMEMBERED_RETURNS_S = 600.0
_REFILL_EVERY_S = 5.0
"""When some are taken and most stay, so that those cannot keep all others out."""


@dataclass(frozen=True, slots=True)
class _Returned:
    """How often a name was offered and could not be taken, when last, and when it was noticed first."""

    times: int
    at: float
    noticed_at: str


_NEVER = _Returned(0, 0.0, "")


class Tracker:
    """The observations of one inbox, by name."""

    def __init__(self, most: int = MOST_OBSERVED) -> None:
        self._most = most
        self._observed: dict[str, Observation] = {}
        self._returned: dict[str, _Returned] = {}
        self._next_order = 0
        self._next_refill = 0.0

    def clear(self) -> None:
        """Forget all that was seen."""
        self._observed.clear()

    def keep(self, entries: Mapping[str, Entry], noticed_at: str, now: float) -> int:
        """Observe `entries` and nothing else; how many there were too many."""
        self._returned = {
            name: returned for name, returned in self._returned.items() if now - returned.at < _REMEMBERED_RETURNS_S
        }
        # an entry that changed its kind or its files (a marker came) is another one
        self._observed = {name: seen for name, seen in self._observed.items() if entries.get(name) == seen.entry}
        room = self._most - len(self._observed)
        beyond = len(entries) - len(self._observed)
        if beyond <= room or room * 10 >= self._most or now >= self._next_refill:
            # Sorting tens of thousands of names takes a while: not for every single one that is taken, but when all
            # fit, when a tenth of the room is free, and every few seconds.
            self._next_refill = now + _REFILL_EVERY_S
            new = [name for name in entries if name not in self._observed]
            # The first as people count: `users2.csv` before `users10.csv`.
            for name in heapq.nsmallest(room, new, key=natural_key) if len(new) > room else new:
                before = self._returned.get(name, _NEVER)
                self._observed[name] = Observation(entries[name], before.noticed_at or noticed_at, returns=before.times)
        return len(entries) - len(self._observed)

    def to_look_at(self, hints: Mapping[str, Hint], now: float, again_s: float, most: int) -> list[Observation]:
        """The entries worth an `lstat` now: new, hinted at, due; then those not seen for `again_s`. At most `most`."""
        urgent, others = [], []
        for seen in self._observed.values():
            if seen.sight is None or seen.is_due(now) or any(path in hints for path in seen.entry.paths):
                urgent.append(seen)
            elif now - seen.looked_at >= again_s:
                others.append(seen)
        if len(urgent) >= most:
            return heapq.nsmallest(most, urgent, key=lambda seen: (seen.sight is None, seen.looked_at))
        return urgent + heapq.nsmallest(most - len(urgent), others, key=lambda seen: seen.looked_at)

    def forget(self, observation: Observation) -> None:
        """Stop observing: it is gone, or no drop."""
        self._observed.pop(observation.entry.name, None)

    def in_order(self) -> list[Observation]:
        """All observations in the order the entries came; those that came at once by time, then by name."""
        new = [
            (max(stat.mtime_ns for stat in seen.sight.stats), natural_key(name), seen)
            for name, seen in self._observed.items()
            if seen.order == 0 and seen.sight is not None
        ]
        for _, _, seen in sorted(new, key=lambda arrived: arrived[:2]):
            self._next_order += 1
            seen.order = self._next_order
        return sorted(self._observed.values(), key=lambda seen: seen.order or self._next_order + 1)

    def returned(self, names: Iterable[str], now: float) -> None:
        """These could not be taken: observe them anew, and longer each time."""
        for name in names:
            before, seen = self._returned.get(name, _NEVER), self._observed.pop(name, None)
            noticed_at = before.noticed_at or (seen.noticed_at if seen else "")
            self._returned[name] = _Returned(before.times + 1, now, noticed_at)
