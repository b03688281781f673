"""The closed sets of words that decide something: kinds, states, places, outcomes. All stand as text in the journal."""

from __future__ import annotations

from enum import StrEnum


class DropKind(StrEnum):
    """What lay in the inbox."""

    FILE = "file"
    ZIP = "zip"
    FOLDER = "folder"
    """A subfolder with CSVs and a `.done` file."""
    GROUP = "group"
    """Several CSVs of a feed with `combine: true`."""


class DropState(StrEnum):
    """Where a drop stands in its life. The order is the order of a good life."""

    CLAIMING = "claiming"
    """Intent journaled; its files are in the inbox, in the spool, or on the way between."""
    CLAIMED = "claimed"
    """All its files are in the spool; not yet checked."""
    HELD = "held"
    """Waits for a person."""
    QUEUED = "queued"
    """Checked, snapshot made; waits for its turn and the gate."""
    SUBMITTING = "submitting"
    """Intent journaled; Canvas may or may not have the import."""
    SUBMITTED = "submitted"
    """Canvas has it and has not begun."""
    IMPORTING = "importing"
    """Canvas works on it."""
    FINISHED = "finished"
    """The outcome is certain and will not change; its files still have to be filed."""
    FILED = "filed"
    """At rest in archive or failed, the result beside it."""
    RETURNED = "returned"
    """Put back into the inbox (it changed while it was read), or taken back by its owner. It never was a drop."""


AT_REST = frozenset({DropState.FILED, DropState.RETURNED})
IN_CANVAS = frozenset({DropState.SUBMITTING, DropState.SUBMITTED, DropState.IMPORTING})
ABORTABLE = IN_CANVAS | {DropState.QUEUED}
"""The states in which a wish to abort is kept: a drop whose answer was lost may be queued again before it is heard."""


class Place(StrEnum):
    """Which of our folders a drop's files are in."""

    SPOOL = "spool"
    HELD = "held"
    ARCHIVE = "archive"
    FAILED = "failed"


class Outcome(StrEnum):
    """How a drop ended; the first five are Canvas's own words."""

    IMPORTED = "imported"
    IMPORTED_WITH_MESSAGES = "imported_with_messages"
    FAILED = "failed"
    FAILED_WITH_MESSAGES = "failed_with_messages"
    ABORTED = "aborted"
    REFUSED = "refused"
    """Canvas would not take it."""
    REJECTED = "rejected"
    """A person or the preflight said no."""
    UNREADABLE = "unreadable"
    """Nothing that could be imported: empty, or not the archive its name says."""
    SKIPPED = "skipped"
    """Byte for byte the last one that was accepted: nothing was sent (`skip_identical`)."""

    @property
    def is_accepted(self) -> bool:
        """Whether Canvas took what the drop brought, with or without messages."""
        return self in {Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES}

    @property
    def place(self) -> Place:
        """The folder a drop with this outcome comes to rest in."""
        return Place.ARCHIVE if self.is_accepted or self is Outcome.SKIPPED else Place.FAILED


class InboxState(StrEnum):
    """Whether an inbox can be used now."""

    READY = "ready"
    AWAY = "away"
    """Missing, unmounted, or another folder in its place: nothing in it is touched."""
