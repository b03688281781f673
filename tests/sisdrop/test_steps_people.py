"""What people do to drops, by command and by hand in folders: nothing is sent against their will, nothing sticks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.model import DropState, Ending, HoldKind, Outcome, Transition
from sisdrop.status import snapshot
from sisdrop.steps.commands import reject, release, retry
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


# files that a person takes out of our folders


def test_a_retried_drop_whose_file_is_gone_from_the_archive_rests_as_it_was_and_keeps_nobody_waiting(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    before = kit.get(drop)
    next(kit.feed.archive.glob("*-users.csv")).unlink()

    retry(kit.journal, drop.id)
    other = kit.drop("courses.csv", COURSES)
    kit.run_to_rest()

    after = kit.get(drop)
    assert (after.state, after.outcome, after.import_id) == (DropState.FILED, Outcome.IMPORTED, before.import_id)
    assert "cannot be retried" in after.attempts[-1].result
    assert kit.get(other).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 2


@pytest.mark.parametrize("state", [DropState.CLAIMED, DropState.QUEUED])
def test_a_drop_taken_out_of_the_spool_before_it_was_sent_is_not_sent(kit: Kit, state: DropState) -> None:
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not state:
        kit.step(kit.get(drop))
    shutil.rmtree(kit.spool.folder(drop.id))

    other = kit.drop("courses.csv", COURSES)
    kit.run_to_rest()

    assert kit.get(drop).state is DropState.RETURNED
    assert kit.get(other).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 1
    assert not kit.context.snapshot_of(drop).exists()


def test_a_file_removed_after_canvas_took_it_is_told_in_status_and_is_filed_when_it_is_put_back(kit: Kit) -> None:
    kit.faults({"kind": "stuck", "state": "importing", "looks": 3})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.IMPORTING)
    file = kit.spool.folder(drop.id) / "users.csv"
    aside = file.rename(kit.root / "users.csv")
    kit.run(lambda: any(event.kind == "waits" for event in kit.journal.events()))

    (feed,) = snapshot(kit.journal, kit.config)["feeds"]
    assert "both missing" in feed["filing"][0]["reason"]

    aside.rename(file)
    kit.run_to_rest()
    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    assert len(kit.imports()) == 1


def test_a_drop_in_a_spool_that_is_away_is_not_taken_for_one_that_was_taken_out(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not DropState.QUEUED:
        kit.step(kit.get(drop))
    away = kit.feed.inbox.rename(kit.root / "away")
    kit.feed.inbox.mkdir()
    kit.run(lambda: kit.get(drop).state is DropState.FINISHED)
    kit.feed.inbox.rmdir()
    away.rename(kit.feed.inbox)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.archived() == ["users.csv", "users.csv.result.json"]


def test_a_claimed_drop_on_a_share_that_is_away_for_long_is_not_blamed_for_it(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.step(drop)
    away = kit.feed.inbox.rename(kit.root / "away")
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        kit.turn()
    assert (kit.get(drop).state, kit.get(drop).crash_count) == (DropState.CLAIMED, 0)

    away.rename(kit.feed.inbox)
    kit.run_to_rest()
    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_held_drop_whose_files_were_removed_is_closed_when_it_is_rejected(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    shutil.rmtree(kit.feed.held / drop.id)

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.get(drop).state is DropState.RETURNED
    assert kit.failed() == []


def test_a_held_drop_whose_files_were_removed_is_not_sent_when_it_is_released_until_they_are_back(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    aside = (kit.feed.held / drop.id).rename(kit.root / "aside")

    release(kit.journal, drop.id)
    kit.run_to_rest()
    held = kit.get(drop)
    assert (held.state, kit.imports()) == (DropState.HELD, [])
    assert "Put them back" in (held.held_because or "")

    aside.rename(kit.feed.held / drop.id)
    release(kit.journal, drop.id)
    kit.run_to_rest()
    assert kit.get(drop).outcome is Outcome.IMPORTED_WITH_MESSAGES
    assert "users.csv" in kit.archived()


# commands that come early, late, or twice


def test_the_drop_that_caused_a_hold_passes_it_when_a_person_retries_it(kit: Kit) -> None:
    kit.faults({"kind": "fail"})
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    assert kit.hold() is not None

    retry(kit.journal, drop.id)
    kit.run(lambda: kit.get(drop).outcome is Outcome.IMPORTED)

    assert kit.hold() is None


def test_a_wish_to_abort_that_comes_too_late_never_meets_a_later_import(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTED)
    assert kit.journal.ask_abort(drop.id)
    ending = Ending(Outcome.IMPORTED, kit.context.clock.time())
    kit.journal.apply(Transition(replace(kit.get(drop), state=DropState.FINISHED, ended=ending)))
    assert not kit.journal.abort_asked(drop.id)
    kit.run_to_rest()

    assert not kit.journal.ask_abort(drop.id)


def test_a_drop_aborted_while_its_answer_is_lost_is_not_sent_again_when_canvas_has_none(kit: Kit) -> None:
    kit.faults({"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTING)

    kit.journal.ask_abort(drop.id)
    kit.run_to_rest()

    held = kit.get(drop)
    assert held.state is DropState.HELD
    assert "asked to abort" in (held.held_because or "")
    assert kit.imports() == []
    release(kit.journal, drop.id)
    kit.run_to_rest()
    assert kit.get(drop).outcome is Outcome.IMPORTED


# answers that stay lost


def test_an_import_that_canvas_left_initializing_does_not_keep_a_lost_answer_waiting_for_ever(kit: Kit) -> None:
    kit.faults(
        {"kind": "stuck", "state": "initializing"},
        {"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"},
        {"kind": "clock", "ahead_s": 3600},
    )
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTING)
    kit.turn()

    kit.passed_s = 3600
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert [one["workflow_state"] for one in kit.imports()] == ["initializing", "imported"]


def test_an_import_that_canvas_never_tells_about_holds_drop_and_queue_with_its_number(kit: Kit) -> None:
    kit.faults(
        {"kind": "stuck", "state": "created"}, {"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"}
    )
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTING)
    for _ in range(5):
        kit.turn()
    assert kit.get(drop).state is DropState.SUBMITTING

    kit.passed_s = 3 * 3600
    kit.run_to_rest()

    assert kit.get(drop).state is DropState.HELD
    hold = kit.hold()
    assert hold is not None
    assert hold.kind is HoldKind.DOUBT
    assert f"SIS import {kit.imports()[0]['id']}" in hold.reason
    assert len(kit.imports()) == 1


# what the log says


def test_an_error_nobody_foresaw_is_kept_in_a_file_of_ours_and_quotes_nobody_in_the_log(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    drop = kit.drop("users.csv", USERS)
    # a path without its stat
    broken = replace(drop, origin=replace(drop.origin, paths=("users.csv", "users.csv.done")))
    kit.journal.apply(Transition(broken))

    kit.step(kit.get(drop))

    (report,) = kit.config.state.glob("error-*.txt")
    assert "ValueError" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    assert "Traceback" not in caplog.text
    assert str(report) in caplog.text
