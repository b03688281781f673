"""Whether an import of a feed may start now: its hours, and the pauses people ask for. Asked anew at every turn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sisdrop.config import Feed
from sisdrop.journal import Journal
from sisdrop.model import Drop, DropState, NotNow, not_now
from sisdrop.steps import Idle, Wait, When
from sisdrop.workers.worker import IDLE_S

UNSENT = frozenset({DropState.CLAIMING, DropState.CLAIMED, DropState.QUEUED})
"""Drops that a shut feed keeps from being sent, and that nobody of another feed waits for meanwhile."""


def shut_feeds(journal: Journal, feeds: Iterable[Feed], now: datetime) -> dict[str, NotNow]:
    """The feeds of which no import may start at `now`, and why. A pause whose time is over is taken away."""
    pauses = journal.pauses()
    for pause in pauses:
        if pause.is_over(now):
            journal.resume(pause, "the pause is over")
    reasons = ((feed.name, not_now(feed.name, feed.hours, pauses, now)) for feed in feeds)
    return {name: reason for name, reason in reasons if reason is not None}


def may_start(drop: Drop, shut: dict[str, NotNow]) -> bool:
    """Whether nothing but its turn keeps the drop from Canvas; also one that is in Canvas already and is followed."""
    return drop.state not in UNSENT or drop.feed not in shut


def look_again(shut: dict[str, NotNow], now: datetime) -> When:
    """When the next of them opens; a person's word wakes the worker by itself.

    In seconds of the wall clock, whatever the pace of a rehearsal; at the latest in `IDLE_S`, for a clock may be set.
    """
    left_s = [(reason.until - now).total_seconds() for reason in shut.values() if reason.until is not None]
    return Wait(max(0.0, min(*left_s, IDLE_S))) if left_s else Idle()
