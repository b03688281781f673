"""Which entries are kept an eye on, in what order they came, and which to look at now. Pure.

Bounded: of an inbox with a hundred thousand files the first few thousand are observed and the rest is counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from sisdrop.watch.listing import Entry
from sisdrop.watch.names import natural_key
from sisdrop.watch.settle import Hint, Observation

MOST_OBSERVED = 5_000
_REMEMBERED_RETURNS_S = 600.0
_REFILL_EVERY_S = 5.0
"""When some are taken and most stay, so that those cannot keep all others out."""


class Tracker:
    """The observations of one inbox, by name."""

    def __init__(self, most: int = MOST_OBSERVED) -> None:
        self._most = most
        self._observed: dict[str, Observation] = {}
        self._returned: dict[str, tuple[int, float, str]] = {}
        self._next_order = 0
        self._next_refill = 0.0

    def clear(self) -> None:
        """Forget all that was seen."""
        self._observed.clear()

    def keep(self, entries: Mapping[str, Entry], noticed_at: str, now: float) -> int:
        """Observe `entries` and nothing else; how many there were too many."""
        self._returned = {name: one for name, one in self._returned.items() if now - one[1] < _REMEMBERED_RETURNS_S}
        # an entry that changed its kind or its files (a marker came) is another one
        self._observed = {name: one for name, one in self._observed.items() if entries.get(name) == one.entry}
        room = self._most - len(self._observed)
        beyond = len(entries) - len(self._observed)
        if beyond <= room or room * 10 >= self._most or now >= self._next_refill:
            self._next_refill = now + _REFILL_EVERY_S
            self._admit_first(room, entries, noticed_at)
        return len(entries) - len(self._observed)

    def _admit_first(self, room: int, entries: Mapping[str, Entry], noticed_at: str) -> None:
        """Sorting tens of thousands of names takes a while: not for every single one that is taken."""
        unknown = [name for name in entries if name not in self._observed]
        for name in heapq.nsmallest(room, unknown, key=natural_key) if len(unknown) > room else unknown:
            self._admit(entries[name], noticed_at)

    def to_look_at(self, hints: Mapping[str, Hint], now: float, again_s: float, most: int) -> list[Observation]:
        """The entries worth an `lstat` now: new, hinted at, due; then those not seen for `again_s`. At most `most`."""
        urgent, others = [], []
        for one in self._observed.values():
            if one.sight is None or _is_hinted(one.entry, hints) or one.is_due(now):
                urgent.append(one)
            elif now - one.looked_at >= again_s:
                others.append(one)
        if len(urgent) >= most:
            return heapq.nsmallest(most, urgent, key=lambda one: (one.sight is None, one.looked_at))
        return urgent + heapq.nsmallest(most - len(urgent), others, key=lambda one: one.looked_at)

    def drop(self, one: Observation) -> None:
        """Stop observing: it is gone, or no drop."""
        self._observed.pop(one.entry.name, None)

    def in_order(self) -> list[Observation]:
        """All observations in the order the entries came; those that came at once by time, then by name."""
        new = [one for one in self._observed.values() if one.order == 0 and one.sight is not None]
        for one in sorted(new, key=_arrival):
            self._next_order += 1
            one.order = self._next_order
        return sorted(self._observed.values(), key=lambda one: one.order or self._next_order + 1)

    def returned(self, names: Iterable[str], now: float) -> None:
        """These could not be taken: observe them anew, and longer each time."""
        for name in names:
            count, noticed_at = 0, ""
            if name in self._returned:
                count, _, noticed_at = self._returned[name]
            seen = self._observed.pop(name, None)
            self._returned[name] = (count + 1, now, noticed_at or (seen.noticed_at if seen else ""))

    def _admit(self, entry: Entry, noticed_at: str) -> None:
        returns, _, before = self._returned.get(entry.name, (0, 0.0, ""))
        self._observed[entry.name] = Observation(entry, before or noticed_at, returns=returns)


def _is_hinted(entry: Entry, hints: Mapping[str, Hint]) -> bool:
    return any(path in hints for path in entry.paths)


def _arrival(one: Observation) -> tuple[int, object]:
    assert one.sight is not None  # noqa: S101  # its caller's condition
    return max(stat.mtime_ns for stat in one.sight.stats), natural_key(one.entry.name)
