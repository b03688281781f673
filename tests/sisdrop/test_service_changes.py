"""What changes under the service: configuration between two runs, its state folder, what a crash left."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox, start
from sisdrop.cli.common import journal_to_read
from sisdrop.cli.main import run as command
from sisdrop.config import Config, load
from sisdrop.errors import StateError
from sisdrop.journal import Journal, LaneView, SqliteJournal
from sisdrop.model import Clock, Drop, DropState, Hold, HoldKind, Outcome, Place
from sisdrop.status import needs_a_person, snapshot
from sisdrop.workers import OnePass, Service
from sisdrop.workers.schedule import Role
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import COURSES, USERS, write_config
from tests.support.service import PATIENCE_S, a_service, running, serving, wait

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"


@pytest.fixture
def other_sandbox() -> Iterator[Sandbox]:
    with start(port=0, speed="max") as started:
        yield started


def configured(root: Path, sandbox: Sandbox, **feed: Any) -> Config:
    return load(write_config(root, sandbox, settle_s=0.05, poll_s=0.1, **feed))


def release_lane(journal: Journal, config: Config) -> None:
    lane = config.feeds["nightly"].lane
    hold = next(iter(journal.holds(lane)), None)
    assert hold is not None
    journal.release(lane, hold, "a test")


def workers_at_work() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.split()[0] in {*Role, "notice", "known"}]


def named(journal: Journal, name: str) -> Drop:
    return journal.find(name)[0]


def one_queued_and_one_held(config: Config) -> None:
    """Run until courses.csv waits in a queue that is on hold, and users.csv is held."""
    with running(config) as journal:
        journal.put_on_hold(config.feeds["nightly"].lane, Hold(HoldKind.DOUBT, "a test", "2026-11-23T04:15:02Z"))
        (config.path.parent / "inbox" / "courses.csv").write_text(COURSES)
        (config.path.parent / "inbox" / "users.csv").write_text(MISTAKEN)
        wait(lambda: sorted(drop.state for drop in journal.open_drops()) == ["held", "queued"], journal)
        wait(lambda: named(journal, "users.csv").place is Place.HELD, journal)


# another Canvas, another feed


def test_drops_taken_for_another_canvas_wait_and_status_says_for_what(
    tmp_path: Path, sandbox: Sandbox, other_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    one_queued_and_one_held(configured(tmp_path, sandbox))

    config = configured(tmp_path, other_sandbox)
    with serving(config) as started:
        started.look_twice()
        shot = snapshot(started.journal, config)

    (stranded,) = shot["stranded"]
    assert stranded["name"] == "courses.csv"
    assert sandbox.url.removeprefix("http://") in stranded["reason"]
    assert other_sandbox.url.removeprefix("http://") in stranded["reason"]
    assert [entry["name"] for entry in shot["feeds"][0]["held"]] == ["users.csv"]
    assert shot["feeds"][0]["waiting"] == []
    assert needs_a_person(shot)
    assert "goes to" in caplog.text

    back = configured(tmp_path, sandbox)
    with running(back) as journal:
        assert snapshot(journal, back)["stranded"] == []
        release_lane(journal, back)
        wait(lambda: named(journal, "courses.csv").state is DropState.FILED, journal)


def test_a_person_may_send_a_drop_to_the_new_canvas_or_file_it(
    tmp_path: Path, sandbox: Sandbox, other_sandbox: Sandbox
) -> None:
    one_queued_and_one_held(configured(tmp_path, sandbox))

    config = configured(tmp_path, other_sandbox)
    with running(config) as journal:
        assert command(["release", "courses.csv", "--config", str(config.path)]) == 0
        assert command(["reject", "users.csv", "--config", str(config.path)]) == 0
        wait(lambda: not journal.open_drops(), journal)
        sent, rejected = named(journal, "courses.csv"), named(journal, "users.csv")

    assert sent.outcome is Outcome.IMPORTED
    assert sent.lane == config.feeds["nightly"].lane
    assert rejected.outcome is Outcome.REJECTED
    result = json.loads((tmp_path / "failed" / f"{rejected.stored_as}.result.json").read_text())
    assert sandbox.url.removeprefix("http://") in result["canvas"]["url"]


def test_show_names_the_canvas_that_a_drop_was_for_and_not_the_one_its_feed_has_now(
    tmp_path: Path, sandbox: Sandbox, other_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    one_queued_and_one_held(configured(tmp_path, sandbox))
    config = configured(tmp_path, other_sandbox)

    assert command(["show", "users.csv", "--json", "--config", str(config.path)]) == 0

    canvas = json.loads(capsys.readouterr().out)["canvas"]
    assert sandbox.url.removeprefix("http://") in canvas["url"]


def test_an_import_in_another_canvas_is_not_aborted_in_this_one(
    tmp_path: Path, sandbox: Sandbox, other_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.set_faults({"faults": [{"kind": "stuck", "state": "importing"}]})
    with running(configured(tmp_path, sandbox)) as journal:
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: any(drop.import_id for drop in journal.open_drops()), journal)

    config = configured(tmp_path, other_sandbox)

    assert command(["abort", "users.csv", "--config", str(config.path)]) == 2
    assert "its import is in" in capsys.readouterr().err
    assert command(["run", "--once", "--config", str(config.path)]) == 1


def test_drops_of_a_feed_that_is_gone_from_the_configuration_wait_and_are_told(
    tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    before = configured(tmp_path, sandbox)
    one_queued_and_one_held(before)
    text = before.path.read_text()

    before.path.write_text(text.replace("nightly:", "renamed:"))
    config = load(before.path)
    with serving(config) as started:
        started.look_twice("renamed")
        shot = snapshot(started.journal, config)
    assert sorted(entry["name"] for entry in shot["stranded"]) == ["courses.csv", "users.csv"]
    assert command(["release", "users.csv", "--config", str(config.path)]) == 2
    assert "feed nightly is not in the configuration" in capsys.readouterr().err
    assert command(["status", "--config", str(config.path)]) == 1
    assert "STRANDED" in capsys.readouterr().out

    before.path.write_text(text)
    with running(before) as journal:
        release_lane(journal, before)
        wait(lambda: named(journal, "courses.csv").state is DropState.FILED, journal)


def test_what_a_service_that_ended_saw_last_is_not_shown_as_if_it_were_so_now(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    with SqliteJournal(config.state) as journal:
        journal.show_lane(config.feeds["nightly"].lane, LaneView(gate="waits", blocked_by=7, away="no route to host"))

        (lane,) = snapshot(journal, config)["lanes"]
        assert (lane["gate"], lane["away"]) == (None, None)
        journal.take_lease()
        (lane,) = snapshot(journal, config)["lanes"]
        assert lane["gate"]["blocked_by"] == 7


# one pass


def test_one_pass_ends_when_a_share_with_a_claimed_drop_stays_away(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    (tmp_path / "inbox").rmdir()
    with SqliteJournal(config.state) as journal:
        drop = a_drop("users.csv", DropState.CLAIMED, lane=config.feeds["nightly"].lane, feed="nightly")
        journal.add(drop)
        # A minute of patience passes in half a second.
        hurried = Clock(monotonic=lambda: time.monotonic() * 120, scale=0.02)
        with Service(config, journal, clock=hurried) as service:
            end = OnePass(service, journal, config, clock=hurried).wait(threading.Event())

        assert end is not None
        assert end.code == 1
        assert {left.name for left in end.left} == {"users.csv", "the inbox"}
        assert [one.state for one in journal.open_drops()] == [DropState.CLAIMED]


def test_one_pass_that_is_stopped_does_not_say_that_all_is_done(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    stop = threading.Event()
    stop.set()
    with SqliteJournal(config.state) as journal, Service(config, journal) as service:
        assert OnePass(service, journal, config).wait(stop) is None


# the state folder


def test_a_service_whose_state_folder_is_taken_away_stops_and_sends_nothing_more(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    config = configured(tmp_path, sandbox)
    lost = threading.Event()
    with (
        SqliteJournal(config.state, mend=True) as journal,
        a_service(config, journal, on_lost=lost.set) as service,
    ):
        wait(lambda: journal.inbox_view("nightly"), journal)
        config.state.rename(tmp_path / "elsewhere")
        assert lost.wait(PATIENCE_S)
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: not workers_at_work(), journal)

        assert service.lost
        assert (tmp_path / "inbox" / "users.csv").read_text() == USERS
        assert not config.state.exists()


def test_snapshots_that_a_crash_left_are_removed_and_those_of_open_drops_stay(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    one_queued_and_one_held(config)
    snapshots = config.state / "snapshots"
    leftovers = [
        snapshots / "20261122T041502Z-0abc.zip",
        snapshots / "20261122T041502Z-0abc.errors.csv",
        snapshots / ".sisdrop-0123456789abcdef.tmp",
    ]
    needed = list(snapshots.iterdir())
    for leftover in leftovers:
        leftover.write_bytes(b"somebody's data")

    with running(config):
        assert sorted(snapshots.iterdir()) == sorted(needed)
    assert needed


def test_a_state_folder_that_may_not_be_read_is_said_to_be_one(tmp_path: Path, sandbox: Sandbox) -> None:
    config = configured(tmp_path, sandbox)
    with running(config):
        pass
    config.state.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(StateError, match="as the user that sisdrop runs as"), journal_to_read(config):
            pass
    finally:
        os.seteuid(me)
        config.state.chmod(0o700)


def test_two_drops_given_the_same_id_by_chance_are_two_drops(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_chance = secrets.token_hex
    ids = iter(["7c1e", "7c1e"])
    monkeypatch.setattr(secrets, "token_hex", lambda n=None: (next(ids, None) if n == 2 else None) or by_chance(n))
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    (tmp_path / "inbox" / "courses.csv").write_text(COURSES)

    with running(configured(tmp_path, sandbox)) as journal:
        wait(lambda: len(journal.recent(5)) == 2, journal)
        assert len({drop.id for drop in journal.recent(5)}) == 2
        assert {drop.outcome for drop in journal.recent(5)} == {Outcome.IMPORTED}
