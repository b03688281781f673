"""What people do to drops, by command and by hand in folders: nothing is sent against their will, nothing sticks."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.errors import UsageError
from sisdrop.model import (
    AttemptKind,
    DropState,
    Ending,
    EventKind,
    HoldKind,
    Outcome,
    Place,
    Rest,
    Severity,
    Transition,
)
from sisdrop.steps.commands import reject, release, retry
from sisdrop.steps.missing import NO_FILE
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


def test_a_drop_taken_out_of_the_spool_before_it_was_read_is_held_until_it_is_rejected_with_a_result(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.step(drop)
    shutil.rmtree(kit.spool.folder(drop.id))
    kit.run_to_rest()
    assert "nothing of them is kept" in (kit.get(drop).held_because or "")

    reject(kit.journal, drop.id)
    other = kit.drop("courses.csv", COURSES)
    kit.run_to_rest()

    assert kit.failed() == ["users.csv.lost.txt", "users.csv.lost.txt.result.json"]
    result = kit.result(drop)
    assert (result["outcome"], result["stored_as"]) == ("rejected", kit.get(drop).stored_as)
    assert "Its file is lost" in result["error"]["message"]
    text = (kit.feed.failed / result["stored_as"]).read_bytes()
    assert result["sha256"] == hashlib.sha256(text).hexdigest()
    with pytest.raises(UsageError, match="is lost; drop it"):
        retry(kit.journal, drop.id)
    assert kit.get(other).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 1


def test_a_drop_that_was_imported_retried_and_then_rejected_does_not_say_that_nothing_was_sent(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    retry(kit.journal, drop.id)
    while kit.get(drop).state is not DropState.QUEUED:
        kit.step(kit.get(drop))

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.result(drop)["summary"] == "users.csv (2 rows) was rejected; what Canvas has imported of it stays."


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.IMPORTING, DropState.FINISHED])
def test_a_drop_taken_out_of_the_spool_after_it_was_read_comes_back_from_its_snapshot(
    kit: Kit, state: DropState
) -> None:
    kit.faults({"kind": "stuck", "state": "importing", "looks": 3})
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not state:
        kit.step(kit.get(drop))
    shutil.rmtree(kit.spool.folder(drop.id))
    kit.run_to_rest()

    assert [path.read_text() for path in kit.feed.archive.glob("*-users.csv")] == [USERS]
    assert "byte for byte" in next(one.result for one in kit.get(drop).attempts if one.what is AttemptKind.BRING_BACK)
    assert len(kit.imports()) == 1


def test_an_imported_drop_whose_bytes_are_gone_for_good_ends_by_itself_with_a_result_that_says_so(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not DropState.FINISHED:
        kit.step(kit.get(drop))
    shutil.rmtree(kit.spool.folder(drop.id))
    kit.context.snapshot_of(drop).unlink()
    kit.run_to_rest()

    assert kit.archived() == ["users.csv.lost.txt", "users.csv.lost.txt.result.json"]
    result = kit.result(drop)
    assert (result["outcome"], result["error"]["message"]) == ("imported", NO_FILE)
    assert hashlib.sha256(USERS.encode()).hexdigest() in (kit.feed.archive / result["stored_as"]).read_text()
    (event,) = (event for event in kit.journal.events() if event.kind is EventKind.LOST)
    assert event.kind.severity is Severity.NEEDS_A_PERSON


def test_a_share_that_is_away_while_a_drop_is_filed_is_called_away(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).rest is None:
        kit.step(kit.get(drop))
        if kit.get(drop).state is DropState.FINISHED:
            rest = Rest(kit.spool.choose_name(Place.ARCHIVE, drop), kit.context.clock.time())
            kit.journal.apply(Transition(replace(kit.get(drop), rest=rest)))
    kit.feed.inbox.rename(kit.root / "away")
    kit.feed.inbox.mkdir()
    kit.step(kit.get(drop))
    trouble = kit.board.troubles()[drop.id].why
    assert "is its share not mounted" in trouble
    assert "moved" not in trouble.replace("made anew or moved", "")


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


def test_a_held_drop_whose_files_were_removed_is_filed_from_its_snapshot_when_it_is_rejected(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    shutil.rmtree(kit.feed.held)

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.failed() == ["users.csv", "users.csv.result.json"]
    assert [path.read_text() for path in kit.feed.failed.glob("*.csv")] == [MISTAKEN]


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


def test_a_retry_removes_no_drop_that_is_called_like_the_error_report_of_another_one(kit: Kit) -> None:
    first, second = kit.drop("users.csv", USERS), kit.drop("users.csv.errors.csv", USERS)
    stamp = first.id[:16]
    kit.journal.apply(Transition(replace(first, state=DropState.RETURNED)))
    kit.journal.apply(Transition(replace(second, state=DropState.RETURNED)))
    twins = [kit.journal.add(replace(one, id=f"{stamp}-000{place}")) for place, one in enumerate((first, second))]
    kit.run_to_rest()
    filed = {path.name: path.read_text() for path in kit.feed.archive.glob("*errors*")}

    retry(kit.journal, twins[0].id)
    kit.run_to_rest()

    assert {path.name: path.read_text() for path in kit.feed.archive.glob("*errors*")} == filed
    assert [kit.get(twin).outcome for twin in twins] == [Outcome.IMPORTED, Outcome.IMPORTED]


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
