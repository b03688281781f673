"""A journal that is older than what was done with it: where the files lie says more than it does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.model import Drop, DropState, Place, Transition
from sisdrop.steps.commands import reject, release, retry
from sisdrop.workers.recover import recover
from tests.support.lane_kit import USERS, Kit, lane_kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as started:
        yield started


def step_to(kit: Kit, drop: Drop, state: DropState) -> Drop:
    while kit.get(drop).state is not state:
        kit.step(kit.get(drop))
    return kit.get(drop)


def take_back_in_time(kit: Kit, then: Drop) -> None:
    """As a backup of the state folder does it, for one drop."""
    kit.journal.apply(Transition(replace(then, rev=kit.get(then).rev)))
    kit.restart()


def test_a_drop_that_was_rejected_since_is_not_sent_by_an_older_journal_that_takes_it_for_queued(kit: Kit) -> None:
    queued = step_to(kit, kit.drop("users.csv", USERS), DropState.QUEUED)
    snapshot = kit.context.snapshot_of(queued)
    shutil.copy(snapshot, kit.root / "kept.zip")
    reject(kit.journal, queued.id)
    kit.run_to_rest()
    shutil.copy(kit.root / "kept.zip", snapshot)

    take_back_in_time(kit, queued)
    kit.run_to_rest()

    drop = kit.get(queued)
    assert (drop.state, drop.outcome, drop.place) == (DropState.FILED, "rejected", Place.FAILED)
    assert kit.imports() == []
    assert kit.failed() == ["users.csv", "users.csv.result.json"]
    assert kit.archived() == []
    assert not snapshot.exists()


@pytest.mark.parametrize("state", [DropState.CLAIMED, DropState.QUEUED])
def test_a_drop_that_was_imported_and_filed_since_is_at_rest_with_its_import(kit: Kit, state: DropState) -> None:
    then = step_to(kit, kit.drop("users.csv", USERS), state)
    kit.run_to_rest()
    filed = kit.get(then)

    take_back_in_time(kit, then)
    kit.run_to_rest()

    drop = kit.get(then)
    assert (drop.state, drop.outcome, drop.place) == (DropState.FILED, "imported", Place.ARCHIVE)
    assert (drop.import_id, drop.stored_as) == (filed.import_id, filed.stored_as)
    assert len(kit.imports()) == 1
    assert kit.archived() == ["users.csv", "users.csv.result.json"]


@pytest.mark.parametrize("say", [release, reject])
def test_a_drop_that_was_retried_since_is_held_and_does_not_lie_in_the_spool_for_ever(kit: Kit, say: object) -> None:
    filed = step_to(kit, kit.drop("users.csv", USERS), DropState.FILED)
    retry(kit.journal, filed.id)
    kit.step(kit.get(filed))
    assert kit.get(filed).place is Place.SPOOL

    take_back_in_time(kit, filed)
    kit.journal.know_inbox("nightly", kit.feed.inbox, str(kit.spool.present_id()))
    recover(kit.context)
    kit.run_to_rest()

    held = kit.get(filed)
    assert (held.state, held.place, held.past_imports) == (DropState.HELD, Place.HELD, (filed.import_id,))
    assert "retried" in (held.held_because or "")
    (release if say is release else reject)(kit.journal, filed.id)
    kit.run_to_rest()
    resting = kit.archived() if say is release else kit.failed()
    assert resting == ["users.csv", "users.csv.result.json"]
    assert len(kit.imports()) == (2 if say is release else 1)


def test_a_drop_that_was_held_since_leaves_no_file_in_held_when_an_older_journal_has_it_sent(kit: Kit) -> None:
    queued = step_to(kit, kit.drop("users.csv", USERS), DropState.QUEUED)
    kit.journal.apply(Transition(kit.get(queued).holding("it was found out of place.", "2026-11-25T15:00:00Z")))
    kit.run_to_rest()
    assert (kit.feed.held / queued.id / "users.csv.held.json").exists()

    take_back_in_time(kit, queued)
    kit.run_to_rest()

    assert kit.archived() == ["users.csv", "users.csv.result.json"]
    assert list(kit.feed.held.iterdir()) == []
