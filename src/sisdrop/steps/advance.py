"""The life of a drop: look at its journaled state, take one step, journal the next state.

A crash anywhere is followed by calling the same function again; there is no other path for recovery.
"""

from __future__ import annotations

from typing import assert_never

from sisdrop.model import Drop, DropState
from sisdrop.steps.check import check
from sisdrop.steps.claim import claim
from sisdrop.steps.context import Context
from sisdrop.steps.filing import file_away, keep_held
from sisdrop.steps.follow import follow
from sisdrop.steps.look_up import look_up
from sisdrop.steps.step import Idle, Step, When
from sisdrop.steps.submit import submit


def advance(context: Context, drop: Drop) -> When:
    """Take one step with the drop and journal it; when to come again.

    For a QUEUED drop the caller has asked the gate. Raises Conflict when the drop was changed since it was read, and
    whatever keeps the step from being taken: then the same call may work later.
    """
    step = _step(context, drop)
    if step.transition is not None:
        context.apply(step.transition)
    return step.when


def _step(context: Context, drop: Drop) -> Step:
    match drop.state:
        case DropState.CLAIMING:
            return claim(context, drop)
        case DropState.CLAIMED:
            return check(context, drop)
        case DropState.HELD:
            return keep_held(context, drop)
        case DropState.QUEUED:
            return submit(context, drop)
        case DropState.SUBMITTING:
            return look_up(context, drop)
        case DropState.SUBMITTED | DropState.IMPORTING:
            return follow(context, drop)
        case DropState.FINISHED:
            return file_away(context, drop)
        case DropState.FILED | DropState.RETURNED:
            return Step(None, Idle())
        case _:
            assert_never(drop.state)
