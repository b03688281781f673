"""Read-only look-ups for the sandbox's pages and its GET requests: rows as plain dictionaries.

Room: the database, each call over a connection of its own, so that any thread may ask while an import runs; it sees
every finished segment. Pages count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from canvas_sandbox.sqlite import reading

ViewRow = dict[str, Any]

EVERYTHING = 1_000_000_000
"""A page that holds all there is."""

_ACCOUNTS = """SELECT accounts.id, accounts.sis_id, accounts.integration_id, accounts.name, accounts.state,
    accounts.parent_id, parents.sis_id AS parent_sis_id, accounts.sis_import_id
    FROM accounts LEFT JOIN accounts AS parents ON parents.id = accounts.parent_id"""
_COURSES = """SELECT courses.id, courses.sis_id, courses.integration_id, courses.name,
    courses.course_code, courses.state,
    courses.account_id, accounts.sis_id AS account_sis_id, courses.term_id, terms.sis_id AS term_sis_id,
    terms.name AS term_name, courses.start_at, courses.conclude_at, courses.is_blueprint, courses.blueprint_id,
    courses.course_format, courses.grade_passback_setting, courses.sis_import_id
    FROM courses LEFT JOIN accounts ON accounts.id = courses.account_id LEFT JOIN terms ON terms.id = courses.term_id"""
_PEOPLE = """SELECT users.id, users.name, users.sortable_name, users.short_name, logins.sis_id, logins.integration_id,
    logins.unique_id AS login_id, logins.state, logins.provider, channels.address AS email, logins.sis_import_id
    FROM users JOIN logins ON logins.user_id = users.id LEFT JOIN channels ON channels.id = logins.channel_id"""
_ENROLLMENTS = """SELECT enrollments.id, enrollments.course_id, enrollments.section_id, sections.name AS section_name,
    sections.sis_id AS section_sis_id, enrollments.user_id, users.name AS user_name, logins.sis_id AS user_sis_id,
    enrollments.type, roles.name AS role, enrollments.state, enrollments.start_at, enrollments.end_at,
    enrollments.associated_user_id, enrollments.limit_privileges, enrollments.grade_status, enrollments.sis_import_id
    FROM enrollments LEFT JOIN users ON users.id = enrollments.user_id
    LEFT JOIN sections ON sections.id = enrollments.section_id LEFT JOIN roles ON roles.id = enrollments.role_id
    LEFT JOIN logins ON logins.id = enrollments.login_id"""
_SECTIONS = """SELECT sections.id, sections.sis_id, sections.integration_id, sections.name, sections.state,
    sections.course_id, sections.nonxlist_course_id, sections.start_at, sections.end_at, sections.sis_import_id
    FROM sections"""
_TERMS = "SELECT id, sis_id, integration_id, name, state, start_at, end_at, sis_import_id FROM terms"
_COUNTED = ("accounts", "terms", "courses", "sections", "users", "enrollments", "groups")


class Views:
    """Look-ups in the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[ViewRow]:
        with reading(self._path) as conn:
            return [dict(row) for row in conn.execute(sql, parameters)]

    def _page(self, sql: str, order: str, page: int, per_page: int, parameters: Sequence[Any] = ()) -> list[ViewRow]:
        limits = (per_page, (max(1, page) - 1) * per_page)
        return self._ask(f"{sql} ORDER BY {order} LIMIT ? OFFSET ?", (*parameters, *limits))

    def _first(self, sql: str, parameters: Sequence[Any]) -> ViewRow | None:
        return next(iter(self._ask(sql, parameters)), None)

    def totals(self) -> dict[str, int]:
        """How many of each there are, deleted ones left out."""
        counts = {}
        for table in _COUNTED:
            own = " AND course_id <> 0" if table == "enrollments" else ""
            sql = f"SELECT COUNT(*) AS count FROM {table} WHERE state <> 'deleted'{own}"  # noqa: S608 - our own table names
            counts[table] = self._ask(sql)[0]["count"]
        return counts

    def accounts(self) -> list[ViewRow]:
        """Every account, the root account first."""
        return self._ask(f"{_ACCOUNTS} ORDER BY accounts.id")

    def root_account(self) -> ViewRow:
        """The root account."""
        return self.accounts()[0]

    def accounts_below(self, account_id: int) -> set[int]:
        """The ids of an account and all accounts below it."""
        children: dict[int | None, list[int]] = {}
        for account in self.accounts():
            children.setdefault(account["parent_id"], []).append(account["id"])
        below, unvisited = set[int](), [account_id]
        while unvisited:
            current = unvisited.pop()
            if current not in below:
                below.add(current)
                unvisited.extend(children.get(current, ()))
        return below

    def terms(self) -> list[ViewRow]:
        """Every term, the default term first, with its date overrides by enrollment type."""
        terms = self._ask(f"{_TERMS} ORDER BY id")
        overrides = self._ask("SELECT term_id, type, start_at, end_at FROM term_overrides ORDER BY type")
        for term in terms:
            mine = [each for each in overrides if each["term_id"] == term["id"]]
            term["overrides"] = {each["type"]: {key: each[key] for key in ("start_at", "end_at")} for each in mine}
        return terms

    def find_term(self, ref: str) -> ViewRow | None:
        """An active term by Canvas id, `sis_term_id:X`, `sis_integration_id:X`, `default` or `current`."""
        kind, _, value = ref.partition(":")
        column = {"sis_term_id": "sis_id", "sis_integration_id": "integration_id"}.get(kind)
        if ref in {"default", "current"}:
            column, value = "id", "1"
        elif column is None:
            column, value = "id", ref if ref.isascii() and ref.isdigit() else "-1"
        return self._first(f"{_TERMS} WHERE {column} = ? AND state <> 'deleted'", (value,))

    def courses(self, page: int = 1, per_page: int = 50) -> list[ViewRow]:
        """Courses by name, a page at a time."""
        return self._page(_COURSES, "courses.name, courses.id", page, per_page)

    def course(self, sis_id: str) -> ViewRow | None:
        """The course with this SIS id, its sections with it."""
        course = self._first(f"{_COURSES} WHERE courses.sis_id = ?", (sis_id,))
        return course and self._with_sections(course)

    def course_by_id(self, course_id: int) -> ViewRow | None:
        """The course with this Canvas id, its sections with it."""
        course = self._first(f"{_COURSES} WHERE courses.id = ?", (course_id,))
        return course and self._with_sections(course)

    def _with_sections(self, course: ViewRow) -> ViewRow:
        sections = self._ask(f"{_SECTIONS} WHERE course_id = ? ORDER BY id", (course["id"],))
        return {**course, "sections": sections}

    def section(self, sis_id: str) -> ViewRow | None:
        """The section with this SIS id."""
        return self._first(f"{_SECTIONS} WHERE sis_id = ?", (sis_id,))

    def people(self, page: int = 1, per_page: int = 50) -> list[ViewRow]:
        """Logins with their users, by sortable name, a page at a time."""
        return self._page(_PEOPLE, "users.sortable_name, users.id, logins.id", page, per_page)

    def user(self, sis_id: str) -> ViewRow | None:
        """The login with this SIS id, and its user."""
        return self._first(f"{_PEOPLE} WHERE logins.sis_id = ?", (sis_id,))

    def user_by_id(self, user_id: int) -> ViewRow | None:
        """The login (the first one) of the user with this Canvas id, None without a SIS login."""
        sql = "SELECT sis_id FROM logins WHERE user_id = ? AND sis_id IS NOT NULL ORDER BY id LIMIT 1"
        login = self._first(sql, (user_id,))
        return self.user(login["sis_id"]) if login else None

    def enrollments(self, course_id: int, page: int = 1, per_page: int = 50) -> list[ViewRow]:
        """A course's enrollments (by Canvas id), a page at a time."""
        return self._page(
            f"{_ENROLLMENTS} WHERE enrollments.course_id = ?", "enrollments.id", page, per_page, [course_id]
        )

    def enrollments_of(self, user_id: int, page: int = 1, per_page: int = 50) -> list[ViewRow]:
        """A user's enrollments (by Canvas id), a page at a time."""
        return self._page(f"{_ENROLLMENTS} WHERE enrollments.user_id = ?", "enrollments.id", page, per_page, [user_id])
