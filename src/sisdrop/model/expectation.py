"""What a school expects of an export: that something is dropped by a time of the day, on some weekdays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sisdrop.model.hours import moment_of


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing was dropped on `day`, though it was expected: the last time something was, None when nothing ever was."""

    day: date
    """In the zone of the expectation."""
    last: datetime | None
    reason: str
    """For people: `nothing was dropped since 2026-11-25T11:02:10Z; expected by 06:00 America/Denver`."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something is dropped by `by`, as the wall clock of `zone` reads, on each of `weekdays` (0 is Monday)."""

    by: time
    zone: ZoneInfo
    weekdays: frozenset[int]

    def missing(self, now: datetime, last: datetime | None) -> Missing | None:
        """What is missing at `now`, when `last` is the newest time at which something was dropped; None when nothing is.

        A day's drop counts from the midnight before on, and is missed from `by` until the day ends.
        """
        day = now.astimezone(self.zone).date()
        if day.weekday() not in self.weekdays or now < moment_of(day, self.by, self.zone):
            return None
        if last is not None and last >= moment_of(day, time(), self.zone):
            return None
        since = f"since {last.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if last is not None else "yet"
        reason = f"nothing was dropped {since}; expected by {self.by:%H:%M} {self.zone.key}"
        return Missing(day, last, reason)
