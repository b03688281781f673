"""The series a file belongs to: its name without dates and times, so that one night's export meets the next one's."""

from __future__ import annotations

import re
from collections.abc import Collection

_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_SEPARATOR = r"[-_. ]"
_HOURS = r"(?:[01]\d|2[0-3])"
_SIXTY = r"[0-5]\d"
_TIME = rf"{_HOURS}(?P<colon>[-_.: ]?){_SIXTY}(?:(?P=colon){_SIXTY})?(?:[.,]\d{{1,6}})?(?:Z|[+-]\d\d:?\d\d)?"
_YEAR_FIRST = rf"{_YEAR}(?P<first>{_SEPARATOR}?){_MONTH}(?P=first){_DAY}"
# Day first or month first: which of the two it is does not matter for leaving it out.
_FIRST_OF_TWO = rf"(?:{_DAY}(?={_SEPARATOR}{_MONTH})|{_MONTH}(?={_SEPARATOR}{_DAY}))"
_YEAR_LAST = rf"{_FIRST_OF_TWO}(?P<last>{_SEPARATOR})\d\d(?P=last){_YEAR}"
_DATE = rf"(?:{_YEAR_FIRST}|{_YEAR_LAST})"
STAMP = re.compile(rf"(?<!\d){_DATE}(?:(?:{_SEPARATOR}|T)?{_TIME})?(?!\d)", re.IGNORECASE)
_EDGES = re.compile(rf"^{_SEPARATOR}+|{_SEPARATOR}+$")
_RUNS = re.compile(rf"{_SEPARATOR}{{2,}}")


_TYPE = "/"
_SET = "//"
# A slash, which no file name holds: neither can be taken for the series of a file.


def type_series(type_: str) -> str:
    """The series of the members of one type in zips, folders and groups."""
    return f"{_TYPE}{type_}"


def set_series(name: str) -> str:
    """The series of a zip, folder or group by its name: all there is to go by when it cannot be read."""
    return f"{_SET}{series_of(name)}"


def covers(series: Collection[str], other: Collection[str]) -> bool:
    """Whether a drop of these `series` brings anew what one of `other` should have brought.

    Members' types count, not the name of the zip around them, as soon as they are known.
    """
    types = {name for name in other if name.startswith(_TYPE) and not name.startswith(_SET)}
    return bool(other) and (types or set(other)) <= set(series)


def series_of(name: str) -> str:
    """The series of a file name: lower case, without extension, dates and times.

    `users_20261125.csv` and `Users-2026-11-26T0300.csv` are `users`. A number that is no date (a term, a school's code)
    stays: `enrollments_2026FA.csv` is `enrollments_2026fa`. A name that is nothing but a date keeps it.
    """
    stem, dot, extension = name.rpartition(".")
    stem = stem if dot and extension.lower() in {"csv", "zip"} else name
    undated = _EDGES.sub("", _RUNS.sub("_", STAMP.sub("_", stem)))
    return (undated or stem).lower()
