"""Importers of sections and of cross-listings.

Room: as run.py. Source: Canvas's public source (the importers of both, and its model of a section).
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.importers.base import Importer, active_or_deleted, status_of
from canvas_sandbox.engine.records import RecordWriter
from canvas_sandbox.engine.run import date_span
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row


class SectionImporter(Importer):
    """Sections, moved to another course when the row says so."""

    type = "section"
    counted_as = "sections"

    def load(self, row: Row) -> bool:
        """See Importer."""
        course = self.run.course(row.get("course_id"))
        if course is None:
            raise self.skip("unknown_course")
        section = self.db.by_sis_id("sections", row.get("section_id"))
        if section is None and not self.passes(row, "new"):
            return False
        self._refuse_taken(section, row)
        if not self.passes(row, "model"):
            return False
        start, end = date_span(row)
        values: dict[str, Any] = {
            "integration_id": row.get("integration_id"),
            "state": active_or_deleted(row),
            "start_at": start,
            "end_at": end,
        }
        if row.get("name"):
            values["name"] = row.get("name")
        if section is None:
            self.records.create("sections", {**values, "course_id": course["id"], "sis_id": row.get("section_id")})
        else:
            self._change(section, course, values)
        return True

    def _refuse_taken(self, section: Record | None, row: Row) -> None:
        """Canvas looks for a second holder of the integration id before it validates anything else; the typo is its."""
        integration_id = row.get("integration_id")
        if self.run.is_integration_taken("sections", integration_id, section):
            error = f'Integration INTEGRATRION ID "{integration_id}" is already in use'
            raise self.skip("invalid", model_errors=error)

    def _change(self, section: Record, course: Record, values: dict[str, Any]) -> None:
        if section["course_id"] != course["id"]:
            values |= self._move(section, course, values["state"])
        if not self.records.change("sections", section, values):
            return
        if "course_id" in values:
            cascade.move_enrollments(self.db, [section["id"]], values["course_id"])
        if values["state"] == "deleted" != section["state"]:
            cascade.section_deleted(self.records, section["id"])

    def _move(self, section: Record, course: Record, state: str) -> dict[str, Any]:
        """Where a section goes whose row names another course; a cross-listed one stays while its origin is named."""
        stuck = self.records.is_stuck("sections", section, "course_id")
        if section["nonxlist_course_id"] is not None:
            host_state = self.db.value("SELECT state FROM courses WHERE id = ?", (section["course_id"],))
            revived = host_state == "deleted" and state == "active"
            if not revived and (stuck or section["nonxlist_course_id"] == course["id"]):
                return {}
        elif stuck:
            return {}
        return {**moved_to(self.db, course["id"]), "nonxlist_course_id": None}


class XlistImporter(Importer):
    """Cross-listings: a section appears in another course, which is made when it is not there."""

    type = "xlist"
    counted_as = "xlists"

    def load(self, row: Row) -> bool:
        """See Importer."""
        section = self.db.by_sis_id("sections", row.get("section_id"))
        if section is None:
            raise self.skip("unknown_section")
        active = status_of(row) == "active"
        course = self.run.course(row.get("xlist_course_id"))
        if course is None and active:
            course = self._host_like(section, str(row.get("xlist_course_id")))
        # The course that was to host it has been made by now, and stays.
        if self.records.is_stuck("sections", section, "course_id"):
            return False
        if active and course is not None:
            self._crosslist(section, course)
        # A deletion that names another course than the one the section is in does nothing.
        elif course is None or section["course_id"] == course["id"]:
            self._uncrosslist(section)
        return True

    def _host_like(self, section: Record, sis_id: str) -> Record:
        """A new course with the place, names and dates of the section's own."""
        own = self.db.existing("courses", section["course_id"])
        copied = ("account_id", "term_id", "name", "course_code", "start_at", "conclude_at")
        values = {column: own[column] for column in copied}
        host = {**values, "sis_id": sis_id, "state": "claimed", "template_id": own["id"]}
        return self.db.existing("courses", self.records.create("courses", host))

    def _crosslist(self, section: Record, course: Record) -> None:
        revive(self.records, course)
        if section["course_id"] == course["id"]:
            self.records.touch("sections", section["id"])
            return
        # Its first course, however often it was cross-listed since; back there it is not cross-listed any more.
        origin = section["nonxlist_course_id"] or section["course_id"]
        home = origin == course["id"]
        self._put(section, course["id"], None if home else origin)

    def _uncrosslist(self, section: Record) -> None:
        origin = section["nonxlist_course_id"]
        if origin is None:
            return
        home = self.db.by_id("courses", origin)
        if home is not None:
            revive(self.records, home)
        self._put(section, origin, None)

    def _put(self, section: Record, course_id: int, origin: int | None) -> None:
        self.records.change("sections", section, {**moved_to(self.db, course_id), "nonxlist_course_id": origin})
        cascade.move_enrollments(self.db, [section["id"]], course_id)


def moved_to(db: Database, course_id: int) -> dict[str, int]:
    """Columns of a section that goes to another course: the first one there becomes the default section."""
    taken = db.first("SELECT 1 FROM sections WHERE course_id = ? AND state <> 'deleted'", (course_id,))
    return {"course_id": course_id, "is_default": int(taken is None)}


def revive(records: RecordWriter, course: Record) -> None:
    """A deleted course that receives a section is there again, not yet published."""
    if course["state"] == "deleted":
        records.change("courses", course, {"state": "claimed"})
