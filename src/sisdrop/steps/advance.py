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
    match drop.state:
        case DropState.CLAIMING:
            step = claim(context, drop)
        case DropState.CLAIMED:
            step = check(context, drop)
        case DropState.HELD:
            step = keep_held(context, drop)
        case DropState.QUEUED:
            step = submit(context, drop)
        case DropState.SUBMITTING:
            step = look_up(context, drop)
        case DropState.SUBMITTED | DropState.IMPORTING:
            step = follow(context, drop)
        case DropState.FINISHED:
            step = file_away(context, drop)
        case DropState.FILED | DropState.RETURNED:
            step = Step(None, Idle())
        case _:
            assert_never(drop.state)
    if step.transition is not None:
        context.apply(step.transition)
    return step.when
