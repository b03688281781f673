"""Imports start only in the hours of their feed, and not while paused; all else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.canvas import Canvas
from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.model import DropState, EventKind, NotNow, Pause, iso, now_utc
from sisdrop.protocol import SisImport
from sisdrop.status import needs_a_person, snapshot
from sisdrop.steps import Idle, Wait
from sisdrop.workers.window import look_again, may_start
from sisdrop.workers.worker import IDLE_S
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit, write_config
from tests.support.service import serving, wait

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHUT = {"nightly": NotNow("paused by ana", None)}


class Hands:
    """The hands of a clock that stand where a test puts them."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def kit(tmp_path: Path, hands: Hands) -> Iterator[Kit]:
    """A feed whose imports start at night."""
    with lane_kit(tmp_path, context={"now": hands.now}, hours="20:00-06:00 UTC") as made:
        yield made


def kinds(kit: Kit) -> list[EventKind]:
    return [event.kind for event in kit.journal.events()]


def test_a_drop_of_a_shut_feed_is_taken_and_checked_by_day_and_sent_when_the_hours_come(kit: Kit, hands: Hands) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.QUEUED)

    assert kit.turn() == Wait(IDLE_S)
    assert kit.imports() == []
    hands.at = datetime(2026, 11, 25, 19, 59, 50, tzinfo=UTC)
    assert kit.turn() == Wait(10)
    hands.at = datetime(2026, 11, 25, 20, tzinfo=UTC)
    kit.run_to_rest()
    assert kit.archived() == ["users.csv", "users.csv.result.json"]


def test_an_import_that_began_in_its_hours_is_followed_to_its_end_after_them(kit: Kit, hands: Hands) -> None:
    hands.at = datetime(2026, 11, 25, 5, 59, tzinfo=UTC)
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).import_id is not None)

    hands.at = NOON
    kit.journal.pause(Pause("", "ana", iso(NOON)))
    kit.run_to_rest()

    assert kit.archived() == ["users.csv", "users.csv.result.json"]


def test_a_pause_ends_by_itself_and_that_is_said(kit: Kit, hands: Hands) -> None:
    hands.at = datetime(2026, 11, 25, 21, tzinfo=UTC)
    kit.journal.pause(Pause("nightly", "ana", iso(hands.at), iso(hands.at + timedelta(seconds=30))))
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.QUEUED)

    assert kit.turn() == Wait(30)
    assert kit.imports() == []
    hands.at += timedelta(seconds=30)
    kit.run_to_rest()

    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    assert kit.journal.pauses() == []
    assert EventKind.RESUMED in kinds(kit)


class SlowCanvas(Canvas):
    """A Canvas that takes so long to say what is unfinished that a person loses patience."""

    meanwhile: Callable[[], None]

    def unfinished(self) -> list[SisImport]:
        self.meanwhile()
        return super().unfinished()


def test_a_pause_that_comes_while_canvas_is_asked_at_the_gate_keeps_the_import_from_starting(
    kit: Kit, hands: Hands
) -> None:
    hands.at = datetime(2026, 11, 25, 21, tzinfo=UTC)
    slow = SlowCanvas(kit.feed.canvas, user_agent="sisdrop/test")
    slow.meanwhile = lambda: kit.journal.pause(Pause("nightly", "ana", iso(hands.at)))
    kit.context = replace(kit.context, canvas=slow)
    kit.restart()
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: kit.journal.pauses())

    assert kit.turn() == Idle()
    assert kit.get(drop).state is DropState.QUEUED
    assert kit.imports() == []
    slow.close()


def test_only_what_is_not_sent_yet_is_kept_by_a_shut_feed() -> None:
    kept = {state for state in DropState if not may_start(a_drop(state=state), SHUT)}

    assert kept == {DropState.CLAIMING, DropState.CLAIMED, DropState.QUEUED}
    assert may_start(a_drop(state=DropState.QUEUED, feed="weekly"), SHUT)


def test_a_shut_feed_is_looked_at_when_it_opens_and_once_a_minute_for_clocks_are_set() -> None:
    soon = NotNow("waits", NOON + timedelta(seconds=5))
    late = NotNow("waits", NOON + timedelta(hours=5))

    assert look_again({"a": late, "b": soon}, NOON) == Wait(5)
    assert look_again({"a": late}, NOON) == Wait(IDLE_S)
    assert look_again(SHUT, NOON) == Idle()


def test_a_shut_feed_keeps_no_other_feed_waiting_and_status_says_why_it_waits(tmp_path: Path, sandbox: Sandbox) -> None:
    write_config(tmp_path, sandbox)
    opens, closes = (f"{now_utc() + timedelta(hours=hours):%H:%M}" for hours in (2, 3))
    keys = {"settle_s": 0.05, "poll_s": 0.1}
    feeds = {
        name: {**keys, **more, **{folder: f"{name}/{folder}" for folder in ("inbox", "archive", "failed", "held")}}
        for name, more in {"night": {"hours": f"{opens}-{closes} UTC"}, "day": {}}.items()
    }
    for name in feeds:
        (tmp_path / name / "inbox").mkdir(parents=True)
    config = load(write_config(tmp_path, sandbox, top={"feeds": feeds}))
    with serving(config) as started:
        journal = started.journal
        (tmp_path / "night" / "inbox" / "courses.csv").write_text(COURSES)
        wait(lambda: any(drop.state is DropState.QUEUED for drop in journal.open_drops()), journal)
        (tmp_path / "day" / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: [drop.name for drop in journal.recent(5)] == ["users.csv"], journal)
        shot = snapshot(journal, config)

    night, day = ({feed["name"]: feed for feed in shot["feeds"]}[name] for name in feeds)
    why = f"waits for its hours (opens {opens} UTC)"
    assert night["not_now"]["reason"] == why
    assert [(drop["state"], drop["reason"], drop["way_out"]) for drop in night["waiting"]] == [("queued", why, None)]
    assert day["not_now"] is None
    assert not needs_a_person(shot)


def test_a_pause_is_heard_while_the_service_runs_and_so_is_its_end(tmp_path: Path, sandbox: Sandbox) -> None:
    config = load(write_config(tmp_path, sandbox, settle_s=0.05, poll_s=0.1))
    with serving(config) as started:
        journal = started.journal
        pause = Pause("", "ana", iso(now_utc()))
        with SqliteJournal(config.state) as command:
            command.pause(pause)
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: [drop.state for drop in journal.open_drops()] == [DropState.QUEUED], journal)
        started.look_twice()
        assert [drop.state for drop in journal.open_drops()] == [DropState.QUEUED]
        shot = snapshot(journal, config)
        with SqliteJournal(config.state) as command:  # another process: the service sleeps, and must hear of it
            command.resume(pause, "ana ended the pause")
        wait(lambda: len(journal.recent(5)) == 1, journal)

    assert shot["paused"]["by"] == "ana"
    (waiting,) = shot["feeds"][0]["waiting"]
    assert (waiting["reason"], waiting["way_out"]) == ("paused by ana", "`sisdrop resume`")
    assert not needs_a_person(shot)
