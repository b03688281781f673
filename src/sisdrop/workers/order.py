"""Who is next: the order of the drops that wait in one lane. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from canvas_sis_csv.types import ORDER
from sisdrop.model import Drop, DropState, Hold, InboxState
from sisdrop.steps.ending import corrects
from sisdrop.workers.board import InboxSight

COURTESY_S = 60.0
"""How long a ready drop waits for a file that is still being written beside it: an export writes its files in one
go, and enrollments must not overtake the users written at the same time. Bounded, so that a file that grows for
ever delays nobody."""


def type_rank(drop: Drop) -> int:
    """Where the drop's earliest type stands in Canvas's import order; unrecognised ones come last."""
    return min((ORDER.get(facts.type or "", len(ORDER)) for facts in drop.files), default=len(ORDER))


def next_drop(drops: Sequence[Drop], hold: Hold | None, order_of: Callable[[str], str]) -> Drop | None:
    """The queued drop whose turn it is, or None.

    `drops` are the lane's open drops in order of arrival; `order_of` gives a feed's `order`. While the lane is on
    hold, only a corrected file may go: one of the same feed and name as the drop that caused the hold, which may be
    that drop itself when a person retried it.
    """
    queued = [drop for drop in drops if drop.state is DropState.QUEUED]
    if hold is not None:
        # The newest: of several corrected files the last one is what the school means now.
        return next((drop for drop in reversed(queued) if corrects(drop, hold)), None)
    by_type = [drop for drop in queued if order_of(drop.feed) == "canvas"]
    first_arrived = queued[0] if queued else None
    if first_arrived is None or first_arrived not in by_type:
        return first_arrived
    return min(by_type, key=type_rank)


def others_come_first(
    drops: Sequence[Drop], chosen: Drop, sights: Mapping[str, InboxSight], now: datetime, monotonic: float
) -> bool:
    """Whether something that may have to go before `chosen` is still being taken or checked, or written beside it.

    Not what belongs to another feed whose inbox has been away for a while: it may stay away for days.
    """
    away = {
        feed
        for feed, sight in sights.items()
        if feed != chosen.feed and sight.state is InboxState.AWAY and monotonic - sight.since >= COURTESY_S
    }
    if any(drop.state in {DropState.CLAIMING, DropState.CLAIMED} and drop.feed not in away for drop in drops):
        return True
    return any(
        (now - datetime.fromisoformat(entry.since)).total_seconds() < COURTESY_S
        for sight in sights.values()
        if sight.state is InboxState.READY
        for entry in sight.settling
    )
