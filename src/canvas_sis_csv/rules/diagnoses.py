"""What is treacherous about one value, and what Canvas makes of it.

Room: pure. A diagnosis takes a value (None when blank) and gives the code of the advice and Canvas's reading of the
value, or None when all is well. Where Canvas itself complains, advice is silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from canvas_sis_csv.dates import BadDate, date_parts, parse_date, rolls_over
from canvas_sis_csv.rules.cells import REMOVE
from canvas_sis_csv.rules.groups import GROUP_STATUSES
from canvas_sis_csv.rules.near_words import near_word

Diagnosis = Callable[[str | None], tuple[str, str] | None]

FIRST_YEAR, LAST_YEAR = 1950, 2100
"""Years outside are taken for misread ones."""

_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}(?!\d)")
_NO = frozenset({"false", "f", "no", "n", "0", "off"})


@lru_cache(maxsize=4096)
def date(value: str | None) -> tuple[str, str] | None:
    """A date that Canvas takes for another one, or for none."""
    if value is None:
        return None
    try:
        moment = parse_date(value)
    except BadDate:
        return None
    if moment is None:
        return "advice.word_date", ""
    code = _date_trap(value, moment)
    return (code, f"{moment.day} {moment:%B} {moment.year}") if code else None


def _date_trap(value: str, moment: datetime) -> str | None:
    parts = date_parts(value)
    if "year" not in parts and "seconds" not in parts:
        return "advice.partial_date"
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return "advice.odd_year"
    if rolls_over(value):
        return "advice.rolled_over_date"
    slashed = _SLASHED.match(value)
    if slashed and int(slashed[1]) <= 12 and int(slashed[1]) != int(slashed[3]):
        return "advice.day_first_date"
    return None


def course_date(value: str | None) -> tuple[str, str] | None:
    """As `date`, but courses know `<delete>`."""
    return None if value == REMOVE else date(value)


def account_status(value: str | None) -> tuple[str, str] | None:
    """A status that only an existing account may have: what it contains decides."""
    status = (value or "").lower()
    if not status or status.startswith(("active", "deleted")):
        return _tail(status, ("active", "deleted"), _account_effect) if status else None
    return "advice.account_status", _account_effect(status)


def _account_effect(status: str) -> str:
    if "active" in status:
        return "activates it"
    return "deletes it" if "deleted" in status else "leaves it as it is"


def _tail(status: str, words: tuple[str, ...], effect: Callable[[str], str]) -> tuple[str, str] | None:
    if status in words or not status.startswith(words):
        return None
    return "advice.status_tail", effect(status)


def status(*words: str, effect: Callable[[str], str], also: tuple[str, ...] = ()) -> Diagnosis:
    """A status that begins with one of `words` and goes on; `also` are longer ones that are good."""
    return lambda value: None if (value or "").lower() in also else _tail((value or "").lower(), words, effect)


def acts_on_first(value: str) -> str:
    """Most importers: `deleted` at the start deletes, all else activates."""
    return "deletes" if value.startswith("deleted") else "takes it as active"


def takes_for_active(_: str) -> str:
    """Users."""
    return "takes it for active"


def course_effect(value: str) -> str:
    """Courses."""
    return "deletes" if "deleted" in value else "completes" if "completed" in value else "changes nothing"


def enrollment_effect(value: str) -> str:
    """Enrollments."""
    return f"takes it as {next(word for word in ENROLLMENT_STATUSES if value.startswith(word))}"


ROLES = (
    *("student", "teacher", "ta", "observer", "designer"),
    *("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "ObserverEnrollment", "DesignerEnrollment"),
)
"""The built-in roles of enrollments."""

ENROLLMENT_STATUSES = ("active", "deleted", "completed", "inactive")


def group_status(value: str | None) -> tuple[str, str] | None:
    """Groups and tags: a `Deleted` that does not delete, and what only begins with a good word."""
    lowered = (value or "").lower()
    if lowered == "deleted" and value != "deleted":
        return "advice.capital_deleted", ""
    return _tail(lowered, GROUP_STATUSES, lambda _: "leaves it available")


def role(value: str | None) -> tuple[str, str] | None:
    """An enrollment role that only begins with student, or that is close to a built-in one."""
    lowered = (value or "").lower()
    if lowered.startswith("student") and lowered != "student" and value != "StudentEnrollment":
        return "advice.role_tail", ""
    return likely_word(*ROLES)(value)


def likely_word(*words: str) -> Diagnosis:
    """A value that is none of these words, and a slip of the pen away from one."""

    def diagnose(value: str | None) -> tuple[str, str] | None:
        word = near_word(value, words) if value else None
        return ("advice.likely_word", word) if word else None

    return diagnose


def root_account(value: str | None) -> tuple[str, str] | None:
    """Any value."""
    return ("advice.root_account", "") if value else None


def password_notification(value: str | None) -> tuple[str, str] | None:
    """A no that counts as yes."""
    return ("advice.password_notification", "") if value and value.lower() in _NO else None


def password(value: str | None) -> tuple[str, str] | None:
    """Too short for the usual policy."""
    return ("advice.short_password", "") if value and len(value) < 8 else None


def long_text(value: str | None) -> tuple[str, str] | None:
    """More than a column of Canvas's database holds."""
    return ("advice.too_long", "") if value and len(value) > 255 else None
