"""How long a ready drop waits for what may have to go before it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sisdrop.model import Drop, DropState, InboxState
from sisdrop.workers.board import InboxSight

COURTESY_S = 60.0
"""How long a ready drop waits for a file that is still being written beside it: an export writes its files in one
go, and enrollments must not overtake the users written at the same time. Bounded, so that a file that grows for
ever delays nobody."""


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
