"""What a person may ask of a drop: release, reject, retry. Written to the journal; the service carries it out.

Decides whether the word fits the drop's state. Safe beside a running service: a drop that moved meanwhile raises
Conflict in the journal, and the word is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sisdrop.errors import Conflict, UsageError
from sisdrop.journal import Journal
from sisdrop.model import (
    AttemptKind,
    Clock,
    Drop,
    DropState,
    Ending,
    EventKind,
    Failure,
    Held,
    Note,
    Outcome,
    Place,
    Transition,
    Word,
)
from sisdrop.steps.ending import finished

TRIES = 5
_UNSENT = frozenset({DropState.CLAIMING, DropState.CLAIMED, DropState.QUEUED, DropState.HELD})


def find_drop(journal: Journal, text: str) -> Drop:
    """The one drop that `text` names: an id, the beginning of one, or the name of its newest drop.

    Raises UsageError when there is none, or when the beginning of an id fits several.
    """
    fitting = journal.find(text)
    if not fitting:
        raise UsageError(f"there is no drop {text}; `sisdrop status` and `sisdrop history` list them.")
    if len({drop.name for drop in fitting}) > 1 and all(drop.name != text for drop in fitting):
        ids = ", ".join(drop.id for drop in fitting[:5])
        raise UsageError(f"{text} fits several drops ({ids}); give more of the id.")
    return fitting[0]


def release(
    journal: Journal,
    drop_id: str,
    lane: str | None = None,
    clock: Clock | None = None,
    *,
    word: Word | None = None,
    seen: Held | None = None,
) -> Drop:
    """Let a held drop go on: it is queued again, and the guards are not asked a second time.

    `lane` is where its feed's imports go now: a drop that was taken for another Canvas account is moved there, and
    looked at again with the options that hold there. `word` is who says so; `seen` the reason the person saw: when it
    is held for another one by now, UsageError says so and nothing is released.
    """

    def released(drop: Drop, word: Word) -> Transition:
        _must_be_as_seen(drop, seen, "released")
        held = replace(drop.held or Held(""), released_by=word.by, written=False)
        note = Note(EventKind.RELEASED, f"{drop.name} was released by {word.by_whom}.")
        if lane is not None and drop.lane != lane and drop.state in _UNSENT:
            state = DropState.CLAIMING if drop.state is DropState.CLAIMING else DropState.CLAIMED
            return Transition(replace(drop, lane=lane, state=state, held=held), note)
        if drop.state is not DropState.HELD:
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}, not held; there is nothing to release.")
        return Transition(replace(drop, state=DropState.QUEUED, held=held), note)

    return _carry_out(journal, drop_id, released, AttemptKind.RELEASE, word or _somebody(clock))


def reject(
    journal: Journal,
    drop_id: str,
    clock: Clock | None = None,
    *,
    word: Word | None = None,
    seen: Held | None = None,
) -> Drop:
    """File a drop that waits (held, or queued and not yet sent) under failed; nothing of it goes to Canvas.

    `word` and `seen` as in `release`.
    """

    def rejected(drop: Drop, word: Word) -> Transition:
        _must_be_as_seen(drop, seen, "rejected")
        taken = drop.state is DropState.CLAIMED and drop.place is Place.SPOOL
        if not (taken or drop.state in {DropState.HELD, DropState.QUEUED}):
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}; only a drop that waits can be rejected.")
        failure = Failure(f"rejected by {word.by}; {drop.held_because or 'it waited in the queue'}")
        transition = finished(drop, Ending(Outcome.REJECTED, word.at, failure=failure))
        return replace(transition, note=Note(EventKind.REJECTED, f"{drop.name} was rejected by {word.by_whom}."))

    return _carry_out(journal, drop_id, rejected, AttemptKind.REJECT, word or _somebody(clock))


def retry(
    journal: Journal, drop_id: str, lane: str | None = None, clock: Clock | None = None, *, word: Word | None = None
) -> Drop:
    """Put an archived or failed drop back in the queue. The same drop lives again; its attempts are kept.

    What is known of its first life stays until its files are back in the spool: where they are gone from archive or
    failed, it comes to rest again as it was. `lane` is where its feed's imports go now; default: where they went.
    """

    def retried(drop: Drop, word: Word) -> Transition:
        if drop.state is not DropState.FILED:
            raise UsageError(f"{drop.id} ({drop.name}) is {drop.state}; only a filed drop can be retried.")
        if drop.rest is not None and drop.rest.is_lost:
            raise UsageError(f"the file of {drop.id} ({drop.name}) is lost; drop it into the inbox again instead.")
        undo = journal.undo(drop.id)
        if undo is not None and undo.is_open:
            raise UsageError(f"{drop.id} ({drop.name}) is being undone; retry it when that has ended.")
        note = Note(EventKind.RETRIED, f"{drop.name} was put back in the queue by {word.by_whom}.")
        past = drop.past_imports if drop.import_id is None else (*drop.past_imports, drop.import_id)
        again = replace(drop, lane=lane or drop.lane, state=DropState.CLAIMED, past_imports=past)
        return Transition(again, note)

    return _carry_out(journal, drop_id, retried, AttemptKind.RETRY, word or _somebody(clock))


def _must_be_as_seen(drop: Drop, seen: Held | None, done: str) -> None:
    if seen is not None and drop.state is DropState.HELD and drop.held != seen:
        raise UsageError(f"{drop.name} is held for another reason now: {drop.held_because} It was not {done}.")


def _somebody(clock: Clock | None) -> Word:
    return Word("a person", (clock or Clock()).time())


def _carry_out(
    journal: Journal, drop_id: str, change: Callable[[Drop, Word], Transition], what: AttemptKind, word: Word
) -> Drop:
    for _ in range(TRIES):
        drop = journal.get(drop_id)
        if drop is None:
            raise UsageError(f"there is no drop {drop_id}.")
        transition = change(drop, word)
        before = drop.outcome or drop.held_because or drop.state
        asked = transition.drop.tried(word.at, what, f"asked by {word.by}; it was {before}")
        # What went wrong before a person looked at it is no reason to give up again.
        asked = replace(asked, crash_count=0, lost_submissions=0, word=word)
        try:
            return journal.apply(replace(transition, drop=asked))
        except Conflict:
            continue  # the service took a step meanwhile: does the word still fit?
    raise UsageError(f"{drop_id} changes all the time; try again in a moment.")
