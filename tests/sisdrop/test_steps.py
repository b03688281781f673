"""The lane against a Canvas over HTTP: one import at a time, exactly once, held when a person must look."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from sisdrop.errors import JournalError, LeaseLost
from sisdrop.journal import InboxView
from sisdrop.model import Drop, DropState, HoldKind, InboxState, Outcome, Place, Transition, Waiting, iso, now_utc
from sisdrop.steps.commands import reject, release, retry
from tests.support.lane_kit import BAD_ENROLLMENTS, COURSES, ENROLLMENTS, SECTIONS, USERS, Kit, lane_kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as kit:
        yield kit


def import_of(kit: Kit, name: str, content: str) -> None:
    """Bring a file into Canvas, as what later ones refer to."""
    kit.drop(name, content)
    kit.run_to_rest()


def with_school(kit: Kit) -> None:
    for name, content in [("users.csv", USERS), ("courses.csv", COURSES), ("sections.csv", SECTIONS)]:
        import_of(kit, name, content)


# the main job


def test_what_an_earlier_process_saw_in_the_inbox_delays_nobody(kit: Kit) -> None:
    """Only what this service sees itself is waited for."""
    waiting = Waiting("courses.csv", "still growing", iso(now_utc()))
    kit.journal.show_inbox("nightly", InboxView(InboxState.READY, settling=(waiting,), settling_count=1))
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_four_files_go_in_canvas_order_one_at_a_time_and_rest_in_archive_with_their_results(kit: Kit) -> None:
    for name, content in [
        ("enrollments.csv", ENROLLMENTS),
        ("sections.csv", SECTIONS),
        ("users.csv", USERS),
        ("courses.csv", COURSES),
    ]:
        kit.drop(name, content)

    kit.run_to_rest()

    imports = kit.imports()
    assert [raw["data"]["supplied_batches"] for raw in imports] == [["course"], ["section"], ["user"], ["enrollment"]]
    assert all(before["ended_at"] <= after["created_at"] for before, after in itertools.pairwise(imports))
    names = ["courses.csv", "enrollments.csv", "sections.csv", "users.csv"]
    assert kit.archived() == sorted([*names, *(f"{name}.result.json" for name in names)])
    assert not list((kit.feed.inbox / ".sisdrop").glob("2*"))
    last = [kit.journal.last_accepted("nightly", name.removesuffix(".csv")) for name in names]
    kept = {path.name for path in (kit.config.state / "snapshots").iterdir()}
    assert kept == {f"{drop.id}.zip" for drop in last if drop}, "nothing but what the next ones are compared with"


def test_what_was_dropped_is_archived_byte_for_byte_and_the_result_says_what_happened(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    result = kit.result(drop)
    assert (kit.feed.archive / result["stored_as"]).read_text() == USERS
    assert (result["outcome"], result["rows"], result["counts"]["users"]) == ("imported", 2, 2)
    assert result["files"] == [{"name": "users.csv", "type": "user", "rows": 2}]
    assert result["canvas"]["import_id"] == kit.imports()[0]["id"]
    assert result["summary"] == "Canvas imported users.csv (2 rows)."
    assert all(result["times"].values())


def test_the_token_and_the_users_personal_fields_are_in_no_result(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()

    text = json.dumps(kit.result(drop))

    assert kit.sandbox.token not in text
    assert "login_id" not in text


def test_an_import_with_messages_is_archived_with_all_of_them_and_holds_the_queue(kit: Kit) -> None:
    with_school(kit)
    drop = kit.drop("enrollments.csv", BAD_ENROLLMENTS)
    behind = kit.drop("more_enrollments.csv", ENROLLMENTS)

    kit.run_to_rest()

    result = kit.result(drop)
    assert result["outcome"] == "imported_with_messages"
    assert [(m["file"], m["row"]) for m in result["messages"]] == [("enrollments.csv", 2)]
    assert "P-999" in result["messages"][0]["message"]
    assert result["messages"][0]["hint"]
    assert (kit.feed.archive / f"{result['stored_as']}.errors.csv").read_text().count("\n") >= 2
    assert kit.get(behind).state is DropState.QUEUED
    hold = kit.hold()
    assert hold is not None
    assert (hold.kind, hold.name) == (HoldKind.IMPORT, "enrollments.csv")


def test_on_hold_nothing_is_sent_until_a_person_releases_the_queue(kit: Kit) -> None:
    with_school(kit)
    import_of(kit, "enrollments.csv", BAD_ENROLLMENTS)
    behind = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    assert kit.get(behind).state is DropState.QUEUED

    kit.release()
    kit.run_to_rest()

    assert kit.get(behind).outcome is Outcome.IMPORTED


def test_a_corrected_file_of_the_same_name_goes_first_and_releases_the_queue(kit: Kit) -> None:
    with_school(kit)
    import_of(kit, "enrollments.csv", BAD_ENROLLMENTS)
    behind = kit.drop("groups.csv", "group_id,name,status\nG-1,Chess,available\n")
    corrected = kit.drop("enrollments.csv", ENROLLMENTS)

    kit.run_to_rest()

    assert kit.hold() is None
    order = [kit.get(drop).import_id for drop in (corrected, behind)]
    assert order == sorted(order, key=lambda number: number or 0)
    assert kit.get(behind).outcome is Outcome.IMPORTED


def test_a_corrected_set_goes_in_canvas_order_while_the_queue_is_on_hold(kit: Kit) -> None:
    with_school(kit)
    import_of(kit, "enrollments.csv", BAD_ENROLLMENTS)
    corrected = kit.drop("enrollments.csv", BAD_ENROLLMENTS)
    users = kit.drop("users.csv", USERS + "P-999,p999,Cy,Cedar,active\n")

    kit.run_to_rest()

    assert kit.get(corrected).outcome is Outcome.IMPORTED
    assert (kit.get(users).import_id or 0) < (kit.get(corrected).import_id or 0)
    assert kit.hold() is None


def test_a_held_drop_is_filed_as_rejected_when_a_corrected_file_of_its_series_was_imported(kit: Kit) -> None:
    with_school(kit)
    bad = kit.drop("enrollments_20261123.csv", "course_id,user_id,role,status\nC-1,P-1,teacher,maybe\n")
    behind = kit.drop("groups.csv", "group_id,name,status\nG-1,Chess,available\n")
    kit.run_to_rest()
    assert (kit.get(bad).state, kit.get(behind).state) == (DropState.HELD, DropState.QUEUED)

    corrected = kit.drop("enrollments_20261124.csv", ENROLLMENTS)
    kit.run(lambda: all(kit.get(drop).state is DropState.FILED for drop in (bad, behind, corrected)))

    assert kit.result(bad)["outcome"] == "rejected"
    assert corrected.id in kit.result(bad)["error"]["message"]
    assert (kit.get(corrected).import_id or 0) < (kit.get(behind).import_id or 0)
    assert sorted(kit.failed()) == ["enrollments_20261123.csv", "enrollments_20261123.csv.result.json"]


def test_a_corrected_file_that_ends_badly_too_leaves_the_queue_on_hold(kit: Kit) -> None:
    with_school(kit)
    import_of(kit, "enrollments.csv", BAD_ENROLLMENTS)

    again = kit.drop("enrollments.csv", BAD_ENROLLMENTS)
    kit.run_to_rest()

    hold = kit.hold()
    assert hold is not None
    assert hold.drop == again.id


def test_a_failed_import_goes_to_failed_and_holds_the_queue(kit: Kit) -> None:
    kit.faults({"kind": "fail"})
    drop = kit.drop("users.csv", USERS)
    behind = kit.drop("courses.csv", COURSES)
    kit.run_to_rest()

    first, second = (kit.get(one) for one in (drop, behind))
    ended = [one for one in (first, second) if one.outcome is Outcome.FAILED]
    assert len(ended) == 1
    assert ended[0].place is Place.FAILED
    assert len(kit.imports()) == 1
    assert kit.hold() is not None


def test_a_failed_import_holds_nothing_when_the_feed_says_so(tmp_path: Path) -> None:
    with lane_kit(tmp_path, hold={"failed": False}) as kit:
        kit.faults({"kind": "fail"})
        kit.drop("users.csv", USERS)
        kit.drop("courses.csv", COURSES)

        kit.run_to_rest()

        assert kit.hold() is None
        assert len(kit.archived()) == 2
        assert len(kit.failed()) == 2


# exactly once


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "accept_then_drop"},
        {"kind": "cut_status_line"},
        {"kind": "cut_body"},
        {"kind": "answer", "status": 502, "when": "after"},
        {"kind": "answer", "status": 500, "when": "after"},
        {"kind": "answer", "status": 200, "body": "<html>log in</html>", "content_type": "text/html", "when": "after"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_when_the_answer_is_lost_the_import_is_adopted_and_never_sent_again(kit: Kit, fault: dict[str, str]) -> None:
    kit.faults({"method": "POST", "path": "sis_imports", **fault})
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert "adopt" in [attempt.what for attempt in kit.get(drop).attempts]


@pytest.mark.parametrize(
    "fault",
    [{"kind": "drop_before_accept"}, {"kind": "answer", "status": 504, "when": "before"}],
    ids=lambda fault: str(fault["kind"]),
)
def test_when_canvas_never_got_it_the_same_bytes_are_sent_again_after_a_patient_look(
    kit: Kit, fault: dict[str, str]
) -> None:
    kit.faults({"method": "POST", "path": "sis_imports", **fault})
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert [attempt.what for attempt in kit.get(drop).attempts] == ["submit", "look up", "submit"]


def test_an_import_of_somebody_else_is_not_taken_for_ours(kit: Kit) -> None:
    kit.faults(
        {"kind": "foreign_import", "method": "POST", "path": "sis_imports", "state": "imported"},
        {"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"},
    )
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert kit.get(drop).import_id == max(raw["id"] for raw in kit.imports())
    assert kit.result(drop)["counts"]["users"] == 2


def test_a_submission_lost_three_times_holds_the_queue_instead_of_trying_for_ever(kit: Kit) -> None:
    kit.faults({"kind": "drop_before_accept", "method": "POST", "path": "sis_imports", "count": None})
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    hold = kit.hold()
    assert hold is not None
    assert "3 times" in hold.reason
    assert kit.get(drop).state is DropState.QUEUED
    assert kit.imports() == []


def test_the_intention_is_in_the_journal_before_the_post(kit: Kit) -> None:
    kit.faults({"kind": "hang", "method": "POST", "path": "sis_imports", "seconds": 1})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTING)

    now = kit.get(drop)

    assert now.submission is not None
    assert now.contents is not None
    assert now.submission.marker
    assert now.submission.marker in now.contents.members["users.csv"]


def test_who_lost_the_lease_sends_nothing_and_the_next_one_looks_in_canvas_first(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not DropState.QUEUED:
        kit.step(kit.get(drop))
    kit.journal.give_up_lease()

    with pytest.raises(LeaseLost):
        kit.run(lambda: kit.get(drop).import_id is not None)
    assert kit.imports() == []
    assert kit.get(drop).state is DropState.SUBMITTING

    kit.journal.take_lease()
    kit.restart()
    kit.run_to_rest()
    assert len(kit.imports()) == 1
    assert [attempt.what for attempt in kit.get(drop).attempts] == ["look up", "submit"]


def test_only_an_import_in_canvas_follows_after_a_restart(kit: Kit) -> None:
    kit.faults({"kind": "slow_progress", "looks": 4})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).import_id is not None)

    kit.restart()
    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.get(drop).outcome is Outcome.IMPORTED


# the gate


def test_the_gate_waits_for_an_import_that_somebody_else_started_and_says_which(kit: Kit) -> None:
    kit.faults({"kind": "foreign_import", "state": "importing", "looks": 12})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.journal.lane_view(kit.context.lane).blocked_by is not None)

    foreign = kit.imports()[0]["id"]
    view = kit.journal.lane_view(kit.context.lane)
    assert view.blocked_by == foreign
    assert view.gate is not None
    assert str(foreign) in view.gate
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.journal.lane_view(kit.context.lane).gate is None


def test_a_gate_that_stays_shut_too_long_holds_the_queue(tmp_path: Path) -> None:
    with lane_kit(tmp_path, context={"gate_timeout_s": 0.2}) as kit:
        kit.faults({"kind": "foreign_import", "state": "importing"})
        drop = kit.drop("users.csv", USERS)

        kit.run_to_rest()

        hold = kit.hold()
        assert hold is not None
        assert hold.kind is HoldKind.GATE
        assert kit.get(drop).state is DropState.QUEUED


def test_an_old_initializing_row_that_will_never_run_does_not_shut_the_gate(tmp_path: Path) -> None:
    with lane_kit(tmp_path) as kit:
        kit.faults({"kind": "foreign_import", "state": "initializing", "age_s": 1200})
        drop = kit.drop("users.csv", USERS)

        kit.run_to_rest()

        assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_fresh_initializing_row_shuts_the_gate(kit: Kit) -> None:
    kit.faults({"kind": "foreign_import", "state": "initializing"})
    kit.drop("users.csv", USERS)

    kit.run(lambda: kit.journal.lane_view(kit.context.lane).blocked_by is not None)

    assert len(kit.imports()) == 1


def test_an_unknown_state_is_waited_on(kit: Kit) -> None:
    kit.faults({"kind": "unknown_state", "looks": 4})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.workflow_state == "reticulating")

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_an_own_import_that_takes_too_long_is_reported_and_followed_on(tmp_path: Path) -> None:
    with lane_kit(tmp_path, context={"gate_timeout_s": 0.0, "now": lambda: now_utc() + timedelta(seconds=1)}) as kit:
        kit.faults({"kind": "slow_progress", "looks": 40})
        drop = kit.drop("users.csv", USERS)
        kit.run(lambda: kit.hold() is not None)

        hold = kit.hold()
        assert hold is not None
        assert hold.kind is HoldKind.GATE
        kit.run(lambda: kit.get(drop).state is DropState.FILED)

        assert kit.get(drop).outcome is Outcome.IMPORTED


# options


def test_options_that_canvas_did_not_take_as_asked_abort_the_import_and_hold_the_drop(tmp_path: Path) -> None:
    with lane_kit(tmp_path, **{"import": {"skip_deletes": True}}) as kit:
        kit.faults({"kind": "echo", "option": "skip_deletes"}, {"kind": "stuck", "state": "created"})
        drop = kit.drop("users.csv", USERS)

        kit.run_to_rest()

        held = kit.get(drop)
        assert held.state is DropState.HELD
        assert held.held_because is not None
        assert "skip_deletes" in held.held_because
        assert [raw["workflow_state"] for raw in kit.imports()] == ["aborted"]
        assert (kit.feed.held / drop.id / "users.csv").read_text() == USERS


def test_options_go_to_canvas_in_its_own_names(tmp_path: Path) -> None:
    options = {"skip_deletes": True, "multi_term_batch_mode": False}
    with lane_kit(tmp_path, **{"import": options}) as kit:
        drop = kit.drop("users.csv", USERS)

        kit.run_to_rest()

        assert kit.imports()[0]["skip_deletes"] is True
        assert kit.imports()[0]["batch_mode"] is None
        assert kit.get(drop).outcome is Outcome.IMPORTED


# Canvas away, Canvas refusing


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "answer", "status": 503},
        {"kind": "throttle", "style": 403},
        {"kind": "throttle", "style": 429},
        {"kind": "drop_before_accept"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('style', fault.get('status', ''))}",
)
def test_while_canvas_is_away_nothing_moves_and_then_it_goes_on(kit: Kit, fault: dict[str, str]) -> None:
    kit.faults({"method": "GET", "count": 6, **fault})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.journal.lane_view(kit.context.lane).away is not None)
    assert kit.get(drop).state is DropState.QUEUED

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.journal.lane_view(kit.context.lane).away is None
    assert len(kit.imports()) == 1


def test_a_refused_token_holds_the_queue_and_a_new_one_is_picked_up_without_a_restart(kit: Kit) -> None:
    good = kit.sandbox.token
    (kit.root / "token").write_text("not-the-token")
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()

    hold = kit.hold()
    assert hold is not None
    assert hold.kind is HoldKind.ACCESS
    assert "token" in hold.reason.lower()
    assert "not-the-token" not in hold.reason
    assert kit.get(drop).state is DropState.QUEUED
    (kit.root / "token").write_text(good)
    kit.run(lambda: kit.get(drop).state is DropState.FILED)

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.hold() is None


def test_a_token_that_expires_while_an_import_runs_loses_nothing(kit: Kit) -> None:
    kit.faults({"kind": "slow_progress", "looks": 3}, {"kind": "token", "method": "GET", "after": 8, "count": 3})
    drop = kit.drop("users.csv", USERS)

    kit.run(lambda: kit.get(drop).state is DropState.FILED)

    kit.faults()
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 1


@pytest.mark.parametrize("says", ["permission", "permission_403", "scope", "not_root", "not_enabled"])
def test_a_refused_submission_holds_the_queue_without_a_loop_and_stays_where_it_can_be_sent(
    kit: Kit, says: str
) -> None:
    kit.faults({"kind": "refuse", "says": says, "method": "POST", "path": "sis_imports", "count": None})
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    for _ in range(20):
        kit.turn()

    hold = kit.hold()
    assert hold is not None
    assert hold.kind is HoldKind.SUBMISSION
    assert [attempt.what for attempt in kit.get(drop).attempts] == ["submit"]
    assert kit.get(drop).state is DropState.QUEUED

    kit.faults()
    kit.release()
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_an_unknown_term_is_canvas_saying_not_found_and_holds_the_queue(tmp_path: Path) -> None:
    batch = {"batch_mode": True, "batch_mode_term_id": "sis_term_id:T-404", "change_threshold": 10}
    with lane_kit(tmp_path, **{"import": batch}) as kit:
        drop = kit.drop("courses.csv", COURSES)

        kit.run_to_rest()

        hold = kit.hold()
        assert hold is not None
        assert hold.kind is HoldKind.SUBMISSION
        assert kit.get(drop).state is DropState.QUEUED


def test_a_file_that_canvas_will_not_take_is_filed_under_failed_as_refused(kit: Kit) -> None:
    kit.faults({"kind": "answer", "status": 413, "method": "POST", "path": "sis_imports"})
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    result = kit.result(drop)
    assert (result["outcome"], result["error"]["status"]) == ("refused", 413)
    assert kit.failed() == ["users.csv", "users.csv.result.json"]


# what people ask for


def test_a_held_drop_that_is_released_is_sent_whatever_the_preflight_said(kit: Kit) -> None:
    drop = kit.drop("users.csv", "user_id,login_id,status\nP-1,,active\nP-2,p2,active\n")
    kit.run_to_rest()
    assert kit.get(drop).state is DropState.HELD
    assert (kit.feed.held / drop.id / "users.csv").exists()

    release(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED_WITH_MESSAGES
    assert list(kit.feed.held.iterdir()) == []


def test_a_released_drop_whose_snapshot_is_gone_is_made_anew_from_held(kit: Kit) -> None:
    drop = kit.drop("users.csv", "user_id,login_id,status\nP-1,,active\nP-2,p2,active\n")
    kit.run_to_rest()
    kit.context.snapshot_of(drop).unlink()

    release(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED_WITH_MESSAGES


def test_a_rejected_drop_is_filed_under_failed_and_nothing_is_sent(kit: Kit) -> None:
    drop = kit.drop("users.csv", "user_id,login_id,status\nP-1,,active\n")
    kit.run_to_rest()

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    result = kit.result(drop)
    assert result["outcome"] == "rejected"
    assert [finding["code"] for finding in result["findings"]] == ["user.missing_login"]
    assert kit.imports() == []


def test_a_retried_drop_is_the_same_drop_sent_again_with_one_pair_of_files(kit: Kit) -> None:
    kit.faults({"kind": "fail"})
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    kit.release()

    retry(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.failed() == []
    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    assert [attempt["what"] for attempt in kit.result(drop)["attempts"]] == ["submit", "retry", "submit"]


def test_an_import_is_aborted_when_a_person_asks(kit: Kit) -> None:
    kit.faults({"kind": "stuck", "state": "created"})
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.SUBMITTED)

    kit.journal.ask_abort(drop.id)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.ABORTED
    assert kit.failed() == ["users.csv", "users.csv.result.json"]
    assert not kit.journal.abort_asked(drop.id)


# coming to rest


def test_a_drop_that_cannot_be_filed_is_finished_never_sent_again_and_filed_when_it_can_be(kit: Kit) -> None:
    kit.feed.archive.rmdir()
    kit.feed.archive.write_text("in the way")
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: any(event.kind == "waits" for event in kit.journal.events()))
    for _ in range(10):
        kit.turn()
    assert kit.get(drop).state is DropState.FINISHED

    kit.feed.archive.unlink()
    kit.feed.archive.mkdir()
    kit.run_to_rest()

    assert len(kit.imports()) == 1
    assert kit.archived() == ["users.csv", "users.csv.result.json"]


def test_a_snapshot_that_cannot_be_written_waits_for_room_and_is_no_fault_of_the_file(kit: Kit) -> None:
    snapshots = kit.config.state / "snapshots"
    snapshots.rmdir()
    snapshots.write_text("in the way")
    drop = kit.drop("users.csv", USERS)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        kit.turn()
    assert (kit.get(drop).state, kit.get(drop).crash_count) == (DropState.CLAIMED, 0)
    assert [event.kind for event in kit.journal.events_of(drop.id)][-1] == "waits"

    snapshots.unlink()
    snapshots.mkdir()
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_journal_that_cannot_be_written_after_the_check_is_no_fault_of_the_file(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = kit.drop("users.csv", USERS)
    apply, failures = kit.journal.apply, iter(range(5))

    def fails(transition: Transition) -> Drop:
        if transition.drop.state is DropState.QUEUED and next(failures, None) is not None:
            raise JournalError("the disk I/O failed")
        return apply(transition)

    monkeypatch.setattr(kit.journal, "apply", fails)
    while kit.get(drop).state is not DropState.QUEUED:
        assert kit.get(drop).crash_count <= 1
        kit.stepper.timer(drop).due = 0.0
        kit.step(kit.get(drop))

    assert kit.get(drop).crash_count == 0
    assert next(failures, None) is None


def test_two_files_of_one_name_taken_in_the_same_second_both_rest_and_neither_is_overwritten(kit: Kit) -> None:
    first = kit.drop("users.csv", USERS)
    kit.step(first)
    second = kit.drop("users.csv", USERS.replace("Ada", "Adi"))
    kit.run_to_rest()

    texts = sorted(path.read_text() for path in kit.feed.archive.glob("*.csv"))

    assert texts == [USERS, USERS.replace("Ada", "Adi")]
    assert kit.result(first)["sha256"] != kit.result(second)["sha256"]


# bad input


def test_an_empty_file_is_filed_under_failed_with_a_sentence(kit: Kit) -> None:
    drop = kit.drop("users.csv", "")

    kit.run_to_rest()

    result = kit.result(drop)
    assert result["outcome"] == "unreadable"
    assert "empty" in result["error"]["message"]
    assert (result["size_bytes"], result["sha256"]) == (0, hashlib.sha256().hexdigest())
    assert kit.imports() == []
    hold = kit.hold()
    assert hold is not None
    assert "unreadable" in hold.reason


def test_a_header_without_rows_is_sent(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS.splitlines()[0] + "\n")

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_a_header_without_rows_is_held_in_batch_mode(tmp_path: Path) -> None:
    batch = {"batch_mode": True, "batch_mode_term_id": "default", "change_threshold": 10}
    with lane_kit(tmp_path, **{"import": batch}) as kit:
        drop = kit.drop("courses.csv", COURSES.splitlines()[0] + "\n")

        kit.run_to_rest()

        held = kit.get(drop)
        assert held.state is DropState.HELD
        assert "delete everything" in (held.held_because or "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("user_id,login_id,status\nP-1,Z\xfcrich,active\n".encode("latin-1"), "Invalid UTF-8"),
        (b'user_id,login_id,status\nP-1,"p1,active\n', "Malformed CSV"),
        (b"colour,weight\nblue,heavy\n", "Couldn't find Canvas CSV import headers"),
        (b"user_id;login_id;status\nP-1;p1;active\n", "Couldn't find Canvas CSV import headers"),
    ],
    ids=["not UTF-8", "malformed", "unknown headers", "semicolons"],
)
def test_a_file_that_canvas_would_refuse_whole_is_held_and_never_sent(kit: Kit, content: bytes, says: str) -> None:
    drop = kit.drop("users.csv", content)

    kit.run_to_rest()

    held = kit.get(drop)
    assert held.state is DropState.HELD
    assert says in (held.held_because or "")
    assert kit.imports() == []
    assert (kit.feed.held / drop.id / "users.csv").read_bytes() == content


def zipped(**members: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), text)
    return target.getvalue()


def test_a_zip_is_one_import_and_its_messages_name_the_files_as_they_were(kit: Kit) -> None:
    drop = kit.drop("feed.zip", zipped(users_csv=USERS, enrollments_csv=BAD_ENROLLMENTS, courses_csv=COURSES))

    kit.run_to_rest()

    result = kit.result(drop)
    assert len(kit.imports()) == 1
    assert sorted(entry["type"] for entry in result["files"]) == ["course", "enrollment", "user"]
    assert {message["file"] for message in result["messages"]} == {"enrollments.csv"}


@pytest.mark.parametrize(
    "content",
    [b"this is no zip", zipped(**{"..__users_csv": USERS}), zipped(**{"inner.zip": "PK"}), zipped(a_csv="a" * 10**7)],
    ids=["no zip", "dot dot", "nested", "bomb"],
)
def test_a_zip_that_cannot_be_trusted_goes_to_failed_with_a_sentence(kit: Kit, content: bytes) -> None:
    drop = kit.drop("feed.zip", content)

    kit.run_to_rest()

    result = kit.result(drop)
    assert result["outcome"] == "unreadable"
    assert result["error"]["message"]
    assert (result["size_bytes"], result["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert kit.failed() == ["feed.zip", "feed.zip.result.json"]
    assert sorted(path.name for path in kit.root.iterdir()) == sorted(
        ["archive", "config.yaml", "failed", "inbox", "state", "token"]
    )
