"""What the sandbox's store keeps, as values: imports, messages, files, restore jobs, and a filter of the list.

Room: words only; touches nothing. Times are text in UTC with microseconds, so that text order is time order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from canvas_sis_csv.model import Level


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One SIS import as stored. `options` is None while (and, for an orphan, because) they were never saved."""

    id: int
    user_id: int
    workflow_state: str
    progress: int
    created_at: str
    started_at: str | None
    ended_at: str | None
    updated_at: str
    filename: str | None
    upload: str | None
    options: dict[str, Any] | None
    data: dict[str, Any]
    csv_files: list[int]
    diffed_files: list[int]
    errors_file: int | None
    threshold_exceeded: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message about an import, as endpoint `errors` shows it."""

    import_id: int
    level: Level
    file: str | None
    row: int | None
    message: str
    row_info: str | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One stored attachment; its bytes are `ImportStore.file_path(id)`."""

    id: int
    uuid: str
    import_id: int
    display_name: str
    filename: str
    content_type: str
    size: int
    created_at: str


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One restore_states job."""

    id: int
    import_id: int
    user_id: int
    completion: int
    workflow_state: str
    created_at: str
    updated_at: str
    message: str | None


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """A filter of the list of imports; empty fields do not filter. Times are as stored, both bounds are exclusive."""

    states: Sequence[str] = ()
    since: str | None = None
    before: str | None = None
