"""How each key of a state becomes rows. What a key mentions and no other key brings is made on the way.

Room: the database. Everything loaded counts as made by an import before all others (`sis_import_id` 0).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from canvas_sandbox.engine.cascade import default_section
from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.names import login_key
from canvas_sandbox.engine.schema import DEFAULT_TERM, ROOT_ACCOUNT

Item = Mapping[str, Any]

_NOBODY = 0
"""The id of a user, or of a course, that is not there: whose memberships and enrollments only stand for some."""


class Loader:
    """One method for each key of a state, to be called in the order of state.py's `KEYS`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def features(self, names: Iterable[str]) -> None:
        """Account features that are on."""
        self._db.set_meta("features", json.dumps(sorted(names)))

    def accounts(self, items: Sequence[Item]) -> None:
        """Accounts; a parent may come after its children."""
        for item in items:
            self._make("accounts", {**_canvas_id(item), "sis_id": item["account_id"], **_state(item, "active")})
        # Only now, when all of them are there.
        for item in items:
            parent = self._account(item.get("parent"))
            self._db.update("accounts", self._account(item["account_id"]), {"parent_id": parent})
        self._refuse_loops()

    def _refuse_loops(self) -> None:
        """No account may lie below itself."""
        accounts = self._db.all("SELECT id, parent_id FROM accounts")
        parents: dict[int | None, int | None] = {account["id"]: account["parent_id"] for account in accounts}
        safe: set[int | None] = {None}
        for account in parents:
            chain: set[int | None] = set()
            above = account
            while above not in safe:
                if above in chain:
                    raise ValueError("the parents of accounts go round in a circle")
                chain.add(above)
                above = parents[above]
            safe |= chain

    def tags_disabled_accounts(self, ids: Iterable[str | None]) -> None:
        """Accounts in which differentiation tags are off; None is the root account."""
        for sis_id in ids:
            self._db.update("accounts", self._account(sis_id), {"tags_on": 0})

    def terms(self, items: Iterable[Item]) -> None:
        """Terms."""
        for item in items:
            self._make("terms", {"sis_id": item["term_id"], "name": item["term_id"], **_state(item, "active")})

    def abstract_courses(self, ids: Iterable[str]) -> None:
        """Abstract courses."""
        for sis_id in ids:
            names = {"name": sis_id, "short_name": sis_id, "term_id": DEFAULT_TERM, "account_id": ROOT_ACCOUNT}
            self._make("abstract_courses", {"sis_id": sis_id, **names})

    def courses(self, items: Iterable[Item]) -> None:
        """Courses, open unless deleted."""
        for item in items:
            term = item.get("term_id")
            term_id = DEFAULT_TERM if term is None else self._known_or_new("terms", term)
            place = {"account_id": self._account(item.get("account_id")), "term_id": term_id}
            names = {"name": item["course_id"], "course_code": item["course_id"]}
            self._make("courses", {"sis_id": item["course_id"], **place, **names, **_state(item, "available")})

    def blueprints(self, ids: Iterable[str]) -> None:
        """Blueprint courses."""
        for sis_id in ids:
            self._db.update("courses", self._course(sis_id), {"is_blueprint": 1})

    def blueprint_children(self, parents: Mapping[str, str]) -> None:
        """Courses that follow a blueprint."""
        for child, blueprint in parents.items():
            self._db.update("courses", self._course(blueprint), {"is_blueprint": 1})
            self._db.update("courses", self._course(child), {"blueprint_id": self._course(blueprint)})

    def sections(self, items: Iterable[Item]) -> None:
        """Sections."""
        for item in items:
            values = {"sis_id": item["section_id"], "name": item["section_id"], **_state(item, "active")}
            self._make("sections", {**values, "course_id": self._course(item["course_id"])})

    def users(self, items: Iterable[Item]) -> None:
        """Users with their SIS login; `deleted` is the login's state. Two of one `canvas_id` are logins of one user."""
        for item in items:
            user_id = self._person(item)
            ids = {"sis_id": item["user_id"], "integration_id": item.get("integration_id")}
            self._login(user_id, item["login_id"], {**ids, "sis_import_id": 0, **_state(item, "active")})
            if item.get("other_active"):
                self._login(user_id, f"{item['login_id']}.other", {})

    def canvas_logins(self, items: Iterable[Item]) -> None:
        """Logins without a SIS id; `canvas_id` is their user's id, `integration_id` theirs."""
        for item in items:
            self._login(self._person(item), item["login_id"], {"integration_id": item.get("integration_id")})

    def custom_roles(self, names: Iterable[str]) -> None:
        """Roles for courses, by name or id; what a custom role amounts to is not said, so they are students."""
        self._add_roles(names, "StudentEnrollment")

    def admin_roles(self, names: Iterable[str]) -> None:
        """Roles for accounts, by name or id."""
        self._add_roles(names, "AccountMembership")

    def auth_providers(self, names: Iterable[str]) -> None:
        """Authentication providers besides Canvas's own, by id or type."""
        self._db.many("INSERT OR IGNORE INTO providers (name) VALUES (?)", [(str(name),) for name in names])

    def enrollments(self, items: Iterable[Sequence[str]]) -> None:
        """Students in the default sections of courses."""
        for course, user, *state in items:
            course_id = self._course(course)
            login_id, user_id = self._user(user)
            section_id = default_section(self._db, course_id)["id"]
            values = {"section_id": section_id, "user_id": user_id, "login_id": login_id}
            self._enroll(course_id, {**values, "state": state[0] if state else "active"})

    def enrollment_ids(self, ids: Iterable[str]) -> None:
        """Enrollments of which nothing is known but Canvas's id."""
        for enrollment_id in ids:
            self._enroll(_NOBODY, {"id": int(enrollment_id), "section_id": _NOBODY, "user_id": _NOBODY})

    def group_categories(self, items: Iterable[Item]) -> None:
        """Group categories."""
        self._categories(items, "group_category_id", 0)

    def groups(self, items: Iterable[Item]) -> None:
        """Groups."""
        self._groups(items, "group_id", 0)

    def tag_sets(self, items: Iterable[Item]) -> None:
        """Differentiation tag sets."""
        self._categories(items, "tag_set_id", 1)

    def tags(self, items: Iterable[Item]) -> None:
        """Differentiation tags."""
        self._groups(items, "tag_id", 1)

    def institutional_tag_categories(self, ids: Iterable[str]) -> None:
        """Institutional tag categories."""
        for sis_id in ids:
            self._make("institutional_tag_categories", {"sis_id": sis_id, "name": sis_id})

    def institutional_tags(self, ids: Iterable[str]) -> None:
        """Institutional tags."""
        for sis_id in ids:
            self._make("institutional_tags", {"sis_id": sis_id, "name": sis_id})

    def observer_links(self, pairs: Iterable[Sequence[str]]) -> None:
        """Observers and the students they observe."""
        for observer, student in pairs:
            values = {"observer_id": self._user(observer)[1], "student_id": self._user(student)[1]}
            self._make("observers", values)

    def runs_as(self, sis_id: str) -> None:
        """The user whose token runs imports; made, and kept out of dumps, when no other key brings him."""
        self._db.set_meta("runs_as", sis_id)
        if self._db.by_sis_id("logins", sis_id) is None:
            self._login(self._make("users", {"name": sis_id}), sis_id, {"sis_id": sis_id, "is_runner": 1})

    def _make(self, table: str, values: Mapping[str, Any]) -> int:
        # Users have no such column: in Canvas it is logins that are SIS's.
        made_by = {} if table == "users" else {"sis_import_id": 0}
        return self._db.insert(table, {**made_by, **values})

    def _login(self, user_id: int, unique_id: str, values: Mapping[str, Any]) -> int:
        login = {"user_id": user_id, "unique_id": unique_id, "unique_key": login_key(unique_id)}
        return self._db.insert("logins", {**login, **values})

    def _person(self, item: Item) -> int:
        """The user with the item's Canvas id, made when there is none."""
        canvas_id = _canvas_id(item)
        if canvas_id and self._db.by_id("users", canvas_id["id"]) is not None:
            return canvas_id["id"]
        return self._make("users", {**canvas_id, "name": item["login_id"]})

    def _account(self, sis_id: str | None) -> int:
        return ROOT_ACCOUNT if sis_id is None else self._known_or_new("accounts", sis_id)

    def _course(self, sis_id: str) -> int:
        return self._known_or_new("courses", sis_id)

    def _known_or_new(self, table: str, sis_id: str) -> int:
        row = self._db.by_sis_id(table, sis_id)
        if row is not None:
            row_id: int = row["id"]
            return row_id
        state = {"state": "available"} if table == "courses" else {}
        return self._make(table, {"sis_id": sis_id, "name": sis_id, **state})

    def _user(self, sis_id: str) -> tuple[int, int]:
        """Login and user of this SIS id."""
        login = self._db.by_sis_id("logins", sis_id)
        if login is not None:
            return login["id"], login["user_id"]
        user_id = self._make("users", {"name": sis_id})
        return self._login(user_id, sis_id, {"sis_id": sis_id, "sis_import_id": 0}), user_id

    def _add_roles(self, names: Iterable[str], base_type: str) -> None:
        for name in map(str, names):
            # A state names a role by either; a number is made its id, so that `role_id` in a CSV finds it.
            role_id = {"id": int(name)} if name.isascii() and name.isdigit() else {}
            known = self._db.first("SELECT 1 FROM roles WHERE name = ? AND base_type = ?", (name, base_type))
            if known is None:
                self._db.insert("roles", {**role_id, "name": name, "base_type": base_type})

    def _enroll(self, course_id: int, values: Mapping[str, Any]) -> None:
        student = {"type": "StudentEnrollment", "role_id": 3}
        self._make("enrollments", {"course_id": course_id, **student, **values})

    def _context(self, item: Item) -> dict[str, Any]:
        kind, sis_id = item["ctx"]
        if kind not in {"a", "c"}:
            raise ValueError(f"a context is a (account) or c (course), not {kind}")
        return {"context": kind, "context_id": self._course(sis_id) if kind == "c" else self._account(sis_id)}

    def _categories(self, items: Iterable[Item], id_key: str, is_tag: int) -> None:
        for item in items:
            context = self._context(item)
            values = {"sis_id": item[id_key], "is_tag": is_tag, "name": item.get("name"), **context}
            category_id = self._make("group_categories", {**values, **_state(item, "active")})
            if item.get("in_use"):
                self._make("groups", {"category_id": category_id, "is_tag": is_tag, **context})

    def _groups(self, items: Iterable[Item], id_key: str, is_tag: int) -> None:
        for item in items:
            values = {"sis_id": item[id_key], "is_tag": is_tag, "name": item.get("name"), **self._context(item)}
            group_id = self._make("groups", {**values, **_state(item, "available")})
            if item.get("members"):
                # That there are some is all that a state says, and all that a rule asks.
                self._make("memberships", {"group_id": group_id, "user_id": _NOBODY})


def _canvas_id(item: Item) -> dict[str, int]:
    return {"id": int(item["canvas_id"])} if item.get("canvas_id") is not None else {}


def _state(item: Item, living: str) -> dict[str, str]:
    return {"state": "deleted" if item.get("deleted") else living}
