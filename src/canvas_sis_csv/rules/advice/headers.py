"""What is treacherous about a header: Canvas takes the file for something else, or does not find a column.

Room: pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from canvas_sis_csv.columns import COLUMNS
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.rule import Hit

_ODD = re.compile(r"[\s\u00a0\u00ad\u200b-\u200f\u2060\ufeff]+")
_SEPARATORS = re.compile(r"[\W_]+")

_ENROLLMENT = ("user_id", "user_integration_id", "role", "role_id", "associated_user_id")

SHADOWS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    # type: what was probably meant, the column that misleads, columns that only the other type has
    "change_sis_id": (
        ("user", "old_id", ("login_id", "email", "full_name")),
        ("course", "old_id", ("short_name", "long_name")),
        ("enrollment", "old_id", ("role", "role_id")),
    ),
    "account": (("course", "parent_account_id", ("course_id", "short_name", "long_name", "term_id")),),
    "term": (("course", "name", ("course_id", "long_name", "account_id")),),
    "course": (("section", "short_name", ("section_id",)),),
    "section": (("enrollment", "name", _ENROLLMENT),),
    "user": (("enrollment", "login_id", ("course_id", "section_id", "role", "role_id")),),
    "login": (("user", "existing_user_id", ("status", "first_name", "last_name", "full_name", "sortable_name")),),
    "enrollment": (
        ("differentiation_tag_membership", "course_id", ("tag_id",)),
        ("group_membership", "course_id", ("group_id",)),
    ),
    "admin": (("group_membership", "account_id", ("group_id",)),),
    "group_category": (("group", "category_name", ("group_id",)),),
}
"""Types that win over a later one in Canvas's order when a header fits both."""


def of_header(type_: str, header: Sequence[str | None]) -> Iterator[Hit]:
    """What to say about a file's header as it is written; `type_` is what Canvas takes the file for."""
    names = [(name or "").lower() for name in header]
    present = {name for name in names if name}
    yield from _shadowed(type_, present)
    odd = {name: _tidy(name) for name in names if name.strip() and _tidy(name) != name}
    spoiled = {name: tidy for name, tidy in odd.items() if tidy in _known(type_)}
    for name, tidy in spoiled.items():
        yield _hit("header_spaces", tidy, header=repr(name), what=_what(name))
    yield from _missing(type_, present, set(spoiled.values()))
    yield from _misspelled(type_, [name for name in names if name not in spoiled])
    for name, count in Counter(names).items():
        if name.strip() and count > 1:
            yield _hit("duplicate_column", name, count=count)
    for name in ("password", "ssha_password"):
        if type_ in ("user", "login") and name in present:
            yield _hit("password_column", name)


def _hit(code: str, column: str, **values: object) -> Hit:
    return Hit(f"advice.{code}", {"column": column, **values}, column, Knowable.FILE)


def _known(type_: str) -> set[str]:
    return {column.name for column in COLUMNS[type_]}


def _tidy(name: str) -> str:
    return _ODD.sub("", name)


def _shadowed(type_: str, present: set[str]) -> Iterator[Hit]:
    for meant, because, marks in SHADOWS.get(type_, ()):
        found = [mark for mark in marks if mark in present]
        if found:
            values = {"taken_for": _words(type_), "because": because, "columns": ", ".join(found)}
            yield Hit("advice.shadowed_type", {**values, "meant": _words(meant)}, because, Knowable.FILE)
            return


def _words(type_: str) -> str:
    words = type_.replace("_", " ")
    return words[:-1] + "ies" if words.endswith("y") else words.removesuffix("s") + "s"


def _what(name: str) -> str:
    """What is odd about the name, by the first odd character."""
    odd = _ODD.search(name)
    sign = odd.group()[0] if odd else " "
    if sign == "\u00a0":
        return "a no-break space"
    return "spaces" if sign.isspace() else f"an invisible character (U+{ord(sign):04X})"


def _missing(type_: str, present: set[str], spoiled: set[str]) -> Iterator[Hit]:
    for column in COLUMNS[type_]:
        if column.is_required and column.name not in present and column.name not in spoiled:
            yield _hit("missing_column", column.name, type=_words(type_))


def _misspelled(type_: str, names: Sequence[str]) -> Iterator[Hit]:
    """Unknown columns that look like a known one which is not there."""
    absent = _known(type_) - set(names)
    for name in dict.fromkeys(names):
        if not name.strip() or name in _known(type_):
            continue
        meant = _SEPARATORS.sub("_", name).strip("_")
        close = [meant] if meant in absent else get_close_matches(meant, sorted(absent), n=1, cutoff=0.85)
        if close:
            yield _hit("misspelled_column", close[0], header=name)
