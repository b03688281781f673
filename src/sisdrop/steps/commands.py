"""What a person may ask of a drop: release, reject, retry, abort. Written to the journal; the service carries it out.

Room: decides whether the wish fits the drop's state and journals it; touches nothing else. Safe beside a running
service: a drop that moved meanwhile raises `Overtaken` in the journal and the wish is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sisdrop import policy
from sisdrop.errors import UsageError
from sisdrop.journal import Journal, Overtaken
from sisdrop.model import Attempt, Drop, DropState, Outcome, Place, iso, now_utc

TRIES = 5


def find_one(journal: Journal, text: str) -> Drop:
    """The one drop that `text` names: an id, the beginning of one, or the name of its newest drop.

    Raises UsageError when there is none, or when the beginning of an id fits several.
    """
    found = journal.find(text)
    if not found:
        raise UsageError(f"there is no drop {text}; `sisdrop status` and `sisdrop history` list them.")
    if len({drop.name for drop in found}) > 1 and all(drop.name != text for drop in found):
        ids = ", ".join(drop.id for drop in found[:5])
        raise UsageError(f"{text} fits several drops ({ids}); give more of the id.")
    return found[0]


_UNSENT = frozenset({DropState.CLAIMING, DropState.CLAIMED, DropState.QUEUED, DropState.HELD})


def release(journal: Journal, drop_id: str, lane: str | None = None) -> Drop:
    """Let a held drop go on: it is queued again, and policy is not asked a second time.

    `lane` is where its feed's imports go now: a drop that was taken for another Canvas account is moved there, and
    looked at again with the options that hold there.
    """

    def wish(drop: Drop) -> Drop:
        if lane is not None and drop.lane != lane and drop.state in _UNSENT:
            state = DropState.CLAIMING if drop.state is DropState.CLAIMING else DropState.CLAIMED
            return replace(drop, lane=lane, state=state, released=True, held_because=None, stumbles=0)
        if drop.state is not DropState.HELD:
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}, not held; there is nothing to release.")
        return replace(drop, state=DropState.QUEUED, released=True, held_because=None, stumbles=0)

    return _carry_out(journal, drop_id, wish, "release", "A person released {name}.")


def reject(journal: Journal, drop_id: str) -> Drop:
    """File a drop that waits (held, or queued and not yet sent) under failed; nothing of it goes to Canvas."""

    def wish(drop: Drop) -> Drop:
        taken = drop.state is DropState.CLAIMED and drop.place is Place.SPOOL
        if not (taken or drop.state in {DropState.HELD, DropState.QUEUED}):
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}; only a drop that waits can be rejected.")
        reason = drop.held_because or "it waited in the queue"
        finished = replace(
            drop,
            state=DropState.FINISHED,
            outcome=Outcome.REJECTED,
            error={"message": f"rejected by a person; {reason}"},
            finished_at=iso(now_utc()),
        )
        return replace(finished, summary=policy.summary(finished))

    return _carry_out(journal, drop_id, wish, "reject", "A person rejected {name}.")


def retry(journal: Journal, drop_id: str, lane: str | None = None) -> Drop:
    """Put an archived or failed drop back in the queue. The same drop lives again; its attempts are kept.

    What is known of its first life stays until its files are back in the spool: where they are gone from archive or
    failed, it comes to rest again as it was. `lane` is where its feed's imports go now; default: where they went.
    """

    def wish(drop: Drop) -> Drop:
        if drop.state is not DropState.FILED:
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}; only a filed drop can be retried.")
        return replace(drop, lane=lane or drop.lane, state=DropState.CLAIMED, stumbles=0)

    return _carry_out(journal, drop_id, wish, "retry", "A person put {name} back in the queue.")


def _carry_out(journal: Journal, drop_id: str, wish: Callable[[Drop], Drop], what: str, event: str) -> Drop:
    for _ in range(TRIES):
        drop = journal.get(drop_id)
        if drop is None:
            raise UsageError(f"there is no drop {drop_id}.")
        wished = wish(drop)
        before = drop.outcome or drop.held_because or drop.state
        told = Attempt(iso(now_utc()), what, f"asked by a person; it was {before}")
        try:
            return journal.move(replace(wished, attempts=(*wished.attempts, told)), event=event.format(name=drop.name))
        except Overtaken:
            continue
    raise UsageError(f"{drop_id} changes all the time; try again in a moment.")
