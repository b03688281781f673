"""Drops whose files a person took away before anything of them was sent: they are not sent."""

from __future__ import annotations

import os
from dataclasses import replace

from sisdrop.model import Drop, DropKind, DropState, EventKind, Note, Place, Transition
from sisdrop.steps.context import Context
from sisdrop.steps.step import Step


def are_gone(context: Context, drop: Drop) -> bool:
    """Whether the files of a drop that was not sent yet are neither in the spool nor in held, and both are there."""
    spool = context.spools[drop.feed]
    folders = [spool.folder(drop.id), spool.folder(drop.id, Place.HELD)]
    # Of a group its files: the folder itself stands as long as there is anything in it, our own held file too.
    names = drop.origin.paths if drop.kind is DropKind.GROUP else (drop.name,)
    if any(os.path.lexists(folder / name) for folder in folders for name in names):
        return False
    if drop.place is Place.HELD:
        return folders[1].parent.is_dir()
    return context.inbox_is_ready(drop)


def given_up(context: Context, drop: Drop) -> Step:
    """Its files are gone from the spool: its owner took it back. From held: a person says whether it comes again."""
    if drop.place is Place.HELD and drop.outcome is None:
        why = f"Its files are not in held/{drop.id} any more. Put them back and release it, or reject it."
        return Step(
            Transition(drop.holding(why, context.clock.time()), Note(EventKind.HELD, f"Held {drop.name}: {why}"))
        )
    context.snapshot_of(drop).unlink(missing_ok=True)
    text = f"Gave up {drop.name}: somebody took its files out of our folders; nothing was sent."
    returned = replace(drop, state=DropState.RETURNED, ended=None)
    return Step(Transition(returned, Note(EventKind.RETURNED, text)))
