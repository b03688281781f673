"""Clocks that are wrong or set while sisdrop waits: patience is time that passes, what is newer is told by its id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sisdrop.model import DropState, InboxState, Outcome, Waiting, iso, now_utc
from sisdrop.workers.board import InboxSight
from tests.support.lane_kit import BAD_ENROLLMENTS, USERS, Kit, lane_kit

LOST = {"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"}
NEVER_TAKEN = {"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"}


@pytest.fixture
def set_by() -> list[timedelta]:
    """How far this machine's clock is off; the last entry counts."""
    return [timedelta()]


@pytest.fixture
def kit(tmp_path: Path, set_by: list[timedelta]) -> Iterator[Kit]:
    with lane_kit(tmp_path, context={"now": lambda: now_utc() + set_by[-1], "absent_grace_s": 30.0}) as kit:
        yield kit


def lose_an_answer(kit: Kit, fault: dict[str, str]) -> str:
    """A drop whose answer was lost; its id."""
    kit.faults(fault)
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.unknown_since)
    return drop.id


def look_often(kit: Kit, times: int = 5) -> None:
    """So many looks for the lost import, each when it is due."""
    for _ in range(times):
        kit.passed_s += 1.0
        kit.turn()


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-20000)], ids=str)
def test_a_clock_that_is_set_neither_shortens_nor_stretches_the_patience_after_a_lost_answer(
    kit: Kit, set_by: list[timedelta], step: timedelta
) -> None:
    drop = lose_an_answer(kit, NEVER_TAKEN)

    set_by.append(step)
    look_often(kit)
    waiting = kit.journal.get(drop)
    assert waiting is not None
    assert waiting.state is DropState.SUBMITTING, "five seconds are not half a minute"

    kit.passed_s += 30.0
    kit.run_to_rest()
    assert [attempt.what for attempt in (kit.journal.get(drop) or waiting).attempts] == ["submit", "look up", "submit"]
    assert len(kit.imports()) == 1


def test_after_a_restart_the_patience_begins_anew(kit: Kit) -> None:
    drop = lose_an_answer(kit, NEVER_TAKEN)
    look_often(kit, 4)

    kit.passed_s += 28.0
    kit.restart()
    look_often(kit, 1)

    waiting = kit.journal.get(drop)
    assert waiting is not None
    assert waiting.state is DropState.SUBMITTING


@pytest.mark.parametrize("ahead_s", [3600, -3600, 86_400 * 365])
def test_an_import_is_found_whatever_canvas_says_the_time_is(kit: Kit, ahead_s: int) -> None:
    kit.faults({"kind": "clock", "ahead_s": ahead_s}, LOST)
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.get(drop).outcome is Outcome.IMPORTED


@pytest.mark.parametrize("age_s", [3600, 86_400])
def test_an_import_is_found_whatever_time_canvas_gave_it(kit: Kit, age_s: int) -> None:
    """Of two servers of one Canvas, one may be slow: what was made later seems older."""
    for _ in range(120):
        kit.sandbox.set_faults([{"kind": "foreign_import", "state": "imported", "age_s": age_s}])
    kit.faults(LOST)
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    ours = [made for made in kit.imports() if made["data"].get("supplied_batches")]
    assert [made["id"] for made in ours] == [kit.get(drop).import_id]


def test_a_fast_clock_of_ours_does_not_open_the_gate_beside_an_import_that_is_just_being_made(
    kit: Kit, set_by: list[timedelta]
) -> None:
    set_by.append(timedelta(minutes=20))
    kit.faults({"kind": "foreign_import", "state": "initializing"})
    drop = kit.drop("users.csv", USERS)

    kit.run(lambda: kit.journal.lane_view(kit.context.lane).blocked_by is not None)

    assert kit.get(drop).state is DropState.QUEUED
    assert len(kit.imports()) == 1


def test_a_slow_clock_of_ours_does_not_keep_the_gate_shut_behind_an_import_that_never_runs(
    kit: Kit, set_by: list[timedelta]
) -> None:
    set_by.append(timedelta(hours=-1))
    kit.faults({"kind": "foreign_import", "state": "initializing", "age_s": 1200})
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_fast_clock_of_ours_does_not_take_a_lost_import_for_one_that_never_runs(
    kit: Kit, set_by: list[timedelta]
) -> None:
    set_by.append(timedelta(hours=1))
    kit.faults({"kind": "stuck", "state": "initializing", "looks": 30}, LOST)
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.unknown_since)

    kit.passed_s = 60.0
    kit.run_to_rest()

    assert [made["id"] for made in kit.imports()] == [kit.get(drop).import_id]


def test_a_clock_that_is_set_ahead_does_not_cost_the_error_report(kit: Kit, set_by: list[timedelta]) -> None:
    kit.faults({"kind": "late_errors", "looks": 4})
    drop = kit.drop("enrollments.csv", BAD_ENROLLMENTS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.terminal_at)

    set_by.append(timedelta(hours=1))
    kit.run(lambda: kit.get(drop).state is DropState.FILED)

    assert any(name.endswith(".errors.csv") for name in kit.archived())


def test_a_clock_that_is_set_back_does_not_make_a_ready_drop_wait_an_hour_for_a_file_that_grows(
    kit: Kit, set_by: list[timedelta]
) -> None:
    growing = Waiting("courses.csv", "still growing", iso(now_utc()))
    kit.board.see("nightly", InboxSight(InboxState.READY, 0.0, looks=2, settling=(growing,)))
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.QUEUED)
    kit.turn()

    set_by.append(timedelta(hours=-1))
    kit.passed_s = 61.0
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
