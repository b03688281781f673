"""Our own warnings about a file, before Canvas says nothing and does the wrong thing.

Room: pure. `of_header` is asked once for a file, `of_row` about rows. All watches are on single columns: `VALUE_CHECKS`
has the shape of that of the rules (see rules/__init__.py), so that a fast reader tests the distinct values of a column
and makes rows only where one is treacherous; there are no conditions on several columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from canvas_sis_csv.columns import COLUMNS
from canvas_sis_csv.rules.advice import cells
from canvas_sis_csv.rules.advice.cells import Diagnosis
from canvas_sis_csv.rules.advice.headers import of_header
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row, Test

__all__ = ["VALUE_CHECKS", "WATCHES", "Watch", "of_header", "of_row"]


@dataclass(frozen=True, slots=True)
class Watch:
    """A column, and what may be treacherous about its values."""

    column: str
    diagnose: Diagnosis


_ACTIVE = cells.status("active", "deleted", effect=cells.acts_on_first)
_ACCEPTED = cells.status("accepted", "deleted", effect=cells.acts_on_first)
_COURSE = cells.status("active", "deleted", "completed", "unpublished", "published", effect=cells.course_effect)
_USER = cells.status("active", "suspended", "deleted", effect=cells.takes_for_active)
_ENROLLMENT = cells.status(*cells.ENROLLMENT_STATUSES, effect=cells.enrollment_effect, also=("deleted_last_completed",))

_STATUS: dict[str, Diagnosis] = {
    "account": cells.account_status,
    "term": _ACTIVE,
    "abstract_course": _ACTIVE,
    "course": _COURSE,
    "section": _ACTIVE,
    "user": _USER,
    "enrollment": _ENROLLMENT,
    "group_category": _ACTIVE,
    "differentiation_tag_set": _ACTIVE,
    "group": cells.group_status,
    "differentiation_tag": cells.group_status,
    "group_membership": _ACCEPTED,
    "differentiation_tag_membership": _ACCEPTED,
    "institutional_tag_category": _ACTIVE,
    "institutional_tag": _ACTIVE,
    "institutional_tag_association": _ACTIVE,
}

_BY_NAME: dict[str, Diagnosis] = {
    "start_date": cells.date,
    "end_date": cells.date,
    "role": cells.role,
    "root_account": cells.root_account,
    "canvas_password_notification": cells.password_notification,
    "password": cells.password,
    **dict.fromkeys(("first_name", "last_name"), cells.long_text),
}
"""Watches on columns that mean the same in every type that has them."""

_NOT_IDS = frozenset({"login_id", "role_id", "existing_canvas_user_id", "authentication_provider_id"})


def _watch(type_: str, column: str) -> Diagnosis | None:
    if column == "status":
        return _STATUS.get(type_)
    if column == "role" and type_ != "enrollment":
        return None
    if type_ == "course" and column in ("start_date", "end_date"):
        return cells.course_date
    if column.endswith("_id") and column not in _NOT_IDS:
        return cells.id_
    return _BY_NAME.get(column)


def _watches(type_: str) -> Iterator[Watch]:
    for column in COLUMNS[type_]:
        diagnose = _watch(type_, column.name)
        if diagnose:
            yield Watch(column.name, diagnose)


WATCHES: dict[str, tuple[Watch, ...]] = {type_: tuple(_watches(type_)) for type_ in COLUMNS}
"""Per CSV type, the columns that are watched."""


def _is_treacherous(diagnose: Callable[[str | None], object], value: str | None) -> bool:
    return diagnose(value) is not None


VALUE_CHECKS: dict[str, tuple[tuple[str, Test], ...]] = {
    type_: tuple((watch.column, partial(_is_treacherous, watch.diagnose)) for watch in watches)
    for type_, watches in WATCHES.items()
}
"""Per type: (column, suspicious). `of_row` says something about a row exactly when one of them is true of it."""


def of_row(type_: str, row: Row) -> Iterator[Hit]:
    """What to say about a row, column by column; a row that Canvas refuses anyway is worth no advice."""
    for watch in WATCHES[type_]:
        value = row.get(watch.column)
        found = watch.diagnose(value)
        if found:
            code, reading = found
            yield Hit(code, {"column": watch.column, "value": value, "reading": reading}, watch.column)
