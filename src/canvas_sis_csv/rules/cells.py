"""Questions about the text of one cell, answered as Canvas answers them.

Room: pure. A value is trimmed, None when blank. Facts of Canvas's public source: dates go through Rails' lenient
parser (see dates.py), e-mail addresses through the Ruby gem Mail, logins through the string preparation of RFC 4518
and then the Ruby class `[[:print:]]`.
"""

from __future__ import annotations

import re
import stringprep
import unicodedata
from functools import lru_cache

from canvas_sis_csv.dates import BadDate, parse_date

REMOVE = "<delete>"
"""What a course row writes to remove a date."""

_REPLACEMENT = "\ufffd"
# By RFC 4518: not assigned in Unicode 3.2, private use, non-characters, surrogates.
_PROHIBITED = (stringprep.in_table_a1, stringprep.in_table_c3, stringprep.in_table_c4, stringprep.in_table_c5)
_PRINTABLE_ASCII = re.compile(r"[ -~]*")
_NOT_PRINTABLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]"
_QUOTED = r'"(?:[^"\\\r\n]|\\.)+"'
_DOTTED = rf"(?:{_ATOM}|\.|{_QUOTED})"
_ADDRESS = re.compile(rf"(?!\.+@){_DOTTED}+@(?:{_DOTTED}*(?:{_ATOM}|{_QUOTED})|\[[^\[\]\\\r\n]*\])")
"""One way only to match each text, so that no text makes it slow."""


@lru_cache(maxsize=4096)
def is_bad_date(value: str | None) -> bool:
    """Canvas answers `Bad date format`. Words without a date in them (`TBD`) are not bad: they empty the date."""
    if value is None:
        return False
    try:
        parse_date(value)
    except BadDate:
        return True
    return False


def is_bad_course_date(value: str | None) -> bool:
    """As `is_bad_date`, but courses also take `<delete>`."""
    return value != REMOVE and is_bad_date(value)


def is_end_before_start(start: str | None, end: str | None) -> bool:
    """Both are dates, and the end lies before the start. An unreadable one counts as empty, as Canvas has it."""
    if is_bad_date(start) or is_bad_date(end):
        return False
    first, last = parse_date(start or ""), parse_date(end or "")
    return first is not None and last is not None and last < first


def holds_nul(value: str | None) -> bool:
    """The cell holds U+0000 after trimming."""
    return value is not None and "\0" in value


@lru_cache(maxsize=4096)
def is_bad_email(value: str | None) -> bool:
    """The value is no bare address with a domain: a display name, a comment or a second address make it bad.

    As lenient as the gem: dots may repeat, the domain needs none, and any letter beyond ASCII passes.
    """
    return value is not None and _ADDRESS.fullmatch(value) is None


def has_prohibited(value: str | None) -> bool:
    """The login holds code points that the string preparation of RFC 4518 prohibits.

    Those are the replacement mark, private use, non-characters, surrogates, and all that Unicode 3.2 did not know
    (most emoji). Characters that the preparation drops first (soft hyphen, variation selectors …) are no trouble.
    """
    if value is None or value.isascii():
        return False
    return any(char == _REPLACEMENT or any(table(char) for table in _PROHIBITED) for char in value if char > "\x7f")


def has_unprintable(value: str | None) -> bool:
    """The login holds a control character or a line break. Zero-width characters count as printable in Ruby."""
    if value is None or _PRINTABLE_ASCII.fullmatch(value):
        return False
    return any(unicodedata.category(char) in _NOT_PRINTABLE for char in value)
