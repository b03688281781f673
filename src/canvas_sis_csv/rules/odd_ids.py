"""Ids and logins that are not what their sender means: placeholders, what export programs add, invisible characters.

Room: pure. `Diagnosis` and its answer are explained in diagnoses.py.
"""

from __future__ import annotations

import re
import unicodedata

from canvas_sis_csv.rules.odd_text import sign_name

_WORDS = (
    *("null", "(null)", "<null>", "[null]", "\\n", "none", "(none)", "<none>", "nil", "undefined", "(blank)"),
    *("nan", "<nan>", "nat", "<na>", "n/a", "n.a.", "dbnull", "system.dbnull", "[object object]"),
    *("#n/a", "#ref!", "#value!", "#name?", "#null!", "#div/0!", "#num!", "#error!", "#spill!", "#calc!"),
    *("-", "--", "---", "?", "??", "???", "."),
)
_ZEROS = ("0" * length for length in range(2, 21))


def _written(words: tuple[str, ...]) -> frozenset[str]:
    """The words as programs write them."""
    return frozenset(way(word) for word in words for way in (str, str.upper, str.capitalize, str.title)) | {
        "NaN",
        "\\N",
    }


NO_IDS = _written(_WORDS) | frozenset(_ZEROS)
"""What stands in the place of an id that is not there."""

NO_PERSONS = NO_IDS | _written(("na", "unknown", "missing", "0"))
"""The same for people: an account may well be called NA."""

_QUOTES = ("'", "\u2019", "\u2018", "`", "\u00b4")
_FORMULA = re.compile(r'=\s*(?:T\s*\(\s*)?"?(?P<plain>[^"=()]*)"?\)?', re.IGNORECASE)
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d{2,}", re.IGNORECASE)
_FLOAT = re.compile(r"\d+[.,]0+")
_FRACTION = re.compile(r"\d+[.,]\d*[1-9]\d*")


def id_(value: str | None) -> tuple[str, str] | None:
    """An id that cannot be what the sender sees: what `find_oddity` says, shortened by a spreadsheet, or too long."""
    return _diagnose(value, NO_IDS)


def person_id(value: str | None) -> tuple[str, str] | None:
    """As `id_`, for ids of people."""
    return _diagnose(value, NO_PERSONS)


def login(value: str | None) -> tuple[str, str] | None:
    """A login that cannot be what the sender sees. Numbers and lengths are Canvas's to judge."""
    return find_oddity(value, NO_PERSONS) if value else None


def _diagnose(value: str | None, no_ids: frozenset[str]) -> tuple[str, str] | None:
    if value is None:
        return None
    oddity = find_oddity(value, no_ids)
    if oddity:
        return oddity
    if value[0].isdigit() and _SHORTENED.fullmatch(value):
        return "advice.spreadsheet_number", ""
    return ("advice.too_long", "") if len(value) > 255 else None


def find_oddity(value: str, no_ids: frozenset[str]) -> tuple[str, str] | None:
    """The code and the reading of what is odd about an id or a login; None when nothing is."""
    if not (value.isascii() and value.isprintable()):
        sign = next((sign for sign in value if is_hidden(sign)), None)
        if sign:
            return "advice.invisible_character", sign_name(sign)
    if value[0] == "=" and len(value) > 1:
        plain = _FORMULA.fullmatch(value)
        return "advice.formula_id", plain["plain"] if plain else ""
    if value[0] in _QUOTES and len(value) > 1:
        return "advice.apostrophe_id", value.strip("".join(_QUOTES))
    return ("advice.no_id", "") if value in no_ids else None


def is_hidden(sign: str) -> bool:
    """Whether nobody sees the character, or takes it for a plain space."""
    if sign == " ":
        return False
    return unicodedata.category(sign) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def is_float(value: str) -> bool:
    """Whether the value is a whole number with a zero fraction: `123.0`."""
    return _FLOAT.fullmatch(value) is not None


def is_fraction(value: str) -> bool:
    """Whether the value is a number with a fraction that means something: `123.5`."""
    return _FRACTION.fullmatch(value) is not None
