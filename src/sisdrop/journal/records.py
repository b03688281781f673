"""What the journal keeps besides drops: holds, views, events.

Room: values only; touches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sisdrop.model import InboxState, Waiting


class Overtaken(Exception):
    """The drop was changed by somebody else since it was read. Nothing was written; read it again."""


class IdTaken(Exception):
    """There is a drop of that id already. Nothing was written; make another id."""


class HoldKind(StrEnum):
    """Why a lane is on hold, by what lets it go on (a person may always release it)."""

    IMPORT = "import"
    """An import ended badly: released by a corrected file of the same name that ends well."""
    ACCESS = "access"
    """Canvas does not let us look (token, permission, account): released when it lets us again."""
    SUBMISSION = "submission"
    """Canvas refused the submission for what we asked, not for the file: a new token, or a person."""
    GATE = "gate"
    """Something in the account does not finish: a person."""
    DOUBT = "doubt"
    """It cannot be told whether Canvas has an import of ours (or the journal was lost): a person."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A lane's hold: nothing is sent until it is gone. `drop`, `feed` and `name`: which drop caused it, if one did."""

    kind: HoldKind
    reason: str
    since: str
    drop: str = ""
    feed: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class InboxView:
    """What the service last saw of a feed's inbox: a view for the commands, not a base for decisions."""

    state: InboxState
    why: str = ""
    since: str = ""
    settling: tuple[Waiting, ...] = ()
    """The first of them; `settling_count` is how many there are."""
    ignored: tuple[str, ...] = ()
    """The first of them; `ignored_count` is how many there are."""
    settling_count: int = 0
    ignored_count: int = 0


@dataclass(frozen=True, slots=True)
class LaneView:
    """What a lane is busy with, for the commands: the gate's question, Canvas's absence."""

    gate: str | None = None
    gate_since: str | None = None
    blocked_by: int | None = None
    away: str | None = None
    away_since: str | None = None
    next_try: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a drop's biography. `seq` grows; `what` is one word (`noticed`, `submitted`, `filed`, …)."""

    seq: int
    at: str
    feed: str
    drop: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Service:
    """The service that last held the state folder; whether it runs is told by the lock, not by this."""

    pid: int
    since: str
