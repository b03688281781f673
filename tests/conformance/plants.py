"""Rows that Canvas takes, and rows with one fault each, of all 22 types: what the tests of agreement make drops of.

A *plant* is one row, or a few of one drop, of which the last has a fault; the others lead up to it. Every plant has ids
of its own (`{n}` is its number), so plants of one drop do not meet. What they refer to is in `STATE`, and `BASE` is a
drop that brings the same to an empty Canvas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.sandbox_engine import csv

Cells = Mapping[str, str]
Choices = Mapping[str, str | tuple[str, ...]]

FEATURES = ("institutional_tags",)
RENAMED = 60
"""So many users wait in `STATE` for another id."""

STATE: dict[str, Any] = {
    "features": list(FEATURES),
    "accounts": [{"account_id": "A1"}, {"account_id": "A2", "parent": "A1"}],
    "terms": [{"term_id": "T1"}],
    "abstract_courses": ["AC1"],
    "courses": [{"course_id": "C1", "account_id": "A1", "term_id": "T1"}, {"course_id": "C2"}],
    "sections": [
        {"section_id": "S1", "course_id": "C1"},
        {"section_id": "S2", "course_id": "C2"},
        {"section_id": "S3", "course_id": "C1"},
    ],
    "users": [
        {"user_id": "u1", "login_id": "one", "integration_id": "i1"},
        {"user_id": "u2", "login_id": "two", "integration_id": "i2"},
        {"user_id": "u3", "login_id": "three"},
        *({"user_id": f"old{n}", "login_id": f"old.login{n}"} for n in range(RENAMED)),
    ],
    "enrollments": [["C1", "u1"], ["C1", "u2"]],
    "enrollment_ids": ["9001", "9002"],
    "group_categories": [
        {"group_category_id": "K1", "name": "Of course 1", "ctx": ["c", "C1"]},
        {"group_category_id": "K2", "name": "Of account 1", "ctx": ["a", "A1"]},
    ],
    "groups": [
        {"group_id": "G1", "name": "Of account 1", "ctx": ["a", "A1"]},
        {"group_id": "G2", "name": "Of course 1", "ctx": ["c", "C1"]},
    ],
    "tag_sets": [{"tag_set_id": "TS1", "name": "Of course 1", "ctx": ["c", "C1"]}],
    "tags": [{"tag_id": "TG1", "name": "Of course 1", "ctx": ["c", "C1"]}],
    "institutional_tag_categories": ["IC1"],
    "institutional_tags": ["IT1"],
}

BASE: dict[str, str] = {
    "0-accounts.csv": csv("account_id,parent_account_id,name,status", "A1,,A1,active", "A2,A1,A2,active"),
    "0-terms.csv": csv("term_id,name,status", "T1,T1,active"),
    "0-abstract.csv": csv("abstract_course_id,short_name,long_name,status", "AC1,AC1,AC1,active"),
    "0-courses.csv": csv(
        "course_id,short_name,long_name,account_id,term_id,status", "C1,C1,C1,A1,T1,active", "C2,C2,C2,,,active"
    ),
    "0-sections.csv": csv("section_id,course_id,name,status", "S1,C1,S1,active", "S2,C2,S2,active", "S3,C1,S3,active"),
    "0-users.csv": csv(
        "user_id,login_id,status,integration_id", "u1,one,active,i1", "u2,two,active,i2", "u3,three,active,"
    ),
    "0-enrollments.csv": csv("section_id,user_id,role,status", "S1,u1,student,active", "S1,u2,student,active"),
    "0-categories.csv": csv(
        "group_category_id,category_name,course_id,account_id,status",
        "K1,Of course 1,C1,,active",
        "K2,Of account 1,,A1,active",
    ),
    "0-groups.csv": csv(
        "group_id,name,account_id,course_id,status", "G1,Of account 1,A1,,available", "G2,Of course 1,,C1,available"
    ),
    "0-tag-sets.csv": csv("tag_set_id,set_name,course_id,status", "TS1,Of course 1,C1,active"),
    "0-tags.csv": csv("tag_id,name,tag_set_id,course_id,status", "TG1,Of course 1,TS1,C1,available"),
    "0-institutional-categories.csv": csv("category_id,name,status", "IC1,IC1,active"),
    "0-institutional-tags.csv": csv(
        "institutional_tag_id,category_id,name,description,status", "IT1,IC1,IT1,Text,active"
    ),
}

NEEDS_DATABASE = frozenset({"change_sis_id", "grade_publishing_results"})
"""What these refer to must have been in Canvas before."""

_DATES = ("", "2026-08-24", "2026-08-24T07:30:00Z", "20260824", "24 August 2026", "28/02/2026", "2026-02-31")
_ENDS = ("", "2027-01-31", "2027-01-31T00:00:00-06:00", "Dec 2027")
_ACTIVE = ("active", "ACTIVE", "deleted", "Deleted", "activeX")
_GROUP = ("available", "Available", "closed", "completed", "deleted", "Deleted")
_FLAG = ("", "true", "no", "1")

GOOD: dict[str, Choices] = {
    "change_sis_id": {"old_id": "old{n}", "new_id": "new{n}", "type": ("user", "User")},
    "account": {
        "account_id": "a{n}",
        "parent_account_id": ("", "A1", "A2"),
        "name": "Account {n}",
        "status": _ACTIVE,
        "integration_id": ("", "ai{n}"),
    },
    "term": {
        "term_id": "t{n}",
        "name": "Term {n}",
        "status": _ACTIVE,
        "start_date": _DATES,
        "end_date": (*_ENDS, "2020-01-01", "TBD"),
        "integration_id": ("", "ti{n}"),
    },
    "abstract_course": {
        "abstract_course_id": "ac{n}",
        "short_name": "AC {n}",
        "long_name": "Abstract course, {n}",
        "status": _ACTIVE,
        "term_id": ("", "T1", "T404"),
        "account_id": ("", "A1", "A404"),
    },
    "course": {
        "course_id": "c{n}",
        "short_name": "C {n}",
        "long_name": 'Course "{n}", in two\nlines',
        "status": ("active", "Published", "unpublished", "completed", "deleted", "activeX"),
        "account_id": ("", "A1", "A2"),
        "term_id": ("", "T1", "T404"),
        "start_date": (*_DATES, "<delete>"),
        "end_date": (*_ENDS, "<delete>", "n/a"),
        "course_format": ("", "online", "On_Campus", "blended", "not_set"),
        "abstract_course_id": ("", "AC1"),
        "blueprint_course_id": ("", "dissociate"),
        "grade_passback_setting": ("", "nightly_sync", "Disabled", "not_set"),
        "homeroom_course": _FLAG,
        "integration_id": ("", "ci{n}"),
    },
    "section": {
        "section_id": "s{n}",
        "course_id": ("C1", "C2"),
        "name": "Section {n}",
        "status": _ACTIVE,
        "start_date": _DATES,
        "end_date": _ENDS,
        "integration_id": ("", "si{n}"),
    },
    "xlist": {"xlist_course_id": ("x{n}", "C2"), "section_id": "S3", "status": ("active", "Deleted", "ACTIVE")},
    "user": {
        "user_id": "n{n}",
        "login_id": ("login{n}", "Löwe {n}"),
        "status": ("active", "Suspended", "deleted", "activeX"),
        "full_name": ("", "Ada Łovelace {n}"),
        "first_name": ("", "Ada"),
        "last_name": ("", "O'Brien, {n}"),
        "sortable_name": ("", "Lovelace, Ada"),
        "short_name": ("", "Ada"),
        "email": ("", "ada{n}@school.example", "a..b@host", "josé@school.example"),
        "password": ("", "long enough"),
        "authentication_provider_id": ("", "canvas"),
        "integration_id": ("", "ni{n}"),
        "pronouns": ("", "she/her", "<delete>"),
        "declared_user_type": ("", "student", "<delete>"),
        "canvas_password_notification": _FLAG,
    },
    "login": {
        "user_id": "l{n}",
        "login_id": "more{n}",
        "existing_user_id": "u1",
        "existing_integration_id": ("", "i1"),
        "email": ("", "ada@school.example"),
        "integration_id": ("", "li{n}"),
    },
    "enrollment": {
        "course_id": ("C1", ""),
        "section_id": "S1",
        "user_id": "u3",
        "role": ("student", "Teacher", "ta", "Observer", "DESIGNER", "StudentEnrollment", "studentx"),
        "status": ("active", "Inactive", "completed", "deleted", "deleted_last_completed"),
        "start_date": _DATES,
        "end_date": _ENDS,
        "limit_section_privileges": _FLAG,
    },
    "admin": {
        "user_id": ("u1", "u2"),
        "account_id": ("", "A1"),
        "role": "AccountAdmin",
        "status": ("active", "Active", "deleted"),
    },
    "group_category": {
        "group_category_id": "k{n}",
        "category_name": "Category {n}",
        "status": _ACTIVE,
        "account_id": ("", "A1"),
    },
    "differentiation_tag_set": {
        "tag_set_id": "ts{n}",
        "set_name": "Set {n}",
        "course_id": ("C1", "C2"),
        "status": _ACTIVE,
    },
    "group": {"group_id": "g{n}", "name": "Group {n}", "status": _GROUP, "course_id": ("", "C1")},
    "differentiation_tag": {
        "tag_id": "tg{n}",
        "name": "Tag {n}",
        "status": _GROUP,
        "tag_set_id": ("", "TS1"),
        "course_id": "C1",
    },
    "group_membership": {
        "group_id": ("G1", "G2"),
        "user_id": ("u1", "u2"),
        "status": ("accepted", "Accepted", "deleted"),
    },
    "differentiation_tag_membership": {
        "tag_id": "TG1",
        "user_id": ("u1", "u2"),
        "status": ("accepted", "acceptedX", "Deleted"),
    },
    "institutional_tag_category": {
        "category_id": "ic{n}",
        "name": "Category {n}",
        "description": ("", "Text"),
        "status": _ACTIVE,
    },
    "institutional_tag": {
        "institutional_tag_id": "it{n}",
        "category_id": "IC1",
        "name": "Tag {n}",
        "description": "Text",
        "status": _ACTIVE,
    },
    "institutional_tag_association": {"institutional_tag_id": "IT1", "user_id": ("u1", "u2"), "status": _ACTIVE},
    "grade_publishing_results": {
        "enrollment_id": ("9001", "9002"),
        "grade_publishing_status": ("published", "Error"),
        "message": ("", "done"),
    },
    "user_observer": {"observer_id": ("u1", "u3"), "student_id": "u2", "status": ("active", "Active")},
}
"""Per type, what a good row holds; of several values any will do, and the first of `status` keeps the row alive."""

_LONG = "x" * 256


@dataclass(frozen=True)
class Plant:
    """Rows of one drop, as changes to good ones; Canvas says `code` to the last of them, None: nothing to any."""

    code: str | None
    rows: tuple[tuple[str, Cells], ...]

    @property
    def deletes(self) -> bool:
        """Whether the option `skip_deletes` would undo it."""
        return any(cells.get("status") == "deleted" for _, cells in self.rows)

    @property
    def types(self) -> frozenset[str]:
        """The types of all its rows."""
        return frozenset(type_ for type_, _ in self.rows)

    @property
    def type(self) -> str:
        """The type of the row that the plant is about."""
        return self.rows[-1][0]

    def __str__(self) -> str:
        return f"{self.type}-{self.code}"


def _faults(type_: str, *faults: tuple[str, Cells]) -> list[Plant]:
    return [Plant(code if "." in code else f"{type_}.{code}", ((type_, cells),)) for code, cells in faults]


def _missing(type_: str, **columns: str) -> list[Plant]:
    """One plant for each code, with a blank in its column."""
    return _faults(type_, *((f"missing_{code}", {column: ""}) for code, column in columns.items()))


def _statuses(type_: str, *words: str, column: str = "status") -> list[Plant]:
    return _faults(type_, *(("bad_status", {column: word}) for word in words))


_BAD_DATE = "2026-13-05"

FAULTS: tuple[Plant, ...] = (
    *_missing("change_sis_id", type="type", old="old_id", new="new_id"),
    *_faults(
        "change_sis_id",
        ("bad_type", {"type": "Pupil"}),
        ("group_category_integration", {"type": "group_category", "new_integration_id": "i9"}),
        ("missing_old", {"old_id": "", "type": "Pupil"}),
    ),
    *_missing("account", id="account_id"),
    *_faults("account", ("invalid", {"name": _LONG})),
    *_missing("term", id="term_id", name="name"),
    *_statuses("term", "", "inactive"),
    *_faults(
        "term",
        ("bad_date", {"start_date": _BAD_DATE}),
        ("bad_date", {"start_date": "", "end_date": "02/28/2026"}),
        ("bad_override_type", {"term_id": "T1", "date_override_enrollment_type": "studentenrollment"}),
    ),
    *_missing("abstract_course", id="abstract_course_id", short_name="short_name", long_name="long_name"),
    *_statuses("abstract_course", "", "published"),
    *_missing("course", id="course_id"),
    *_statuses("course", "", "inactive", "available"),
    *_faults(
        "course",
        ("missing_short_name", {"short_name": "", "abstract_course_id": ""}),
        ("missing_long_name", {"long_name": " ", "abstract_course_id": ""}),
        ("bad_format", {"course_format": "hybrid"}),
        ("bad_grade_passback", {"grade_passback_setting": "nightly"}),
        ("bad_date", {"end_date": "2026"}),
        ("invalid", {"long_name": _LONG}),
        ("invalid", {"short_name": _LONG}),
        ("invalid", {"start_date": "2026-08-24", "end_date": "2026-08-23"}),
    ),
    *_missing("section", id="section_id", course_id="course_id", name="name"),
    *_statuses("section", "", "inactive"),
    *_faults(
        "section",
        ("bad_date", {"start_date": "2026-01-32"}),
        ("invalid", {"name": _LONG}),
        ("invalid", {"start_date": "2026-08-24", "end_date": "2026-08-23"}),
    ),
    *_missing("xlist", course_id="xlist_course_id", section_id="section_id"),
    *_statuses("xlist", "", "activeX"),
    *_missing("user", id="user_id", login="login_id", status="status"),
    *_statuses("user", "inactive", "enrolled"),
    *_faults(
        "user",
        ("null_character", {"full_name": "A\0da"}),
        ("login_bad_unicode", {"login_id": "n{n}\ufffd"}),
        ("login_bad_unicode", {"login_id": "n{n}\N{ROBOT FACE}"}),
        ("login_invalid", {"login_id": "n{n}\x07x"}),
        ("save_failed", {"login_id": f"n{{n}}{'x' * 100}"}),
        ("save_failed", {"full_name": _LONG, "login_id": "n{n}\x07x"}),
        ("save_failed", {"full_name": "", "first_name": "x" * 200, "last_name": "y" * 200}),
        ("save_failed", {"short_name": _LONG, "full_name": "Ada"}),
        ("save_failed", {"sortable_name": _LONG, "full_name": "Ada"}),
        ("save_failed", {"declared_user_type": "parent"}),
        ("bad_email", {"email": "ada"}),
        ("bad_email", {"email": "Ada <ada@school.example>"}),
        ("bad_email", {"email": "ada", "status": "deleted"}),
    ),
    *_missing("login", id="user_id", login="login_id"),
    *_faults(
        "login",
        ("missing_existing", {"existing_user_id": "", "existing_integration_id": ""}),
        ("user.login_bad_unicode", {"login_id": "l{n}\ufffd"}),
        ("login_invalid", {"login_id": "l{n}\x07x"}),
        ("save_failed", {"login_id": f"l{{n}}{'x' * 100}"}),
        ("bad_email", {"email": "ada"}),
    ),
    *_faults(
        "enrollment",
        ("missing_context", {"course_id": "", "section_id": ""}),
        ("bad_date", {"course_id": "C1", "end_date": _BAD_DATE}),
        ("bad_date_section", {"course_id": "", "start_date": _BAD_DATE}),
        ("bad_role", {"role": ""}),
    ),
    *_missing("enrollment", user="user_id"),
    *_statuses("enrollment", "", "enrolled"),
    *_missing("admin", user="user_id", status="status", role="role"),
    *_statuses("admin", "activeX"),
    *_missing("group_category", id="group_category_id", name="category_name", status="status"),
    *_statuses("group_category", "available"),
    *_faults("group_category", ("two_contexts", {"account_id": "A1", "course_id": "C1"})),
    *_missing("differentiation_tag_set", id="tag_set_id", name="set_name", status="status", course="course_id"),
    *_statuses("differentiation_tag_set", "available"),
    *_missing("group", id="group_id", name="name"),
    *_statuses("group", "", "active"),
    *_faults("group", ("two_contexts", {"account_id": "A1", "course_id": "C1"}), ("invalid", {"name": _LONG})),
    *_missing("differentiation_tag", id="tag_id", name="name"),
    *_statuses("differentiation_tag", "", "active"),
    *_missing("group_membership", group="group_id", user="user_id"),
    *_statuses("group_membership", "", "active"),
    *_missing("differentiation_tag_membership", tag="tag_id", user="user_id"),
    *_statuses("differentiation_tag_membership", "", "active"),
    *_missing("institutional_tag_category", id="category_id", name="name", status="status"),
    *_statuses("institutional_tag_category", "inactive"),
    *_missing(
        "institutional_tag",
        id="institutional_tag_id",
        category="category_id",
        name="name",
        description="description",
        status="status",
    ),
    *_statuses("institutional_tag", "inactive"),
    *_missing("institutional_tag_association", tag="institutional_tag_id", user="user_id", status="status"),
    *_statuses("institutional_tag_association", "accepted"),
    *_missing("grade_publishing_results", id="enrollment_id", status="grade_publishing_status"),
    *_statuses("grade_publishing_results", "publishedX", column="grade_publishing_status"),
    *_missing("user_observer", observer="observer_id", student="student_id"),
    *_statuses("user_observer", "", "activeX"),
    *_faults("user_observer", ("self", {"observer_id": "u2", "student_id": "u2"})),
)
"""Every rule that one row alone decides."""

_USER = {"status": "active", "full_name": "Ada", "integration_id": "", "authentication_provider_id": ""}
_GONE = {**_USER, "status": "deleted"}


def _clash(code: str | None, *rows: tuple[str, Cells]) -> Plant:
    return Plant(code, rows)


def _account(sis_id: str, parent: str = "", status: str = "active") -> tuple[str, Cells]:
    cells = {"account_id": sis_id, "parent_account_id": parent, "status": status, "integration_id": ""}
    return "account", {**cells, "name": sis_id}


def _user(sis_id: str, login: str, **cells: str) -> tuple[str, Cells]:
    return "user", {**_USER, "user_id": sis_id, "login_id": login, **cells}


_ENROLLED = ("enrollment", {"user_id": "n{n}", "course_id": "C1", "status": "active", "role": "student"})
_CATEGORY = {"account_id": "A1", "category_name": "One {n}", "status": "active"}
_SET = {"course_id": "C1", "set_name": "One {n}", "status": "active"}

CLASHES: tuple[Plant, ...] = (
    _clash("account.parent_deleted", _account("p{n}", status="deleted"), _account("q{n}", "p{n}")),
    _clash(
        "account.delete_has_subaccounts", _account("p{n}"), _account("q{n}", "p{n}"), _account("p{n}", "", "deleted")
    ),
    _clash("account.loop", _account("p{n}"), _account("q{n}", "p{n}"), _account("p{n}", "q{n}")),
    _clash("user.login_claimed", _user("n{n}", "same{n}"), _user("m{n}", "SAME{n}")),
    _clash("user.login_claimed", _user("n{n}", "a{n}"), _user("m{n}", "b{n}"), _user("m{n}", "a{n}")),
    _clash(
        "user.integration_id_claimed",
        _user("n{n}", "a{n}", integration_id="own{n}"),
        _user("m{n}", "b{n}", integration_id="own{n}"),
    ),
    _clash(None, _user("n{n}", "a{n}"), _user("n{n}", "b{n}"), _user("m{n}", "a{n}")),
    _clash(None, ("user", {**_GONE, "user_id": "n{n}", "login_id": "a{n}"}), _user("m{n}", "a{n}")),
    _clash(
        None,
        ("user", {**_GONE, "user_id": "n{n}", "login_id": "a{n}"}),
        ("user", {**_GONE, "user_id": "n{n}", "login_id": "a\x07{n}", "email": "ada", "full_name": _LONG}),
    ),
    _clash("login.taken", _user("n{n}", "a{n}"), ("login", {"user_id": "n{n}", "integration_id": ""})),
    _clash("login.taken", _user("n{n}", "a{n}"), ("login", {"login_id": "A{n}", "integration_id": ""})),
    _clash(
        "login.integration_id_claimed",
        _user("n{n}", "a{n}", integration_id="own{n}"),
        ("login", {"integration_id": "own{n}"}),
    ),
    _clash(
        "login.existing_mismatch",
        _user("n{n}", "a{n}", integration_id="own{n}"),
        _user("m{n}", "b{n}", integration_id="other{n}"),
        ("login", {"existing_user_id": "n{n}", "existing_integration_id": "other{n}", "integration_id": ""}),
    ),
    _clash(
        "enrollment.section_course_unrelated",
        ("course", {"course_id": "c{n}", "status": "active", "integration_id": ""}),
        ("course", {"course_id": "d{n}", "status": "active", "integration_id": ""}),
        ("section", {"section_id": "s{n}", "course_id": "c{n}", "status": "active"}),
        _user("n{n}", "a{n}"),
        ("enrollment", {**_ENROLLED[1], "section_id": "s{n}", "course_id": "d{n}"}),
    ),
    _clash(
        "enrollment.deleted_user",
        ("user", {**_GONE, "user_id": "n{n}", "login_id": "a{n}"}),
        ("enrollment", {**_ENROLLED[1], "section_id": "S1"}),
    ),
    _clash(
        "enrollment.invalid",
        ("section", {"section_id": "s{n}", "course_id": "C1", "status": "deleted"}),
        ("enrollment", {**_ENROLLED[1], "section_id": "s{n}", "user_id": "u1"}),
    ),
    _clash(
        "group_category.invalid",
        ("group_category", {**_CATEGORY, "group_category_id": "k{n}"}),
        ("group_category", {**_CATEGORY, "group_category_id": "j{n}"}),
    ),
    _clash(
        "differentiation_tag_set.invalid",
        ("differentiation_tag_set", {**_SET, "tag_set_id": "ts{n}"}),
        ("differentiation_tag_set", {**_SET, "tag_set_id": "tt{n}"}),
    ),
)
"""Every rule between rows of one drop, and rows that only look as if they clashed."""

GOOD_PLANTS: tuple[Plant, ...] = tuple(Plant(None, ((type_, {}),)) for type_ in GOOD)


def cells_of(type_: str, changes: Cells, number: int, pick: Any, *, is_good: bool) -> dict[str, str]:
    """A row: good values, chosen by `pick`, with these changes; of a plant with a fault, one that stays alive."""
    row = {}
    for column, choices in {**dict.fromkeys(changes, ""), **GOOD[type_]}.items():
        several: Sequence[str] = (choices,) if isinstance(choices, str) else choices
        value = changes.get(column)
        if value is None:
            value = pick(several) if is_good or column != "status" else several[0]
        row[column] = value.replace("{n}", str(number))
    return row
