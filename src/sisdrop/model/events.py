"""What happens, as values: events with their severity, attempts, holds.

A decision is made on the kind, a person reads the text; nothing decides on a text.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much an event matters to the people who run sisdrop."""

    INFO = "info"
    WARNING = "warning"
    NEEDS_A_PERSON = "needs a person"


class EventKind(StrEnum):
    """What happened; the word stands in journal, history and notifications."""

    NOTICED = "noticed"
    SETTLED = "settled"
    CLAIMED = "claimed"
    CHECKED = "checked"
    HELD = "held"
    """A drop waits for a person."""
    QUEUED = "queued"
    SUBMITTED = "submitted"
    ADOPTED = "adopted"
    """An import whose answer was lost was found in Canvas."""
    ANSWER_LOST = "answer lost"
    NOT_IN_CANVAS = "not in canvas"
    """Canvas has no import of a drop whose answer was lost."""
    IMPORTING = "importing"
    FINISHED = "finished"
    FILED = "filed"
    RETURNED = "returned"
    NOT_RETRIED = "not retried"
    WAITS = "waits"
    """A step could not be taken for a reason that may pass: a full disk, a share that is away."""
    GATE = "gate"
    """A drop waits for an import that somebody else started."""
    HOLD = "hold"
    """A lane is on hold."""
    RELEASED = "released"
    REJECTED = "rejected"
    RETRIED = "retried"
    AWAY = "away"
    """An inbox or Canvas cannot be reached."""
    RECOVERED = "recovered"
    PAUSED = "paused"
    """A person said that no import starts, of one feed or of all."""
    RESUMED = "resumed"
    MISSING = "missing"
    """Nothing was dropped by the time at which a feed expects it; once a day."""
    NOT_DIFFED = "not diffed"
    """Canvas imported a file whole although it was to be compared with the last one of its data set."""
    SHARED_DATA_SET = "shared data set"
    """A diffing identifier is used by files that do not belong together."""
    UNDO = "undo"
    """A person asked to undo an import; Canvas has begun with it."""
    UNDONE = "undone"
    NOT_UNDONE = "not undone"
    ACCEPTED = "accepted"
    """A person said that the folder at the inbox is the inbox from here on."""
    BROUGHT_BACK = "brought back"
    """A drop's lost files were made again from its snapshot."""
    UNSETTLED = "unsettled"
    """What lies in an inbox has not settled for longer than `settle_alert_s`."""
    STATE_IS_OLD = "state is old"
    """Canvas has imports of ours that the journal does not know: it was taken back to an earlier time."""
    LOST = "lost"
    """A drop has ended, and its file is gone from our folders without a copy."""
    CHANGED_LATE = "changed after sending"
    """A drop's files are not what was sent any more: what they are now is held as a drop of its own."""

    @property
    def severity(self) -> Severity:
        """Whether somebody should be told of it."""
        return _SEVERITIES.get(self, Severity.INFO)


_SEVERITIES = {
    EventKind.HELD: Severity.NEEDS_A_PERSON,
    EventKind.HOLD: Severity.NEEDS_A_PERSON,
    EventKind.ANSWER_LOST: Severity.WARNING,
    EventKind.NOT_RETRIED: Severity.WARNING,
    EventKind.WAITS: Severity.WARNING,
    EventKind.AWAY: Severity.WARNING,
    EventKind.MISSING: Severity.NEEDS_A_PERSON,
    EventKind.NOT_DIFFED: Severity.WARNING,
    EventKind.SHARED_DATA_SET: Severity.WARNING,
    EventKind.NOT_UNDONE: Severity.WARNING,
    EventKind.UNSETTLED: Severity.NEEDS_A_PERSON,
    EventKind.STATE_IS_OLD: Severity.NEEDS_A_PERSON,
    EventKind.CHANGED_LATE: Severity.WARNING,
    EventKind.LOST: Severity.NEEDS_A_PERSON,
}


@dataclass(frozen=True, slots=True)
class Note:
    """An event before it is journaled: what kind, and the line people read."""

    kind: EventKind
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the biography of a drop, a feed or a lane. `seq` grows; `feed` and `drop` may be empty."""

    seq: int
    at: str
    feed: str
    drop: str
    kind: EventKind
    text: str


class AttemptKind(StrEnum):
    """What was tried for a drop."""

    SUBMIT = "submit"
    ADOPT = "adopt"
    LOOK_UP = "look up"
    FOLLOW = "follow"
    ABORT = "abort"
    DOUBT = "doubt"
    RELEASE = "release"
    REJECT = "reject"
    RETRY = "retry"
    UNDO = "undo"
    BRING_BACK = "bring back"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing tried for a drop, when, and what came of it."""

    at: str
    what: AttemptKind
    result: str


class HoldKind(StrEnum):
    """Why a lane is on hold, by what lets it go on (a person may always release it)."""

    IMPORT = "import"
    """A drop ended badly: released by a corrected file of its series that ends well."""
    ACCESS = "access"
    """Canvas does not let us look (token, permission, account): released when it lets us again."""
    SUBMISSION = "submission"
    """Canvas refused the submission for what we asked, not for the file: a new token, or a person."""
    GATE = "gate"
    """Something in the account does not finish: a person."""
    DOUBT = "doubt"
    """It cannot be told whether Canvas has an import of ours (or the journal was lost): a person."""
    UNDONE = "undone"
    """An import was undone, and the next file would do the same again: a person."""


def _new_hold_id() -> str:
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold of a lane: nothing is sent until it is gone. `drop`, `feed` and `name`: which drop caused it, if one did.

    A lane may have several, each for a cause of its own (`is_of_cause`).

    `id` tells this hold from the next one: who releases names the hold that was seen.
    """

    kind: HoldKind
    reason: str
    since: str
    drop: str = ""
    feed: str = ""
    name: str = ""
    series: tuple[str, ...] = ()
    """Of the drop that caused it: what a corrected file must bring."""
    id: str = field(default_factory=_new_hold_id)

    def is_of_cause(self, other: Hold) -> bool:
        """Whether one of the two is enough: of the same kind and, where a file caused it, the same series."""
        return (self.kind, self.feed, self.series) == (other.kind, other.feed, other.series)
