"""Our own warnings about rows, before Canvas says nothing and does the wrong thing; `header_advice` has those on files.

Room: pure. All watches are on single columns: `value_checks` has the shape of those of the rules (see rules/), so that
a fast reader tests the distinct values of a column and makes rows only where one is treacherous. Beside them stands
what is said of a row's number of cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

from canvas_sis_csv.rules import diagnoses, odd_ids
from canvas_sis_csv.rules.diagnoses import Diagnosis
from canvas_sis_csv.rules.near_words import near_word
from canvas_sis_csv.rules.odd_text import spoiled
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import ANY_CELL, Row, Test
from canvas_sis_csv.text import listed
from canvas_sis_csv.types.csv_type import CsvType

_BY_NAME: dict[str, Diagnosis] = {
    "start_date": diagnoses.date,
    "end_date": diagnoses.date,
    "root_account": diagnoses.root_account,
    "canvas_password_notification": diagnoses.password_notification,
    "password": diagnoses.password,
    "first_name": diagnoses.long_text,
    "last_name": diagnoses.long_text,
    "login_id": odd_ids.login,
}
"""Watches on columns that mean the same in every type that has them; what a type says of its own column wins."""

_NOT_IDS = frozenset({"role_id", "existing_canvas_user_id", "authentication_provider_id"})
"""Columns that end in `_id` and hold no SIS id."""

_OF_PERSONS = ("user_id", "student_id", "observer_id", "user_integration_id", "existing_integration_id")

_SHOWN = 3
"""Surplus cells of a row that are quoted."""

EXPLAINING = frozenset({"advice.long_row", "advice.invisible_character", "advice.control_character"})
"""Advice that tells why Canvas refuses a row: it is given beside what Canvas says."""


@cache
def watches(type_: CsvType) -> Mapping[str, Diagnosis]:
    """The columns that are watched, and what may be treacherous about their values."""
    watched: dict[str, Diagnosis] = {}
    for column in type_.columns:
        watch = column.watch or _BY_NAME.get(column.name) or _id_watch(column.name)
        if watch:
            watched[column.name] = watch
    return watched


def id_columns(type_: CsvType) -> tuple[str, ...]:
    """The columns that hold ids or logins."""
    ids = {odd_ids.id_, odd_ids.person_id, odd_ids.login}
    return tuple(name for name, watch in watches(type_).items() if watch in ids)


def _id_watch(column: str) -> Diagnosis | None:
    if not column.endswith("_id") or column in _NOT_IDS:
        return None
    return odd_ids.person_id if column.endswith(_OF_PERSONS) else odd_ids.id_


def value_checks(type_: CsvType) -> tuple[tuple[str, Test], ...]:
    """(column, suspicious): `row_advice` says something about a row exactly when one of them is true of it."""
    checks = ((column, partial(_is_treacherous, diagnose)) for column, diagnose in watches(type_).items())
    return (*checks, (ANY_CELL, partial(_is_treacherous, spoiled)))


def _is_treacherous(diagnose: Diagnosis, value: str | None) -> bool:
    return diagnose(value) is not None


def row_advice(type_: CsvType, row: Row) -> Iterator[Hit]:
    """What to say about a row, column by column; a row that Canvas refuses anyway is worth only `EXPLAINING` advice."""
    for column, diagnose in watches(type_).items():
        value = row.get(column)
        diagnosis = diagnose(value)
        if diagnosis:
            yield _hit(*diagnosis, column, value)
    for each in type_.columns:
        value = row.get(each.name)
        diagnosis = spoiled(value)
        # What is odd about an id was said already.
        if diagnosis and not (diagnosis[0] == "advice.control_character" and each.name in id_columns(type_)):
            yield _hit(*diagnosis, each.name, value)


def _hit(code: str, reading: str, column: str, value: str | None) -> Hit:
    return Hit(code, {"column": column, "value": value, "reading": reading}, column)


def length_advice(
    type_: CsvType, header: Sequence[str | None], written: Sequence[str], heard: Sequence[Hit]
) -> Iterator[Hit]:
    """What to say about a row that has not as many cells as the header; `written` are its cells, not trimmed.

    `heard` is what Canvas says of the row: cells that it misses are not told twice.
    """
    surplus = [cell.strip() for cell in written[len(header) :] if cell.strip()]
    if surplus:
        left, right = _parted(written, len(header))
        names = {"count": len(written) - len(header), "left": left, "right": right, "surplus": listed(surplus, _SHOWN)}
        last = (header[_place_of(written, len(header)) - 1] or "").lower()
        yield Hit("advice.long_row", names, last or None)
    if any(cell.strip() for cell in written):
        told = {hit.column for hit in heard}
        for name in header[len(written) :]:
            column = type_.column.get((name or "").lower())
            # Of what is needed in some rows only, nobody knows whether it is missed here.
            if column and column.need.startswith("required for") and column.name not in told:
                yield Hit("advice.short_row", {"column": column.name, "count": len(written)}, column.name)


def _place_of(written: Sequence[str], width: int) -> int:
    """Where the cell stands that probably was parted from the one before it: behind a comma with a space after it."""
    spaced = [
        place
        for place in range(1, len(written))
        if written[place][:1] == " " and written[place].strip() and written[place - 1].strip()
    ]
    return spaced[0] if len(spaced) == 1 else width


def _parted(written: Sequence[str], width: int) -> tuple[str, str]:
    place = _place_of(written, width)
    return written[place - 1].strip(), written[place].strip()


def likely_word(type_: CsvType, row: Row, hit: Hit) -> str | None:
    """The word that is probably meant by the value which Canvas refuses; None when there is nothing to go by."""
    column = type_.column.get(hit.column or "")
    value = row.get(column.name) if column else None
    return near_word(value, column.words) if column and value and column.words else None
