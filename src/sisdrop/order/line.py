"""The drops of a lane as they stand in line: behind a held drop, behind a hold of the lane, or next.

What came after a held drop waits behind it, whether it was dropped before or after the hold; how far that reaches is
the feed's `hold.blocks`. A corrected file takes the place in line of the drop that it corrects, so that of several
corrected files those that must go first go first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, Protocol

from sisdrop.model import Drop, DropState, Hold
from sisdrop.order.mending import corrects, mends
from sisdrop.order.needs import needed_by
from sisdrop.order.ranks import first_rank, last_rank

Order = Literal["canvas", "arrival"]
Blocks = Literal["feed", "dependents", "nothing"]


@dataclass(frozen=True, slots=True)
class FeedRules:
    """How the drops of one feed stand in line: its `order` and `hold.blocks`."""

    order: Order = "canvas"
    blocks: Blocks = "feed"


class _Hold(Protocol):
    @property
    def blocks(self) -> Blocks: ...


class _Feed(Protocol):
    @property
    def order(self) -> Order: ...
    @property
    def hold(self) -> _Hold: ...


def rules_of(feed: _Feed) -> FeedRules:
    """The rules of a configured feed."""
    return FeedRules(feed.order, feed.hold.blocks)


@dataclass(frozen=True, slots=True)
class Behind:
    """What a queued drop waits behind: a held drop, or a hold of its lane."""

    cause: Drop | Hold

    @property
    def sentence(self) -> str:
        """As people read it."""
        if isinstance(self.cause, Drop):
            return f"waits behind {self.cause.name} (held)"
        return f"the queue is on hold: {self.cause.reason}"


Place = tuple[int, int]
"""A place in line: rank in Canvas's import order (0 for all where a feed goes by arrival), then arrival."""

SENT = -1
"""Arrival of what is not in line any more, for it was sent: before all that is."""


class Line:
    """The open drops of one lane, in order of arrival, and what holds the lane."""

    def __init__(self, drops: Sequence[Drop], holds: Iterable[Hold], rules: Mapping[str, FeedRules]) -> None:
        """`rules` are those of the lane's feeds."""
        self._queued = [drop for drop in drops if drop.state is DropState.QUEUED]
        self._held = [drop for drop in drops if drop.state is DropState.HELD]
        self._holds = tuple(holds)
        self._rules = rules
        self._arrival = {drop.id: arrival for arrival, drop in enumerate(drops)}
        # Once for each pair: a lane may have thousands of drops in line, and is looked at at every turn.
        self._correcting = {
            held.id: {drop.id: drop for drop in self._queued if corrects(drop, held)} for held in self._held
        }
        self._mending = {hold.id: {drop.id: drop for drop in self._queued if mends(drop, hold)} for hold in self._holds}
        self._corrections = {*chain(*self._correcting.values(), *self._mending.values())}
        self._needed = {
            held_id: {needed_by(drop.types) for drop in correcting.values()}
            for held_id, correcting in self._correcting.items()
        }
        self._places = {drop.id: self._place(drop) for drop in (*self._held, *self._queued)}

    def next(self) -> Drop | None:
        """The queued drop whose turn it is, or None."""
        free = [drop for drop in self._queued if self.behind(drop) is None]
        if not free:
            return None
        first = min(free, key=lambda drop: self._places[drop.id][1])
        if self._rules_of(first).order == "arrival":
            return first
        by_type = [drop for drop in free if self._rules_of(drop).order == "canvas"]
        return min(by_type, key=lambda drop: self._places[drop.id])

    def waiting(self) -> Iterator[tuple[Drop, Behind]]:
        """The queued drops that wait behind something, each with what that is."""
        return ((drop, behind) for drop in self._queued if (behind := self.behind(drop)) is not None)

    def behind(self, drop: Drop) -> Behind | None:
        """What the queued drop waits behind: the first in line of what stops it; None when nothing does."""
        for hold in self._holds:
            if not self._passes(drop, hold):
                return Behind(hold)
        stopping = (other for other in self._held if self._stops(other, drop))
        first = min(stopping, key=lambda other: self._arrival[other.id], default=None)
        return Behind(first) if first is not None else None

    def _rules_of(self, drop: Drop) -> FeedRules:
        return self._rules.get(drop.feed, FeedRules())

    def _place(self, drop: Drop) -> Place:
        """Where the drop stands: a corrected file stands where what it corrects stood, if that is further ahead."""
        arrivals = [self._arrival[drop.id]]
        ranks = [first_rank(drop.types)]
        if drop.state is DropState.QUEUED:
            corrected = [other for other in self._held if drop.id in self._correcting[other.id]]
            arrivals += [self._arrival[other.id] for other in corrected]
            ranks += [first_rank(other.types) for other in corrected]
            arrivals += [SENT for mending in self._mending.values() if drop.id in mending]
        return (0 if self._rules_of(drop).order == "arrival" else min(ranks), min(arrivals))

    def _passes(self, drop: Drop, hold: Hold) -> bool:
        """Whether the lane's hold lets the drop go: one that mends it, and what must go before that one."""
        mending = self._mending[hold.id]
        if drop.id in mending:
            return True
        # Until there is a corrected file the lane stands still; then what Canvas imports before it goes ahead of it.
        rank = last_rank(drop.types)
        if any(other.feed == drop.feed and rank < first_rank(other.types) for other in mending.values()):
            return True
        # Of the corrected files of several holds the first goes first: else each would wait for the other.
        is_mending = any(drop.id in others for others in self._mending.values())
        return is_mending and any(self._places[drop.id] < self._places[other_id] for other_id in mending)

    def _stops(self, held: Drop, drop: Drop) -> bool:
        """Whether the drop waits behind this held one, by the feed's `hold.blocks`."""
        rules = self._rules_of(held)
        if held.feed != drop.feed or rules.blocks == "nothing" or drop.id in self._correcting[held.id]:
            return False
        if drop.id in self._corrections:
            # By places alone, which are a total order: of several corrected files there is always a first.
            return self._places[drop.id] > self._places[held.id]
        if rules.order == "canvas" and self._goes_ahead_of_correction(drop, held):
            return False
        came_later = self._arrival[drop.id] > self._arrival[held.id]
        # Of a file that could not be read nothing is known: everything may need what it should have brought.
        depends = not held.types or last_rank(drop.types) > first_rank(held.types)
        in_order = came_later if rules.order == "arrival" else came_later or depends
        if rules.blocks == "feed":
            return in_order
        return in_order and (depends or bool(set(drop.series) & set(held.series)))

    def _goes_ahead_of_correction(self, drop: Drop, held: Drop) -> bool:
        """Whether a corrected file of the held one is there, and needs what the drop brings.

        The next night comes whole: its enrollments correct those that are held, and name the users that came with them.
        """
        return bool(drop.types) and any(needed >= set(drop.types) for needed in self._needed[held.id])
