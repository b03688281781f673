"""What Canvas makes of a date cell: a moment, nothing at all, or `Bad date format`.

Room: pure but for the clock, which fills up what a date leaves out (`monday` is a date too). Canvas parses with Rails'
`Time.zone.parse`, that is Ruby's lenient `Date._parse` (see date_forms) and then the constructor of a time, where only
month, day, hour, minute and second have limits. The job's time zone is taken as UTC. Source: the public behaviour of
Rails and of Ruby's date library.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from canvas_sis_csv.date_forms import Parts, date_parts

__all__ = ["LIMIT_BYTES", "BadDate", "date_parts", "parse_date", "rolls_over"]

LIMIT_BYTES = 128
"""Ruby refuses longer texts."""


class BadDate(ValueError):
    """Canvas answers `Bad date format for …` to this text."""


def parse_date(text: str) -> datetime | None:
    """The moment (in UTC) a trimmed cell stands for; None when Canvas sees no date in it at all, and clears the date.

    A day beyond its month's end rolls into the next month, as in Canvas. Years that Python cannot hold become the
    first or the last moment it can. Raises BadDate.
    """
    if len(text.encode()) > LIMIT_BYTES:
        raise BadDate(f"longer than {LIMIT_BYTES} characters")
    parts = date_parts(text)
    return _moment(parts) if parts else None


def rolls_over(text: str) -> bool:
    """Whether the text names a day its month does not have (`2026-02-30`), which Canvas moves into the next."""
    parts = date_parts(text) if len(text.encode()) <= LIMIT_BYTES else {}
    year, month, day = parts.get("year"), parts.get("mon"), parts.get("mday")
    if year is None or month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    return _day(year, month, day).month != month


def _moment(parts: Parts) -> datetime:
    """The parts as a time, what is missing filled up from today as Rails does it; BadDate when one is out of range."""
    now = datetime.now(UTC)
    year, month = _part(parts, "year", now.year), _part(parts, "mon", now.month)
    day = _part(parts, "mday", 1 if "year" in parts or "mon" in parts else now.day)
    hour, minute, second = _part(parts, "hour", 0), _part(parts, "min", 0), _part(parts, "sec", 0)
    offset = parts.get("offset") or 0
    _within("month", month, 1, 12)
    _within("day", day, 1, 31)
    _within("hour", hour, 0, 24)
    _within("minute", minute, 0, 59)
    _within("second", second, 0, 60)
    if hour == 24 and (minute or second):
        raise BadDate("no such hour as 24 but midnight")
    _within("offset", offset, -86399, 86399)
    if not 1 < year < 9999:
        # Python's calendar ends here; an offset must not push the day over its edge.
        return datetime.min.replace(tzinfo=UTC) if year <= 1 else datetime.max.replace(tzinfo=UTC)
    return _day(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second - offset)


def _part(parts: Parts, name: str, default: int) -> int:
    value = parts.get(name)
    return default if value is None else value


def _within(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadDate(f"no such {what} as {value}")


def _day(year: int, month: int, day: int) -> datetime:
    """That day at midnight; a day the month does not have becomes one of the next month."""
    if not 1 < year < 9999:
        # Only the lengths of its months matter of such a year.
        year = 2000 if year % 4 == 0 else 2001
    return datetime(year, month, 1, tzinfo=UTC) + timedelta(days=day - 1)
