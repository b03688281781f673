"""What Canvas holds as plain data: loaded before a practice or a test, dumped to look at.

Room: the database. The form is that of the conformance cases (see the docs of the sandbox): one key per kind of thing,
absent when there is none. Two keys of our own: `features` (account features that are on) and `ui_edits`, a list of
[kind, SIS id, fields] edited by a person. The form holds ids and states, not names or dates: a dump after imports
leaves those out, and loads again into the same ids and states.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.loading import Loader
from canvas_sandbox.engine.schema import STICKY
from canvas_sandbox.sqlite import Record

KEYS = (
    "features",
    "accounts",
    "tags_disabled_accounts",
    "terms",
    "abstract_courses",
    "courses",
    "blueprints",
    "blueprint_children",
    "sections",
    "users",
    "canvas_logins",
    "custom_roles",
    "admin_roles",
    "auth_providers",
    "enrollments",
    "enrollment_ids",
    "group_categories",
    "groups",
    "tag_sets",
    "tags",
    "institutional_tag_categories",
    "institutional_tags",
    "observer_links",
    "runs_as",
    "ui_edits",
)
"""Every key of a state, in the order in which they are loaded."""

EDITABLE = {
    "account": "accounts",
    "term": "terms",
    "abstract_course": "abstract_courses",
    "course": "courses",
    "section": "sections",
    "user": "users",
    "login": "logins",
    "group": "groups",
}
"""The kinds of things whose fields a person can edit."""

_COLUMN = {
    "workflow_state": "state",
    "parent_account_id": "parent_id",
    "enrollment_term_id": "term_id",
}
"""Canvas's field names that our columns do not share."""


def load(db: Database, canvas_state: Mapping[str, Any]) -> None:
    """Replace everything by this state. Raises ValueError, and changes nothing, when it is not of the form."""
    unknown = canvas_state.keys() - set(KEYS)
    if unknown:
        raise ValueError(f"unknown keys in the state: {', '.join(sorted(unknown))}")
    try:
        with db.transaction():
            # In the transaction: a state that turns out to be wrong leaves Canvas as it was.
            db.clear()
            _load_all(db, canvas_state)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError, sqlite3.Error) as error:
        raise ValueError(f"the state is not of the form: {error!r}") from error


def _load_all(db: Database, canvas_state: Mapping[str, Any]) -> None:
    loader = Loader(db)
    for key in KEYS:
        if key == "ui_edits":
            for kind, sis_id, fields in canvas_state.get(key, []):
                mark_ui_edit(db, kind, sis_id, fields)
        elif canvas_state.get(key):
            getattr(loader, key)(canvas_state[key])


def features(db: Database) -> frozenset[str]:
    """The account features that the loaded state switched on."""
    return frozenset(json.loads(db.get_meta("features") or "[]"))


def mark_ui_edit(db: Database, kind: str, sis_id: str, fields: Collection[str]) -> None:
    """Mark fields of a thing as edited by a person. Raises KeyError for what there is not."""
    table = EDITABLE[kind]
    row = _editable_row(db, table, sis_id)
    columns = {_COLUMN.get(field, field) for field in fields}
    sticky = {column for group in STICKY[table] for column in group}
    if columns - sticky:
        raise KeyError(f"{kind} has no such field: {', '.join(sorted(columns - sticky))}")
    db.update(table, row["id"], {"stuck": " ".join(sorted(columns | set(row["stuck"].split())))})


def _editable_row(db: Database, table: str, sis_id: str) -> Record:
    if table == "users":
        login = db.by_sis_id("logins", sis_id)
        row = db.by_id("users", login["user_id"]) if login is not None else None
    elif table == "groups":
        row = db.first("SELECT * FROM groups WHERE sis_id = ? AND is_tag = 0", (sis_id,))
    else:
        row = db.by_sis_id(table, sis_id)
    if row is None:
        raise KeyError(f"nothing in {table} has the SIS id {sis_id}")
    return row


def dump(db: Database) -> dict[str, Any]:
    """What Canvas holds; keys without content are left out."""
    state = {
        "features": sorted(features(db)),
        "accounts": [_account(row) for row in db.all(_ACCOUNTS)],
        "tags_disabled_accounts": _column(db, "SELECT sis_id FROM accounts WHERE tags_on = 0 ORDER BY id"),
        "terms": [_without_none(row) for row in db.all(_TERMS)],
        "abstract_courses": _column(db, _LIVING.format("abstract_courses")),
        "courses": [_without_none(row) for row in db.all(_COURSES)],
        "blueprints": _column(db, "SELECT sis_id FROM courses WHERE is_blueprint = 1 ORDER BY id"),
        "blueprint_children": dict(map(tuple, db.all(_CHILDREN))),
        "sections": [_without_none(row) for row in db.all(_SECTIONS)],
        "users": [_without_none(row) for row in db.all(_USERS)],
        "canvas_logins": [_without_none(row) for row in db.all(_CANVAS_LOGINS)],
        "custom_roles": _column(db, _ROLES.format("<>")),
        "admin_roles": _column(db, _ROLES.format("=")),
        "auth_providers": _column(db, "SELECT name FROM providers ORDER BY name"),
        "enrollments": [[*ids] if state == "active" else [*ids, state] for *ids, state in db.all(_ENROLLMENTS)],
        "enrollment_ids": _column(db, "SELECT CAST(id AS TEXT) FROM enrollments WHERE course_id = 0 ORDER BY id"),
        "group_categories": [_grouping(row, "group_category_id") for row in db.all(_CATEGORIES, (0,))],
        "groups": [_grouping(row, "group_id") for row in db.all(_GROUPS, (0,))],
        "tag_sets": [_grouping(row, "tag_set_id") for row in db.all(_CATEGORIES, (1,))],
        "tags": [_grouping(row, "tag_id") for row in db.all(_GROUPS, (1,))],
        "institutional_tag_categories": _column(db, _LIVING.format("institutional_tag_categories")),
        "institutional_tags": _column(db, _LIVING.format("institutional_tags")),
        "observer_links": [list(row) for row in db.all(_OBSERVERS)],
        "runs_as": db.get_meta("runs_as"),
        "ui_edits": _ui_edits(db),
    }
    return {key: value for key, value in state.items() if value}


_LIVING = "SELECT sis_id FROM {} WHERE sis_id IS NOT NULL AND state <> 'deleted' ORDER BY id"
_ACCOUNTS = """SELECT accounts.sis_id AS account_id, accounts.id AS canvas_id, parents.sis_id AS parent,
    accounts.state AS state FROM accounts LEFT JOIN accounts AS parents ON parents.id = accounts.parent_id
    WHERE accounts.sis_id IS NOT NULL ORDER BY accounts.id"""
_TERMS = """SELECT sis_id AS term_id, CASE state WHEN 'deleted' THEN 1 END AS deleted FROM terms
    WHERE sis_id IS NOT NULL ORDER BY id"""
_COURSES = """SELECT courses.sis_id AS course_id, accounts.sis_id AS account_id, terms.sis_id AS term_id,
    CASE courses.state WHEN 'deleted' THEN 1 END AS deleted FROM courses
    LEFT JOIN accounts ON accounts.id = account_id LEFT JOIN terms ON terms.id = term_id
    WHERE courses.sis_id IS NOT NULL ORDER BY courses.id"""
_CHILDREN = """SELECT courses.sis_id, blueprints.sis_id FROM courses
    JOIN courses AS blueprints ON blueprints.id = courses.blueprint_id ORDER BY courses.id"""
_SECTIONS = """SELECT sections.sis_id AS section_id, courses.sis_id AS course_id FROM sections
    JOIN courses ON courses.id = course_id
    WHERE sections.sis_id IS NOT NULL AND sections.state <> 'deleted' ORDER BY sections.id"""
_USERS = """SELECT sis_id AS user_id, unique_id AS login_id, integration_id, user_id AS canvas_id,
    CASE state WHEN 'deleted' THEN 1 END AS deleted,
    (SELECT 1 FROM logins AS others WHERE others.user_id = logins.user_id AND others.sis_id IS NULL
     AND others.state <> 'deleted' LIMIT 1) AS other_active
    FROM logins WHERE sis_id IS NOT NULL AND is_runner = 0 ORDER BY id"""
_CANVAS_LOGINS = """SELECT unique_id AS login_id, user_id AS canvas_id, integration_id FROM logins AS own
    WHERE sis_id IS NULL AND state <> 'deleted'
    AND NOT EXISTS (SELECT 1 FROM logins WHERE user_id = own.user_id AND sis_id IS NOT NULL) ORDER BY id"""
_ROLES = """SELECT name FROM roles WHERE built_in = 0 AND state = 'active'
    AND base_type {} 'AccountMembership' ORDER BY id"""
_ENROLLMENTS = """SELECT courses.sis_id, logins.sis_id, enrollments.state FROM enrollments
    JOIN courses ON courses.id = course_id JOIN logins ON logins.id = login_id
    WHERE courses.sis_id IS NOT NULL AND logins.sis_id IS NOT NULL ORDER BY enrollments.id"""
_CONTEXT = "CASE context WHEN 'a' THEN accounts.sis_id ELSE courses.sis_id END"
_JOIN_CONTEXT = """LEFT JOIN accounts ON context = 'a' AND accounts.id = context_id
    LEFT JOIN courses ON context = 'c' AND courses.id = context_id"""
_CATEGORIES = f"""SELECT own.sis_id AS sis_id, context, {_CONTEXT} AS context_sis_id, own.name AS name,
    EXISTS (SELECT 1 FROM groups WHERE category_id = own.id AND state <> 'deleted') AS in_use, 0 AS members
    FROM group_categories AS own {_JOIN_CONTEXT}
    WHERE own.is_tag = ? AND own.sis_id IS NOT NULL AND own.state <> 'deleted' ORDER BY own.id"""  # noqa: S608 - constants
_GROUPS = f"""SELECT own.sis_id AS sis_id, context, {_CONTEXT} AS context_sis_id, own.name AS name, 0 AS in_use,
    EXISTS (SELECT 1 FROM memberships WHERE group_id = own.id AND state <> 'deleted') AS members
    FROM groups AS own {_JOIN_CONTEXT}
    WHERE own.is_tag = ? AND own.sis_id IS NOT NULL AND own.state <> 'deleted' ORDER BY own.id"""  # noqa: S608 - constants
_OBSERVERS = """SELECT o.sis_id, s.sis_id FROM observers JOIN logins AS o ON o.id =
        (SELECT MIN(id) FROM logins WHERE user_id = observer_id AND sis_id IS NOT NULL)
    JOIN logins AS s ON s.id = (SELECT MIN(id) FROM logins WHERE user_id = student_id AND sis_id IS NOT NULL)
    WHERE observers.state <> 'deleted' ORDER BY observers.id"""


def _column(db: Database, sql: str) -> list[Any]:
    return [row[0] for row in db.all(sql)]


def _without_none(row: Record) -> dict[str, Any]:
    """The row's columns that have a value; the yes-or-no ones as booleans."""
    flags = {"deleted", "other_active"}
    return {key: bool(row[key]) if key in flags else row[key] for key in row.keys() if row[key] is not None}  # noqa: SIM118 - a sqlite3.Record iterates over its values


def _account(row: Record) -> dict[str, Any]:
    account = {"account_id": row["account_id"], "canvas_id": row["canvas_id"]}
    if row["parent"] is not None:
        account["parent"] = row["parent"]
    if row["state"] == "deleted":
        account["deleted"] = True
    return account


def _grouping(row: Record, id_key: str) -> dict[str, Any]:
    item = {id_key: row["sis_id"], "ctx": [row["context"], row["context_sis_id"]]}
    if row["name"] is not None:
        item["name"] = row["name"]
    return item | {key: True for key in ("in_use", "members") if row[key]}


_FORGOTTEN = {"abstract_courses", "sections", "groups"}
"""Tables whose deleted rows are not dumped."""


def _ui_edits(db: Database) -> list[list[Any]]:
    edits = []
    for kind, table in EDITABLE.items():
        # Users have no SIS id of their own: each login's stands for the user.
        sql = f"SELECT sis_id, stuck FROM {table} WHERE stuck <> '' AND sis_id IS NOT NULL"  # noqa: S608 - our own table names
        if table == "users":
            sql = """SELECT sis_id, users.stuck FROM users JOIN logins ON user_id = users.id
                     WHERE users.stuck <> '' AND sis_id IS NOT NULL"""
        if table in _FORGOTTEN:
            sql += " AND state <> 'deleted'"
        if table == "groups":
            sql += " AND is_tag = 0"
        edits += [[kind, sis_id, stuck.split()] for sis_id, stuck in db.all(f"{sql} ORDER BY {table}.id")]
    return edits
