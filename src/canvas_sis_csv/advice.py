"""Our own warnings about rows, before Canvas says nothing and does the wrong thing; `header_advice` has those on files.

Room: pure. All watches are on single columns: `value_checks` has the shape of those of the rules (see rules/), so that
a fast reader tests the distinct values of a column and makes rows only where one is treacherous; there are no
conditions on several columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial

from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules.diagnoses import Diagnosis
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row, Test
from canvas_sis_csv.types.csv_type import CsvType

_BY_NAME: dict[str, Diagnosis] = {
    "start_date": diagnoses.date,
    "end_date": diagnoses.date,
    "root_account": diagnoses.root_account,
    "canvas_password_notification": diagnoses.password_notification,
    "password": diagnoses.password,
    "first_name": diagnoses.long_text,
    "last_name": diagnoses.long_text,
}
"""Watches on columns that mean the same in every type that has them; what a type says of its own column wins."""

_NOT_IDS = frozenset({"login_id", "role_id", "existing_canvas_user_id", "authentication_provider_id"})
"""Columns that end in `_id` and hold no SIS id."""


@cache
def watches(type_: CsvType) -> Mapping[str, Diagnosis]:
    """The columns that are watched, and what may be treacherous about their values."""
    watched: dict[str, Diagnosis] = {}
    for column in type_.columns:
        is_id = column.name.endswith("_id") and column.name not in _NOT_IDS
        watch = column.watch or (diagnoses.id_ if is_id else _BY_NAME.get(column.name))
        if watch:
            watched[column.name] = watch
    return watched


def value_checks(type_: CsvType) -> tuple[tuple[str, Test], ...]:
    """(column, suspicious): `row_advice` says something about a row exactly when one of them is true of it."""
    return tuple((column, partial(_is_treacherous, diagnose)) for column, diagnose in watches(type_).items())


def _is_treacherous(diagnose: Diagnosis, value: str | None) -> bool:
    return diagnose(value) is not None


def row_advice(type_: CsvType, row: Row) -> Iterator[Hit]:
    """What to say about a row, column by column; a row that Canvas refuses anyway is worth no advice."""
    for column, diagnose in watches(type_).items():
        value = row.get(column)
        diagnosis = diagnose(value)
        if diagnosis:
            code, reading = diagnosis
            yield Hit(code, {"column": column, "value": value, "reading": reading}, column)
