"""Times of the day in a time zone: a feed's `hours` and `expect_by`, and the sentences when they are wrong.

Room: reads the time zone data of the machine, or of the tzdata package where the machine has none.
"""

from __future__ import annotations

import difflib
import re
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import PlainValidator, WithJsonSchema

from sisdrop.config.wording import Expected, shown
from sisdrop.model import Expectation, Hours

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLACE = "write a place such as America/New_York"


def _clock(text: str, *, end: bool = False) -> time:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
    hour, minute = (int(match[1]), int(match[2])) if match else (99, 0)
    if end and (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise ValueError(f"expected a time from 00:00 to 23:59, got {shown(text)}")
    return time(hour, minute)


def _zone(text: str) -> ZoneInfo:
    if text != "UTC" and "/" not in text:
        # EST and the like: they stand for an offset that does not move with daylight saving, or for several.
        raise ValueError(f"{shown(text)} names no place, so its daylight saving is not known; {_PLACE} (or UTC)")
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        names = {name.casefold(): name for name in available_timezones()}
        near = difflib.get_close_matches(text.casefold(), names, n=1)
        meant = f'did you mean "{names[near[0]]}"?' if near else _PLACE
        raise ValueError(f"there is no time zone {shown(text)}; {meant}") from None


def _hours(value: Any) -> Hours | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\S+?)\s*[-–]\s*(\S+)\s+(\S+)", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Expected("two times and a time zone such as 20:00-06:00 America/Denver")
    opens, closes = _clock(match[1]), _clock(match[2], end=True)
    if opens == closes:
        raise ValueError("the two times are the same, so it would never close; leave the key out if that is meant")
    return Hours(opens, closes, _zone(match[3]))


HoursKey = Annotated[
    Hours | None,
    PlainValidator(_hours),
    WithJsonSchema(
        {"type": ["string", "null"], "pattern": "^ *[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2} +[^ ]+ *$"}
    ),
]
"""`20:00-06:00 America/Denver`."""


def _expect_by(value: Any) -> Expectation | None:
    if value is None:
        return None
    parts = value.split(maxsplit=2) if isinstance(value, str) else []
    if len(parts) < 2:
        raise Expected("a time, a time zone and weekdays if not all, such as 06:00 America/Denver mon-fri")
    by = _clock(parts[0])
    if by == time():
        raise ValueError("by 00:00 nothing can be there, for the day has just begun; write a later time")
    return Expectation(by, _zone(parts[1]), _weekdays(parts[2]) if len(parts) == 3 else frozenset(range(7)))


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in re.sub(r"\s*([-,])\s*", r"\1", text.strip().lower()).split(","):
        first, dash, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last if dash else first)
        # fri-mon goes across the end of the week.
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


def _weekday(text: str) -> int:
    if text not in _WEEKDAYS:
        raise ValueError(f"expected weekdays such as mon-fri or mon,wed,fri, got {shown(text)}")
    return _WEEKDAYS.index(text)


ExpectBy = Annotated[
    Expectation | None,
    PlainValidator(_expect_by),
    WithJsonSchema({"type": ["string", "null"], "pattern": "^ *[0-9]{1,2}:[0-9]{2} +[^ ]+( +[A-Za-z, -]+)?$"}),
]
"""`06:00 America/Denver`, `06:00 America/Denver mon-fri`."""
