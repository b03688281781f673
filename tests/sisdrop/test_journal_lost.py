"""A journal that is gone, emptied, taken away or damaged in a row: on hold and told, and never a start that fails."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import Config, load
from sisdrop.errors import LeaseLost
from sisdrop.journal import FILE_NAME, SqliteJournal
from sisdrop.model import DropState, EventKind, Hold, HoldKind, Note, Outcome, Pause, Place
from sisdrop.status import needs_a_person, snapshot
from tests.support.command import sisdrop
from tests.support.journal_drops import LANE, a_drop
from tests.support.lane_kit import COURSES, write_config
from tests.support.service import running, serving, wait

HOLD = Hold(HoldKind.IMPORT, "a test", "2026-11-23T04:15:02Z")


def configured(root: Path, sandbox: Sandbox, **feed: Any) -> Config:
    return load(write_config(root, sandbox, settle_s=0.05, poll_s=0.1, **feed))


def one_is_queued(root: Path, sandbox: Sandbox) -> Config:
    config = configured(root, sandbox)
    with running(config) as journal:
        journal.put_on_hold(config.feeds["nightly"].lane, HOLD)
        (root / "inbox" / "courses.csv").write_text(COURSES)
        wait(lambda: [drop.state for drop in journal.open_drops()] == ["queued"], journal)
    return config


def execute(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as database:
        database.execute(statement)


def gone(state: Path) -> None:
    for path in state.glob(f"{FILE_NAME}*"):
        path.unlink()


def emptied(state: Path) -> None:
    (state / FILE_NAME).write_bytes(b"")


@pytest.mark.parametrize("harm", [gone, emptied])
def test_without_its_journal_an_inbox_that_was_worked_in_is_like_one_with_a_damaged_one(
    tmp_path: Path, sandbox: Sandbox, harm: Callable[[Path], None]
) -> None:
    config = one_is_queued(tmp_path, sandbox)
    harm(config.state)
    with serving(config) as started:
        wait(lambda: [drop.place for drop in started.journal.open_drops()] == [Place.HELD], started.journal)
        shot = snapshot(started.journal, config)
        assert "a sisdrop has worked in it before" in shot["lanes"][0]["reason"]
        assert needs_a_person(shot)
        (held,) = started.journal.open_drops()
        assert "may have been sent before" in (held.held_because or "")
        started.look_twice()
    with running(config) as journal:
        # Released once, it is known: the next start has nothing to ask.
        assert sisdrop("release", "--config", config.path).returncode == 0
        assert sisdrop("release", held.id, "--config", config.path).returncode == 0
        wait(lambda: not journal.open_drops(), journal)
    with running(config) as journal:
        assert journal.all_holds() == {}


def test_a_first_start_is_none_without_its_journal_also_when_it_is_cut_off(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    with SqliteJournal(config.state) as journal:
        # as far as a first look comes that is cut off before the proof it wrote is journaled
        journal.know_inbox("nightly", config.feeds["nightly"].inbox, "")
    (tmp_path / "inbox" / ".sisdrop").mkdir()
    (tmp_path / "inbox" / ".sisdrop" / "inbox-id").write_text("the one it wrote\n")
    with serving(config) as started:
        started.look_twice()
        assert started.journal.all_holds() == {}
        assert started.journal.inbox_id("nightly", config.feeds["nightly"].inbox) == "the one it wrote"


def without_wal(state: Path) -> None:
    (state / f"{FILE_NAME}-wal").unlink()


@pytest.mark.parametrize("harm", [gone, emptied, without_wal])
def test_the_service_stops_when_its_journal_is_taken_away_emptied_or_loses_its_wal(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    journal = SqliteJournal(tmp_path, mend=True)
    journal.take_lease()
    journal.check_lease()
    harm(tmp_path)
    with pytest.raises(LeaseLost, match="removed or replaced"):
        journal.check_lease()


@pytest.mark.parametrize("body", ["{}", "no JSON", "null", "[[", "\xfc"])
def test_a_damaged_row_of_a_drop_is_set_aside_and_the_drop_is_held_from_what_is_on_the_disk(
    tmp_path: Path, sandbox: Sandbox, body: str
) -> None:
    config = one_is_queued(tmp_path, sandbox)
    with SqliteJournal(config.state) as journal:
        (drop,) = journal.open_drops()
        journal.release(config.feeds["nightly"].lane, HOLD, "a test")
    execute(config.state, f"UPDATE drops SET body='{body}'")

    with running(config) as journal:
        wait(lambda: [one.place for one in journal.open_drops()] == [Place.HELD], journal)
        (held,) = journal.open_drops()
        assert (held.id, held.state, held.name) == (drop.id, DropState.HELD, "courses.csv")
        assert journal.all_holds() == {}
        assert sisdrop("release", held.id, "--config", config.path).returncode == 0
        wait(lambda: not journal.open_drops(), journal)
        assert journal.recent(1)[0].outcome is Outcome.IMPORTED
    (aside,) = config.state.glob("journal.damaged-rows-*.jsonl")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert json.loads(aside.read_text())["id"] == drop.id


def test_of_a_drop_that_was_in_canvas_the_queue_is_held_too(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path) as journal:
        journal.add(a_drop(state=DropState.IMPORTING, import_id=8101))
    execute(tmp_path, "UPDATE drops SET body='{}'")
    with SqliteJournal(tmp_path, mend=True) as journal:
        (hold,) = journal.holds(LANE)
        assert hold.kind is HoldKind.DOUBT
        assert "was in Canvas" in hold.reason
        assert journal.open_drops() == []


def test_damaged_rows_of_all_other_kinds_stop_nothing_and_what_held_a_queue_holds_it_again(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path) as journal:
        journal.add(a_drop("users.csv"))
        journal.put_on_hold(LANE, HOLD)
        journal.pause(Pause("nightly", "somebody", "2026-11-23T04:15:02Z"))
    for table in ("holds", "pauses"):
        execute(tmp_path, f"UPDATE {table} SET body='{{'")
    execute(tmp_path, "INSERT INTO inbox_views VALUES ('nightly', 'x')")
    execute(tmp_path, "INSERT INTO lane_views VALUES ('lane', 'x')")

    with SqliteJournal(tmp_path, mend=True) as journal:
        assert [drop.name for drop in journal.open_drops()] == ["users.csv"]
        assert [hold.kind for hold in journal.holds(LANE)] == [HoldKind.DOUBT]
        assert [pause.feed for pause in journal.pauses()] == ["nightly"]
        assert journal.inbox_view("nightly") is None
    assert len((next(tmp_path.glob("*.jsonl"))).read_text().splitlines()) == 4


def test_a_damaged_row_at_rest_is_passed_over_by_all_that_looks_at_the_others(tmp_path: Path) -> None:
    filed = {"state": DropState.FILED, "place": Place.ARCHIVE, "outcome": Outcome.IMPORTED, "sha256": "ab"}
    with SqliteJournal(tmp_path) as journal:
        for number in range(3):
            drop = a_drop(
                "users.csv", id=str(number), stored_as=str(number), filed_at=f"2026-11-2{number}T04:15:02Z", **filed
            )
            journal.add(drop, Note(EventKind.FILED, "filed"))
    execute(tmp_path, "UPDATE drops SET body='{}' WHERE id='2'")
    with SqliteJournal(tmp_path, mend=True) as journal:
        assert [drop.id for drop in journal.recent(5)] == ["1", "0"]
        assert [drop.id for drop in journal.find("users.csv")] == ["1", "0"]
        assert journal.last_accepted("nightly", "users") is None
