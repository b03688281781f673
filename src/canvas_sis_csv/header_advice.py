"""What is treacherous about a header: Canvas takes the file for something else, or does not find a column.

Room: pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.types.csv_type import CsvType

_ODD = re.compile(r"[\s\u00a0\u00ad\u200b-\u200f\u2060\ufeff]+")
_SEPARATORS = re.compile(r"[\W_]+")
_PASSWORDS = ("password", "ssha_password")


def header_advice(type_: CsvType, header: Sequence[str | None]) -> Iterator[Hit]:
    """What to say about a file's header as it is written; `type_` is what Canvas takes the file for."""
    names = [(name or "").lower() for name in header]
    present = {name for name in names if name}
    yield from _shadowed(type_, present)
    tidied = {name: _ODD.sub("", name) for name in names if name.strip()}
    spoiled = {name: tidy for name, tidy in tidied.items() if tidy != name and tidy in type_.column_names}
    for name, tidy in spoiled.items():
        yield _hit("header_spaces", tidy, header=repr(name), what=_what_is_odd(name))
    for column in type_.columns:
        if column.is_required and column.name not in {*present, *spoiled.values()}:
            yield _hit("missing_column", column.name, type=_plural(type_.name))
    yield from _misspelled(type_, [name for name in names if name not in spoiled])
    for name, count in Counter(names).items():
        if name.strip() and count > 1:
            yield _hit("duplicate_column", name, count=count)
    for name in _PASSWORDS:
        if name in type_.column_names and name in present:
            yield _hit("password_column", name)


def _hit(code: str, column: str, **values: object) -> Hit:
    return Hit(f"advice.{code}", {"column": column, **values}, column, Knowable.FILE)


def _shadowed(type_: CsvType, present: set[str]) -> Iterator[Hit]:
    for shadow in type_.shadows:
        marks = [mark for mark in shadow.marks if mark in present]
        if marks:
            values = {"because": shadow.because, "columns": ", ".join(marks)}
            types = {"taken_for": _plural(type_.name), "meant": _plural(shadow.meant)}
            yield Hit("advice.shadowed_type", {**values, **types}, shadow.because, Knowable.FILE)
            # The likeliest one is enough.
            return


def _plural(type_: str) -> str:
    words = type_.replace("_", " ")
    return words[:-1] + "ies" if words.endswith("y") else words.removesuffix("s") + "s"


def _what_is_odd(name: str) -> str:
    """What is odd about the name, by the first odd character."""
    odd = _ODD.search(name)
    sign = odd.group()[0] if odd else " "
    if sign == "\u00a0":
        return "a no-break space"
    return "spaces" if sign.isspace() else f"an invisible character (U+{ord(sign):04X})"


def _misspelled(type_: CsvType, names: Sequence[str]) -> Iterator[Hit]:
    """Unknown columns that look like a known one which is not there."""
    absent = type_.column_names - set(names)
    for name in dict.fromkeys(names):
        if not name.strip() or name in type_.column_names:
            continue
        meant = _SEPARATORS.sub("_", name).strip("_")
        # 0.85 lets one wrong letter in seven pass, and keeps user_id and course_id apart.
        close = [meant] if meant in absent else get_close_matches(meant, sorted(absent), n=1, cutoff=0.85)
        if close:
            yield _hit("misspelled_column", close[0], header=name)
