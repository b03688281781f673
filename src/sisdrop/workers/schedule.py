"""Which worker steps a drop in which state: the one table that service, one pass and tests go by."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from sisdrop.model import DropState


class Role(StrEnum):
    """What a worker does. A share that hangs or a long check keeps nobody else waiting: each is a thread of its own."""

    WATCH = "watch"
    """One for each feed: looks at the inbox and takes what has settled."""
    CHECK = "check"
    """One for each lane: reads what was taken."""
    SEND = "send"
    """One for each lane: talks to Canvas, one import at a time, and files what has ended."""


STEPPED_BY: MappingProxyType[DropState, Role | None] = MappingProxyType(
    {
        DropState.CLAIMING: Role.WATCH,
        DropState.CLAIMED: Role.CHECK,
        DropState.HELD: Role.SEND,
        DropState.QUEUED: Role.SEND,
        DropState.SUBMITTING: Role.SEND,
        DropState.SUBMITTED: Role.SEND,
        DropState.IMPORTING: Role.SEND,
        DropState.FINISHED: Role.SEND,
        DropState.FILED: None,
        DropState.RETURNED: None,
    }
)
