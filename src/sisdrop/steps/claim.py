"""From the inbox into the spool."""

from __future__ import annotations

from dataclasses import replace

from sisdrop.folders import Changed, Claimed, Gone
from sisdrop.model import Drop, DropState, EventKind, Note, Transition, sentence
from sisdrop.steps.context import Context
from sisdrop.steps.step import Step


def claim(context: Context, drop: Drop) -> Step:
    """CLAIMING: move its files from the inbox into the spool. Safe to repeat after a crash."""
    match context.spools[drop.feed].claim(drop.id, drop.origin.paths, drop.origin.stats):
        case Claimed():
            note = Note(EventKind.CLAIMED, f"Took {drop.name} from the inbox.")
            return Step(Transition(replace(drop, state=DropState.CLAIMED), note))
        case Changed(why=why):
            return left_in_inbox(drop, why)
        case Gone():
            return left_in_inbox(drop, "its owner took it back")


def left_in_inbox(drop: Drop, why: str) -> Step:
    """It was not whole, or not ours: it stays in the inbox and settles anew."""
    origin = replace(drop.origin, returns=drop.origin.returns + 1)
    note = Note(EventKind.RETURNED, f"Left {drop.name} in the inbox: {sentence(why)}")
    return Step(Transition(replace(drop, state=DropState.RETURNED, origin=origin), note))
