"""Who is next: the order of the drops that wait in one lane.

Room: pure; touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from canvas_sis_csv import TYPES
from sisdrop.journal import Hold, HoldKind, InboxView
from sisdrop.model import Drop, DropState, InboxState

COURTESY_S = 60.0
"""How long a ready drop waits for a file that is still being written beside it: an export writes its files in one
go, and enrollments must not overtake the users written at the same time. Bounded, so that a file that grows for
ever delays nobody."""

_RANK = {csv_type: rank for rank, csv_type in enumerate(TYPES)}


def type_rank(drop: Drop) -> int:
    """Where the drop's earliest type stands in Canvas's import order; unrecognised ones come last."""
    return min((_RANK.get(facts.type or "", len(_RANK)) for facts in drop.files), default=len(_RANK))


def next_drop(drops: Sequence[Drop], hold: Hold | None, order_of: Callable[[str], str]) -> Drop | None:
    """The queued drop whose turn it is, or None.

    `drops` are the lane's open drops in order of arrival; `order_of` gives a feed's `order`. While the lane is on
    hold, only a corrected file may go: one of the same feed and name as the drop that caused the hold, which may be
    that drop itself when a person retried it.
    """
    queued = [drop for drop in drops if drop.state is DropState.QUEUED]
    if hold is not None:
        return next((drop for drop in reversed(queued) if corrects(drop, hold)), None)
    by_type = [drop for drop in queued if order_of(drop.feed) == "canvas"]
    first_arrived = queued[0] if queued else None
    if first_arrived is None or first_arrived not in by_type:
        return first_arrived
    return min(by_type, key=type_rank)


def corrects(drop: Drop, hold: Hold) -> bool:
    """Whether this drop may mend what the hold is about: the corrected file, or the same one that a person retried."""
    return hold.kind is HoldKind.IMPORT and (drop.feed, drop.name) == (hold.feed, hold.name)


def must_wait_for_others(drops: Sequence[Drop], views: Sequence[InboxView], now: datetime) -> bool:
    """Whether something that may have to go first is still being checked, or written beside the waiting drops."""
    if any(drop.state in {DropState.CLAIMING, DropState.CLAIMED} for drop in drops):
        return True
    return any(_settles_lately(view, now) for view in views if view.state is InboxState.READY)


def without_those_away(
    drops: Sequence[Drop], chosen: Drop, views: Mapping[str, InboxView], now: datetime
) -> list[Drop]:
    """The drops that `chosen` may have to wait for: not those of another feed whose inbox has been away for a while."""
    away = {feed for feed, view in views.items() if feed != chosen.feed and _is_away_for_long(view, now)}
    return [drop for drop in drops if drop.feed not in away]


def _is_away_for_long(view: InboxView, now: datetime) -> bool:
    if view.state is not InboxState.AWAY or not view.since:
        return False
    return (now - datetime.fromisoformat(view.since)).total_seconds() >= COURTESY_S


def _settles_lately(view: InboxView, now: datetime) -> bool:
    return any((now - datetime.fromisoformat(entry.since)).total_seconds() < COURTESY_S for entry in view.settling)
