"""What lies in an inbox and is not taken: told once when it is too long, and tried again as soon as it may work."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sisdrop.model import Clock, DropState, EventKind, now_utc
from sisdrop.status import needs_a_person, snapshot
from sisdrop.status.terminal import render
from sisdrop.steps import Wait
from sisdrop.workers.watcher import Watcher
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit


class Desk:
    """A watcher of one feed, and a clock whose hands a test moves."""

    def __init__(self, kit: Kit) -> None:
        self.kit, self.inbox, self.journal = kit, kit.feed.inbox, kit.journal
        self.journal.know_inbox(kit.feed.name, kit.feed.inbox, kit.spool.present_id() or "")
        self.time, self._began = 1000.0, now_utc()
        clock = Clock(now=self.now, monotonic=lambda: self.time)
        context = replace(kit.context, clock=clock)
        self.watcher = Watcher(context, kit.board, kit.feed, wake=lambda: None, claimed=lambda: None)

    def now(self) -> Any:
        return self._began + timedelta(seconds=self.time - 1000)

    def turn(self, after: float = 0.0) -> float:
        """One turn so much later; the seconds until the next one is due."""
        self.time += after
        wait = self.watcher.turn()
        assert isinstance(wait, Wait)
        return wait.seconds

    def pass_by(self, seconds: float) -> None:
        """Turn whenever it is due, for so long."""
        end = self.time + seconds
        due = self.turn()
        while self.time + due <= end:
            due = self.turn(due)

    def told(self, *kinds: EventKind) -> list[str]:
        return [event.text for event in self.journal.events() if event.kind in kinds]

    def states(self) -> list[DropState]:
        return [drop.state for drop in self.journal.open_drops()]

    def needs_a_person(self) -> bool:
        """Whether status would end with 1; not for the lease, which no watcher renews and a moved clock makes old."""
        shot = snapshot(self.journal, self.kit.config, self.now())
        return needs_a_person({**shot, "state": {**shot["state"], "trouble": None}})

    def feed(self) -> dict[str, Any]:
        feed: dict[str, Any] = snapshot(self.journal, self.kit.config, self.now())["feeds"][0]
        return feed


@pytest.fixture
def resources() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def desk(tmp_path: Path, resources: ExitStack) -> Desk:
    return a_desk(tmp_path, resources)


def a_desk(tmp_path: Path, resources: ExitStack, **feed: Any) -> Desk:
    desk = Desk(resources.enter_context(lane_kit(tmp_path, watch="poll", **feed)))
    resources.callback(desk.watcher.stop)
    return desk


NULS = USERS.encode() + b"\0" * 20


def test_what_does_not_settle_is_told_once_after_settle_alert_s_and_status_needs_a_person(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    (desk.inbox / "users.csv").write_bytes(NULS)

    desk.pass_by(5)
    desk.turn(885)
    assert desk.told(EventKind.UNSETTLED) == []
    assert not desk.needs_a_person()
    desk.turn(20)
    desk.turn(900)

    (text,) = desk.told(EventKind.UNSETTLED)
    assert text.startswith("users.csv has not settled since ")
    assert "NUL bytes where its content should be" in text
    assert EventKind.UNSETTLED.severity == "needs a person"
    assert [record.levelname for record in caplog.records if "has not settled" in record.getMessage()] == ["WARNING"]
    (entry,) = desk.feed()["settling"]
    assert (entry["name"], entry["overdue"]) == ("users.csv", True)
    assert desk.needs_a_person()


def test_when_it_settles_after_all_that_is_told_too(desk: Desk) -> None:
    (desk.inbox / "users.csv").write_bytes(NULS)
    desk.turn()
    desk.turn(910)
    (desk.inbox / "users.csv").write_text(USERS)
    desk.pass_by(5)

    assert desk.told(EventKind.RECOVERED) == ["users.csv waits in the inbox no more."]
    assert desk.states() == [DropState.CLAIMED]
    assert desk.feed()["settling"] == []


@pytest.mark.parametrize("name", ["users.csv", "users.csv.done"])
def test_half_a_pair_is_told_as_well(tmp_path: Path, resources: ExitStack, name: str) -> None:
    desk = a_desk(tmp_path, resources, done_suffix=".done", settle_alert_s=60)
    (desk.inbox / name).write_text(USERS)
    desk.turn()
    desk.turn(70)

    assert len(desk.told(EventKind.UNSETTLED)) == 1


def test_null_is_never(tmp_path: Path, resources: ExitStack) -> None:
    desk = a_desk(tmp_path, resources, settle_alert_s=None)
    (desk.inbox / "users.csv").write_bytes(NULS)
    desk.turn()
    desk.turn(3600)

    assert desk.told(EventKind.UNSETTLED) == []
    assert desk.feed()["settling"][0]["overdue"] is False


def test_of_a_flood_the_number_is_told(tmp_path: Path, resources: ExitStack) -> None:
    desk = a_desk(tmp_path, resources, settle_alert_s=30, poll_s=30)
    for number in range(60):
        (desk.inbox / f"{number}.csv").write_bytes(b"\0" * 10)
    desk.turn()
    desk.turn(31)

    assert desk.told(EventKind.UNSETTLED) == ["60 files have not settled in the inbox; `sisdrop status` shows why."]


class Refusal:
    """A system that refuses to move one file out of the inbox, as long as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
        self.tries = 0
        self.is_over = False
        real = os.rename

        def rename(source: Any, target: Any) -> None:
            if Path(source).name == name and Path(target).parent.parent.name == ".sisdrop":
                self.tries += 1
                if not self.is_over:
                    raise OSError(code, os.strerror(code))
            real(source, target)

        monkeypatch.setattr(os, "rename", rename)


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Refusal:
    return Refusal(monkeypatch, "users.csv", errno.EACCES)


def test_what_may_not_be_moved_is_tried_again_within_seconds_growing_to_a_minute(desk: Desk, refusal: Refusal) -> None:
    (desk.inbox / "users.csv").write_text(USERS)

    desk.pass_by(10)
    assert refusal.tries >= 3
    desk.pass_by(600)
    assert 3 + 10 <= refusal.tries <= 3 + 25
    assert desk.states() == [DropState.CLAIMING]
    refusal.is_over = True
    desk.pass_by(60)

    assert desk.states() == [DropState.CLAIMED]
    assert len(desk.journal.events()) < 12


def test_its_reason_is_the_real_one_and_it_is_told_like_what_does_not_settle(desk: Desk, refusal: Refusal) -> None:
    (desk.inbox / "users.csv").write_text(USERS)
    desk.pass_by(5)
    desk.turn(910)

    why = "cannot take users.csv: no right to move it: the folder is read-only or has the sticky bit"
    feed = desk.feed()
    assert refusal.tries
    assert [(entry["reason"], entry["overdue"]) for entry in feed["waiting"]] == [(f"{why}.", True)]
    assert feed["settling"] == []
    (text,) = desk.told(EventKind.UNSETTLED)
    assert text.endswith(f": {why}.")
    assert desk.needs_a_person()
    assert render(snapshot(desk.journal, desk.kit.config, desk.now()))


def test_no_back_off_outlasts_the_day_on_which_the_folder_is_mended(desk: Desk, refusal: Refusal) -> None:
    (desk.inbox / "users.csv").write_text(USERS)
    desk.pass_by(600)
    refusal.is_over = True
    desk.inbox.chmod(0o777)
    desk.pass_by(5)

    assert desk.states() == [DropState.CLAIMED]


@pytest.mark.parametrize(("for_s", "state"), [(1.0, DropState.QUEUED), (61.0, DropState.SUBMITTED)])
def test_one_that_may_not_be_moved_keeps_others_from_being_sent_for_a_minute(
    desk: Desk, for_s: float, state: DropState
) -> None:
    kit = desk.kit
    refused, other = kit.drop("users.csv", USERS), kit.drop("courses.csv", COURSES)
    kit.step(other)
    kit.checker.turn()
    kit.board.stuck(refused.id, "no right to move it", time.monotonic() - for_s)
    kit.sender.turn()

    assert kit.get(other).state is state
    assert kit.get(refused).state is DropState.CLAIMING


def test_others_are_taken_meanwhile(desk: Desk, refusal: Refusal) -> None:
    (desk.inbox / "users.csv").write_text(USERS)
    (desk.inbox / "courses.csv").write_text(COURSES)
    desk.pass_by(70)

    assert sorted(desk.states()) == [DropState.CLAIMED, DropState.CLAIMING]
    assert refusal.tries


def test_one_that_is_written_to_meanwhile_settles_anew(desk: Desk, refusal: Refusal) -> None:
    (desk.inbox / "users.csv").write_text(USERS)
    desk.pass_by(20)
    (desk.inbox / "users.csv").write_text(USERS * 2)
    refusal.is_over = True
    desk.pass_by(20)

    (drop,) = desk.journal.open_drops()
    assert drop.state is DropState.CLAIMED
    assert drop.origin.stats[0].size == 2 * len(USERS)


def test_a_copy_that_lies_there_longer_than_its_original_is_never_taken_also_after_a_restart(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    (desk.inbox / "users.csv").write_text(USERS)
    (desk.inbox / "users (1).csv").write_text(USERS)
    desk.pass_by(30)
    restarted = Desk(desk.kit)
    restarted.pass_by(30)

    assert [drop.name for drop in desk.journal.open_drops()] == ["users.csv"]
    why = "looks like a copy of users.csv; rename it if it is meant to be imported"
    assert [(entry["name"], entry["why"]) for entry in desk.feed()["ignored"]] == [("users (1).csv", why)]
    assert len([record for record in caplog.records if "users (1).csv is left" in record.getMessage()]) == 2


def test_one_without_its_original_is_a_drop(desk: Desk) -> None:
    (desk.inbox / "users (1).csv").write_text(USERS)
    desk.pass_by(30)

    assert [drop.name for drop in desk.journal.open_drops()] == ["users (1).csv"]
