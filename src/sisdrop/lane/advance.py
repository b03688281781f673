"""The life of a drop: look at its journaled state, take one step, journal the next state.

Room: decides which step it is; touches nothing itself. A crash anywhere is followed by calling the same function
again; there is no other path for recovery.
"""

from __future__ import annotations

from typing import assert_never

from sisdrop.lane.follow import follow
from sisdrop.lane.prepare import check, claim
from sisdrop.lane.rest import file_away, keep_held
from sisdrop.lane.submit import look_up, submit
from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropState


def advance(tools: Tools, drop: Drop) -> Step:
    """Take one step with the drop and return it as journaled. For a QUEUED drop the caller has asked the gate."""
    match drop.state:
        case DropState.CLAIMING:
            return claim(tools, drop)
        case DropState.CLAIMED:
            return check(tools, drop)
        case DropState.HELD:
            return keep_held(tools, drop)
        case DropState.QUEUED:
            return submit(tools, drop)
        case DropState.SUBMITTING:
            return look_up(tools, drop)
        case DropState.SUBMITTED | DropState.IMPORTING:
            return follow(tools, drop)
        case DropState.FINISHED:
            return file_away(tools, drop)
        case DropState.FILED | DropState.RETURNED:
            return Step(drop, None)
        case _:
            assert_never(drop.state)
