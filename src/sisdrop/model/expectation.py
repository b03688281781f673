"""What a school expects of an export: that something is dropped by a time of the day, on some weekdays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sisdrop.model.clock import iso
from sisdrop.model.drop import Drop, Waiting
from sisdrop.model.hours import moment_of


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing was dropped on `day` (in the zone of the expectation), and `sentence` says so to people.

    `last` is when something was dropped last, None when nothing ever was.
    """

    day: date
    last: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something is dropped by `by`, as the wall clock of `zone` reads, on each of `weekdays` (0 is Monday)."""

    by: time
    zone: ZoneInfo
    weekdays: frozenset[int]

    def missing(self, now: datetime, last: datetime | None) -> Missing | None:
        """What is missing at `now`, when something was dropped `last` (None: never); None when nothing is missing.

        A day's drop counts from the midnight before on, and is missed from `by` until the day ends.
        """
        day = now.astimezone(self.zone).date()
        if day.weekday() not in self.weekdays or now < moment_of(day, self.by, self.zone):
            return None
        if last is not None and last >= moment_of(day, time(), self.zone):
            return None
        since = f"since {iso(last)}" if last is not None else "yet"
        sentence = f"Nothing was dropped {since}; expected by {self.by:%H:%M} {self.zone.key}."
        return Missing(day, iso(last) if last is not None else None, sentence)


def last_dropped_at(newest: Drop | None, settling: Iterable[Waiting]) -> datetime | None:
    """When something was dropped last: the newest drop of a feed, or what still settles in its inbox."""
    times = [entry.since for entry in settling]
    if newest is not None:
        times.append(newest.origin.claimed_at)
    return max((datetime.fromisoformat(moment) for moment in times), default=None)
