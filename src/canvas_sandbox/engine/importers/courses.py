"""Importer of courses, blueprint associations included.

Room: as run.py. Source: Canvas's public source (its course importer); that an end before the start is refused is the
course model's own rule.
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.importers.base import Importer, status_of
from canvas_sandbox.engine.run import Run, date_text
from canvas_sandbox.engine.schema import DEFAULT_TERM, ROOT_ACCOUNT
from canvas_sandbox.params import truthy
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.dates import BadDate
from canvas_sis_csv.reading import Row
from canvas_sis_csv.rules.cells import REMOVE

_OPENING = frozenset({"active", "unpublished", "published"})
_FOLLOWS_TEMPLATE = ("account_id", "name", "course_code", "term_id", "start_at", "conclude_at")

Values = dict[str, Any]


class CourseImporter(Importer):
    """Courses. Children are tied to their blueprints after the last row of a file."""

    type = "course"
    counted_as = "courses"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._children: dict[str, list[Row]] = {}

    def load(self, row: Row) -> bool:
        """See Importer."""
        course = self.run.course(row.get("course_id"))
        values = self._place(course, row)
        self._from_abstract(course, row, values)
        names = {"course_code": row.get("short_name"), "name": row.get("long_name")}
        values |= {column: name for column, name in names.items() if name}
        values |= _dates(row) | _settings(row)
        values["state"] = _state(course, row)
        self._refuse_taken(course, row)
        if not self.passes(row, "model"):
            return False
        self._refuse_dates(course, values)
        course_id = self._save(course, row, values)
        self._note_blueprint(course_id, row)
        return True

    def _place(self, course: Record | None, row: Row) -> Values:
        """Account and term of the course after this row."""
        values: Values = {}
        if account_id := self._account(course, row):
            values["account_id"] = account_id
        # A term that is unknown gives no message: the course keeps its term, a new one gets the default term.
        term = self.db.by_sis_id("terms", row.get("term_id"))
        if term is not None and term["state"] != "deleted":
            values["term_id"] = term["id"]
        if row.get("integration_id"):
            values["integration_id"] = row.get("integration_id")
        return values

    def _account(self, course: Record | None, row: Row) -> int | None:
        # `fallback_account_id` is in Canvas's public source, not in its documentation.
        named = self.run.account(row.get("account_id"))
        account = named or self.run.account(row.get("fallback_account_id"))
        if row.get("account_id") and account is None:
            raise self.skip("unknown_account")
        moves_to: int | None = None
        # A deleted account is passed over, and the course lands, or stays, elsewhere.
        if account is not None and account["state"] != "deleted":
            moves_to = account["id"]
        self._refuse_deleted_account(course, moves_to)
        return moves_to

    def _refuse_deleted_account(self, course: Record | None, moves_to: int | None) -> None:
        if course is None:
            return
        stays = moves_to is None or self.records.is_stuck("courses", course, "account_id")
        sits_in = self.db.by_id("accounts", course["account_id"]) if stays else None
        if sits_in is not None and sits_in["state"] == "deleted":
            raise self.skip("account_deleted", account_id=sits_in["sis_id"])

    def _from_abstract(self, course: Record | None, row: Row, values: Values) -> None:
        """What the abstract course gives where the row is silent; an unknown one is reported and passed over."""
        sis_id = row.get("abstract_course_id")
        abstract = self.db.by_sis_id("abstract_courses", sis_id)
        if sis_id and abstract is None:
            self.say("unknown_abstract", row)
        values["abstract_course_id"] = abstract["id"] if abstract else None
        if abstract is None:
            return
        if row.get("term_id") is None:
            values["term_id"] = abstract["term_id"]
        if row.get("account_id") is None:
            values["account_id"] = abstract["account_id"]
        for column, source in (("course_code", "short_name"), ("name", "name")):
            if course is None or course[column] is None:
                values[column] = abstract[source]

    def _refuse_taken(self, course: Record | None, row: Row) -> None:
        """Canvas looks for a second holder of the integration id before it validates anything else."""
        integration_id = row.get("integration_id")
        if self.run.is_integration_taken("courses", integration_id, course):
            error = f'Integration Integration ID "{integration_id}" is already in use'
            raise self.skip("invalid", model_errors=error)

    def _refuse_dates(self, course: Record | None, values: Values) -> None:
        """The row sets one date, the other one is kept: only the database shows that they do not fit."""
        start, end = (_after(course, values, column) for column in ("start_at", "conclude_at"))
        if start and end and end < start:
            raise self.skip("invalid", model_errors="Conclude at End date cannot be before start date")

    def _save(self, course: Record | None, row: Row, values: Values) -> int:
        if course is None:
            defaults = {"account_id": ROOT_ACCOUNT, "term_id": DEFAULT_TERM}
            return self.records.create("courses", {**defaults, **values, "sis_id": row.get("course_id")})
        course_id: int = course["id"]
        if self.records.change("courses", course, values):
            self._after_change(course)
        return course_id

    def _after_change(self, before: Record) -> None:
        # Read anew: what was stuck did not change, whatever the row said.
        after = self.db.existing("courses", before["id"])
        if after["state"] != before["state"]:
            cascade.course_changed(self.records, after["id"], after["state"])
        # Courses that a cross-listing made after this one's pattern follow it.
        for templated in self.db.all("SELECT * FROM courses WHERE template_id = ?", (after["id"],)):
            self.records.change("courses", templated, {column: after[column] for column in _FOLLOWS_TEMPLATE})

    def _note_blueprint(self, course_id: int, row: Row) -> None:
        wanted = row.get("blueprint_course_id")
        if wanted is None or self.db.value("SELECT state FROM courses WHERE id = ?", (course_id,)) == "deleted":
            return
        if wanted == "dissociate":
            self.db.update("courses", course_id, {"blueprint_id": None})
        else:
            self._children.setdefault(wanted, []).append(row)

    def end_file(self) -> None:
        """Tie the file's courses to their blueprints."""
        for blueprint_id, rows in self._children.items():
            blueprint = self.run.course(blueprint_id)
            for row in rows:
                if blueprint is None or not blueprint["is_blueprint"]:
                    self.say("blueprint_unknown", row)
                else:
                    self._associate(blueprint, row)
        self._children.clear()  # the next file of this type starts anew

    def _associate(self, blueprint: Record, row: Row) -> None:
        child = self.run.course(row.get("course_id"))
        if child is None:
            return
        if child["is_blueprint"]:
            self.say("blueprint_is_blueprint", row)
        elif child["blueprint_id"] is not None:
            if child["blueprint_id"] != blueprint["id"]:
                self.say("blueprint_other", row)
        # In the blueprint's own account or below it.
        elif all(above["id"] != blueprint["account_id"] for above in self.run.account_chain(child["account_id"])):
            self.say("blueprint_account", row)
        else:
            self.db.update("courses", child["id"], {"blueprint_id": blueprint["id"]})


def _after(course: Record | None, values: Values, column: str) -> str | None:
    """A column's value once the row is imported, edits by hand left aside."""
    if column in values or course is None:
        return values.get(column)
    kept: str | None = course[column]
    return kept


def _dates(row: Row) -> Values:
    """The dates the row sets: a column that is not there keeps its date, a blank cell or <delete> removes it."""
    values: Values = {}
    broken = False
    for column, field in (("start_date", "start_at"), ("end_date", "conclude_at")):
        if not row.has(column):
            continue
        cell = row.get(column)
        try:
            values[field] = None if broken or cell == REMOVE else date_text(cell)
        except BadDate:
            broken = True
            values[field] = None
    return values


def _settings(row: Row) -> Values:
    values: Values = {}
    # A column that is there and blank clears, a column that is not there keeps.
    if row.has("course_format"):
        format_ = row.get("course_format")
        values["course_format"] = None if format_ == "not_set" else format_
    if row.has("grade_passback_setting"):
        setting = row.get("grade_passback_setting")
        values["grade_passback_setting"] = None if setting == "not_set" else setting
    if homeroom := row.get("homeroom_course"):
        values["homeroom_course"] = int(truthy(homeroom))
    return values


def _state(course: Record | None, row: Row) -> str:
    """The state after this row. A status that only begins with a valid word changes nothing, unless it deletes."""
    status = status_of(row)
    before: str = course["state"] if course else "created"
    if status in _OPENING:
        # `active` opens nothing by itself: a person publishes the course. Only `published` does.
        if before == "completed":
            return "available"
        if before in {"created", "claimed", "deleted"}:
            return "available" if status == "published" else "claimed"
    elif "deleted" in status:
        return "deleted"
    elif "completed" in status:
        return "completed"
    return before
