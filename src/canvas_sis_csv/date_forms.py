"""The pieces of a date that Ruby finds in a text.

Room: pure. Ruby's lenient `Date._parse` is imitated: a weekday and a time of day are looked for anywhere in the text,
then the first date form that occurs anywhere, each match piece being taken out. Nothing here has a limit: `dates` says
what is out of range. Source: the public behaviour of Ruby's date library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(" + "|".join(_MONTHS) + ")"
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = "(" + "|".join(_DAYS) + ")"
_NAMED_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_ERA = r"(?P<era>c(?:e|\.e\.)|b(?:ce|\.c\.e\.)|a(?:d|\.d\.)|b(?:c|\.c\.))?"

Parts = dict[str, int | None]


def date_parts(text: str) -> Parts:
    """The parts Ruby finds in a text, by its names (`year`, `mon`, `mday`, `yday`, `hour`, …); empty when none.

    `offset` is in seconds, None when a zone is named that is not known.
    """
    return dict(_find_parts(text))


@lru_cache(maxsize=4096)
def _find_parts(text: str) -> Mapping[str, int | None]:
    rest = re.sub(r"[^-+',./:@\[\]0-9A-Za-z]+", lambda gap: _blank_out(gap.group()), text)
    parts: Parts = {}
    rest = _take(_WEEKDAY, rest, parts)
    rest = _take(_TIME, rest, parts)
    for form in _DATE_FORMS:
        left = _take(form, rest, parts)
        if left is not rest:
            rest = left
            break
    _finish(rest, parts)
    return parts


def _blank_out(gap: str) -> str:
    """A gap counts as one space; letters and digits of other scripts in it stay what they are: nothing Ruby knows."""
    return "".join(dict.fromkeys("\u00b7" if sign.isalnum() else " " for sign in gap))


Form = tuple[re.Pattern[str], Callable[[re.Match[str], Parts], None], re.Pattern[str] | None]


def _form(
    pattern: str, read: Callable[[re.Match[str], Parts], None], unless: str | None = None, *, flags: int = re.IGNORECASE
) -> Form:
    veto = re.compile(unless, re.ASCII) if unless else None
    return re.compile(pattern, re.ASCII | flags), read, veto


def _take(form: Form, text: str, parts: Parts) -> str:
    """Read the first match of a form into `parts` and put a space in its place; the very same text when none."""
    pattern, read, veto = form
    if veto and veto.search(text):
        return text
    match = pattern.search(text)
    if match is None:
        return text
    read(match, parts)
    return text[: match.start()] + " " + text[match.end() :]


_CLOCK = re.compile(
    r"(\d+)h?(?:\s*:?\s*(\d+)m?(?:\s*:?\s*(\d+)(?:[,.](\d+))?s?)?)?(?:\s*([ap])(?:m\b|\.m\.))?",
    re.ASCII | re.IGNORECASE,
)


def _read_time(match: re.Match[str], parts: Parts) -> None:
    clock = _CLOCK.match(match.group(1))
    if clock is None:
        return
    hour, minute, second, _, half = clock.groups()
    if half:
        hour = str(int(hour) % 12 + (12 if half.lower() == "p" else 0))
    _put(parts, hour=hour, min=minute, sec=second)
    if match.group(2) is not None:
        parts["offset"] = _offset(match.group(2))


def _read_sorted(match: re.Match[str], parts: Parts) -> None:
    """Year, month and day by their names in the pattern; a month may be a word, and an era may be given."""
    named = match.groupdict()
    month = named["month"]
    if month and month.isalpha():
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    era = named.get("era")
    _sort_out(parts, named["year"], month, named["day"], bc=bool(era) and str(era)[0] in "bB")


def _read_japanese(match: re.Match[str], parts: Parts) -> None:
    era, year, month, day = match.groups()
    start = {"m": 1867, "t": 1911, "s": 1925, "h": 1988}[era.lower()]
    _put(parts, year=str(int(year) + start), mon=month, mday=day)


def _read_named(*names: str) -> Callable[[re.Match[str], Parts], None]:
    def read(match: re.Match[str], parts: Parts) -> None:
        _put(parts, **dict(zip(names, match.groups(), strict=False)))

    return read


def _read_word(part: str, words: Sequence[str], first: int) -> Callable[[re.Match[str], Parts], None]:
    """The number of a word in a list that begins with number `first`."""

    def read(match: re.Match[str], parts: Parts) -> None:
        parts[part] = words.index(match.group(1).lower()) + first

    return read


def _put(parts: Parts, **match: str | None) -> None:
    for name, digits in match.items():
        if digits is not None:
            parts[name] = int(digits)


def _sort_out(parts: Parts, year: str | None, month: str | None, day: str | None, *, bc: bool = False) -> None:
    """Put three numbers in their places, as Ruby guesses them: an apostrophe or three digits make a year."""
    # Two numbers are a month and a day.
    if year is not None and month is not None and day is None:
        year, month, day = None, year, month
    if year is None and _is_year(day):
        year, day = day, None
    if year is not None and (ordinal := re.fullmatch(r"[^-+\d]*+([-+]?+\d*+)(.+)", year)):
        # `2026th`: what has letters behind it is a day
        year, day = day, ordinal.group(1)
    if _is_year(month):
        year, month, day = month, day, year
    if _is_year(day):
        year, day = day, year
    if year is not None and (number := re.search(r"[-+]?\d+", year)):
        parts["year"] = int(number.group())
    if bc:
        parts["_bc"] = 1
    _put(parts, mon=_first_digits(month), mday=_first_digits(day))


def _is_year(text: str | None) -> bool:
    return text is not None and (text.startswith("'") or len(text) > 2)


def _first_digits(text: str | None) -> str | None:
    match = re.search(r"\d+", text) if text else None
    return match.group() if match else None


_DIGIT_FORMS = {
    2: (("mday", 2),),
    3: (("yday", 3),),
    4: (("mon", 2), ("mday", 2)),
    5: (("year", 2), ("yday", 3)),
    6: (("year", 2), ("mon", 2), ("mday", 2)),
    7: (("year", 4), ("yday", 3)),
    8: (("year", 4), ("mon", 2), ("mday", 2)),
    10: (("year", 4), ("mon", 2), ("mday", 2), ("hour", 2)),
    12: (("year", 4), ("mon", 2), ("mday", 2), ("hour", 2), ("min", 2)),
    14: (("year", 4), ("mon", 2), ("mday", 2), ("hour", 2), ("min", 2), ("sec", 2)),
}
"""How a run of so many digits is read from its front: part and width, one after the other."""

_TIME_WIDTHS = {2: ("hour",), 4: ("hour", "min"), 6: ("hour", "min", "sec")}


def _read_digits(match: re.Match[str], parts: Parts) -> None:
    sign, digits, time, fraction, zone = match.groups()
    # A fraction belongs to seconds, so the digits before it end with them.
    if time is None and fraction is not None:
        _read_from_behind(digits, parts, ("sec", "min", "hour", "mday", "mon", "year"), sign)
    else:
        _read_from_front(digits, parts, sign)
    if time is not None and fraction is not None and len(time) % 2 == 0:
        _read_from_behind(time, parts, ("sec", "min", "hour"), "")
    elif time is not None:
        pairs = [time[at : at + 2] for at in range(0, len(time), 2)]
        _put(parts, **dict(zip(_TIME_WIDTHS.get(len(time), ()), pairs, strict=False)))
    if zone is not None:
        parts["offset"] = _offset(zone.strip("[]").rpartition(":")[0] or zone.strip("[]"))


def _read_from_front(digits: str, parts: Parts, sign: str) -> None:
    at = 0
    for name, width in _DIGIT_FORMS.get(len(digits), ()):
        value = int(digits[at : at + width])
        parts[name] = -value if name == "year" and sign == "-" else value
        at += width


def _read_from_behind(digits: str, parts: Parts, names: tuple[str, ...], sign: str) -> None:
    """Two digits each from the end; of an odd run the foremost part has one. Only 12 and 14 digits have a year."""
    if len(digits) in (9, 11, 13):
        return
    end = len(digits)
    for name in names:
        if end <= 0:
            break
        start = 0 if name == "year" else max(end - 2, 0)
        value = int(digits[start:end])
        parts[name] = -value if name == "year" and sign == "-" else value
        end = start


def _finish(rest: str, parts: Parts) -> None:
    """The era, and a lone number left over: the day of a time, or the hour of a day."""
    if re.search(r"\b(bc\b|bce\b|b\.c\.|b\.c\.e\.)", rest, re.ASCII | re.IGNORECASE):
        parts["_bc"] = 1
    lone = re.fullmatch(r"\s*(\d{1,2})\s*", rest, re.ASCII)
    if lone:
        number = int(lone.group(1))
        if parts.get("hour") is not None and parts.get("mday") is None and 1 <= number <= 31:
            parts["mday"] = number
        if parts.get("mday") is not None and parts.get("hour") is None and 0 <= number <= 24:
            parts["hour"] = number
    if parts.pop("_bc", None) and parts.get("year") is not None:
        parts["year"] = 1 - (parts["year"] or 0)


_ZONES = {
    name: hours * 3600
    for names, hours in (
        ("utc gmt ut z wet", 0),
        ("est cdt", -5),
        ("edt ast", -4),
        ("cst mdt", -6),
        ("mst pdt", -7),
        ("pst akdt", -8),
        ("akst", -9),
        ("hst", -10),
        ("cet bst west", 1),
        ("cest eet", 2),
        ("eest msk", 3),
        ("jst", 9),
    )
    for name in names.split()
}


def _offset(zone: str) -> int | None:
    """Seconds east of UTC; None for a zone that is not known (Ruby then takes the job's own zone)."""
    name = zone.strip().lower()
    for suffix, extra in ((" standard time", 0), (" daylight time", 3600), (" dst", 3600)):
        if name.endswith(suffix):
            base = _ZONES.get(name.removesuffix(suffix))
            return base if base is None else base + extra
    if name in _ZONES:
        return _ZONES[name]
    return _numeric_offset(re.sub(r"^(gmt|utc)(?=[-+])", "", name))


def _numeric_offset(zone: str) -> int | None:
    if not zone or zone[0] not in "-+":
        return None
    factor = -1 if zone[0] == "-" else 1
    digits = zone[1:]
    if ":" in digits:
        hours, minutes, seconds = ([*map(_number, digits.split(":")), 0, 0])[:3]
    elif "," in digits or "." in digits:
        whole, part = re.split("[,.]", digits, maxsplit=1)
        return factor * (_number(whole) * 3600 + int(float(f"0.{part or 0}") * 3600))
    elif len(digits) <= 2:
        hours, minutes, seconds = _number(digits), 0, 0
    else:
        odd = len(digits) % 2
        hours, minutes, seconds = (
            _number(digits[a:b]) for a, b in ((0, 2 - odd), (2 - odd, 4 - odd), (4 - odd, 6 - odd))
        )
    return factor * (hours * 3600 + minutes * 60 + seconds)


def _number(digits: str) -> int:
    return int(digits) if digits.isdecimal() else 0


_WEEKDAY = _form(rf"\b{_DAY}[^-/\d\s]*", _read_word("wday", _DAYS, 0))
_TIME = _form(
    r"((?:\d+\s*:\s*\d+(?:\s*:\s*\d+(?:[,.]\d*)?)?|\d+\s*h(?:\s*\d+m?(?:\s*\d+s?)?)?)(?:\s*[ap](?:m\b|\.m\.))?"
    r"|\d+\s*[ap](?:m\b|\.m\.))"
    r"(?:\s*((?:gmt|utc?)?[-+]\d+(?:[,.:]\d+(?::\d+)?)?|[a-z.\s]+(?:standard|daylight)\stime\b|[a-z]+(?:\sdst)?\b))?",
    _read_time,
)
_DATE_FORMS = (
    _form(
        rf"(?P<day>'?\d+)[^-\d\s]*\s*{_NAMED_MONTH}[^-\d\s']*"
        rf"(?:\s*{_ERA}\s*(?P<year>'?-?\d+(?:(?:st|nd|rd|th)\b)?))?",
        _read_sorted,
    ),
    _form(
        rf"\b{_NAMED_MONTH}[^-\d\s']*\s*(?P<day>'?\d+)[^-\d\s']*(?:\s*,?\s*{_ERA}\s*(?P<year>'?-?\d+))?",
        _read_sorted,
    ),
    _form(r"(?P<year>'?[-+]?\d+)-(?P<month>\d+)-(?P<day>'?-?\d+)", _read_sorted),
    _form(r"\b([mtsh])(\d+)\.(\d+)\.(\d+)", _read_japanese),
    _form(rf"(?P<day>'?-?\d+)-{_NAMED_MONTH}[^-/.]*-(?P<year>'?-?\d+)", _read_sorted),
    _form(rf"\b{_NAMED_MONTH}[^-/.]*-(?P<day>'?-?\d+)(?:-(?P<year>'?-?\d+))?", _read_sorted),
    _form(r"(?P<year>'?-?\d+)/\s*(?P<month>'?\d+)(?:\D\s*(?P<day>'?-?\d+))?", _read_sorted),
    _form(r"(?P<year>'?-?\d+)\.\s*(?P<month>'?\d+)\.\s*(?P<day>'?-?\d+)", _read_sorted),
    _form(r"\b(\d{2}|\d{4})?-?w(\d{2})(?:-?(\d))?\b", _read_named("cwyear", "cweek", "cwday")),
    _form(r"-w-(\d)\b", _read_named("cwday")),
    _form(r"--(\d{2})?-(\d{2})\b", _read_named("mon", "mday")),
    _form(r"--(\d{2})(\d{2})?\b", _read_named("mon", "mday")),
    _form(r"\b(\d{2}|\d{4})-(\d{3})\b", _read_named("year", "yday"), r"[,.](\d{2}|\d{4})-\d{3}\b"),
    _form(r"\b-(\d{3})\b", _read_named("yday"), r"\d-\d{3}\b"),
    _form(r"'(\d+)\b", _read_named("year")),
    _form(rf"\b{_MONTH}\S*", _read_word("mon", _MONTHS, 1)),
    _form(r"(\d+)(?:st|nd|rd|th)\b", _read_named("mday")),
    _form(
        r"([-+]?)(\d{2,14})(?:\s*t?\s*(\d{2,6})?(?:[,.](\d*))?)?(?:\s*(z\b|[-+]\d{1,4}\b|\[[-+]?\d[^\]]*\]))?",
        _read_digits,
    ),
)
"""The date forms Ruby knows, in the order in which it tries them; the first that occurs anywhere in the text counts."""
