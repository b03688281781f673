"""How long is waited for what may have to go first, and between two looks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sisdrop.model import AT_REST, Drop, DropState, InboxState, Waiting, iso
from sisdrop.workers import pace
from sisdrop.workers.board import InboxSight
from sisdrop.workers.courtesy import Unsettled, others_come_first
from sisdrop.workers.schedule import STEPPED_BY
from tests.support.journal_drops import a_drop

NOW = datetime(2026, 11, 23, 4, 15, tzinfo=UTC)


def queued(name: str, csv_type: str, **values: str) -> Drop:
    return a_drop(name, DropState.QUEUED, type=csv_type, id=name, **values)


def must_wait(*drops: Drop, **sights: InboxSight) -> bool:
    """Whether a drop of feed nightly must wait, at second 1000 of the monotonic clock."""
    return others_come_first(drops, queued("chosen.csv", "user"), sights, Unsettled().look(sights, 1000.0), 1000.0)


def sight(age_s: float, state: InboxState = InboxState.READY) -> InboxSight:
    return InboxSight(state, 1000.0 - age_s, looks=2, settling=(Waiting("users.csv", "still growing", iso(NOW)),))


def test_a_ready_drop_waits_for_one_that_is_still_being_checked() -> None:
    assert must_wait(a_drop(state=DropState.CLAIMED))
    assert not must_wait(queued("u.csv", "user"))


def test_a_ready_drop_waits_a_minute_for_a_file_being_written_beside_it() -> None:
    unsettled = Unsettled()
    sights = {"nightly": sight(5)}
    ages = [unsettled.look(sights, 1000.0 + seconds) for seconds in (0, 30, 59, 61)]

    chosen = queued("chosen.csv", "user")
    assert ages == [[0], [30], [59], [61]]
    assert [others_come_first([], chosen, sights, age, 1000.0) for age in ages] == [True, True, True, False]
    assert not must_wait(nightly=sight(5, InboxState.AWAY))


def test_a_file_that_is_put_back_again_and_again_does_not_begin_anew_each_time_and_one_of_another_day_does() -> None:
    unsettled = Unsettled()
    sights = {"nightly": sight(5)}
    unsettled.look(sights, 1000.0)
    unsettled.look({}, 1020.0)

    assert unsettled.look(sights, 1040.0) == [40.0]
    unsettled.look({}, 1700.0)
    assert unsettled.look(sights, 1740.0) == [0.0]


def test_a_ready_drop_waits_for_one_of_another_feed_until_that_inbox_has_been_away_for_a_minute() -> None:
    taken = a_drop(state=DropState.CLAIMED, feed="weekly")

    assert must_wait(taken, weekly=sight(5, InboxState.AWAY))
    assert not must_wait(taken, weekly=sight(61, InboxState.AWAY))
    assert must_wait(a_drop(state=DropState.CLAIMED), nightly=sight(61, InboxState.AWAY))


def test_every_state_of_a_drop_that_is_not_at_rest_has_one_worker() -> None:
    assert set(STEPPED_BY) == set(DropState)
    assert {state for state, role in STEPPED_BY.items() if role is None} == AT_REST


def test_the_wait_between_looks_grows_from_one_second_to_thirty() -> None:
    waits, wait_s = [], pace.SHORTEST_POLL_S / pace.GROWTH
    for _ in range(12):
        wait_s = pace.next_poll_s(wait_s, elapsed_s=0, progress=0, moved=False)
        waits.append(wait_s)

    assert waits[0] == 1.0
    assert waits == sorted(waits)
    assert waits[-1] == 30.0


def test_the_wait_follows_progress_towards_the_end() -> None:
    # 90 % after 90 s: about 10 s are left, so the next look is in a quarter of them.
    assert pace.next_poll_s(30.0, elapsed_s=90, progress=90, moved=True) == pytest.approx(2.5)
    # Half an hour is left: the usual growth is sooner.
    assert pace.next_poll_s(2.0, elapsed_s=200, progress=10, moved=True) == 3.0


@pytest.mark.parametrize("progress", [0, 100, 140, -3])
def test_progress_that_says_nothing_changes_nothing(progress: int) -> None:
    assert pace.next_poll_s(2.0, elapsed_s=60, progress=progress, moved=True) == 3.0


def test_the_wait_after_failures_doubles_to_five_minutes_with_jitter_below() -> None:
    full = [pace.backoff_s(tries, chance=0.0) for tries in range(1, 12)]

    assert full == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert all(pace.backoff_s(tries, chance=1.0) >= max(1.0, full[tries - 1] / 2) for tries in range(1, 12))
    assert pace.backoff_s(10_000) <= 300
