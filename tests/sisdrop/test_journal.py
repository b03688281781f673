"""The journal: what it keeps, what it refuses, what survives."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from canvas_sis_csv.model import FileFacts, Finding, Knowable, Level
from sisdrop.errors import StateError
from sisdrop.journal import Hold, HoldKind, InboxView, Journal, LaneView, Overtaken
from sisdrop.journal.store import FILE_NAME
from sisdrop.model import Attempt, DropKind, DropState, InboxState, Intent, Message, Outcome, Place, Stat, Waiting
from tests.support.journal_drops import LANE, a_drop
from tests.support.places import ROOT


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "state") as opened:
        yield opened


def test_a_drop_comes_back_from_the_journal_as_it_was_stored(journal: Journal) -> None:
    drop = a_drop(
        kind=DropKind.ZIP,
        state=DropState.FINISHED,
        place=Place.HELD,
        paths=("a.zip", "a.zip.done"),
        stats=(Stat(10, 20, 30),),
        files=(FileFacts("users.csv", "user", 4, 1),),
        members={"users.csv": "users.sd01.csv"},
        options={"skip_deletes": True},
        intent=Intent("2026-11-23T04:15:03Z", "sd01", 8122, None),
        outcome=Outcome.IMPORTED,
        error={"status": 400},
        attempts=(Attempt("2026-11-23T04:15:03Z", "submit", "SIS import 8123"),),
    )

    stored = journal.add(drop)

    assert journal.get(drop.id) == stored == replace(drop, rev=1)


def test_a_name_that_is_not_valid_utf8_is_kept_and_found(journal: Journal) -> None:
    name = os.fsdecode(b"b\xfccher.csv")
    journal.add(a_drop(name))

    assert [drop.name for drop in journal.find(name)] == [name]


def test_a_step_made_from_an_older_drop_is_refused_and_changes_nothing(journal: Journal) -> None:
    first = journal.add(a_drop())
    journal.move(replace(first, state=DropState.QUEUED))

    with pytest.raises(Overtaken):
        journal.move(replace(first, state=DropState.FILED), event="never", hold=Hold(HoldKind.IMPORT, "x", "now"))

    found = journal.get(first.id)
    assert found is not None
    assert found.state is DropState.QUEUED
    assert journal.hold(LANE) is None
    assert journal.events() == []


def test_a_step_its_event_its_hold_and_its_report_are_one_transaction(journal: Journal) -> None:
    drop = journal.add(a_drop())
    message = Message(Level.WARNING, "users.csv", 3, "No login_id given for user P-1")
    finding = Finding(Level.ERROR, "user.missing_login", "users.csv", 3, "m", "h", 4, Knowable.ROW)
    hold = Hold(HoldKind.IMPORT, "it failed", "2026-11-23T04:16:00Z", drop.id, "nightly", "users.csv")

    journal.move(replace(drop, state=DropState.FINISHED), event="It failed.", hold=hold, report=([message], [finding]))

    assert journal.hold(LANE) == hold
    assert journal.report(drop.id) == ([message], [finding])
    told = [(event.what, event.text) for event in journal.events_of(drop.id)]
    assert told == [("finished", "It failed."), ("hold", "The queue is on hold: it failed")]


def test_the_report_is_forgotten_when_the_drop_is_at_rest(journal: Journal) -> None:
    drop = journal.move(journal.add(a_drop()), report=([Message(Level.ERROR, None, None, "m")], []))

    journal.move(replace(drop, state=DropState.FILED))

    assert journal.report(drop.id) == ([], [])


def test_open_drops_are_those_not_at_rest_in_order_of_arrival(journal: Journal) -> None:
    for name, state in [("c.csv", "queued"), ("a.csv", "filed"), ("b.csv", "held"), ("d.csv", "returned")]:
        journal.add(a_drop(name, DropState(state)))
    journal.add(a_drop("other.csv", DropState.QUEUED, lane="elsewhere/self"))

    assert [drop.name for drop in journal.open_drops(LANE)] == ["c.csv", "b.csv"]
    assert [drop.name for drop in journal.open_drops()] == ["c.csv", "b.csv", "other.csv"]


def test_a_drop_is_found_by_id_by_the_beginning_of_its_id_and_by_name_newest_first(journal: Journal) -> None:
    old = journal.add(a_drop("users.csv", id="20261122T041502Z-0001"))
    new = journal.add(a_drop("users.csv", id="20261123T041502Z-0002"))

    assert journal.find(old.id) == [old]
    assert journal.find("20261123") == [new]
    assert journal.find("users.csv") == [new, old]
    assert journal.find("%") == []


def test_drops_put_back_in_a_row_are_told_since_the_last_that_was_not(journal: Journal) -> None:
    journal.add(a_drop(id="1", state=DropState.RETURNED))
    journal.add(a_drop(id="2", state=DropState.FILED))
    journal.add(a_drop(id="3", state=DropState.RETURNED))
    journal.add(a_drop(id="4", state=DropState.RETURNED))

    assert [drop.id for drop in journal.returned("nightly", "users.csv", "2026-11-23T00:00:00Z")] == ["3", "4"]
    assert journal.returned("nightly", "users.csv", "2026-11-24T00:00:00Z") == []


def test_import_ids_that_drops_stand_for_are_known(journal: Journal) -> None:
    journal.add(a_drop("a.csv", import_id=8100))
    journal.add(a_drop("b.csv", import_id=8123))

    assert journal.import_ids(LANE, 8100) == {8123}


def test_releasing_a_lane_takes_its_hold_away_and_says_so(journal: Journal) -> None:
    journal.put_on_hold(LANE, Hold(HoldKind.GATE, "stuck", "2026-11-23T04:16:00Z"))

    released = journal.release(LANE, "a person")

    assert released is not None
    assert released.reason == "stuck"
    assert journal.hold(LANE) is None
    assert journal.release(LANE, "a person") is None
    assert [event.what for event in journal.events()] == ["hold", "released"]


def test_an_inbox_once_known_stays_known_but_only_at_its_path(journal: Journal, tmp_path: Path) -> None:
    journal.know_inbox("nightly", tmp_path / "inbox", "proof-1")

    assert journal.inbox_proof("nightly", tmp_path / "inbox") == "proof-1"
    assert journal.inbox_proof("nightly", tmp_path / "elsewhere") is None


def test_views_come_back_as_they_were_shown(journal: Journal) -> None:
    inbox = InboxView(InboxState.READY, "", "s", (Waiting("a.csv", "still growing", "s"),), ("b.txt",))
    lane = LaneView(gate="waits", gate_since="s", blocked_by=7)

    journal.show_inbox("nightly", inbox)
    journal.show_lane(LANE, lane)

    assert journal.inbox_view("nightly") == inbox
    assert journal.lane_view(LANE) == lane
    assert journal.inbox_view("other") is None


def test_showing_the_same_view_again_writes_nothing(journal: Journal, tmp_path: Path) -> None:
    journal.show_lane(LANE, LaneView(gate="waits"))
    with Journal(tmp_path / "state") as other:
        before = other.foreign_changes()
        journal.show_lane(LANE, LaneView(gate="waits"))

        assert other.foreign_changes() == before


def test_a_write_of_another_process_is_noticed_and_our_own_is_not(journal: Journal, tmp_path: Path) -> None:
    before = journal.foreign_changes()
    journal.tell("nightly", "noticed", "ours")
    assert journal.foreign_changes() == before

    with Journal(tmp_path / "state") as other:
        other.tell("nightly", "noticed", "theirs")

    assert journal.foreign_changes() != before


def test_events_cannot_disturb_a_terminal(journal: Journal) -> None:
    journal.tell("nightly", "noticed", "evil\x1b[2J\n.csv")

    assert journal.events()[0].text == "evil\\x1b[2J\\n.csv"


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_the_journal_is_for_its_owner_alone(journal: Journal, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / FILE_NAME).stat().st_mode) == 0o600


def test_a_damaged_journal_is_set_aside_whole_and_a_new_one_begun(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for number in range(200):
            journal.add(a_drop(f"{number}.csv", id=str(number)))
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[4096:12288] = b"\xff" * 8192
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(StateError, match="damaged"):
        Journal(tmp_path)
    with Journal(tmp_path, mend=True) as journal:
        assert journal.was_damaged
        assert journal.open_drops() == []

    aside = list(tmp_path.glob("journal.damaged-*.sqlite3"))
    assert [path.read_bytes() for path in aside] == [bytes(content)]


def test_something_that_is_no_database_is_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this was never SQLite" * 100)

    with Journal(tmp_path, mend=True) as journal:
        assert journal.was_damaged
        journal.add(a_drop())


def test_a_journal_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Journal(tmp_path):
        pass
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("PRAGMA user_version=99")
    database.close()

    with pytest.raises(StateError, match="newer sisdrop"):
        Journal(tmp_path)

    assert not list(tmp_path.glob("journal.damaged-*"))


def test_a_state_folder_that_cannot_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StateError, match="file"):
        Journal(tmp_path / "file" / "state")


def test_what_was_journaled_survives_a_kill_at_once_after(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from sisdrop.journal import Journal;"
        "from tests.support.journal_drops import a_drop;"
        "journal = Journal(Path(sys.argv[1])); journal.add(a_drop()); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode != 0

    with Journal(tmp_path) as journal:
        assert [drop.name for drop in journal.open_drops()] == ["users.csv"]


def test_a_held_drop_knows_that_a_newer_one_of_its_name_was_imported(journal: Journal) -> None:
    held = journal.add(a_drop(id="1", state=DropState.HELD))
    journal.add(a_drop(id="2", state=DropState.FILED, place=Place.FAILED))
    assert journal.imported_since(held) is None

    newer = journal.add(a_drop(id="3", state=DropState.FILED, place=Place.ARCHIVE))

    assert journal.imported_since(held) == newer
    assert journal.imported_since(newer) is None


def test_open_drops_are_as_another_process_left_them_also_when_they_were_asked_for_before(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, Journal(tmp_path) as other:
        waits, goes = journal.add(a_drop("users.csv")), journal.add(a_drop("courses.csv"))
        assert [drop.name for drop in journal.open_drops()] == ["users.csv", "courses.csv"]

        other.move(replace(waits, state=DropState.HELD))
        other.move(replace(goes, state=DropState.FILED))

        assert [(drop.name, drop.state, drop.rev) for drop in journal.open_drops()] == [
            ("users.csv", DropState.HELD, 2)
        ]
        assert journal.open_drops("another.example/self") == []


def test_open_drops_are_found_without_reading_the_years_of_those_at_rest(tmp_path: Path) -> None:
    asked: list[str] = []
    with Journal(tmp_path) as journal:
        journal.add(a_drop("users.csv"))
        with closing(sqlite3.connect(journal.path)) as reader:
            journal._db.set_trace_callback(asked.append)
            assert len(journal.open_drops()) == 1
            plan = str(reader.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall())

    assert "INDEX open_drops" in plan
