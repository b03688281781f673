"""A pause, and all reasons of the clock and of people for which no import of a feed may start now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sisdrop.model.hours import Hours

EVERYTHING = ""
"""The feed of a pause that is for all feeds."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's word that no import starts, of one feed or of all (`feed` is EVERYTHING).

    `until` is when it ends by itself, None when only a person ends it.
    """

    feed: str
    by: str
    since: str
    until: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended by itself."""
        return self.until is not None and now >= datetime.fromisoformat(self.until)

    @property
    def reason(self) -> str:
        """For people: `paused by ana until 2026-12-01T13:00:00Z`."""
        return f"paused by {self.by}" + (f" until {self.until}" if self.until else "")


@dataclass(frozen=True, slots=True)
class NotNow:
    """Why no import of a feed may start now, and when to look again; None when only a person's word changes it."""

    reason: str
    until: datetime | None


def not_now(feed: str, hours: Hours | None, pauses: Iterable[Pause], now: datetime) -> NotNow | None:
    """Why no import of `feed` may start at `now`, or None when one may.

    Of a pause of the feed and one of everything the wider is given; a person's word comes before the hours.
    """
    ours = [pause for pause in pauses if pause.feed in {EVERYTHING, feed} and not pause.is_over(now)]
    if ours:
        pause = min(ours, key=lambda pause: pause.feed)
        return NotNow(pause.reason, datetime.fromisoformat(pause.until) if pause.until else None)
    if hours is None or hours.is_open(now):
        return None
    opens = hours.opens_at(now)
    shown = f"{opens.astimezone(hours.zone):%H:%M} {hours.zone.key}"
    return NotNow(f"waits for its hours (opens {shown})", opens)
