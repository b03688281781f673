"""Which course and section an enrollment row means.

Room: the database. Source: Canvas's public source (its enrollment importer remembers the course and section of the
row before, as rows come in runs; that memory shows in its messages, so it is imitated).
"""

from __future__ import annotations

from dataclasses import dataclass

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.run import Skip
from canvas_sandbox.sqlite import Record

_CACHED = 100_000


@dataclass(frozen=True, slots=True)
class Course:
    """What an enrollment must know of its course."""

    id: int
    sis_id: str | None
    is_blueprint: bool
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What an enrollment must know of its section."""

    id: int
    sis_id: str | None
    course_id: int
    nonxlist_course_id: int | None
    is_default: bool
    is_deleted: bool


class EnrollmentPlaces:
    """Finds courses and sections, row after row. Made for one importer: it takes for granted that nobody moves them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._courses: dict[str | int, Course] = {}
        self._sections: dict[str, Section] = {}
        self._defaults: dict[int, Section] = {}
        self.course: Course | None = None
        self.section: Section | None = None

    def forget(self, course_id: str | None, section_id: str | None) -> None:
        """Drop what is remembered of the row before and is not what this row names."""
        if self.course is not None and course_id is not None and self.course.sis_id != course_id:
            self.course = self.section = None
        if self.section is not None and section_id is not None and self.section.sis_id != section_id:
            self.section = None

    def find(self, course_id: str | None, section_id: str | None) -> tuple[Course, Section]:
        """The course and section the row means, a new default section if need be. Raises Skip."""
        if course_id is not None and self.course is None:
            self.course = self._course(course_id)
        if section_id is not None and self.section is None:
            self.section = self._section(section_id)
        self._refuse_missing(course_id, section_id)
        course, section = self._settled(course_id, section_id)
        # Remembered before the check, as in Canvas: the next row may lean on a pair that was refused.
        self.course, self.section = course, section
        if course.id != section.course_id:
            raise Skip("enrollment.section_course_unrelated")
        return course, section

    def _refuse_missing(self, course_id: str | None, section_id: str | None) -> None:
        if self.course is None and self.section is None:
            raise Skip("enrollment.unknown_context")
        # What was found is forgotten, or the next row without ids would land in it.
        if section_id is not None and self.section is None:
            self.course = None
            raise Skip("enrollment.unknown_section")
        if course_id is not None and self.course is None:
            self.section = None
            raise Skip("enrollment.unknown_course")

    def _settled(self, course_id: str | None, section_id: str | None) -> tuple[Course, Section]:
        """Course and section, the one that was not named taken from the other."""
        course, section = self.course, self.section
        # No section named: the course's default section, not one left over from the row before.
        if section is None or (course is not None and section_id is None and not section.is_default):
            section = self._default_section(course)
        # A section that was cross-listed out of the named course takes its enrollments along to where it is now.
        moved = course is not None and course.id != section.course_id
        if course is None or (moved and (course_id is None or section.nonxlist_course_id == course.id)):
            course = self._course(section.course_id)
        if course is None:
            raise LookupError(f"section {section.id} has no course")
        return course, section

    def _course(self, key: str | int) -> Course | None:
        known = self._courses.get(key)
        if known is None:
            column = "sis_id" if isinstance(key, str) else "id"
            sql = f"SELECT id, sis_id, is_blueprint, state FROM courses WHERE {column} = ?"  # noqa: S608 - our own names
            row = self._db.first(sql, (key,))
            if row is None:
                return None
            known = Course(row["id"], row["sis_id"], bool(row["is_blueprint"]), row["state"] == "deleted")
            # Full is full: rows come in runs, and what is looked up now is mostly the last one again.
            if len(self._courses) < _CACHED:
                self._courses[key] = known
        return known

    def _section(self, sis_id: str) -> Section | None:
        known = self._sections.get(sis_id)
        if known is None:
            row = self._db.by_sis_id("sections", sis_id)
            if row is None:
                return None
            known = _section_of(row)
            if len(self._sections) < _CACHED:
                self._sections[sis_id] = known
        return known

    def _default_section(self, course: Course | None) -> Section:
        if course is None:
            raise LookupError("a default section of no course")
        known = self._defaults.get(course.id)
        if known is None:
            known = _section_of(cascade.default_section(self._db, course.id))
            if len(self._defaults) < _CACHED:
                self._defaults[course.id] = known
        return known


def _section_of(row: Record) -> Section:
    return Section(
        row["id"],
        row["sis_id"],
        row["course_id"],
        row["nonxlist_course_id"],
        bool(row["is_default"]),
        row["state"] == "deleted",
    )
