"""One run of one import: stores what the engine tells, and makes it take Canvas's time.

Room: the store and the queue's waiting. Runs on the queue's worker thread.
"""

from __future__ import annotations

import contextlib
import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from canvas_sandbox import clock
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.report import RunResult, UnpackedFile
from canvas_sandbox.rows import ImportRow, MessageRow
from canvas_sandbox.shapes import COUNT_KEYS, STATISTIC_TYPES
from canvas_sis_csv.model import Level

AT_ONCE_ROWS = 49
"""Up to so many data rows Canvas imports in one go and shows nothing until the end."""
CAN_CONCLUDE = frozenset({"Course", "Enrollment"})


class StoredReport:
    """The `RunReport` of one import. `pause(seconds)` waits Canvas's seconds and raises Aborted when it should end.

    `shows_progress`: off when somebody else decides what the progress says.
    """

    def __init__(
        self, store: ImportStore, row: ImportRow, pause: Callable[[float], None], *, shows_progress: bool = True
    ) -> None:
        self._store = store
        self._id = row.id
        self._pause = pause
        self._data: dict[str, Any] = dict(row.data)
        self._columns: dict[str, Any] = {}
        self._messages: list[MessageRow] = []
        self._total = 0
        self._done = 0
        self._progress = 0
        # Until the upload is open nobody knows how long it is.
        self._shows_progress = shows_progress
        self._at_once = True

    # what the engine tells

    def message(self, level: Level, file: str | None, row: int | None, text: str, row_info: str | None = None) -> None:
        """Keep a message; it becomes visible with the segment it belongs to, file-level ones at once."""
        self._messages.append(MessageRow(self._id, level, file, row, text, row_info))
        if row is None:
            # About a file: no segment will come that it could be shown with.
            self._flush()

    def unpacked(self, supplied: Sequence[str], total_rows: int, files: Sequence[UnpackedFile]) -> None:
        """The upload is open: attachments, types and zero counts."""
        kept = self._keep(files)
        self._total = total_rows
        self._at_once = total_rows <= AT_ONCE_ROWS
        self._data |= {
            # These two are there or not there; they are never false or empty.
            **({"downloadable_attachment_ids": kept} if kept else {}),
            **({"running_immediately": True} if self._at_once else {}),
            "supplied_batches": list(supplied),
            "counts": dict.fromkeys(COUNT_KEYS, 0),
            "completed_importers": [],
        }
        self._columns["csv_files"] = kept
        self._show()

    def type_done(self, type: str, counts: Mapping[str, int]) -> None:  # noqa: A002 - the word of the CSV format
        """One type is imported."""
        self._counts().update(counts)
        self._data.setdefault("completed_importers", []).append(type)
        self._flush()
        self._show()

    def rows_done(self, rows: int) -> None:
        """A segment is imported: it took its time, and moves the progress."""
        self._flush()
        self._pause(rows / clock.ROWS_PER_S)
        self._done += rows
        # Canvas's public source bounds it too: 100 is for what has ended.
        progress = min(99, self._done * 100 // self._total) if self._total else 0
        if progress != self._progress and self._shows_progress:
            self._progress = self._columns["progress"] = progress
            self._show()

    def cleaning(self) -> None:
        """Batch mode begins to delete; its progress starts anew."""
        self._flush()
        self._columns |= {"workflow_state": "cleanup_batch", "progress": 0}
        self._show(always=True)
        self._pause(clock.START_S)

    def diffed(self, against: int, files: Sequence[UnpackedFile]) -> None:
        """Only the differences to an earlier import are imported."""
        kept = self._keep(files)
        self._data |= {"diffed_against_sis_batch_id": against, "diffed_attachment_ids": kept}
        self._columns["diffed_files"] = kept
        self._show()

    def diffing_threshold_exceeded(self) -> None:
        """Too many differences: imported whole."""
        self._columns["threshold_exceeded"] = 1
        self._show()

    def check_abort(self) -> None:
        """Raise Aborted when the import was aborted or the sandbox ends."""
        self._pause(0)

    # what the queue decides

    def finish(self, result: RunResult) -> dict[str, Any]:
        """The columns of the finished import, its state decided by its messages (API documentation, states)."""
        self._flush()
        errors = self._store.count_messages(self._id, Level.ERROR)
        warnings = self._store.count_messages(self._id, Level.WARNING)
        self._counts().update({"error_count": errors, "warning_count": warnings, **result.counts})
        self._data["statistics"] = _statistics(result)
        if result.aborted:
            state = "aborted"
        elif errors:
            state = "failed_with_messages"
        else:
            state = "imported_with_messages" if warnings else "imported"
        columns = {**self._columns, "workflow_state": state, "data": self._data, "ended_at": self._store.now()}
        # A failed import keeps the progress it had: Canvas's public source, and a trap for clients that wait for 100.
        if state != "failed_with_messages":
            columns["progress"] = 100
        return columns

    def break_down(self, error: Exception) -> dict[str, Any]:
        """The columns of an import that ended in an exception: `failed`, and `ended_at` stays empty, as in Canvas."""
        self._flush()
        self._data["error_message"] = f"{type(error).__name__}: {error}"
        return {**self._columns, "workflow_state": "failed", "data": self._data}

    def abandon(self) -> None:
        """The import was aborted while it ran: what happened so far stays, nothing is added."""
        self._flush()

    # helpers

    def _counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = self._data.setdefault("counts", dict.fromkeys(COUNT_KEYS, 0))
        return counts

    def _keep(self, files: Sequence[UnpackedFile]) -> list[int]:
        return [
            self._store.add_file(
                self._id,
                file.content,
                display_name=file.name.rsplit("/", 1)[-1],
                filename=file.name.rsplit("/", 1)[-1],
                content_type="text/csv",
            ).id
            for file in files
        ]

    def _flush(self) -> None:
        if self._messages:
            self._store.add_messages(self._messages)
            self._messages = []

    def _show(self, *, always: bool = False) -> None:
        """Make what is known so far visible, unless the import is so small that Canvas shows nothing till the end."""
        if self._at_once and not always:
            return
        self._store.change(self._id, only_in=("importing", "cleanup_batch"), data=self._data, **self._columns)
        self._columns = {}


def write_errors_file(store: ImportStore, import_id: int) -> None:
    """Make the `errors_attachment` of a finished import that has messages (a later job in Canvas)."""
    row = store.get(import_id)
    messages = store.messages(import_id, oldest_first=True)
    if row is None or row.errors_file is not None or not messages:
        return
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", suffix=".csv", prefix=f"sis_errors_attachment_{import_id}", delete=False
    ) as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["sis_import_id", "file", "message", "row"])
        writer.writerows([m.import_id, m.file, m.message, m.row] for m in messages)
    source = Path(handle.name)
    try:
        file = store.add_file(
            import_id,
            source,
            display_name=f"sis_errors_attachment_{import_id}.csv",
            # A name like a temporary file's, and a content type that is none: so in a recorded production answer.
            filename=source.name,
            content_type="csv",
        )
        # Moves `updated_at`, seconds after `ended_at`, as in that answer.
        store.change(import_id, errors_file=file.id)
    finally:
        with contextlib.suppress(OSError):
            source.unlink()


def _statistics(result: RunResult) -> dict[str, Any]:
    zero = {name: dict.fromkeys(("created", "restored", "deleted"), 0) for name in STATISTIC_TYPES}
    for name in CAN_CONCLUDE:
        zero[name]["concluded"] = 0
    zero["Enrollment"]["deactivated"] = 0
    counted = {name: {**zero.get(name, {}), **counts} for name, counts in result.statistics.items()}
    return {"total_state_changes": result.total_state_changes, **zero, **counted}
