"""What Canvas's JSON of accounts, users, courses, sections, enrollments and terms looks like.

Room: pure; rows of the engine's views in, plain JSON values out.
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine.views import ViewRow
from canvas_sandbox.http.accounts import UUID_PREFIX
from canvas_sandbox.shapes import ROBOT_SINCE

ROOT_ID = 1
COURSE_STATES = {"created": "unpublished", "claimed": "unpublished"}
"""Canvas shows these under another name than it stores them."""


def account(row: ViewRow, instance: str) -> dict[str, Any]:
    """An Account object; `instance` tells this Canvas from others."""
    return {
        "id": row["id"],
        "name": row["name"],
        "workflow_state": row["state"],
        "parent_account_id": row["parent_id"],
        "root_account_id": None if row["parent_id"] is None else ROOT_ID,
        "uuid": f"{UUID_PREFIX}{instance}-{row['id']}",
        "default_time_zone": "America/Denver",
        "sis_account_id": row["sis_id"],
        "integration_id": row["integration_id"],
        "sis_import_id": _import_id(row),
    }


def user(row: ViewRow) -> dict[str, Any]:
    """A User object."""
    return {
        "id": row["id"],
        "name": row["name"],
        "created_at": ROBOT_SINCE,
        "sortable_name": row["sortable_name"],
        "short_name": row["short_name"],
        "sis_user_id": row["sis_id"],
        "integration_id": row["integration_id"],
        "sis_import_id": _import_id(row),
        "login_id": row["login_id"],
        "email": row["email"],
    }


def course(row: ViewRow, base_url: str) -> dict[str, Any]:
    """A Course object."""
    return {
        "id": row["id"],
        "name": row["name"],
        "account_id": row["account_id"],
        "root_account_id": ROOT_ID,
        "enrollment_term_id": row["term_id"],
        "start_at": row["start_at"],
        "end_at": row["conclude_at"],
        "course_code": row["course_code"],
        "course_format": row["course_format"],
        "workflow_state": COURSE_STATES.get(row["state"], row["state"]),
        "blueprint": bool(row["is_blueprint"]),
        "is_public": False,
        "is_public_to_auth_users": False,
        "public_syllabus": False,
        "calendar": {"ics": f"{base_url}/feeds/calendars/course_{row['id']}.ics"},
        "created_at": ROBOT_SINCE,
        "sis_course_id": row["sis_id"],
        "integration_id": row["integration_id"],
        "sis_import_id": _import_id(row),
    }


def section(row: ViewRow, sis_course_id: str | None) -> dict[str, Any]:
    """A Section object."""
    return {
        "id": row["id"],
        "name": row["name"],
        "course_id": row["course_id"],
        "nonxlist_course_id": row["nonxlist_course_id"],
        "start_at": row["start_at"],
        "end_at": row["end_at"],
        "sis_section_id": row["sis_id"],
        "sis_course_id": sis_course_id,
        "integration_id": row["integration_id"],
        "sis_import_id": _import_id(row),
    }


def enrollment(row: ViewRow, in_course: ViewRow | None, base_url: str) -> dict[str, Any]:
    """An Enrollment object, with the little of its user that Canvas puts in."""
    return {
        "id": row["id"],
        "course_id": row["course_id"],
        "course_section_id": row["section_id"],
        "user_id": row["user_id"],
        "associated_user_id": row["associated_user_id"],
        "root_account_id": ROOT_ID,
        "type": row["type"],
        "role": row["role"],
        "enrollment_state": row["state"],
        "limit_privileges_to_course_section": bool(row["limit_privileges"]),
        "start_at": row["start_at"],
        "end_at": row["end_at"],
        "created_at": ROBOT_SINCE,
        "last_activity_at": None,
        "total_activity_time": 0,
        "html_url": f"{base_url}/courses/{row['course_id']}/users/{row['user_id']}",
        "sis_course_id": in_course["sis_id"] if in_course else None,
        "sis_section_id": row["section_sis_id"],
        "sis_user_id": row["user_sis_id"],
        "sis_import_id": _import_id(row),
        "user": {"id": row["user_id"], "name": row["user_name"], "sis_user_id": row["user_sis_id"]},
    }


def term(row: ViewRow) -> dict[str, Any]:
    """An EnrollmentTerm object."""
    return {
        "id": row["id"],
        "name": row["name"],
        "start_at": row["start_at"],
        "end_at": row["end_at"],
        "workflow_state": row["state"],
        "overrides": row["overrides"],
        "sis_term_id": row["sis_id"],
        "sis_import_id": _import_id(row),
    }


def access_token(token_id: int, user_id: int, hint: str) -> dict[str, Any]:
    """An AccessToken object, without the token."""
    return {
        "id": token_id,
        "created_at": ROBOT_SINCE,
        "expires_at": None,
        "workflow_state": "active",
        "remember_access": None,
        "scopes": [],
        "real_user_id": None,
        "user_id": user_id,
        "token": None,
        "token_hint": hint,
        "purpose": "sandbox",
        "app_name": "User-Generated",
        "can_manually_regenerate": False,
    }


def _import_id(row: ViewRow) -> int | None:
    """The import that touched it last; none for what was there before every import."""
    return row["sis_import_id"] or None
