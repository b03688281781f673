"""Importer of enrollments, the type with the most rows.

Room: as run.py. Source: Canvas's public source (its enrollment importer, and the checks of its enrollment model).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.importers.base import Importer
from canvas_sandbox.engine.importers.places import Course, EnrollmentPlaces, Section
from canvas_sandbox.engine.run import Run, date_span
from canvas_sandbox.engine.schema import NON_EXISTENT
from canvas_sandbox.params import truthy
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row

# Canvas's public source anchors all of these but takes anything behind `student`.
_BY_WORD = (
    (re.compile(r"teacher", re.IGNORECASE), "TeacherEnrollment"),
    (re.compile(r"student.*", re.IGNORECASE | re.DOTALL), "StudentEnrollment"),
    (re.compile(r"ta", re.IGNORECASE), "TaEnrollment"),
    (re.compile(r"observer", re.IGNORECASE), "ObserverEnrollment"),
    (re.compile(r"designer", re.IGNORECASE), "DesignerEnrollment"),
)
_CACHED = 200_000

_FIND = """SELECT id, state, start_at, end_at, limit_privileges, login_id, user_id, course_id, sis_import_id, stuck
    FROM enrollments WHERE section_id = ? AND user_id = ? AND type = ? AND role_id = ?
    AND associated_user_id IS ? AND temporary_source_id IS ?"""
_INSERT = """INSERT INTO enrollments (section_id, user_id, type, role_id, associated_user_id, temporary_source_id,
    course_id, login_id, limit_privileges, start_at, end_at, state, sis_import_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class Login(NamedTuple):
    """What an enrollment must know of its user's login."""

    id: int
    user_id: int
    state: str
    unique_id: str


class Role(NamedTuple):
    """A role and what it amounts to."""

    id: int
    base_type: str


Key = tuple[int, int, str, int, int | None, int | None]
"""What makes an enrollment one and the same: section, user, type, role, observed user, temporary source."""


class EnrollmentImporter(Importer):
    """Enrollments."""

    type = "enrollment"
    counted_as = "enrollments"
    batch = 100

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._places = EnrollmentPlaces(run.db)
        self._logins: dict[str, Login | None] = {}
        self._roles_by_name, self._roles_by_id = _roles(run)

    def load(self, row: Row) -> bool:
        """See Importer."""
        course_id, section_id = row.get("course_id"), row.get("section_id")
        # In Canvas's order: the memory is cleared even by rows that end right here.
        self._places.forget(course_id, section_id)
        # It names another Canvas that this one trusts, which only closed plugins know: the row is gone without a word.
        if row.get("root_account") is not None:
            return False
        login = self._login_of(row)
        course, section = self._places.find(course_id, section_id)
        role = self._role(row)
        self._refuse_blueprint(course, role)
        # Cross-listing moves a section with its enrollments, so the course is not part of what makes one the same.
        key = (section.id, login.user_id, role.base_type, role.id, self._observed(row, role), self._source(row))
        known = self.db.execute(_FIND, key).fetchone()
        state = self._state(row, login, known, course, key)
        if known is not None and state == "deleted":
            return self._delete(known)
        self._save(row, known, state, key, login, course, section)
        return True

    def _login_of(self, row: Row) -> Login:
        # It wins where both are given.
        integration_id = row.get("user_integration_id")
        if integration_id is not None:
            login = self._find_login("integration_id", integration_id)
        else:
            login = self._by_sis_id(row.get("user_id"))
        if login is None:
            raise self.skip("unknown_user")
        return login

    def _by_sis_id(self, sis_id: str | None) -> Login | None:
        if sis_id is None:
            return None
        if sis_id in self._logins:
            return self._logins[sis_id]
        if len(self._logins) >= _CACHED:
            self._logins.clear()
        login = self._logins[sis_id] = self._find_login("sis_id", sis_id)
        return login

    def _find_login(self, column: str, value: str) -> Login | None:
        sql = f"SELECT id, user_id, state, unique_id FROM logins WHERE {column} = ?"  # noqa: S608 - our own names
        row = self.db.first(sql, (value,))
        return Login(*row) if row is not None else None

    def _role(self, row: Row) -> Role:
        # Exact names first, with their case, so that a role of the account's own called `Teacher` wins over the word.
        named = row.get("role") or ""
        role = self._roles_by_id.get(row.get("role_id") or "") or self._roles_by_name.get(named)
        if role is None:
            words = (type_ for pattern, type_ in _BY_WORD if pattern.fullmatch(named))
            role = self._roles_by_name.get(next(words, ""))
        if role is None:
            raise self.skip("bad_role")
        return role

    def _refuse_blueprint(self, course: Course, role: Role) -> None:
        if not course.is_blueprint:
            return
        if role.base_type == "StudentEnrollment":
            raise self.skip("blueprint_student", course_id=course.sis_id)
        if role.base_type == "ObserverEnrollment":
            raise self.skip("blueprint_observer", course_id=course.sis_id)

    def _observed(self, row: Row, role: Role) -> int | None:
        sis_id = row.get("associated_user_id")
        if sis_id is None or role.base_type != "ObserverEnrollment":
            return None
        return self._user_or_skip(sis_id, "unknown_associated_user")

    def _source(self, row: Row) -> int | None:
        sis_id = row.get("temporary_enrollment_source_user_id")
        return None if sis_id is None else self._user_or_skip(sis_id, "unknown_temp_source")

    def _user_or_skip(self, sis_id: str, code: str) -> int:
        login = self._by_sis_id(sis_id)
        if login is None:
            raise self.skip(code)
        return login.user_id

    def _state(self, row: Row, login: Login, known: Record | None, course: Course, key: Key) -> str:
        """The state the enrollment shall have; what Canvas says about deleted logins is said here."""
        # Whatever the status says: a deleted login does not bring a deleted enrollment back.
        if known is not None and known["state"] == "deleted" == login.state:
            raise self.skip("deleted_login_kept_deleted", login_id=login.unique_id)
        status = (row.get("status") or "").lower()
        if status.startswith("active"):
            return "active" if login.state != "deleted" else self._state_of_deleted(row, login)
        # Not documented, but in Canvas's public source: deleted, and the last one in the course completed instead.
        if status.startswith("deleted_last_completed"):
            return "deleted" if self._has_other(known, course, key) else "completed"
        return next(word for word in ("completed", "inactive", "deleted") if status.startswith(word))

    def _state_of_deleted(self, row: Row, login: Login) -> str:
        sql = "SELECT 1 FROM logins WHERE user_id = ? AND state <> 'deleted' AND sis_id IS NOT ?"
        if self.db.first(sql, (login.user_id, row.get("user_id"))):
            self.say("deleted_login_other_active", row)
            return "active"
        self.say("deleted_user", row)
        return "deleted"

    def _has_other(self, known: Record | None, course: Course, key: Key) -> bool:
        """Whether the user has another living enrollment of this kind in the course."""
        _, user_id, _, role_id, observed, source = key
        sql = """SELECT 1 FROM enrollments WHERE course_id = ? AND user_id = ? AND role_id = ? AND state <> 'deleted'
                 AND associated_user_id IS ? AND temporary_source_id IS ? AND id IS NOT ?"""
        other = (course.id, user_id, role_id, observed, source, known["id"] if known is not None else None)
        return self.db.first(sql, other) is not None

    def _delete(self, known: Record) -> bool:
        if known["state"] != "deleted":
            cascade.drop_enrollments(self.records, [known])
        self.records.touch("enrollments", known["id"])
        return True

    def _save(
        self, row: Row, known: Record | None, state: str, key: Key, login: Login, course: Course, section: Section
    ) -> None:
        # An enrollment has its own dates only when both are given; that is decided when they are read, not here.
        start, end = date_span(row) if row.get("start_date") or row.get("end_date") else (None, None)
        limit = row.get("limit_section_privileges")
        limited = None if limit is None else int(truthy(limit))
        if known is None:
            self._refuse_invalid(row, state, key, course, section)
            values = (*key, course.id, login.id, limited, start, end, state, self.run.job.id)
            self.records.note("enrollments", self.db.add(_INSERT, values), NON_EXISTENT, state)
            return
        changes: dict[str, Any] = {"state": state, "start_at": start, "end_at": end, "login_id": login.id}
        if limited is not None:
            changes["limit_privileges"] = limited
        # Validation is a matter of saving: an enrollment that stays as it is may be invalid by now.
        if any(known[column] != value for column, value in changes.items()):
            self._refuse_invalid(row, state, key, course, section)
        self.records.change("enrollments", known, changes)

    def _refuse_invalid(self, row: Row, state: str, key: Key, course: Course, section: Section) -> None:
        """What Canvas's model of an enrollment says. Its importer puts the beginning of the text into it once more."""
        _, user_id, _, _, observed, _ = key
        lives = state != "deleted"
        errors = ["Associated user Cannot observe yourself"] if observed == user_id else []
        errors += ["Course is not a valid course"] if lives and course.is_deleted else []
        errors += ["Course section is not a valid section"] if lives and section.is_deleted else []
        if errors:
            course_id, section_id = row.get("course_id") or "", row.get("section_id") or ""
            again = f"An enrollment did not pass validation (course: {course_id}, section: {section_id}, "
            raise self.skip("invalid", model_errors=again + ",".join(errors))


def _roles(run: Run) -> tuple[dict[str, Role], dict[str, Role]]:
    """The active roles for courses, by name and by id."""
    rows = run.db.all(
        "SELECT id, name, base_type FROM roles WHERE state = 'active' AND base_type <> 'AccountMembership' ORDER BY id"
    )
    by_name: dict[str, Role] = {}
    for role_id, name, base_type in rows:
        by_name.setdefault(name, Role(role_id, base_type))
    return by_name, {str(role_id): Role(role_id, base_type) for role_id, _, base_type in rows}
