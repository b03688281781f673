"""One pass: it ends when nothing moves any more, and says why it left what it left."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.model import (
    Clock,
    Drop,
    DropState,
    EventKind,
    Hold,
    HoldKind,
    InboxState,
    NotNow,
    Pause,
    Place,
    Undo,
    UndoState,
    Waiting,
    iso,
    now_utc,
)
from sisdrop.order import Line
from sisdrop.workers import ExitCode, OnePass, PassEnd
from sisdrop.workers.board import Absence, AbsenceKind, Board, InboxSight
from sisdrop.workers.once import CANVAS_PATIENCE_S, FOLDER_PATIENCE_S, Cause, Left, Scene, standing, standing_undo
from tests.support.journal_drops import LANE, a_drop
from tests.support.lane_kit import COURSES, USERS, write_config
from tests.support.service import PATIENCE_S, a_service

NOW = 1000.0


def left(drop: Drop, board: Board | None = None, hold: Hold | None = None, lane: str = LANE) -> Left | None:
    holds = (hold,) if hold else ()
    behind = {drop.id: cause for drop, cause in Line([drop], holds, {}).waiting()}
    scene = Scene(
        lanes={"nightly": lane},
        inboxes={"nightly": Path("inbox")},
        holds={LANE: holds},
        behind=behind,
        replaced=frozenset(),
        board=board or Board(),
        now=NOW,
    )
    return standing(drop, scene)


def absent(kind: AbsenceKind, for_s: float) -> Board:
    board = Board()
    board.absent(LANE, Absence(kind, "no route to host", NOW - for_s))
    return board


@pytest.mark.parametrize("state", [state for state in DropState if state is not DropState.HELD])
def test_a_drop_that_a_worker_will_step_is_not_left(state: DropState) -> None:
    assert left(a_drop(state=state)) is None


def test_a_held_drop_is_left_once_its_files_are_where_a_person_finds_them() -> None:
    held = a_drop(state=DropState.HELD, held_because="two errors", place=Place.HELD, written=True)

    assert left(held) == Left("nightly", "users.csv", Cause.PERSON, "held: two errors")
    assert left(a_drop(state=DropState.HELD, held_because="two errors")) is None
    assert left(a_drop(state=DropState.HELD, held_because="two errors", place=Place.HELD)) is None


def test_a_drop_of_another_canvas_is_left() -> None:
    stranded = left(a_drop(state=DropState.QUEUED), lane="other.example/self")

    assert stranded is not None
    assert stranded.cause is Cause.PERSON


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.SUBMITTING, DropState.IMPORTING])
def test_what_needs_canvas_is_left_at_once_when_it_refuses_and_after_a_minute_when_it_is_away(state: DropState) -> None:
    drop = a_drop(state=state)

    for board in (absent(AbsenceKind.REFUSES, 0), absent(AbsenceKind.AWAY, CANVAS_PATIENCE_S)):
        assert left(drop, board) == Left("nightly", "users.csv", Cause.CANVAS, "no route to host")
    assert left(drop, absent(AbsenceKind.AWAY, CANVAS_PATIENCE_S - 1)) is None


@pytest.mark.parametrize("state", [DropState.CLAIMED, DropState.FINISHED])
def test_what_needs_only_our_folders_goes_on_without_canvas(state: DropState) -> None:
    assert left(a_drop(state=state), absent(AbsenceKind.REFUSES, 500)) is None


def test_an_undo_is_waited_for_unless_it_cannot_go_on_in_this_pass() -> None:
    undo = Undo("20261123T041502Z-7c1e", LANE, "nightly", 8123, UndoState.ASKED, "2026-11-24T08:00:00Z", "ada")
    stuck = Board()
    stuck.stuck(undo.drop, "the archive is away", NOW - FOLDER_PATIENCE_S)
    gate = Hold(HoldKind.GATE, "it does not end", "2026-11-24T08:00:00Z")

    def cause(board: Board | None = None, hold: Hold | None = None, lane: str = LANE) -> Cause | None:
        scene = Scene(
            lanes={"nightly": lane},
            inboxes={"nightly": Path("inbox")},
            holds={LANE: [hold]} if hold else {},
            behind={},
            replaced=frozenset(),
            board=board or Board(),
            now=NOW,
        )
        left = standing_undo(undo, scene)
        return left and left.cause

    assert cause() is None
    assert cause(hold=replace(gate, kind=HoldKind.IMPORT)) is None
    assert cause(hold=gate) is Cause.PERSON
    assert cause(lane="other.example/self") is Cause.PERSON
    assert cause(absent(AbsenceKind.REFUSES, 0)) is Cause.CANVAS
    assert cause(stuck) is Cause.FOLDER


def test_a_drop_whose_folder_makes_trouble_is_left_after_a_minute() -> None:
    board = Board()
    board.stuck("x", "the disk is full", NOW - FOLDER_PATIENCE_S)
    board.stuck("y", "the disk is full", NOW - FOLDER_PATIENCE_S + 1)

    assert left(a_drop(state=DropState.FINISHED, id="x"), board) == Left(
        "nightly", "users.csv", Cause.FOLDER, "the disk is full"
    )
    assert left(a_drop(state=DropState.FINISHED, id="y"), board) is None


def test_a_drop_in_the_spool_of_an_inbox_that_is_away_is_left_after_a_minute() -> None:
    board = Board()
    board.see("nightly", InboxSight(InboxState.AWAY, NOW - FOLDER_PATIENCE_S, looks=1, why="not mounted"))

    away = left(a_drop(state=DropState.CLAIMED), board)

    assert away is not None
    assert (away.cause, "not mounted" in away.why) == (Cause.FOLDER, True)
    assert left(a_drop(state=DropState.QUEUED), board) is None


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if kind is not HoldKind.ACCESS])
def test_a_queue_on_hold_is_left_but_for_the_file_that_mends_it(kind: HoldKind) -> None:
    hold = Hold(kind, "it failed", "2026-11-23T04:16:00Z", "old", "nightly", "users.csv", ("users",))

    behind = left(a_drop("courses.csv", state=DropState.QUEUED), hold=hold)

    assert behind == Left("nightly", "courses.csv", Cause.PERSON, "the queue is on hold: it failed")
    assert (left(a_drop("users.csv", state=DropState.QUEUED), hold=hold) is None) is (kind is HoldKind.IMPORT)
    assert left(a_drop(state=DropState.IMPORTING), hold=hold) is None


def test_an_import_that_takes_too_long_is_left_running() -> None:
    hold = Hold(HoldKind.GATE, "still importing", "2026-11-23T04:16:00Z", "x", "nightly", "users.csv")

    running = left(a_drop(state=DropState.IMPORTING, id="x"), hold=hold)

    assert running is not None
    assert "still importing" in running.why


@pytest.mark.parametrize("board", [Board(), absent(AbsenceKind.REFUSES, 500)])
def test_a_queued_drop_of_a_feed_that_may_not_start_now_is_left_at_once(board: Board) -> None:
    shut = {"nightly": NotNow("paused by ana", None)}
    scene = Scene(
        lanes={"nightly": LANE},
        inboxes={"nightly": Path("inbox")},
        holds={},
        behind={},
        replaced=frozenset(),
        board=board,
        now=NOW,
        shut=shut,
    )

    assert standing(a_drop(state=DropState.QUEUED), scene) == Left(
        "nightly", "users.csv", Cause.WINDOW, "paused by ana"
    )
    assert standing(a_drop(state=DropState.CLAIMED), scene) is None


# whole passes


def one_pass(root: Path, sandbox: Sandbox, **values: Any) -> PassEnd:
    config = load(write_config(root, sandbox, settle_s=0.05, poll_s=0.1, **values))
    stop = threading.Event()
    timer = threading.Timer(PATIENCE_S, stop.set)
    timer.start()
    with SqliteJournal(config.state, mend=True) as journal, a_service(config, journal) as service:
        end = OnePass(service, journal, config).wait(stop)
    timer.cancel()
    assert end is not None, "the pass did not end by itself"
    return end


def test_a_pass_over_what_can_be_imported_leaves_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    (tmp_path / "inbox" / "users.csv").write_text(USERS)

    assert one_pass(tmp_path, sandbox) == PassEnd(ExitCode.DONE, ())


def test_a_pass_carries_out_a_persons_word_and_skips_what_was_imported_before(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    inbox = tmp_path / "inbox"
    (inbox / "users.csv").write_text("user_id,login_id,status\nP-1,,active\nP-2,p2,active\n")
    assert one_pass(tmp_path, sandbox).code is ExitCode.NEEDS_A_PERSON
    assert list(tmp_path.glob("held/*/users.csv.held.json"))

    (inbox / "users.csv.reject").touch()
    (inbox / "courses.csv").write_text(COURSES)
    one_pass(tmp_path, sandbox)
    (inbox / "courses.csv").write_text(COURSES)

    assert one_pass(tmp_path, sandbox, skip_identical=True) == PassEnd(ExitCode.DONE, ())
    assert [path.name for path in inbox.iterdir()] == [".sisdrop"]
    assert len(list(tmp_path.glob("failed/*-users*.csv"))) == 1
    assert len(list(tmp_path.glob("archive/*-courses*.csv"))) == 2


def test_a_pass_that_canvas_refuses_ends_at_once_and_names_what_it_left(tmp_path: Path, sandbox: Sandbox) -> None:
    """Also what has not settled: it would be refused like the rest."""
    write_config(tmp_path, sandbox)
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    (tmp_path / "inbox" / "courses.csv").write_bytes(b"\0" * 5000)
    sandbox.set_faults({"faults": [{"kind": "answer", "status": 401, "count": None}]})

    end = one_pass(tmp_path, sandbox)

    assert end.code is ExitCode.NO_CANVAS
    assert {(thing.name, thing.cause) for thing in end.left} == {
        ("users.csv", Cause.CANVAS),
        ("courses.csv", Cause.WRITER),
    }


def test_a_pass_with_a_token_file_that_others_can_read_ends_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    (tmp_path / "others-token").touch(mode=0o644)
    (tmp_path / "others-token").write_text(sandbox.token)
    canvas = {"url": sandbox.url, "token": {"file": "others-token"}}

    end = one_pass(tmp_path, sandbox, top={"canvas": canvas})

    assert end.code is ExitCode.NO_CANVAS
    assert [thing.name for thing in end.left] == ["users.csv"]
    assert sandbox.token not in str(end.left)


def test_a_pass_names_the_drop_that_waits_for_a_person_and_what_waits_behind_the_hold(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    write_config(tmp_path, sandbox)
    sandbox.set_faults({"faults": [{"kind": "fail"}]})
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    (tmp_path / "inbox" / "more.csv").write_text(USERS)

    end = one_pass(tmp_path, sandbox, order="arrival")

    assert end.code is ExitCode.NEEDS_A_PERSON
    assert [(thing.cause, "on hold" in thing.why) for thing in end.left] == [(Cause.PERSON, True)]


def test_a_pass_whose_drop_failed_needs_a_person_also_when_nothing_is_held(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    sandbox.set_faults({"faults": [{"kind": "fail"}]})
    (tmp_path / "inbox" / "users.csv").write_text(USERS)

    end = one_pass(tmp_path, sandbox, hold={"failed": False})

    assert end == PassEnd(ExitCode.NEEDS_A_PERSON, ())


def test_a_pass_while_paused_takes_and_checks_and_leaves_the_drop_with_the_reason_and_no_fault(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    config = load(write_config(tmp_path, sandbox))
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    with SqliteJournal(config.state) as journal:
        journal.pause(Pause("", "ana", iso(now_utc())))

    left = Left("nightly", "users.csv", Cause.WINDOW, "paused by ana")
    assert one_pass(tmp_path, sandbox) == PassEnd(ExitCode.DONE, (left,))


def test_a_pass_over_an_inbox_without_the_expected_export_needs_a_person_and_says_so_once_a_day(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    just_now = f"{now_utc() - timedelta(minutes=1):%H:%M}"
    if just_now in {"23:59", "00:00"}:
        pytest.skip("a day has just begun, and by its first minute nothing can be expected")
    expect_by = f"{just_now} UTC"

    ends = [one_pass(tmp_path, sandbox, expect_by=expect_by) for _ in range(2)]

    assert [end.code for end in ends] == [ExitCode.NEEDS_A_PERSON] * 2
    assert [(thing.name, "expected by" in thing.why) for thing in ends[0].left] == [("its export", True)]
    with SqliteJournal(tmp_path / "state") as journal:
        assert [event.kind for event in journal.events()].count(EventKind.MISSING) == 1


def test_a_pass_that_finds_the_expected_export_in_the_inbox_does_not_miss_it(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    (tmp_path / "inbox" / "users.csv").write_text(USERS)

    assert one_pass(tmp_path, sandbox, expect_by="00:01 UTC") == PassEnd(ExitCode.DONE, ())


def end_with(root: Path, sandbox: Sandbox, waiting: Waiting, *seconds: float) -> PassEnd | None:
    """The end of a pass that sees this in its inbox all the time; the clock stands at the next of `seconds` each time.

    None when it goes on waiting.
    """
    config = load(write_config(root, sandbox))
    stop, times = threading.Event(), iter(seconds)

    def monotonic() -> float:
        now = next(times, None)
        if now is None:
            stop.set()
        return now or 0.0

    with SqliteJournal(config.state, mend=True) as journal:
        service = a_service(config, journal)
        service.board.see("nightly", InboxSight(InboxState.READY, 0.0, looks=2, settling=(waiting,)))
        return OnePass(service, journal, config, clock=Clock(monotonic=monotonic)).wait(stop)


def test_a_pass_says_what_it_still_waits_for_and_names_it_when_it_leaves_it(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sisdrop.workers")
    nuls = Waiting("users.csv", "NUL bytes where its content should be", iso(now_utc()))

    end = end_with(tmp_path, sandbox, nuls, *range(0, 300, 25))

    why = "not settled: NUL bytes where its content should be"
    assert end == PassEnd(ExitCode.NEEDS_A_PERSON, (Left("nightly", "users.csv", Cause.WRITER, why),))
    said = [record.getMessage() for record in caplog.records if "users.csv" in record.getMessage()]
    assert len(said) == 1
    assert said[0].endswith("s at most for users.csv: NUL bytes where its content should be")


def test_a_pass_does_not_wait_for_what_waiting_does_not_mend(tmp_path: Path, sandbox: Sandbox) -> None:
    unreadable = Waiting("users.csv", "it cannot be read: permission denied", iso(now_utc()), is_stuck=True)

    end = end_with(tmp_path, sandbox, unreadable, *[0.0] * 20)

    why = "not settled: it cannot be read: permission denied"
    assert end == PassEnd(ExitCode.NEEDS_A_PERSON, (Left("nightly", "users.csv", Cause.PERSON, why),))
    assert end_with(tmp_path, sandbox, replace(unreadable, is_stuck=False), *[0.0] * 8) is None
