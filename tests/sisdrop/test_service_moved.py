"""A feed's inbox that was moved in the configuration, and files in a spool that nobody knows: told, kept, brought."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import Config, load
from sisdrop.journal import SqliteJournal
from sisdrop.model import Drop, DropState, Hold, HoldKind, Outcome, Place, Transition, new_drop_id, now_utc
from sisdrop.status import snapshot
from sisdrop.workers.recover import recover
from tests.support.command import sisdrop
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit, write_config
from tests.support.service import running, serving, wait


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def configured(root: Path, sandbox: Sandbox, **feed: Any) -> Config:
    return load(write_config(root, sandbox, settle_s=0.05, poll_s=0.1, **feed))


def one_is_queued(root: Path, sandbox: Sandbox) -> Drop:
    """Run until courses.csv waits in a queue that is on hold; end, with the queue released."""
    config = configured(root, sandbox)
    lane, hold = config.feeds["nightly"].lane, Hold(HoldKind.DOUBT, "a test", "2026-11-23T04:15:02Z")
    with running(config) as journal:
        journal.put_on_hold(lane, hold)
        (root / "inbox" / "courses.csv").write_text(COURSES)
        wait(lambda: [drop.state for drop in journal.open_drops()] == ["queued"], journal)
    with SqliteJournal(config.state) as journal:
        journal.release(lane, hold, "a test")
        return journal.open_drops()[0]


def test_drops_that_stayed_in_the_old_inbox_are_told_and_kept_and_go_on_when_it_is_back(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    drop = one_is_queued(tmp_path, sandbox)
    (tmp_path / "elsewhere").mkdir()
    moved = configured(tmp_path, sandbox, inbox="elsewhere")
    with serving(moved) as started:
        started.look_twice()
        (stranded,) = snapshot(started.journal, moved)["stranded"]
        assert (stranded["drop"], stranded["state"]) == (drop.id, "queued")
        assert str(tmp_path / "inbox") in stranded["reason"]
        assert "sisdrop accept nightly" in stranded["reason"]
        assert sisdrop("status", "--config", moved.path).returncode == 1
        # What is dropped into the new inbox is imported meanwhile.
        (tmp_path / "elsewhere" / "users.csv").write_text(USERS)
        wait(lambda: started.journal.recent(1), started.journal)
    assert (tmp_path / "inbox" / ".sisdrop" / drop.id / "courses.csv").read_text() == COURSES

    back = configured(tmp_path, sandbox)
    with running(back) as journal:
        wait(lambda: not journal.open_drops(), journal)
    assert [file.read_text() for file in (tmp_path / "archive").glob("*-courses.csv")] == [COURSES]


def test_one_pass_names_them_and_ends_with_1(tmp_path: Path, sandbox: Sandbox) -> None:
    one_is_queued(tmp_path, sandbox)
    (tmp_path / "elsewhere").mkdir()
    moved = configured(tmp_path, sandbox, inbox="elsewhere")
    ended = sisdrop("run", "--once", "--config", moved.path)
    assert ended.returncode == 1
    assert "left nightly/courses.csv" in ended.stderr


@pytest.mark.parametrize("old_is", ["there", "gone"])
def test_accept_brings_them_to_the_new_inbox_out_of_the_old_one_or_the_snapshot(
    tmp_path: Path, sandbox: Sandbox, old_is: str
) -> None:
    drop = one_is_queued(tmp_path, sandbox)
    (tmp_path / "elsewhere").mkdir()
    if old_is == "gone":
        shutil.rmtree(tmp_path / "inbox")
    path = write_config(tmp_path, sandbox, settle_s=0.05, poll_s=0.1, inbox="elsewhere")
    with serving(load(path)) as started:
        started.look_twice()
        accepted = sisdrop("accept", "nightly", "--config", path)
        assert accepted.returncode == 0
        assert "courses.csv" in accepted.stdout
        wait(lambda: not started.journal.open_drops(), started.journal)
        assert snapshot(started.journal, load(path))["stranded"] == []
    assert [file.read_text() for file in (tmp_path / "archive").glob("*-courses.csv")] == [COURSES]
    assert not list((tmp_path / "inbox" / ".sisdrop").glob(f"{drop.id}*")) or old_is == "gone"


def test_the_same_inbox_under_another_path_needs_nobody(tmp_path: Path, sandbox: Sandbox) -> None:
    drop = one_is_queued(tmp_path, sandbox)
    (tmp_path / "inbox").rename(tmp_path / "mounted-elsewhere")
    moved = configured(tmp_path, sandbox, inbox="mounted-elsewhere")
    with running(moved) as journal:
        wait(lambda: not journal.open_drops(), journal)
        found = journal.get(drop.id)
    assert found is not None
    assert found.outcome is Outcome.IMPORTED


def test_an_import_that_is_in_canvas_is_followed_and_then_waits_for_its_inbox(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "stuck", "state": "importing", "looks": 4}]})
    config = configured(tmp_path, sandbox)
    with running(config) as journal:
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: any(drop.import_id for drop in journal.open_drops()), journal)
    (tmp_path / "elsewhere").mkdir()
    moved = configured(tmp_path, sandbox, inbox="elsewhere")
    with running(moved) as journal:
        wait(lambda: journal.open_drops()[0].state is DropState.FINISHED, journal)
        assert [entry["name"] for entry in snapshot(journal, moved)["stranded"]] == ["users.csv"]
    with running(configured(tmp_path, sandbox)) as journal:
        wait(lambda: not journal.open_drops(), journal)


def test_files_of_a_drop_that_was_put_back_are_held_when_they_lie_in_the_spool(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.journal.apply(Transition(replace(drop, state=DropState.RETURNED)))
    kit.spool.folder(drop.id).mkdir()
    (kit.feed.inbox / "users.csv").rename(kit.spool.folder(drop.id) / "users.csv")

    recover(kit.context)
    kit.run_to_rest()

    held = kit.get(drop)
    assert (held.state, held.place) == (DropState.HELD, Place.HELD)
    assert "put back into the inbox" in (held.held_because or "")
    assert (kit.feed.held / drop.id / "users.csv").read_text() == USERS
    document = json.loads((kit.feed.held / drop.id / "users.csv.held.json").read_text())
    assert document["drop"] == drop.id


def test_a_spool_that_appears_while_the_service_runs_is_looked_through_too(tmp_path: Path, sandbox: Sandbox) -> None:
    config, unknown = configured(tmp_path, sandbox), new_drop_id(now_utc())
    with serving(config) as started:
        wait(lambda: started.journal.inbox_view("nightly"), started.journal)
        away = (tmp_path / "inbox").rename(tmp_path / "away")
        started.look_twice()
        (away / ".sisdrop" / unknown).mkdir()
        (away / ".sisdrop" / unknown / "users.csv").write_text(USERS)
        away.rename(tmp_path / "inbox")
        wait(lambda: started.journal.get(unknown), started.journal)
        found = started.journal.get(unknown)
    assert found is not None
    assert found.state is DropState.HELD


def test_in_the_spool_of_another_inbox_nothing_is_touched(tmp_path: Path, sandbox: Sandbox) -> None:
    config, theirs = configured(tmp_path, sandbox), new_drop_id(now_utc())
    with running(config) as journal:
        wait(lambda: journal.inbox_view("nightly"), journal)
    (tmp_path / "inbox" / ".sisdrop" / "inbox-id").write_text("another\n")
    (tmp_path / "inbox" / ".sisdrop" / theirs).mkdir()
    (tmp_path / "inbox" / ".sisdrop" / theirs / "users.csv").write_text(USERS)
    with serving(config) as started:
        started.look_twice()
        assert started.journal.open_drops() == []
    assert (tmp_path / "inbox" / ".sisdrop" / theirs / "users.csv").read_text() == USERS
