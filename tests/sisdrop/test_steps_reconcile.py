"""A journal that is older than what was done with it: what Canvas has is adopted or told, never sent again."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sisdrop.journal import SqliteJournal
from sisdrop.model import AttemptKind, Drop, DropState, EventKind, HoldKind, Outcome, iso, now_utc
from sisdrop.steps.commands import reject, release, retry
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as kit:
        yield kit


def keep_a_copy(kit: Kit) -> Path:
    """The journal as it is now, as a backup of the state folder has it."""
    copy = kit.root / "journal.copy"
    with closing(sqlite3.connect(kit.config.state / "journal.sqlite3")) as now, closing(sqlite3.connect(copy)) as then:
        now.backup(then)
    return copy


def put_back(kit: Kit, copy: Path) -> None:
    """Start on the journal as it was then; all that was written since is lost."""
    kit.journal.close()
    path = kit.config.state / "journal.sqlite3"
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)
    shutil.copyfile(copy, path)
    journal = SqliteJournal(kit.config.state)
    journal.take_lease()
    kit.journal = journal
    kit.context = replace(kit.context, journal=journal)
    kit.restart()


def queued(kit: Kit, name: str, content: str) -> Drop:
    drop = kit.drop(name, content)
    while kit.get(drop).state is not DropState.QUEUED:
        kit.step(kit.get(drop))
    return drop


def send(kit: Kit, *drops: Drop) -> None:
    kit.run(lambda: all(kit.get(drop).import_id is not None for drop in drops))


def test_a_drop_that_was_queued_and_is_in_canvas_is_adopted_and_not_sent(kit: Kit) -> None:
    drop = queued(kit, "users.csv", USERS)
    copy = keep_a_copy(kit)
    send(kit, drop)

    put_back(kit, copy)
    kit.run_to_rest()

    (made,) = kit.imports()
    assert kit.get(drop).import_id == made["id"]
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert [attempt.what for attempt in kit.get(drop).attempts] == [AttemptKind.ADOPT]
    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    assert kit.hold() is None


def test_all_of_many_that_were_sent_are_adopted_however_far_back_they_lie(kit: Kit) -> None:
    drops = [queued(kit, f"users{number}.csv", USERS) for number in range(3)]
    copy = keep_a_copy(kit)
    kit.run(lambda: all(kit.get(drop).import_id is not None for drop in drops))
    for _ in range(110):
        kit.faults({"kind": "foreign_import", "state": "imported"})

    put_back(kit, copy)
    kit.run(lambda: all(kit.get(drop).import_id is not None for drop in drops))

    assert sum(made["user"]["id"] == kit.canvas.user_id() for made in kit.imports()) == 3


def test_a_held_drop_that_was_released_and_sent_is_adopted(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS.replace("p2,Bo", ",Bo"))
    kit.run_to_rest()
    copy = keep_a_copy(kit)
    release(kit.journal, drop.id)
    send(kit, drop)

    put_back(kit, copy)
    kit.run(lambda: kit.get(drop).import_id is not None)
    kit.run(lambda: kit.get(drop).state is DropState.FILED)

    assert len(kit.imports()) == 1


def test_an_import_that_is_not_named_yet_when_the_service_starts_is_not_sent_again(kit: Kit) -> None:
    drop = queued(kit, "users.csv", USERS)
    copy = keep_a_copy(kit)
    kit.faults({"kind": "stuck", "state": "created", "looks": 12})
    send(kit, drop)

    put_back(kit, copy)
    kit.run_to_rest()

    (made,) = kit.imports()
    assert kit.get(drop).import_id == made["id"]


def test_imports_of_ours_that_the_journal_does_not_know_hold_the_queue_with_their_numbers(kit: Kit) -> None:
    """It was not even checked then, so it is given another marker."""
    kit.drop("courses.csv", COURSES)
    kit.run_to_rest()
    drop = kit.drop("users.csv", USERS)
    copy = keep_a_copy(kit)
    send(kit, drop)
    _, made = kit.imports()

    put_back(kit, copy)
    kit.run(lambda: kit.hold() is not None and kit.get(drop).state is DropState.QUEUED)
    for _ in range(5):
        kit.turn()

    hold = kit.hold()
    assert hold is not None
    assert hold.kind is HoldKind.DOUBT
    assert str(made["id"]) in hold.reason
    assert EventKind.STATE_IS_OLD in [event.kind for event in kit.journal.events()]
    assert len(kit.imports()) == 2


@pytest.mark.parametrize(("later_s", "holds"), [(0, False), (3600, True)])
def test_without_an_import_of_its_own_only_later_ones_than_its_first_drop_are_unknown(
    kit: Kit, later_s: int, holds: bool
) -> None:
    """A new installation follows an older one, and is started twice before it has imported anything."""
    names = [{"display_name": "users.sd0123abcd.csv", "size": 9}]
    made_at = iso(now_utc() + timedelta(seconds=later_s - 1))
    made = {"id": 7000, "workflow_state": "imported", "created_at": made_at, "csv_attachments": names}
    listed = json.dumps({"sis_imports": [{**made, "user": {"id": kit.canvas.user_id()}}]})
    drop = queued(kit, "users.csv", USERS)
    kit.restart()

    kit.faults(
        {"kind": "answer", "status": 200, "content_type": "application/json", "body": listed, "path": "imports$"}
    )
    kit.run_to_rest()

    assert (kit.hold() is not None) is holds
    assert (kit.get(drop).state is DropState.QUEUED) is holds


def test_what_a_person_has_released_holds_no_later_start_again(kit: Kit) -> None:
    kit.drop("staff.csv", USERS)
    kit.run_to_rest()
    drop = kit.drop("users.csv", USERS)
    copy = keep_a_copy(kit)
    send(kit, drop)
    put_back(kit, copy)
    kit.run(lambda: kit.hold() is not None and kit.get(drop).state is DropState.QUEUED)
    reject(kit.journal, drop.id)
    kit.release()
    kit.restart()

    kit.drop("courses.csv", COURSES)
    kit.run_to_rest()

    assert kit.hold() is None
    assert "courses.csv" in kit.archived()


def test_a_start_without_a_drop_tells_it_too_and_a_canvas_that_is_away_does_not_matter_then(kit: Kit) -> None:
    first = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    copy = keep_a_copy(kit)
    kit.drop("courses.csv", COURSES)
    kit.run_to_rest()
    put_back(kit, copy)

    kit.faults({"kind": "answer", "status": 503})
    kit.turn()
    assert kit.board.absences() == {}
    kit.run(lambda: kit.hold() is not None)

    assert kit.get(first).state is DropState.FILED


def test_what_the_journal_knows_holds_nothing(kit: Kit) -> None:
    """Also the last import of a drop that was put back in the queue, and one that a person rejected in doubt."""
    kit.drop("courses.csv", COURSES)
    again = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    retry(kit.journal, again.id)
    while kit.get(again).state is not DropState.QUEUED:
        kit.step(kit.get(again))

    kit.restart()
    kit.run_to_rest()

    assert kit.hold() is None
    assert kit.get(again).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 3


def test_another_programs_imports_hold_nothing(kit: Kit) -> None:
    queued(kit, "users.csv", USERS)
    kit.faults({"kind": "foreign_import", "state": "imported", "user": "ours"})
    kit.restart()

    kit.run_to_rest()

    assert kit.hold() is None
    assert kit.archived() == ["users.csv", "users.csv.result.json"]


def test_right_before_it_is_sent_again_canvas_is_asked_once_more(kit: Kit) -> None:
    """It may show an import later than anybody's patience lasts."""
    kit.faults(
        {"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"},
        {"kind": "stale_list", "path": "sis_imports$"},
    )
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).lost_submissions == 1)

    kit.faults()
    kit.run_to_rest()

    (made,) = kit.imports()
    assert kit.get(drop).import_id == made["id"]
    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_drop_whose_import_was_aborted_for_its_options_is_sent_again_when_it_is_released(tmp_path: Path) -> None:
    with lane_kit(tmp_path, **{"import": {"skip_deletes": True}}) as kit:
        kit.faults({"kind": "echo", "option": "skip_deletes"})
        drop = kit.drop("users.csv", USERS)
        kit.run_to_rest()
        assert kit.get(drop).state is DropState.HELD
        release(kit.journal, drop.id)
        kit.release() if kit.hold() else None

        kit.restart()
        kit.run_to_rest()

        assert kit.get(drop).outcome is Outcome.IMPORTED
        assert len(kit.imports()) == 2
