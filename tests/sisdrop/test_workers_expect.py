"""An export that a feed expects and that does not come is told once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sisdrop.model import Clock, DropState, EventKind, InboxState, Waiting
from sisdrop.status import needs_a_person, snapshot
from sisdrop.steps import Idle, Wait
from sisdrop.workers.board import Board, InboxSight
from sisdrop.workers.expect import LOOK_S, Expect
from tests.support.config_files import feed, parsed
from tests.support.journal_drops import a_drop
from tests.support.memory_journal import MemoryJournal, Store

CONFIG = parsed(feed("expect_by: 06:00 UTC mon-fri"))
WEDNESDAY = datetime(2026, 11, 25, 6, tzinfo=UTC)


class Desk:
    """One feed that expects something, its journal, and a clock whose hands a test sets."""

    def __init__(self) -> None:
        self.store, self.now = Store(), WEDNESDAY
        self.restart()

    def restart(self) -> None:
        self.journal, self.board = MemoryJournal(self.store), Board()
        self.expect = Expect(self.journal, self.board, CONFIG.feeds, Clock(lambda: self.now))

    def see(self, state: InboxState = InboxState.READY, looks: int = 2, settling: tuple[Waiting, ...] = ()) -> None:
        self.board.see("nightly", InboxSight(state, 0.0, looks, settling=settling))

    def said(self) -> list[str]:
        return [event.text for event in self.journal.events() if event.kind is EventKind.MISSING]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_missing_is_told_once_a_day_also_across_restarts(desk: Desk) -> None:
    for _ in range(2):
        desk.see()
        assert desk.expect.turn() == Wait(LOOK_S)
        desk.now += timedelta(hours=1)
        desk.restart()

    assert desk.said() == ["Nothing was dropped yet; expected by 06:00 UTC."]
    desk.see()
    desk.now = WEDNESDAY + timedelta(days=1)
    desk.expect.turn()
    assert len(desk.said()) == 2


def test_nothing_is_told_of_an_inbox_before_it_was_looked_at_or_while_it_is_away(desk: Desk) -> None:
    """What lies in it since five is not missing, though nobody has taken it yet."""
    soon = desk.expect.turn()
    desk.see(looks=1)
    desk.expect.turn()
    desk.see(InboxState.AWAY)
    desk.expect.turn()

    assert desk.said() == []
    assert isinstance(soon, Wait)
    assert soon.seconds < LOOK_S


def test_what_was_dropped_or_still_settles_is_not_missing(desk: Desk) -> None:
    desk.see(settling=(Waiting("users.csv", "still growing", "2026-11-25T05:59:00Z"),))
    desk.expect.turn()
    desk.see()
    desk.journal.add(a_drop(state=DropState.FILED, claimed_at="2026-11-25T00:10:00Z"))
    desk.expect.turn()

    assert desk.said() == []


def test_status_shows_what_is_missing_and_needs_a_person_until_something_is_dropped(desk: Desk) -> None:
    desk.journal.add(a_drop(state=DropState.FILED, claimed_at="2026-11-24T05:00:00Z"))
    before = snapshot(desk.journal, CONFIG, WEDNESDAY - timedelta(minutes=1))
    late = snapshot(desk.journal, CONFIG, WEDNESDAY)
    desk.journal.add(a_drop("courses.csv", DropState.FILED, claimed_at="2026-11-25T06:30:00Z"))
    after = snapshot(desk.journal, CONFIG, WEDNESDAY + timedelta(hours=1))

    assert [needs_a_person(shot) for shot in (before, late, after)] == [False, True, False]
    assert late["feeds"][0]["missing"] == {
        "reason": "Nothing was dropped since 2026-11-24T05:00:00Z; expected by 06:00 UTC.",
        "last": "2026-11-24T05:00:00Z",
    }


def test_without_an_expectation_nobody_looks(desk: Desk) -> None:
    idle = Expect(desk.journal, desk.board, parsed(feed()).feeds, Clock(lambda: desk.now))

    assert idle.turn() == Idle()
