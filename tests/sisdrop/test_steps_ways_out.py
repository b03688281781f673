"""No state without a way out: whatever is missing of a drop in whatever state, commands end it, with a result."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.errors import SisdropError
from sisdrop.model import AT_REST, Drop, DropState, Ending, Outcome, Place, Transition
from sisdrop.steps.accept import accept
from sisdrop.steps.commands import reject, retry
from tests.support.invariants import pairs
from tests.support.lane_kit import USERS, Kit, lane_kit

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"


def to(state: DropState, content: str = USERS) -> Callable[[Kit], Drop]:
    def made(kit: Kit) -> Drop:
        kit.faults({"kind": "stuck", "state": "importing", "looks": 2})
        drop = kit.drop("users.csv", content)
        while kit.get(drop).state is not state:
            kit.step(kit.get(drop))
        return drop

    return made


def held_in_held(kit: Kit) -> Drop:
    drop = to(DropState.HELD, MISTAKEN)(kit)
    kit.run_to_rest()
    return drop


def lost_answer(kit: Kit) -> Drop:
    kit.faults({"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"})
    drop = kit.drop("users.csv", USERS)
    while kit.get(drop).state is not DropState.SUBMITTING:
        kit.step(kit.get(drop))
    return drop


def rejected(kit: Kit) -> Drop:
    drop = to(DropState.QUEUED)(kit)
    ended = Ending(Outcome.REJECTED, kit.context.clock.time())
    kit.journal.apply(Transition(replace(kit.get(drop), state=DropState.FINISHED, ended=ended)))
    return drop


def retried(kit: Kit) -> Drop:
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    retry(kit.journal, drop.id)
    return drop


STATES = {
    "claiming": lambda kit: kit.drop("users.csv", USERS),
    "claimed": to(DropState.CLAIMED),
    "held, in the spool": to(DropState.HELD, MISTAKEN),
    "held": held_in_held,
    "queued": to(DropState.QUEUED),
    "submitting": lost_answer,
    "submitted": to(DropState.SUBMITTED),
    "importing": to(DropState.IMPORTING),
    "finished": to(DropState.FINISHED),
    "rejected": rejected,
    "retried": retried,
}


def inbox(kit: Kit) -> None:
    shutil.rmtree(kit.feed.inbox)
    kit.feed.inbox.mkdir()


def spool(kit: Kit) -> None:
    shutil.rmtree(kit.feed.inbox / ".sisdrop")


def folder(kit: Kit) -> None:
    for place in (kit.feed.inbox / ".sisdrop", kit.feed.held):
        for path in place.glob("2*Z-*"):
            shutil.rmtree(path)


def held(kit: Kit) -> None:
    shutil.rmtree(kit.feed.held, ignore_errors=True)


def archive(kit: Kit) -> None:
    shutil.rmtree(kit.feed.archive, ignore_errors=True)


def snapshots(kit: Kit) -> None:
    for path in (kit.config.state / "snapshots").iterdir():
        path.unlink()


MISSING: dict[str, tuple[Callable[[Kit], None], ...]] = {
    "the inbox": (inbox,),
    "the spool": (spool,),
    "its folder": (folder,),
    "held": (held,),
    "the archive": (archive,),
    "the snapshot": (snapshots,),
    "its folder and the snapshot": (folder, snapshots),
    "the spool and the snapshot": (spool, snapshots),
    "the inbox, held, the archive and the snapshot": (inbox, held, archive, snapshots),
}


def say(kit: Kit) -> None:
    """What a person may say, each word where it fits."""
    with suppress(SisdropError):
        accept(kit.journal, kit.feed, kit.config.feeds, kit.config.state)
    kit.spool.inbox_state(kit.journal.inbox_id("nightly", kit.feed.inbox))
    for drop in kit.journal.open_drops():
        with suppress(SisdropError):
            reject(kit.journal, drop.id)


def can_go_on(kit: Kit) -> None:
    """Turn a while; what cannot go on by itself is left as it is."""
    for _ in range(60):
        if all(kit.is_still(drop) for drop in kit.journal.open_drops()):
            return
        kit.restart()  # and with it every wait between two tries
        kit.turn()


def quick(missing: str, state: str) -> bool:
    """What is tried at every run of the tests; the whole table is for the long ones."""
    return missing == "its folder and the snapshot" and state in {"claimed", "held", "queued", "finished"}


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        pytest.param(state, missing, marks=[] if quick(missing, state) else [pytest.mark.long])
        for state in STATES
        for missing in MISSING
    ],
)
def test_commands_end_every_drop_whatever_is_missing_of_it(tmp_path: Path, state: str, missing: str) -> None:
    with lane_kit(tmp_path, context={"absent_grace_s": 0.0}) as kit:
        _, _, inbox_id = kit.spool.inbox_state(None)
        kit.journal.know_inbox("nightly", kit.feed.inbox, inbox_id or "")
        kit.spool.prepare()
        drop = STATES[state](kit)
        for remove in MISSING[missing]:
            remove(kit)
        kit.spool.inbox_state(inbox_id)
        for _ in range(3):
            can_go_on(kit)
            if not kit.journal.open_drops():
                break
            say(kit)
        assert not kit.journal.open_drops(), kit.told()
        ended = kit.get(drop)
        assert ended.state in AT_REST
        # What was never taken is still its writer's; everything else has ended, and a result says how.
        assert ended.state is DropState.FILED or state == "claiming"
        for place in (kit.feed.archive, kit.feed.failed):
            if place.exists():
                pairs(place)
        # Who removes the archive removes the results in it.
        if ended.state is DropState.FILED and not (state == "retried" and archive in MISSING[missing]):
            assert kit.result(drop)["outcome"] == ended.outcome
        assert len(kit.imports()) <= 1 + (state == "retried")
        assert ended.place in {Place.ARCHIVE, Place.FAILED, Place.SPOOL}
