"""Enrollments against the sections, cross-listings and users of the same upload.

Room: pure, remembers. Source: Canvas's public source (its enrollment and cross-listing importers).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap

from canvas_sis_csv.cross.ids import Ids, Links
from canvas_sis_csv.cross.people import People
from canvas_sis_csv.cross.references import Column
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row

BASE_ROLES = frozenset(
    ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "ObserverEnrollment", "DesignerEnrollment")
)
_ROLE_WORDS = frozenset(("teacher", "ta", "observer", "designer"))
_NOT_A_SECTION = "An enrollment did not pass validation (course: {}, section: {}, Course section is not a valid section"


class Places:
    """Courses and sections of the upload, and which section lies in which course."""

    def __init__(self, people: People, plausible: Callable[[str, str], bool]) -> None:
        self._people = people
        self._plausible = plausible
        self.courses = Ids()
        self.sections = Ids()
        self._home = Links()
        self._listed_in = Links()

    def learn_course(self, row: Row, file: int) -> None:
        """Canvas took the course row."""
        self.courses.say(row.get("course_id") or "", file)

    def learn_section(self, row: Row, file: int) -> None:
        """Canvas took the section row, unless it deletes a section that is not there."""
        section, course = row.get("section_id") or "", row.get("course_id") or ""
        active = not (row.get("status") or "").lower().startswith("deleted")
        # Canvas refuses to delete a section that is not there, for want of a name.
        if not active and not row.get("name") and section not in self.sections:
            return
        self._home.put(section, course)
        self.sections.say(section, file, active=active)

    def doubt_section(self, row: Row, file: int) -> None:
        """The section may have moved to a course that only the database knows, or not."""
        self._home.drop(row.get("section_id"))
        self.sections.forget(row.get("section_id") or "")

    def learn_xlist(self, row: Row, file: int) -> None:
        """Canvas took the cross-listing, if the section is there."""
        section, course = row.get("section_id") or "", row.get("xlist_course_id") or ""
        if (row.get("status") or "").lower() == "deleted":
            self._listed_in.drop(section, course)
        else:
            self._listed_in.put(section, course)
            self.courses.say(course, file)

    def check_unrelated(self, row: Row, file: int) -> Hit | None:
        """The row names a section and a course, both of the upload, that have nothing to do with each other."""
        section, course = row.get("section_id"), row.get("course_id")
        home = self._home.get(section)
        if not section or not course or not home or not self._are_apart(course, section):
            return None
        known = course in self.courses and home in self.courses and self._user_is_there(row)
        if not known or row.get("root_account"):
            return None
        values = {"section_id": section, "course_id": course, "user_id": row.get("user_id")}
        return Hit("enrollment.section_course_unrelated", values, "section_id", Knowable.IMPORT)

    def check_deleted(self, row: Row, file: int) -> Hit | None:
        """An active enrollment of a user, or in a section, that the upload deletes."""
        active = (row.get("status") or "").lower().startswith("active")
        if not active or row.get("root_account") or not _has_base_role(row) or not self._context_is_there(row):
            return None
        user = self._user(row)
        # Deleting one of several logins does not delete the person.
        if user is not None and self._people.ids.is_deleted(user) and user not in self._people.more_logins:
            course = row.get("course_id") or self._home.get(row.get("section_id"))
            values = {"user_id": row.get("user_id"), "course_id": course}
            return Hit("enrollment.deleted_user", values, "user_id", Knowable.IMPORT)
        if self.sections.is_deleted(row.get("section_id") or "") and self._user_is_there(row):
            columns = ("course_id", "section_id", "user_id", "role")
            error = _NOT_A_SECTION.format(row.get("course_id") or "", row.get("section_id") or "")
            invalid = {"model_errors": error, **{column: row.get(column) for column in columns}}
            return Hit("enrollment.invalid", invalid, "section_id", Knowable.IMPORT)
        return None

    def is_quiet(self, column: Column) -> bool:
        """Whether no row of these columns can meet a deleted user or section, or a section of another course."""
        users = {*column("user_id"), *map(self._people.by_integration, set(column("user_integration_id")))}
        if any(self._people.ids.is_deleted(user or "") for user in users):
            return False
        if any(map(self.sections.is_deleted, set(column("section_id")))):
            return False
        return not any(starmap(self._are_apart, set(zip(column("course_id"), column("section_id"), strict=False))))

    def _are_apart(self, course: str, section: str) -> bool:
        home = self._home.get(section)
        return bool(course) and home is not None and course not in (home, self._listed_in.get(section))

    def _user(self, row: Row) -> str | None:
        integration = row.get("user_integration_id")
        return self._people.by_integration(integration) if integration else row.get("user_id")

    def _user_is_there(self, row: Row) -> bool:
        user = self._user(row)
        return user is not None and self._plausible("user", user)

    def _context_is_there(self, row: Row) -> bool:
        course, section = row.get("course_id"), row.get("section_id")
        if course and not self._plausible("course", course):
            return False
        return not section or section in self.sections or self._plausible("section", section)


def _has_base_role(row: Row) -> bool:
    """Whether Canvas certainly gets as far as the user: the role is known, and no other user must be found first."""
    role = row.get("role") or ""
    word = role.lower()
    known = role in BASE_ROLES or word in _ROLE_WORDS or word.startswith("student")
    watched = word.startswith("observer") and row.get("associated_user_id")
    return known and not watched and not row.get("temporary_enrollment_source_user_id")
