"""The hours of a feed: the part of the day in which its imports may start, as the wall clock of a place reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS_AHEAD = 3
"""How many days a search looks ahead: hours that a clock skips one night open in the next."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` to `closes` (which is outside), across midnight when it closes before it opens.

    What counts is what the wall clock of `zone` reads. Where it is set back, hours that it shows twice are open twice;
    where it is set forward, what it skips does not come: hours that begin in the gap open right behind it, and hours
    that lie wholly in it stay shut that day.
    """

    opens: time
    closes: time
    zone: ZoneInfo

    def is_open(self, now: datetime) -> bool:
        """Whether an import may start at `now` (any time zone)."""
        read = now.astimezone(self.zone).time()
        if self.opens < self.closes:
            return self.opens <= read < self.closes
        return read >= self.opens or read < self.closes

    def opens_at(self, now: datetime) -> datetime:
        """The first moment from `now` on at which an import may start, in UTC."""
        if self.is_open(now):
            return now.astimezone(UTC)
        # Shut hours open where the clock comes to `opens`, or is set from outside the hours to inside.
        return min(moment for moment in self._turns(now) if moment > now and self.is_open(moment))

    def _turns(self, now: datetime) -> Iterator[datetime]:
        today = now.astimezone(self.zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD + 1)):
            yield moment_of(day, self.opens, self.zone)
            yield moment_of(day, self.opens, self.zone, fold=1)
            change = _clock_change(day, self.zone)
            if change is not None:
                yield change

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} {self.zone.key}"


def moment_of(day: date, clock: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """When the clock of `zone` reads `clock` on `day`, in UTC; of two such moments the first, with `fold` the second.

    A time that the clock skips is counted as if it had not been set forward yet.
    """
    return datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)


def _clock_change(day: date, zone: ZoneInfo) -> datetime | None:
    """The first moment at which the clock of `zone` is set on `day`, in UTC; None when it is not."""
    before = moment_of(day, time(), zone)
    after = moment_of(day + timedelta(days=1), time(), zone)
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return None
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
