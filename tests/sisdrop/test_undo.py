"""The undo of an import, from a person's wish to the file beside the result, against a sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sisdrop.errors import UsageError
from sisdrop.model import Clock, Drop, DropState, HoldKind, Outcome, Transition, UndoState, now_utc
from sisdrop.status import needs_a_person, snapshot
from sisdrop.steps.commands import reject, retry
from sisdrop.steps.undo import ask_undo
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit

RESTORE = {"method": "PUT", "path": "restore_states"}
GONE_USERS = USERS.replace("P-2,p2,Bo,Birchwell,active", "P-2,p2,Bo,Birchwell,deleted")


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def imported(kit: Kit, name: str = "users.csv", content: str = USERS) -> Drop:
    drop = kit.drop(name, content)
    kit.run_to_rest()
    return kit.get(drop)


def ask(kit: Kit, drop: Drop, **options: bool) -> None:
    ask_undo(kit.journal, drop.id, kit.context.lane, "ada", **options)


def run_undo(kit: Kit, drop: Drop, **options: bool) -> dict[str, Any]:
    """Ask, let it be carried out, and return `….undo.json`."""
    ask(kit, drop, **options)
    kit.run(lambda: not kit.journal.open_undos())
    return told(kit, drop)


def told(kit: Kit, drop: Drop) -> dict[str, Any]:
    (path,) = kit.feed.archive.glob(f"{kit.get(drop).stored_as}.undo.json")
    document: dict[str, Any] = json.loads(path.read_text("ascii"))
    return document


def asked(kit: Kit, drop: Drop) -> int:
    """How often Canvas was asked, as the drop's undo counts."""
    return len([event for event in kit.journal.events_of(drop.id) if event.text.startswith("Canvas has begun to undo")])


def test_an_import_is_undone_told_beside_its_result_and_the_queue_is_on_hold(kit: Kit) -> None:
    drop = imported(kit)
    document = run_undo(kit, drop)

    assert kit.canvas.get(drop.import_id or 0).workflow_state == "restored"
    assert (document["drop"], document["name"], document["stored_as"]) == (drop.id, "users.csv", drop.stored_as)
    assert document["canvas"]["import_id"] == drop.import_id
    assert (document["asked_by"], document["workflow_state"], document["error"]) == ("ada", "restored", None)
    assert document["options"] == {"undelete_only": False, "unconclude_only": False}
    assert document["statistics"]["Pseudonym"]["restored"] == 2
    assert all(document["times"].values())
    assert "put back: 2 logins" in document["summary"]
    hold = kit.hold()
    assert hold is not None
    assert (hold.kind, hold.drop, hold.feed, hold.name) == (HoldKind.UNDONE, drop.id, "nightly", "users.csv")
    assert "the next file like it would do the same again" in hold.reason
    assert needs_a_person(snapshot(kit.journal, kit.config))
    assert kit.get(drop).state is DropState.FILED
    assert not list(kit.feed.archive.glob(".sisdrop-*"))
    assert kit.journal.last_accepted("nightly", "users") is None
    assert not kit.context.snapshot_of(drop).exists(), "nothing is compared with it any more"


def test_the_next_file_waits_until_a_person_releases_the_queue(kit: Kit) -> None:
    drop = imported(kit)
    run_undo(kit, drop)
    tonight = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(tonight).state is DropState.QUEUED)
    for _ in range(5):
        kit.turn()
    assert kit.get(tonight).state is DropState.QUEUED

    kit.release()
    kit.run_to_rest()
    assert kit.get(tonight).outcome is Outcome.IMPORTED


def test_only_what_an_import_deleted_is_brought_back_when_that_is_asked_and_the_rest_another_time(kit: Kit) -> None:
    imported(kit)
    drop = imported(kit, content=f"{GONE_USERS}P-3,p3,Cy,Cedarly,active\n")
    first = run_undo(kit, drop, undelete_only=True)
    assert (first["workflow_state"], first["statistics"]["Pseudonym"]["restored"]) == ("partially_restored", 1)
    second = run_undo(kit, drop)

    assert second["workflow_state"] == "restored"
    assert [former["options"]["undelete_only"] for former in second["earlier"]] == [True]
    with pytest.raises(UsageError, match="was undone already"):
        ask(kit, drop)


def test_nothing_is_sent_while_an_import_is_undone(kit: Kit) -> None:
    drop = imported(kit)
    running = {"id": 1, "workflow_state": "running", "completion": 40}
    answer = {"kind": "answer", "path": "/progress/", "status": 200, "body": json.dumps(running), "count": None}
    kit.faults({**answer, "content_type": "application/json"})
    ask(kit, drop)
    other = kit.drop("courses.csv", COURSES)
    kit.run(lambda: kit.journal.undo(drop.id).completion == 40)  # type: ignore[union-attr]
    for _ in range(5):
        kit.turn()

    assert kit.get(other).state is DropState.QUEUED
    (lane,) = snapshot(kit.journal, kit.config)["lanes"]
    assert (lane["undo"]["name"], lane["undo"]["state"], lane["undo"]["progress"]) == ("users.csv", "started", 40)
    with pytest.raises(UsageError, match="is being undone already"):
        ask(kit, drop)
    with pytest.raises(UsageError, match="is being undone; retry it"):
        retry(kit.journal, drop.id)

    kit.faults()
    kit.run(lambda: not kit.journal.open_undos())
    assert kit.get(other).state is DropState.QUEUED


def test_an_undo_waits_at_the_gate_for_an_import_that_somebody_else_started(kit: Kit) -> None:
    drop = imported(kit)
    kit.faults({"kind": "foreign_import", "looks": 8})
    ask(kit, drop)
    kit.run(lambda: kit.journal.lane_view(kit.context.lane).blocked_by)
    assert kit.canvas.get(drop.import_id or 0).workflow_state == "imported"

    kit.run(lambda: not kit.journal.open_undos())
    assert told(kit, drop)["workflow_state"] == "restored"


def test_a_drop_that_was_undone_can_be_retried_and_undone_again(kit: Kit) -> None:
    drop = imported(kit)
    run_undo(kit, drop)
    kit.release()
    retry(kit.journal, drop.id)
    kit.run_to_rest()
    again = kit.get(drop)

    assert again.outcome is Outcome.IMPORTED
    assert again.import_id != drop.import_id
    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    second = run_undo(kit, again)
    assert (second["canvas"]["import_id"], second["earlier"]) == (again.import_id, [])


# lost answers and crashes


@pytest.mark.parametrize("kind", ["accept_then_drop", "cut_body", "drop_before_accept"])
def test_a_lost_answer_is_looked_up_and_the_import_is_undone_once(kit: Kit, kind: str) -> None:
    drop = imported(kit)
    kit.faults({"kind": kind, **RESTORE})
    document = run_undo(kit, drop)

    assert document["workflow_state"] == "restored"
    assert document["statistics"]["Pseudonym"]["restored"] == 2
    again = any("it is asked again" in event.text for event in kit.journal.events_of(drop.id))
    assert again is (kind == "drop_before_accept")
    assert asked(kit, drop) == 1


def test_canvas_that_never_begins_is_told_and_the_queue_is_on_hold(kit: Kit) -> None:
    drop = imported(kit)
    kit.faults({"kind": "drop_before_accept", "count": None, **RESTORE})
    document = run_undo(kit, drop)

    assert "asked 3 times" in document["error"]
    hold = kit.hold()
    assert hold is not None
    assert hold.kind is HoldKind.UNDONE
    assert "did not end well" in hold.reason


@pytest.mark.parametrize("until", list(UndoState)[:-1])
def test_a_restart_in_any_state_goes_on_where_it_stood(kit: Kit, until: UndoState) -> None:
    drop = imported(kit)
    if until is UndoState.SENDING:
        kit.faults({"kind": "accept_then_drop", **RESTORE})
    ask(kit, drop)

    def state() -> UndoState | None:
        undo = kit.journal.undo(drop.id)
        return undo.state if undo else None

    while state() is not until:
        kit.turn()
    kit.restart()
    kit.run(lambda: not kit.journal.open_undos())

    assert told(kit, drop)["workflow_state"] == "restored"
    before = (kit.archived(), told(kit, drop), kit.journal.last_event())
    kit.restart()
    kit.turn()
    assert (kit.archived(), told(kit, drop), kit.journal.last_event()) == before


def test_an_answer_that_came_while_we_were_away_is_not_asked_for_again(kit: Kit) -> None:
    drop = imported(kit)
    ask(kit, drop)
    undo = kit.journal.undo(drop.id)
    assert undo is not None
    before = kit.canvas.get(undo.import_id)
    # Cut off between the request and its answer: the intention is journaled, and Canvas has begun.
    seen = (before.workflow_state, str(before.raw["updated_at"]))
    sending = replace(undo, state=UndoState.SENDING, sent_at=undo.asked_at, seen_before=seen)
    kit.journal.apply(Transition(kit.get(drop), undo=sending))
    kit.canvas.restore_states(undo.import_id)
    kit.run(lambda: not kit.journal.open_undos())

    assert told(kit, drop)["progress_id"] is None
    assert asked(kit, drop) == 1
    assert not any("it is asked again" in event.text for event in kit.journal.events_of(drop.id))


# what goes wrong


def test_a_job_that_canvas_does_not_finish_is_told_and_blocks_nobody_once_a_person_released_the_queue(
    kit: Kit,
) -> None:
    drop = imported(kit)
    failed = json.dumps({"id": 1, "workflow_state": "failed", "completion": 30, "message": "a deadlock"})
    answer = {"kind": "answer", "path": "/progress/", "status": 200, "body": failed, "content_type": "application/json"}
    kit.faults(answer)
    document = run_undo(kit, drop)
    assert "a deadlock" in document["error"]
    assert any(event.kind == "not undone" for event in kit.journal.events_of(drop.id))

    stuck = {"id": drop.import_id, "workflow_state": "restoring"}
    listed = {"sis_imports": [stuck]}
    path = {"path": "sis_imports/importing", "status": 200, "body": json.dumps(listed), "count": None}
    kit.faults({"kind": "answer", **path, "content_type": "application/json"})
    kit.release()
    other = kit.drop("courses.csv", COURSES)
    kit.run_to_rest()
    assert kit.get(other).outcome is Outcome.IMPORTED


def test_a_job_that_takes_longer_than_the_gate_would_wait_is_given_up_and_told(kit: Kit) -> None:
    drop = imported(kit)
    kit.context = replace(kit.context, gate_timeout_s=-1.0)
    kit.restart()
    running = json.dumps({"id": 1, "workflow_state": "running", "completion": 1})
    answer = {"kind": "answer", "path": "/progress/", "status": 200, "body": running, "count": None}
    kit.faults({**answer, "content_type": "application/json"})
    assert "look at it in Canvas" in run_undo(kit, drop)["error"]


def test_a_token_without_the_right_is_told_and_nothing_is_on_hold(kit: Kit) -> None:
    drop = imported(kit)
    kit.faults({"kind": "refuse", "says": "permission", **RESTORE})
    ask(kit, drop)
    kit.run(lambda: not kit.journal.open_undos())

    undo = kit.journal.undo(drop.id)
    assert undo is not None
    assert "SIS Data – manage" in undo.summary
    assert kit.hold() is None
    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    run_undo(kit, drop)


def test_a_bad_token_keeps_the_wish_until_it_is_mended(kit: Kit) -> None:
    drop = imported(kit)
    kit.faults({"kind": "token", "says": "expired", "count": 3})
    ask(kit, drop)
    kit.run(lambda: kit.hold())
    assert kit.hold().kind is HoldKind.ACCESS  # type: ignore[union-attr]
    kit.run(lambda: not kit.journal.open_undos())
    assert told(kit, drop)["workflow_state"] == "restored"


def test_a_canvas_that_throttles_is_asked_again(kit: Kit) -> None:
    drop = imported(kit)
    kit.faults({"kind": "throttle", **RESTORE})
    assert run_undo(kit, drop)["workflow_state"] == "restored"


def test_an_import_restored_in_canvas_by_hand_is_left_alone(kit: Kit) -> None:
    drop = imported(kit)
    kit.canvas.restore_states(drop.import_id or 0)
    kit.sandbox.wait_for_end(drop.import_id or 0)
    kit.run(lambda: kit.canvas.get(drop.import_id or 0).workflow_state == "restored")
    ask(kit, drop)
    kit.run(lambda: not kit.journal.open_undos())
    undo = kit.journal.undo(drop.id)
    assert undo is not None
    assert "restored in Canvas already" in undo.summary


def test_a_drop_whose_file_was_moved_out_of_the_archive_gets_no_file_that_lies_alone(kit: Kit) -> None:
    drop = imported(kit)
    for path in kit.feed.archive.iterdir():
        path.unlink()
    ask(kit, drop)
    kit.run(lambda: not kit.journal.open_undos())
    assert kit.archived() == []
    assert kit.canvas.get(drop.import_id or 0).workflow_state == "restored"


def test_the_file_is_written_once_the_archive_is_there_again(kit: Kit) -> None:
    drop = imported(kit)
    ask(kit, drop)
    aside = kit.feed.archive.rename(kit.root / "away")
    kit.feed.archive.touch()  # a file where the folder was
    kit.run(lambda: any(event.kind == "waits" for event in kit.journal.events_of(drop.id)))
    assert kit.hold() is not None
    (lane,) = snapshot(kit.journal, kit.config)["lanes"]
    assert "archive" in lane["undo"]["reason"]

    kit.feed.archive.unlink()
    aside.rename(kit.feed.archive)
    kit.run(lambda: not kit.journal.open_undos())
    assert told(kit, drop)["workflow_state"] == "restored"


def test_an_undo_whose_feed_goes_elsewhere_now_is_told_as_stranded(kit: Kit) -> None:
    drop = imported(kit)
    ask(kit, drop)
    feed = kit.feed.model_copy(update={"name": "another"})
    shot = snapshot(kit.journal, kit.config.model_copy(update={"feeds": {"another": feed}}))
    assert [(entry["drop"], entry["feed"]) for entry in shot["stranded"]] == [(drop.id, "nightly")]
    assert needs_a_person(shot)


# wishes that do not fit


def test_what_cannot_be_undone_is_refused_with_the_reason(kit: Kit) -> None:
    waiting = kit.drop("courses.csv", COURSES)
    with pytest.raises(UsageError, match="only the import of a filed drop"):
        ask(kit, waiting)
    reject_early = kit.drop("users.csv", USERS)
    kit.step(reject_early)
    reject(kit.journal, reject_early.id)
    kit.run_to_rest()
    with pytest.raises(UsageError, match="has no import in Canvas: it was rejected"):
        ask(kit, reject_early)
    with pytest.raises(UsageError, match="goes to elsewhere/self now"):
        ask_undo(kit.journal, waiting.id, "elsewhere/self", "ada")
    with pytest.raises(UsageError, match="there is no drop"):
        ask_undo(kit.journal, "20261123T041502Z-0000", kit.context.lane, "ada")


def test_after_thirty_days_it_is_too_late(kit: Kit) -> None:
    drop = imported(kit)
    late = Clock(lambda: now_utc() + timedelta(days=30, minutes=1))
    with pytest.raises(UsageError, match=r"too late.*30 days"):
        ask_undo(kit.journal, drop.id, kit.context.lane, "ada", clock=late)


def test_a_wish_that_waited_until_it_was_too_late_is_told(tmp_path: Path) -> None:
    days = [0]
    with lane_kit(tmp_path, context={"now": lambda: now_utc() + timedelta(days=days[0])}) as kit:
        drop = imported(kit)
        ask(kit, drop)
        days[0] = 31
        kit.run(lambda: not kit.journal.open_undos())
        undo = kit.journal.undo(drop.id)
        assert undo is not None
        assert "too late" in undo.summary
        assert kit.canvas.get(drop.import_id or 0).workflow_state == "imported"
