"""The sandbox's import queue: one at a time, oldest first, with Canvas's states, progress and waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import canvas_sandbox as sandbox
from canvas_sandbox import clock as canvas_time
from canvas_sandbox.clock import Clock
from canvas_sandbox.errors import DataTaken, DataUnusable, WrongUse
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.report import Aborted, ImportJob, RunReport, RunResult
from canvas_sandbox.rows import ImportFilter
from canvas_sandbox.shapes import OTHER_USER_ID
from canvas_sis_csv.model import Level
from tests.support.sandbox_client import Client, rows
from tests.support.sandbox_store import add_import, import_row

Script = Callable[[ImportJob, RunReport], RunResult]


class Engine:
    """An engine that follows a script and notes what it was given."""

    def __init__(self, script: Script = lambda job, report: RunResult()) -> None:
        self.script = script
        self.jobs: list[ImportJob] = []

    def perform(self, job: ImportJob, report: RunReport) -> RunResult:
        self.jobs.append(job)
        return self.script(job, report)

    def restore(self, import_id: int, **flags: Any) -> dict[str, int]:
        flags["report_progress"](50)
        return {"Enrollment": 2}


class NotingClock(Clock):
    """A clock that notes the waits it is asked for, in Canvas's seconds."""

    def __init__(self, speed: Any) -> None:
        super().__init__(speed)
        self.spans: list[float] = []

    def span(self, seconds: float) -> float:
        self.spans.append(seconds)
        return super().span(seconds)


# the queue


@pytest.fixture
def queues(store: ImportStore) -> Iterator[Callable[..., ImportQueue]]:
    made: list[ImportQueue] = []

    def make(engine: Engine, speed: Any = "max", clock: Clock | None = None) -> ImportQueue:
        made.append(ImportQueue(store, engine, clock or Clock(speed)))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


def test_imports_run_oldest_first_and_one_at_a_time(store: ImportStore, queues: Callable[..., ImportQueue]) -> None:
    running, most = 0, 0

    def script(job: ImportJob, report: RunReport) -> RunResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        assert import_row(store, job.id).workflow_state == "importing"
        running -= 1
        return RunResult()

    engine = Engine(script)
    ids = [add_import(store) for _ in range(20)]
    queue = queues(engine)
    assert queue.wait_for_end(ids[-1]) == "imported"
    assert [job.id for job in engine.jobs] == ids
    assert most == 1


def test_a_foreign_running_import_blocks_the_queue_and_an_orphan_does_not(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    engine = Engine()
    queue = queues(engine)
    foreign = queue.place_foreign(state="importing", end_state="imported", looks=2, user_id=OTHER_USER_ID, age_s=0)
    add_import(store, "initializing")
    mine = add_import(store)
    queue.wake()
    queue.looked_at(foreign)
    assert queue.do(lambda: import_row(store, mine).workflow_state) == "created"
    assert engine.jobs == []
    queue.looked_at(foreign)
    assert queue.wait_for_end(mine) == "imported"
    assert import_row(store, foreign).workflow_state == "imported"


def test_an_exception_in_the_engine_ends_one_import_as_failed(
    store: ImportStore, queues: Callable[..., ImportQueue], caplog: pytest.LogCaptureFixture
) -> None:
    def script(job: ImportJob, report: RunReport) -> RunResult:
        if job.id == broken:
            raise ZeroDivisionError("invented")
        return RunResult()

    broken, second = add_import(store), add_import(store)
    queue = queues(Engine(script))
    assert queue.wait_for_end(second) == "imported"
    row = import_row(store, broken)
    assert (row.workflow_state, row.ended_at) == ("failed", None)
    assert row.started_at is not None
    assert row.data["error_message"] == "ZeroDivisionError: invented"
    assert "statistics" not in row.data
    assert "ZeroDivisionError" in caplog.text


def test_an_abort_stops_a_run_between_segments_and_adds_nothing(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def script(job: ImportJob, report: RunReport) -> RunResult:
        report.message(Level.WARNING, "u.csv", 2, "before the abort")
        inside.set()
        assert go_on.wait(20)
        report.check_abort()
        raise AssertionError("the run went on after its abort")

    import_id = add_import(store)
    queue = queues(Engine(script))
    assert inside.wait(20)
    assert queue.abort(import_id)
    go_on.set()
    assert queue.wait_for_end(import_id) == "aborted"
    row = import_row(store, import_id)
    assert (row.ended_at, row.progress, row.errors_file) == (None, 0, None)
    assert "statistics" not in row.data
    assert store.count_messages(import_id) == 1, "what happened before the abort stays"
    assert not queue.abort(import_id)


def test_after_an_abort_of_a_running_import_the_next_one_waits_ten_minutes_of_canvas_time(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    inside = threading.Event()

    def script(job: ImportJob, report: RunReport) -> RunResult:
        if job.id == first:
            inside.set()
            while True:
                report.rows_done(1000)
        return RunResult()

    first, second = add_import(store), add_import(store)
    speed = canvas_time.ABORT_PAUSE_S / 0.3
    queue = queues(Engine(script), speed)
    assert inside.wait(20)
    started = time.monotonic()
    queue.abort(first)
    assert queue.wait_for_end(second) == "imported"
    assert time.monotonic() - started >= 0.3


def test_after_an_abort_of_a_waiting_import_nothing_waits(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    clock = NotingClock("max")
    waiting = add_import(store, "initializing")
    queue = queues(Engine(), clock=clock)
    assert queue.abort(waiting)
    second = add_import(store)
    queue.wake()
    assert queue.wait_for_end(second) == "imported"
    assert canvas_time.START_S in clock.spans
    assert canvas_time.ABORT_PAUSE_S not in clock.spans


def test_the_error_file_comes_later_and_moves_updated_at(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    def script(job: ImportJob, report: RunReport) -> RunResult:
        report.message(Level.WARNING, "u.csv", 2, "something")
        return RunResult()

    import_id = add_import(store)
    speed = canvas_time.ERRORS_ATTACHMENT_S / 0.2
    queue = queues(Engine(script), speed)
    assert queue.wait_for_end(import_id) == "imported_with_messages"
    ended = import_row(store, import_id)
    assert ended.errors_file is None
    deadline = time.monotonic() + 20
    while (row := import_row(store, import_id)).errors_file is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)  # a late job on a thread of the queue: nothing announces it
    assert row.updated_at > ended.updated_at
    assert store.file_path(row.errors_file).read_text().splitlines()[1] == f"{import_id},u.csv,something,2"


@pytest.mark.parametrize(
    ("chain", "base"),
    [
        ([], None),
        ([("imported", {})], 0),
        ([("imported", {}), ("imported", {}), ("imported", {})], 0),
        ([("imported", {}), ("imported_with_messages", {"diffed": True}), ("imported", {})], 1),
        ([("imported", {}), ("imported", {"diffing_remaster": True}), ("imported", {})], 1),
        ([("imported", {"diffing_remaster": True}), ("imported", {"diffed": True})], 1),
        ([("failed_with_messages", {}), ("aborted", {}), ("imported", {})], 2),
        ([("imported", {"other": True}), ("imported", {})], 1),
    ],
)
def test_the_base_of_a_diff_is_the_newest_full_link_of_the_chain(
    store: ImportStore, queues: Callable[..., ImportQueue], chain: list[tuple[str, dict[str, bool]]], base: int | None
) -> None:
    made = []
    for state, facts in chain:
        name = "another set" if facts.get("other") else "nightly"
        import_id = add_import(
            store, state, diffing_data_set_identifier=name, diffing_remaster=facts.get("diffing_remaster")
        )
        if facts.get("diffed"):
            store.change(import_id, data={"diffed_against_sis_batch_id": 1})
        made.append(import_id)
    engine = Engine()
    last = add_import(store, diffing_data_set_identifier="nightly", diffing_remaster=False)
    remaster = add_import(store, diffing_data_set_identifier="nightly", diffing_remaster=True)
    queues(engine).wait_for_end(remaster)
    wanted = None if base is None else made[base]
    assert engine.jobs[0].id == last
    assert engine.jobs[0].base_id == wanted
    assert engine.jobs[0].base == (None if wanted is None else store.uploads / str(wanted))
    assert engine.jobs[1].base_id is None, "a remaster is imported whole"


def test_a_restore_moves_its_progress_and_ends_in_its_state(
    store: ImportStore, queues: Callable[..., ImportQueue]
) -> None:
    import_id = add_import(store, "imported")
    queue = queues(Engine())
    progress_id = store.add_progress(import_id, 1)
    queue.restore(import_id, progress_id, {"batch_mode": False, "undelete_only": True, "unconclude_only": False})
    queue.do(lambda: None)
    progress = store.progress(progress_id)
    assert progress is not None
    assert (progress.workflow_state, progress.completion) == ("completed", 100)
    row = import_row(store, import_id)
    assert row.workflow_state == "partially_restored"
    assert row.data["statistics"]["Enrollment"]["restored"] == 2


def test_closing_stops_a_run_that_would_take_hours(store: ImportStore, queues: Callable[..., ImportQueue]) -> None:
    ended = threading.Event()

    def script(job: ImportJob, report: RunReport) -> RunResult:
        try:
            report.rows_done(10_000_000)
        except Aborted:
            ended.set()
            raise
        return RunResult()

    engine = Engine(script)
    add_import(store)
    queue = queues(engine, 1000.0)
    while not engine.jobs:
        time.sleep(0.001)  # the worker begins after its start pause; nothing announces it
    queue.close()
    assert ended.is_set()
    assert [thread for thread in threading.enumerate() if thread.name.startswith("sandbox-")] == []


def test_bounds_of_the_list_are_exclusive(store: ImportStore) -> None:
    first, second, third = (add_import(store) for _ in range(3))
    between = ImportFilter(since=import_row(store, first).created_at, before=import_row(store, third).created_at)
    assert [row.id for row in store.imports(between, limit=9)] == [second]


# the whole sandbox over time


def test_what_ran_when_the_sandbox_was_killed_is_failed_and_what_waited_runs(tmp_path: Path) -> None:
    store = ImportStore(tmp_path, Clock("max"))
    running, waiting, orphan = add_import(store, "importing"), add_import(store), add_import(store, "initializing")
    store.close()
    with sandbox.start(data=tmp_path, speed="max") as running_again:
        assert running_again.wait_for_end(waiting) == "imported"
        client = Client(running_again)
        body = client.show(running)
        assert (body["workflow_state"], body["ended_at"] is None) == ("failed", False)
        assert client.show(orphan)["workflow_state"] == "initializing"
        client.close()


def test_a_data_folder_keeps_imports_and_people_and_reset_empties_it(tmp_path: Path) -> None:
    keep = tmp_path / "notes.txt"
    keep.write_text("mine")
    with sandbox.start(data=tmp_path, speed="max", token="t") as first:
        client = Client(first)
        made = client.imported()["id"]
        client.close()
    with sandbox.start(data=tmp_path, speed="max", token="t") as second:
        client = Client(second)
        assert client.show(made)["workflow_state"] == "imported"
        assert client.get("/api/v1/users/sis_user_id:u1").json()["login_id"] == "u1"
        assert client.imported()["id"] == made + 1
        client.close()
    sandbox.reset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_long_import_is_seen_to_progress_and_never_reaches_100_before_its_end() -> None:
    with sandbox.start(speed=10) as running:
        client = Client(running)
        seen = [client.upload(rows(1000) + b",nobody,active\n").json()]
        import_id = seen[0]["id"]
        running.wait_for_state(import_id, "importing")
        seen.append(client.show(import_id))
        while seen[-1]["workflow_state"] in ("created", "importing"):
            seen.append(client.show(import_id))
        client.close()
    states = list(dict.fromkeys(body["workflow_state"] for body in seen))
    assert states == ["created", "importing", "imported_with_messages"]
    progress = [body["progress"] for body in seen]
    assert progress == sorted(progress)
    assert max(progress[:-1]) in range(1, 100)
    assert progress[-1] == 100
    meanwhile = [body for body in seen if body["workflow_state"] == "importing" and body["progress"]]
    assert all("csv_attachments" in body and "processing_warnings" not in body for body in meanwhile)
    assert "errors_attachment" not in seen[-1], "it comes later"


def test_two_sandboxes_cannot_share_a_folder_or_a_port(tmp_path: Path) -> None:
    with sandbox.start(data=tmp_path) as first:
        with pytest.raises(DataTaken):
            sandbox.start(data=tmp_path)
        with pytest.raises(WrongUse, match="port"):
            sandbox.start(port=int(first.url.rsplit(":", 1)[1]))
    sandbox.start(data=tmp_path).close()


@pytest.mark.parametrize("name", ["imports.sqlite3", "canvas.sqlite3"])
def test_a_damaged_folder_is_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no database" * 1000)
    with pytest.raises(DataUnusable, match="--reset"):
        sandbox.start(data=tmp_path)
    sandbox.reset(tmp_path)
    sandbox.start(data=tmp_path).close()
    with pytest.raises(DataUnusable, match="cannot be made"):
        sandbox.start(data=tmp_path / name / "below")


def test_a_temporary_sandbox_leaves_no_folder_and_no_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = threading.active_count()
    with sandbox.start(speed="max") as running:
        client = Client(running)
        client.imported(rows(200))
        client.close()
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


def test_closing_with_a_hanging_client_and_a_long_import_takes_no_time() -> None:
    running = sandbox.start(speed=0.001, faults=[{"kind": "hang", "method": "GET"}])
    client = Client(running)
    failed = threading.Event()

    def ask() -> None:
        try:
            client.get()
        except OSError:
            failed.set()

    client.created()
    thread = threading.Thread(target=ask)
    thread.start()
    while not running._book.all()[0].hits:
        time.sleep(0.001)  # until the request hangs
    started = time.monotonic()
    running.close()
    thread.join(20)
    client.close()
    assert failed.is_set()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_must_be_a_number_above_zero(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(speed)


def test_a_speed_divides_waits_and_max_removes_them() -> None:
    assert Clock(60.0).span(600) == 10
    assert Clock("max").span(600) == 0
    clock = Clock(2.0)
    with clock.hurried():
        assert clock.span(10) == 0
    assert clock.span(10) == 5
