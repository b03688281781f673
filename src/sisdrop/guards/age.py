"""How old a drop is, beside the last accepted one of its series: by its name, its time, its bytes.

Room: pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sisdrop.guards.case import Age, Staleness
from sisdrop.model import iso
from sisdrop.model.series import STAMP


@dataclass(frozen=True, slots=True)
class Dated:
    """What tells how old a drop is: its name as dropped, when the newest of its files was modified, its bytes."""

    name: str
    modified_ns: int | None
    """Since 1970; None when it is not known."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An earlier accepted drop: its id, its name, and the day it was accepted."""

    drop: str
    name: str
    on: str


def staleness(now: Dated, last: Dated | None, twin: Accepted | None) -> Staleness | None:
    """Why `now` is an old one, or None when it is not, or when there is no last accepted one.

    `twin` is an accepted drop of the series with the very bytes of `now`, from before the last one. What equals the
    last one itself is not old: to send it again does nothing.
    """
    if last is None or now.sha256 == last.sha256:
        return None
    return _by_name(now, last) or _by_time(now, last) or _by_twin(now, twin)


def _by_twin(now: Dated, twin: Accepted | None) -> Staleness | None:
    return Staleness(Age.TWIN, now.name, "", f"{twin.name} ({twin.drop})", twin.on) if twin else None


def _by_name(now: Dated, last: Dated) -> Staleness | None:
    for one, other in zip(_stamps(now.name), _stamps(last.name), strict=False):
        if one.differs(other):
            is_older = one.is_before(other)
            return Staleness(Age.NAME, now.name, str(one), last.name, str(other)) if is_older else None
    return None


def _by_time(now: Dated, last: Dated) -> Staleness | None:
    # Names that carry dates have the word: files are copied, and copies are often younger than what they hold.
    if (_stamps(now.name) and _stamps(last.name)) or now.modified_ns is None or last.modified_ns is None:
        return None
    if now.modified_ns >= last.modified_ns:
        return None
    at, last_at = (
        iso(datetime.fromtimestamp(moment_ns / 1e9, UTC)) for moment_ns in (now.modified_ns, last.modified_ns)
    )
    return Staleness(Age.MODIFIED, now.name, at, last.name, last_at)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A date in a name, and the moment if there is a time beside it (in UTC where the name says its zone)."""

    day: date
    moment: datetime | None

    def __str__(self) -> str:
        return self.moment.strftime("%Y-%m-%d %H:%M:%S") if self.moment else self.day.isoformat()

    def differs(self, other: _Stamp) -> bool:
        return self.is_before(other) or other.is_before(self)

    def is_before(self, other: _Stamp) -> bool:
        """Whether it is certainly before: where one has no time, the day alone counts."""
        if self.moment and other.moment:
            return self.moment < other.moment
        return self.day < other.day


_TIME = re.compile(r"(\d\d)\D?(\d\d)(?:\D?(\d\d))?(?:[.,]\d+)?(?:Z|([+-])(\d\d):?(\d\d))?$", re.IGNORECASE)


def _stamps(name: str) -> list[_Stamp]:
    """The dates in a name, in their order; none at all when one of them could be read in two ways."""
    stamps: list[_Stamp] = []
    for match in STAMP.finditer(name):
        year_first = match["first"] is not None
        length = 8 + 2 * len(match["first"] if year_first else match["last"])
        written, time = match.group()[:length], match.group()[length:]
        digits = re.sub(r"\D", "", written)
        if year_first:
            year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
        else:
            year, (month, day) = int(digits[4:]), sorted((int(digits[:2]), int(digits[2:4])))
            # 04-03-2026 is April to some and March to others.
            if day <= 12 and day != month:
                return []
        try:
            on = date(year, month, day)
        except ValueError:  # the 31st of February
            return []
        stamps.append(_Stamp(on, _moment(on, time)))
    return stamps


def _moment(on: date, text: str) -> datetime | None:
    match = _TIME.search(text)
    if match is None:
        return None
    hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    moment = datetime(on.year, on.month, on.day, int(hour), int(minute), int(second or 0))  # noqa: DTZ001 - the name's own
    if sign is None:
        return moment
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    return moment - offset if sign == "+" else moment + offset
