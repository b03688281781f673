"""Drops whose files are gone from our folders: they come back from the snapshot, or a person is told of the loss.

Nothing of this is done while the folder they should be in may only be away.
"""

from __future__ import annotations

import os
from dataclasses import replace

from sisdrop.folders.result import Result
from sisdrop.model import (
    Drop,
    DropKind,
    DropState,
    Ending,
    EventKind,
    Failure,
    Note,
    Place,
    Rest,
    Submission,
    Transition,
)
from sisdrop.steps.bringing_back import bring_back
from sisdrop.steps.context import Context
from sisdrop.steps.step import Step

TAKEN_AWAY = "its files were gone from the spool"
LOST = "Its files are gone from the spool, and nothing of them is kept. Drop them again, and reject this one."
NOT_IN_HELD = "Its files are not in held/{id} any more. Put them back and release it, or reject it."
NO_FILE = "Its file is lost: it was gone from our folders, and no snapshot of it was left."


def are_gone(context: Context, drop: Drop) -> bool:
    """Whether the files of a drop that is not at rest are neither in the spool nor in held, and both are there."""
    spool = context.spools[drop.feed]
    folders = [spool.folder(drop.id), spool.folder(drop.id, Place.HELD)]
    # Of a group its files: the folder itself stands as long as there is anything in it, our own held file too.
    names = drop.origin.paths if drop.kind is DropKind.GROUP else (drop.name,)
    if any(os.path.lexists(folder / name) for folder in folders for name in names):
        return False
    if drop.place is Place.HELD:
        return spool.is_there(Place.HELD)
    return context.inbox_is_ready(drop)


def brought_back(context: Context, drop: Drop) -> Step:
    """A drop whose files are gone: they are back, or it waits for a person; one that has ended is filed anyway."""
    spool = context.spools[drop.feed]
    filed = spool.filed_as(drop)
    if filed is not None:
        return _at_rest(context, drop, *filed)
    if drop.place is Place.HELD and drop.outcome is None:
        # Not by ourselves: held is where people look, and may take a file out to mend it.
        return _held(context, drop, NOT_IN_HELD.format(id=drop.id))
    if bring_back(context.journal, spool, drop, context.snapshot_of(drop), context.clock, because=TAKEN_AWAY):
        return Step(None)
    if drop.ended is None:
        why = f"{LOST} It was held: {drop.held_because}" if drop.held_because else LOST
        # In held, as far as there is anything of it: there is nothing to move there.
        return _held(context, replace(drop, place=Place.HELD), why)
    name = spool.choose_name(drop.ended.outcome.place, drop, is_lost=True)
    why = f"{drop.ended.failure.message} {NO_FILE}" if drop.ended.failure else NO_FILE
    failure = replace(drop.ended.failure, message=why) if drop.ended.failure else Failure(why)
    ended = replace(drop.ended, failure=failure, summary=f"{drop.summary} {NO_FILE}")
    lost = replace(drop, ended=ended, rest=Rest(name, context.clock.time(), is_lost=True))
    return Step(Transition(lost, Note(EventKind.LOST, f"{drop.name} ({drop.outcome}): {NO_FILE}")))


def _at_rest(context: Context, drop: Drop, place: Place, result: Result) -> Step:
    """It was filed, and the journal is older than that (a backup of the state folder was put back).

    Nothing is done again: a person may have rejected it since, and Canvas may have imported it.
    """
    at = result.times.finished_at or result.times.claimed_at
    ended = Ending(result.outcome, at, result.summary, result.message_count)
    if result.error is not None:
        ended = replace(ended, failure=Failure(str(result.error.get("message") or "")))
    submission = None
    if result.canvas.import_id is not None:
        sent = result.canvas
        marker = drop.contents.marker if drop.contents else ""
        submission = Submission(
            result.times.submitted_at or at,
            marker,
            None,
            None,
            import_id=sent.import_id,
            workflow_state=sent.workflow_state,
            answer=sent.answer,
        )
    rest = Rest(result.stored_as, result.times.filed_at or at)
    filed = replace(drop, state=DropState.FILED, place=place, ended=ended, rest=rest, submission=submission)
    text = f"{drop.name} is filed already, in {place}/ as {rest.stored_as}: the journal is older than that."
    context.apply(Transition(filed, Note(EventKind.FILED, text)))
    context.forget_snapshots()
    context.errors_of(drop).unlink(missing_ok=True)
    return Step(None)


def _held(context: Context, drop: Drop, why: str) -> Step:
    note = Note(EventKind.HELD, f"Held {drop.name}: {why}")
    return Step(Transition(drop.holding(why, context.clock.time()), note))
