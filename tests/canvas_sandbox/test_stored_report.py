"""One run of one import in the sandbox: what is seen of it meanwhile, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_sandbox import clock as canvas_time
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.report import RunResult, UnpackedFile
from canvas_sandbox.rows import ImportRow
from canvas_sandbox.stored_report import StoredReport
from canvas_sis_csv.model import Level
from tests.support.sandbox_client import USERS
from tests.support.sandbox_store import add_import, import_row

# one run


class Pauses:
    """A pause that takes no time, notes the seconds, and shows the import as it was then."""

    def __init__(self, store: ImportStore, import_id: int) -> None:
        self.seen: list[tuple[float, ImportRow]] = []
        self._store, self._id = store, import_id

    def __call__(self, seconds: float) -> None:
        self.seen.append((seconds, import_row(self._store, self._id)))


def _run(store: ImportStore) -> tuple[StoredReport, Pauses, int]:
    import_id = add_import(store, "importing")
    pauses = Pauses(store, import_id)
    return StoredReport(store, import_row(store, import_id), pauses), pauses, import_id


def _file(tmp_path: Path, name: str = "sub/users.csv") -> UnpackedFile:
    path = tmp_path / "content"
    path.write_bytes(USERS)
    return UnpackedFile(name, len(USERS), path)


def test_an_import_of_up_to_49_rows_shows_nothing_until_its_end(store: ImportStore, tmp_path: Path) -> None:
    run, pauses, import_id = _run(store)
    run.unpacked(["user"], 49, [_file(tmp_path)])
    run.rows_done(49)
    run.type_done("user", {"users": 49})
    assert [(row.data, row.progress, row.csv_files) for _, row in pauses.seen] == [
        ({"import_type": "instructure_csv"}, 0, [])
    ]
    store.change(import_id, **run.finish(RunResult()))
    row = import_row(store, import_id)
    assert (row.workflow_state, row.progress, row.data["running_immediately"]) == ("imported", 100, True)
    assert row.data["counts"]["users"] == 49
    assert len(row.csv_files) == 1


def test_a_bigger_import_shows_its_files_counts_and_a_progress_that_stops_at_99(
    store: ImportStore, tmp_path: Path
) -> None:
    run, pauses, import_id = _run(store)
    run.unpacked(["user", "course"], 250, [_file(tmp_path)])
    shown = import_row(store, import_id)
    assert shown.data["supplied_batches"] == ["user", "course"]
    assert set(shown.data["counts"].values()) == {0}
    assert "running_immediately" not in shown.data
    assert len(shown.csv_files) == 1
    for _ in range(2):
        run.rows_done(100)
    run.type_done("user", {"users": 200})
    run.rows_done(50)
    row = import_row(store, import_id)
    assert [seen.progress for _, seen in pauses.seen] == [0, 40, 80]
    assert row.progress == 99
    assert row.data["completed_importers"] == ["user"]
    assert row.data["counts"]["users"] == 200


def test_rows_take_time(store: ImportStore, tmp_path: Path) -> None:
    run, pauses, _ = _run(store)
    run.unpacked(["user"], 800, [_file(tmp_path)])
    run.rows_done(800)
    assert sum(seconds for seconds, _ in pauses.seen) == 800 / canvas_time.ROWS_PER_S


def test_the_cleanup_has_a_state_and_a_progress_of_its_own(store: ImportStore, tmp_path: Path) -> None:
    run, pauses, _ = _run(store)
    run.unpacked(["user"], 100, [_file(tmp_path)])
    run.rows_done(100)
    run.cleaning()
    assert (pauses.seen[-1][1].workflow_state, pauses.seen[-1][1].progress) == ("cleanup_batch", 0)


@pytest.mark.parametrize(
    ("levels", "aborted", "state", "progress"),
    [
        ([], False, "imported", 100),
        ([Level.WARNING], False, "imported_with_messages", 100),
        ([Level.WARNING, Level.ERROR], False, "failed_with_messages", 0),
        ([Level.WARNING], True, "aborted", 100),
    ],
)
def test_messages_decide_how_an_import_ends(
    store: ImportStore, levels: list[Level], aborted: bool, state: str, progress: int
) -> None:
    run, _, import_id = _run(store)
    for level in levels:
        run.message(level, "u.csv", 2, "something")
    store.change(import_id, **run.finish(RunResult(aborted=aborted, counts={"batch_courses_deleted": 3})))
    row = import_row(store, import_id)
    assert (row.workflow_state, row.progress) == (state, progress)
    assert row.ended_at is not None
    assert row.data["counts"]["batch_courses_deleted"] == 3
    assert row.data["counts"]["error_count"] == levels.count(Level.ERROR)


def test_file_messages_show_at_once_and_row_messages_with_their_segment(store: ImportStore) -> None:
    run, _, import_id = _run(store)
    run.message(Level.ERROR, "x.csv", None, "whole file")
    assert store.count_messages(import_id) == 1
    run.message(Level.WARNING, "u.csv", 2, "one row")
    assert store.count_messages(import_id) == 1
    run.rows_done(100)
    assert store.count_messages(import_id) == 2


def test_diffing_is_told_in_data_and_files(store: ImportStore, tmp_path: Path) -> None:
    run, _, import_id = _run(store)
    run.diffed(8000, [_file(tmp_path)])
    run.diffing_threshold_exceeded()
    store.change(import_id, **run.finish(RunResult()))
    row = import_row(store, import_id)
    assert row.data["diffed_against_sis_batch_id"] == 8000
    assert row.data["diffed_attachment_ids"] == row.diffed_files
    assert row.threshold_exceeded == 1
