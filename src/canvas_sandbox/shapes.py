"""What Canvas's JSON looks like: SisImport, SisImportError, File, Progress, User, Account.

Room: pure; rows in, plain JSON values out. Which keys exist when, and which are null, follows Canvas's public source
and a recorded production answer; where they contradict Canvas's documentation, the source wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from canvas_sandbox.clock import shown
from canvas_sandbox.rows import FileRow, ImportRow, MessageRow, ProgressRow

COUNT_KEYS = (
    *("change_sis_ids", "accounts", "terms", "abstract_courses", "courses", "sections", "xlists", "users", "logins"),
    *("enrollments", "admins", "group_categories", "differentiation_tag_sets", "groups", "differentiation_tags"),
    *("group_memberships", "differentiation_tag_memberships", "institutional_tag_categories", "institutional_tags"),
    *("institutional_tag_associations", "grade_publishing_results", "user_observers"),
)
"""The keys of `data.counts`, all there from the moment an upload is unpacked."""

STATISTIC_TYPES = (
    *("Account", "EnrollmentTerm", "AbstractCourse", "Course", "CourseSection", "GroupCategory", "Group", "Pseudonym"),
    *("CommunicationChannel", "Enrollment", "GroupMembership", "UserObserver", "AccountUser"),
)

ENDED = ("imported", "imported_with_messages", "failed_with_messages", "failed", "aborted")
RESTORED = ("restored", "partially_restored")
"""What an ended import is after its states were restored."""
ROBOT_ID = 9000001
"""The user of the token, out of the way of the ids that imports give."""
OTHER_USER_ID = 9000002
"""The user of imports that a fault puts into the queue."""
ROBOT_SINCE = "2024-08-01T09:00:00Z"
"""When every person of the sandbox was made."""
INLINE_MESSAGES = 24
"""How many messages of a kind stand in the answer itself; a further entry says how many more there are."""


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A person whose token makes requests."""

    id: int
    name: str
    sortable_name: str
    login_id: str
    sis_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportDetails:
    """What belongs to a SisImport beside its row: its messages' beginnings and numbers, its files with their URLs."""

    errors: Sequence[MessageRow]
    error_count: int
    warnings: Sequence[MessageRow]
    warning_count: int
    csv_files: Sequence[dict[str, Any]]
    diffed_files: Sequence[dict[str, Any]]
    errors_file: dict[str, Any] | None


def sis_import(row: ImportRow, user: ApiUser, outcome: ImportDetails) -> dict[str, Any]:
    """The SisImport object."""
    answer: dict[str, Any] = {
        "id": row.id,
        "created_at": shown(row.created_at),
        "started_at": shown(row.started_at),
        "ended_at": shown(row.ended_at),
        "updated_at": shown(row.updated_at),
        "progress": row.progress,
        "workflow_state": row.workflow_state,
        "data": row.data,
        **_echoed(row.options),
        "user": user_brief(user),
    }
    # The keys below are left out rather than null: Canvas's public source, its SisImport serializer.
    if answer["diffing_data_set_identifier"] is not None:
        answer["diffing_threshold_exceeded"] = bool(row.threshold_exceeded)
    answer.update(_inline_messages(row, outcome))
    if outcome.errors_file:
        answer["errors_attachment"] = outcome.errors_file
    if outcome.csv_files:
        answer["csv_attachments"] = list(outcome.csv_files)
    if outcome.diffed_files:
        answer["diffed_csv_attachments"] = list(outcome.diffed_files)
    return answer


def _echoed(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options as the answer repeats them; an orphan's were never saved, so all of its are null."""
    asked = options or {}
    off = None if options is None else False
    # `batch_mode_enrollment_drop_status` is not among them: Canvas obeys it and never repeats it. What was not
    # asked for is null, but for two that are false.
    return {
        "batch_mode": asked.get("batch_mode"),
        "batch_mode_term_id": asked.get("batch_mode_term_id"),
        "multi_term_batch_mode": asked.get("multi_term_batch_mode"),
        "override_sis_stickiness": asked.get("override_sis_stickiness"),
        "add_sis_stickiness": asked.get("add_sis_stickiness"),
        "update_sis_id_if_login_claimed": asked.get("update_sis_id_if_login_claimed", off),
        "clear_sis_stickiness": asked.get("clear_sis_stickiness"),
        "diffing_data_set_identifier": asked.get("diffing_data_set_identifier"),
        "diffing_remaster": asked.get("diffing_remaster"),
        # Canvas reads this one from a place nothing writes; the true value is data.diffed_against_sis_batch_id.
        "diffed_against_import_id": None,
        "diffing_drop_status": asked.get("diffing_drop_status"),
        "diffing_user_remove_status": asked.get("diffing_user_remove_status"),
        "skip_deletes": asked.get("skip_deletes", off),
        "change_threshold": asked.get("change_threshold"),
        "diff_row_count_threshold": asked.get("diff_row_count_threshold"),
    }


def _inline_messages(row: ImportRow, outcome: ImportDetails) -> dict[str, Any]:
    if row.workflow_state not in (*ENDED, *RESTORED) or row.data.get("statistics") is None:
        # Canvas writes them in the same breath as the statistics: an import that was aborted by hand or whose
        # worker died has neither.
        return {}
    messages: dict[str, Any] = {}
    if outcome.error_count:
        messages["processing_errors"] = _pairs(outcome.errors, outcome.error_count, "errors")
    if outcome.warning_count:
        messages["processing_warnings"] = _pairs(outcome.warnings, outcome.warning_count, "warnings")
    return messages


def _pairs(messages: Sequence[MessageRow], total: int, kind: str) -> list[list[str | None]]:
    pairs: list[list[str | None]] = [[message.file, message.message] for message in messages[:INLINE_MESSAGES]]
    if total > INLINE_MESSAGES:
        more = total - INLINE_MESSAGES
        pairs.append([f"and {more} more {kind} that were not included", f"Download the error file to see all {kind}."])
    return pairs


def sis_import_error(message: MessageRow) -> dict[str, Any]:
    """The SisImportError object."""
    return {
        "sis_import_id": message.import_id,
        "file": message.file,
        "message": message.message,
        "row_info": message.row_info,
        "row": message.row,
    }


def attachment(file: FileRow, url: str) -> dict[str, Any]:
    """The File object as it stands inside a SisImport."""
    return {
        "id": file.id,
        "uuid": file.uuid,
        "folder_id": None,
        "display_name": file.display_name,
        "filename": file.filename,
        "upload_status": "success",
        # With a hyphen, unlike all its neighbours: so in the recorded answer.
        "content-type": file.content_type,
        "url": url,
        "size": file.size,
        "created_at": shown(file.created_at),
        "updated_at": shown(file.created_at),
        "unlock_at": None,
        "locked": False,
        "hidden": False,
        "lock_at": None,
        "hidden_for_user": False,
        "thumbnail_url": None,
        "modified_at": shown(file.created_at),
        "mime_class": "file",
        "media_entry_id": None,
        "locked_for_user": False,
    }


def progress(row: ProgressRow, base_url: str) -> dict[str, Any]:
    """The Progress object of a restore_states job."""
    return {
        "id": row.id,
        "context_id": row.import_id,
        "context_type": "SisBatch",
        "user_id": row.user_id,
        "tag": "sis_batch_state_restore",
        "completion": row.completion,
        "workflow_state": row.workflow_state,
        "created_at": shown(row.created_at),
        "updated_at": shown(row.updated_at),
        "message": row.message,
        "url": f"{base_url}/api/v1/progress/{row.id}",
        "results": None,
    }


def user_brief(user: ApiUser) -> dict[str, Any]:
    """The User object as it stands inside a SisImport."""
    return {
        "id": user.id,
        "name": user.name,
        "created_at": ROBOT_SINCE,
        "sortable_name": user.sortable_name,
        "short_name": user.name,
        "sis_user_id": user.sis_user_id,
        "integration_id": None,
        "sis_import_id": None,
        "login_id": user.login_id,
    }


_ID_KEY = re.compile(r"(?:^|_)ids?$")
"""`id`, `user_id`, `downloadable_attachment_ids`: numbers under these names are ids, others are counts."""


def with_string_ids(value: Any, key: str = "") -> Any:
    """`value` with every id as text, as Canvas answers to `Accept: application/json+canvas-string-ids`."""
    if isinstance(value, dict):
        return {name: with_string_ids(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_string_ids(inner, key) for inner in value]
    is_id = isinstance(value, int) and not isinstance(value, bool) and _ID_KEY.search(key)
    return str(value) if is_id else value
