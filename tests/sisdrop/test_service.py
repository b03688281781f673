"""The daemon: what is dropped is noticed, inboxes come and go, commands are heard, a start picks up what was left."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import Config, load
from sisdrop.errors import LeaseTaken
from sisdrop.journal import FILE_NAME, Journal, SqliteJournal
from sisdrop.model import DropState, Ignored, InboxState
from sisdrop.status import snapshot
from sisdrop.steps.commands import release
from sisdrop.workers.service import NOTICE_S
from sisdrop.workers.worker import IDLE_S
from tests.support.lane_kit import COURSES, ENROLLMENTS, SECTIONS, USERS, write_config
from tests.support.service import running as run_service
from tests.support.service import serving, wait


def configured(root: Path, sandbox: Sandbox, **feed: object) -> Config:
    return load(write_config(root, sandbox, **{"settle_s": 0.05, "poll_s": 0.1, **feed}))


def running(root: Path, sandbox: Sandbox, **feed: object) -> AbstractContextManager[SqliteJournal]:
    return run_service(configured(root, sandbox, **feed))


def filed(journal: Journal) -> list[str]:
    return [drop.name for drop in reversed(journal.recent(100))]


def test_files_dropped_together_are_imported_in_dependency_order(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        for name, text in [
            ("enrollments", ENROLLMENTS),
            ("sections", SECTIONS),
            ("users", USERS),
            ("courses", COURSES),
        ]:
            (tmp_path / "inbox" / f"{name}.csv").write_text(text)
        wait(lambda: len(filed(journal)) == 4, journal)

        by_import = sorted(journal.recent(4), key=lambda drop: drop.import_id or 0)

    assert [drop.name for drop in by_import] == ["courses.csv", "sections.csv", "users.csv", "enrollments.csv"]
    assert {drop.outcome for drop in by_import} == {"imported"}


def test_a_file_that_was_there_before_the_start_is_imported(tmp_path: Path, sandbox: Sandbox) -> None:
    config = write_config(tmp_path, sandbox)
    assert config.exists()
    (tmp_path / "inbox" / "users.csv").write_text(USERS)

    with running(tmp_path, sandbox) as journal:
        wait(lambda: filed(journal) == ["users.csv"], journal)


def test_its_life_is_told_step_by_step(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: filed(journal), journal)

        told = [event.kind for event in journal.events()]

    assert [word for word in dict.fromkeys(told) if word != "importing"] == [
        "noticed",
        "settled",
        "claimed",
        "checked",
        "submitted",
        "finished",
        "filed",
    ]


def test_other_files_are_left_alone_and_shown_as_ignored(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        for name in ["notes.txt", ".hidden.csv", "~$users.csv", "users.csv.part", "users.tmp"]:
            (tmp_path / "inbox" / name).write_text(USERS)
        (tmp_path / "inbox" / "link.csv").symlink_to("/etc/hostname")
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: filed(journal), journal)
        notes = Ignored("notes.txt", "not a CSV or zip")
        wait(lambda: notes in (view.ignored if (view := journal.inbox_view("nightly")) else ()), journal)

    left = {path.name for path in (tmp_path / "inbox").iterdir()}
    assert left == {".sisdrop", "notes.txt", ".hidden.csv", "~$users.csv", "users.csv.part", "users.tmp", "link.csv"}


def test_a_file_in_the_inbox_releases_what_is_held_within_a_look_and_is_gone(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        (tmp_path / "inbox" / "users.csv").write_text("user_id,login_id,status\nP-1,,active\nP-2,p2,active\n")
        wait(lambda: list(tmp_path.glob("held/*/users.csv.held.json")), journal)
        (tmp_path / "inbox" / "Users.CSV.release").touch()
        wait(lambda: filed(journal) == ["users.csv"], journal)

        wait(lambda: [path.name for path in (tmp_path / "inbox").iterdir()] == [".sisdrop"])
        assert list((tmp_path / "held").iterdir()) == []


def test_an_inbox_that_vanishes_is_away_untouched_and_goes_on_when_it_is_back(tmp_path: Path, sandbox: Sandbox) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "unmounted"
    with serving(configured(tmp_path, sandbox)) as started:
        journal = started.journal
        wait(lambda: (view := journal.inbox_view("nightly")) and view.state is InboxState.READY, journal)
        inbox.rename(elsewhere)
        wait(lambda: (view := journal.inbox_view("nightly")) and view.state is InboxState.AWAY, journal)
        inbox.mkdir()
        (inbox / "stranger.csv").write_text(USERS)
        started.look_twice()
        assert [path.name for path in inbox.iterdir()] == ["stranger.csv"]

        (inbox / "stranger.csv").unlink()
        inbox.rmdir()
        (elsewhere / "users.csv").write_text(USERS)
        elsewhere.rename(inbox)
        wait(lambda: filed(journal) == ["users.csv"], journal)

        (inbox / "courses.csv").write_text(COURSES)
        wait(lambda: filed(journal) == ["users.csv", "courses.csv"], journal)


def test_an_inbox_that_goes_away_while_a_drop_is_imported_costs_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "slow_progress", "looks": 15}]})
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "unmounted"
    with running(tmp_path, sandbox) as journal:
        (inbox / "users.csv").write_text(USERS)
        wait(lambda: [drop.import_id for drop in journal.open_drops() if drop.import_id], journal)
        inbox.rename(elsewhere)
        wait(lambda: [drop for drop in journal.open_drops() if drop.state is DropState.FINISHED], journal)
        assert not list((tmp_path / "archive").iterdir())

        elsewhere.rename(inbox)
        wait(lambda: filed(journal) == ["users.csv"], journal)

        assert len({event.text for event in journal.events() if event.kind == "submitted"}) == 1


def test_a_file_written_in_bursts_into_reserved_space_is_sent_once_and_whole(tmp_path: Path, sandbox: Sandbox) -> None:
    rows = [f"P-{number},p{number},Ada,Ashgrove,active\n" for number in range(1000)]
    header = "user_id,login_id,first_name,last_name,status\n"
    whole = header + "".join(rows)
    with running(tmp_path, sandbox, settle_s=0.3) as journal:
        path = tmp_path / "inbox" / "users.csv"
        path.write_bytes(b"\0" * len(whole))
        with path.open("r+b", buffering=0) as file:
            for start_at in range(0, len(whole), len(whole) // 8):
                file.write(whole[start_at : start_at + len(whole) // 8].encode())
                time.sleep(0.35)
        wait(lambda: filed(journal), journal)

        (drop,) = journal.recent(10)
        assert not [event for event in journal.events() if event.kind == "returned"]

    assert (drop.outcome, drop.rows) == ("imported", 1000)
    assert (tmp_path / "archive" / str(drop.stored_as)).read_text() == whole


def test_with_a_done_suffix_a_file_waits_for_its_done_file_and_both_are_filed_together(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    with serving(configured(tmp_path, sandbox, done_suffix=".done")) as started:
        journal = started.journal
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        started.look_twice()
        assert not journal.open_drops()

        (tmp_path / "inbox" / "users.csv.done").touch()
        wait(lambda: filed(journal) == ["users.csv"], journal)

    names = sorted(path.name[17:] for path in (tmp_path / "archive").iterdir())
    assert names == ["users.csv", "users.csv.done", "users.csv.result.json"]


def test_a_folder_with_a_done_file_is_one_import_and_rests_as_a_folder(tmp_path: Path, sandbox: Sandbox) -> None:
    with serving(configured(tmp_path, sandbox)) as started:
        journal = started.journal
        folder = tmp_path / "inbox" / "monday"
        folder.mkdir()
        (folder / "users.csv").write_text(USERS)
        (folder / "courses.csv").write_text(COURSES)
        started.look_twice()
        assert not journal.open_drops()

        (folder / ".done").touch()
        wait(lambda: filed(journal) == ["monday"], journal)

        (drop,) = journal.recent(10)

    assert {facts.name: facts.type for facts in drop.files} == {"users.csv": "user", "courses.csv": "course"}
    stored = tmp_path / "archive" / str(drop.stored_as)
    assert (stored / "users.csv").read_text() == USERS
    assert stored.with_name(f"{stored.name}.result.json").exists()


def test_with_combine_files_that_settle_together_are_one_import(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox, combine=True, combine_s=0.5) as journal:
        for name, text in [("users.csv", USERS), ("courses.csv", COURSES), ("sections.csv", SECTIONS)]:
            (tmp_path / "inbox" / name).write_text(text)
        wait(lambda: filed(journal), journal)

        (drop,) = journal.recent(10)

    assert drop.outcome == "imported"
    assert sorted(facts.name for facts in drop.files) == ["courses.csv", "sections.csv", "users.csv"]


def test_a_missing_inbox_is_waited_for_and_never_made(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    (tmp_path / "inbox").rmdir()
    config = load(tmp_path / "config.yaml")
    with run_service(config) as journal:
        wait(lambda: (view := journal.inbox_view("nightly")) and view.state is InboxState.AWAY, journal)
        assert not (tmp_path / "inbox").exists()


def test_a_release_by_another_process_is_noticed_within_a_second(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        (tmp_path / "inbox" / "users.csv").write_text("user_id,login_id,status\nP-1,,active\nP-2,p2,active\n")
        wait(lambda: [drop for drop in journal.open_drops() if drop.place == "held"], journal)
        held = journal.open_drops()[0]
        with SqliteJournal(tmp_path / "state") as command:
            began = time.monotonic()
            release(command, held.id)
        wait(lambda: [drop for drop in [journal.get(held.id)] if drop and drop.import_id], journal)

        # Two looks a second; the factor is for a busy machine. Without a look the sender sleeps for a minute.
        assert NOTICE_S <= 0.5
        assert time.monotonic() - began < 10 * NOTICE_S < IDLE_S / 10


def test_the_snapshot_for_status_has_what_monitoring_relies_on(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: filed(journal), journal)
        (tmp_path / "inbox" / "courses.csv").write_text("colour\nblue\n")
        (tmp_path / "inbox" / "sections.csv").write_text("section_id,course_id,name,status\nS-1,C-1,A,active\n")
        wait(lambda: {drop.state for drop in journal.open_drops()} == {DropState.HELD, DropState.QUEUED}, journal)
        shot = snapshot(journal, load(tmp_path / "config.yaml"))

    assert set(shot) == {"service", "lanes", "stranded", "feeds", "recent", "paused", "state"}
    assert shot["service"]["pid"] == os.getpid()
    (lane,) = shot["lanes"]
    assert {"canvas", "on_hold", "reason", "gate", "import"} <= set(lane)
    (feed,) = shot["feeds"]
    assert {"name", "inbox_state", "waiting", "settling", "held"} <= set(feed)
    assert feed["inbox_state"] == "ready"
    assert [entry["name"] for entry in feed["held"]] == ["courses.csv"]
    (waiting,) = feed["waiting"]
    assert (waiting["name"], waiting["reason"]) == ("sections.csv", "waits behind courses.csv (held)")
    assert waiting["behind"] == feed["held"][0]["drop"]
    assert f"sisdrop release {waiting['behind']}" in waiting["way_out"]
    assert [entry["outcome"] for entry in shot["recent"]] == ["imported"]


def test_a_file_in_the_spool_that_the_journal_does_not_know_is_held_and_never_sent(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    with running(tmp_path, sandbox) as journal:
        wait(lambda: (view := journal.inbox_view("nightly")) and view.state is InboxState.READY, journal)
    lost = tmp_path / "inbox" / ".sisdrop" / "20261122T041502Z-0abc"
    lost.mkdir()
    (lost / "users.csv").write_text(USERS)

    with running(tmp_path, sandbox) as journal:
        wait(lambda: [drop for drop in journal.open_drops() if drop.place == "held"], journal)
        (drop,) = journal.open_drops()

    assert (drop.name, drop.state) == ("users.csv", DropState.HELD)
    assert (tmp_path / "held" / drop.id / "users.csv").read_text() == USERS


def test_after_a_damaged_journal_the_queue_is_on_hold_and_says_why(tmp_path: Path, sandbox: Sandbox) -> None:
    with running(tmp_path, sandbox) as journal:
        wait(lambda: (view := journal.inbox_view("nightly")) and view.state is InboxState.READY, journal)
    for path in (tmp_path / "state").glob(f"{FILE_NAME}*"):
        path.unlink()
    (tmp_path / "state" / FILE_NAME).write_bytes(b"not a database at all" * 500)

    with running(tmp_path, sandbox) as journal:
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: [drop for drop in journal.open_drops() if drop.state is DropState.QUEUED], journal)
        shot = snapshot(journal, load(tmp_path / "config.yaml"))

    assert shot["lanes"][0]["on_hold"]
    assert "journal was damaged" in shot["lanes"][0]["reason"]


def test_a_second_holder_of_the_state_folder_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path) as other:
        assert other.lease() is None
        with SqliteJournal(tmp_path, mend=True) as first:
            first.take_lease()
            assert other.lease() == first.lease()
            with pytest.raises(LeaseTaken) as caught:
                SqliteJournal(tmp_path, mend=True)
            with pytest.raises(LeaseTaken):
                other.take_lease()

        assert caught.value.pid == os.getpid()
        assert str(os.getpid()) in str(caught.value)
        assert other.lease() is None
