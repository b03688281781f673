"""The words of sisdrop as values: drops, their states, findings, messages.

Room: the bottom of the house; imports nothing of ours and touches nothing. All values are frozen; a step makes
a new one with `dataclasses.replace`. Times are ISO 8601 UTC text ending in `Z`, as they stand in result files.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from canvas_sis_csv.model import FileFacts, Level


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

    @property
    def place(self) -> Place:
        """The folder a drop with this outcome comes to rest in."""
        archived = {Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES}
        return Place.ARCHIVE if self in archived else Place.FAILED


@dataclass(frozen=True, slots=True)
class Message:
    """One message of Canvas about an import. `level` is `error` or `warning`."""

    level: Level
    file: str | None
    row: int | None
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing tried for a drop (`submit`, `adopt`, `file`, …), when, and what came of it."""

    at: str
    what: str
    result: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What was journaled before the POST, so that a lost answer can be looked up.

    `marker` stands in the uploaded members' names (empty when they must stay as they are); `after_id` is the
    newest import id Canvas had; `canvas_time` is Canvas's own clock then (its Date header), `at` ours.
    """

    at: str
    marker: str
    after_id: int | None
    canvas_time: str | None
    absent_looks: int = 0
    unknown_since: str | None = None


@dataclass(frozen=True, slots=True)
class Stat:
    """What `lstat` says of a file, as far as it must not change while we take it."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True)
class Drop:
    """One drop, whole: all that the journal keeps and the result file tells. See contract.md, section 4."""

    id: str
    lane: str
    feed: str
    name: str
    kind: DropKind
    state: DropState
    place: Place
    paths: tuple[str, ...]
    """Its files' names as they were in the inbox, `.done` file included; for a folder drop the folder's name alone."""
    noticed_at: str
    claimed_at: str
    stats: tuple[Stat, ...] = ()
    """As settled in the inbox, one for each of `paths`; a folder's are those of its files, in sorted order."""
    stored_as: str | None = None
    size_bytes: int = 0
    sha256: str = ""
    rows: int = 0
    files: tuple[FileFacts, ...] = ()
    members: dict[str, str] = field(default_factory=dict)
    """Name of each member of the snapshot, by the name it was dropped under."""
    marker: str = ""
    """Stands in the members' names, so that a lost answer can be looked up; empty when names must stay as they are."""
    options: dict[str, Any] = field(default_factory=dict)
    """Import options in Canvas's own names, as they were (or will be) asked for."""
    held_because: str | None = None
    released: bool = False
    """A person said go: policy is not asked again."""
    intent: Intent | None = None
    import_id: int | None = None
    workflow_state: str | None = None
    progress: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    message_count: int = 0
    finding_count: int = 0
    outcome: Outcome | None = None
    summary: str = ""
    error: dict[str, Any] | None = None
    attempts: tuple[Attempt, ...] = ()
    submitted_at: str | None = None
    finished_at: str | None = None
    filed_at: str | None = None
    returns: int = 0
    """How often this name was put back before, because it changed while it was read."""
    stumbles: int = 0
    """Steps of this drop that ended in an unexpected exception, process deaths included."""
    rev: int = 0
    """Counts the journal's writes of this drop; a step made from an older one is refused."""


class InboxState(StrEnum):
    """Whether an inbox can be used now."""

    READY = "ready"
    AWAY = "away"
    """Missing, unmounted, or another folder in its place: nothing in it is touched."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox entry that is not taken yet: its name, why, and since when."""

    name: str
    why: str
    since: str


def now_utc() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """`moment` as ISO 8601 in UTC with whole seconds: `2026-11-23T04:15:02Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(moment: datetime) -> str:
    """`moment` as it stands in file names: `20261123T041502Z`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def new_drop_id(moment: datetime) -> str:
    """A new drop id: the time it was taken and four random hex digits, `20261123T041502Z-7c1e`."""
    return f"{stamp(moment)}-{secrets.token_hex(2)}"


def new_marker() -> str:
    """A random marker for the uploaded members' names: ten characters that no school uses by accident."""
    return f"sd{secrets.token_hex(4)}"
