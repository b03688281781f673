"""A person's word that another folder is a feed's inbox now, and what becomes of the drops that were in the old one.

Safe beside a running service: until the last step, the new id in the journal, the inbox is away for it. A crash before
that leaves an inbox that is away, and the same word again finishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sisdrop.config import Feed
from sisdrop.errors import Conflict, UsageError
from sisdrop.folders import Spool
from sisdrop.folders.inbox_id import read_id
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.journal import Journal
from sisdrop.model import Clock, Drop, DropState, EventKind, Note, Place, Transition
from sisdrop.steps.bringing_back import bring_back

LOST = (
    "Its files were in an inbox that is not there any more, and nothing of them is kept. Nothing was sent: drop them "
    "again, and reject this one."
)
WITH_THE_INBOX = "its files were lost with the old inbox"
_NOT_SENT = frozenset({DropState.CLAIMED, DropState.QUEUED, DropState.HELD})


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `accept` did. `nothing`: why there was nothing to do, a sentence; then the rest is empty."""

    nothing: str = ""
    brought_back: tuple[Drop, ...] = ()
    missing: tuple[Drop, ...] = ()
    """Drops that need no bytes any more, or that nobody can give them: imported or rejected before they were filed."""
    fetched: tuple[Drop, ...] = ()
    """Drops whose files came out of the inbox at its old path."""


def accept(
    journal: Journal, feed: Feed, feeds: Mapping[str, Feed], state: Path, clock: Clock | None = None
) -> Accepted:
    """Make the folder that is at the feed's inbox its inbox, with the files of the drops that were in the old one.

    On return the new id is on disk and journaled. Raises UsageError when there is no folder, when it is another feed's
    inbox, or when drops that were not sent would be lost: those are held, and rejecting them is the way on.
    """
    clock = clock or Clock()
    known_id = journal.inbox_id(feed.name, feed.inbox)
    spool = Spool(feed.inbox, feed.archive, feed.failed, feed.held)
    mine = [drop for drop in journal.open_drops() if drop.feed == feed.name and drop.place is Place.SPOOL]
    # The inbox was moved in the configuration, and their files stayed behind.
    behind = [drop for drop in mine if drop.stayed_behind(feed.inbox)]
    gone = [drop for drop in mine if _is_gone(drop, spool)]
    nothing = _why_nothing(feed, known_id)
    if nothing and not behind and not (known_id is None and gone):
        return Accepted(nothing)
    _must_be_nobody_elses(journal, feed, feeds)
    fetched = [drop for drop in behind if spool.fetch(drop, Path(drop.origin.inbox))]
    gone = [drop for drop in gone if drop not in fetched]
    brought = []
    for drop in gone:
        snapshot = state / "snapshots" / f"{drop.id}.zip"
        if bring_back(journal, spool, drop, snapshot, clock, because=WITH_THE_INBOX):
            brought.append(drop)
    missing = [drop for drop in gone if drop not in brought]
    lost = [drop for drop in missing if drop.state in _NOT_SENT]
    if lost:
        raise UsageError(_refusal(journal, feed, lost, clock))
    journal.know_inbox(feed.name, feed.inbox, spool.take_over())
    for drop in behind:
        move_in(journal, drop, feed)
    journal.tell(feed.name, Note(EventKind.ACCEPTED, f"A person accepted {feed.inbox} as the inbox of {feed.name}."))
    return Accepted(brought_back=tuple(brought), missing=tuple(missing), fetched=tuple(fetched))


def move_in(journal: Journal, drop: Drop, feed: Feed) -> None:
    """Journal that the drop is one of the feed's inbox as it is configured now."""
    latest = journal.get(drop.id)
    with suppress(Conflict):  # somebody took a step with it: the next look sees how it stands
        if latest is not None and latest.stayed_behind(feed.inbox):
            journal.apply(Transition(replace(latest, origin=replace(latest.origin, inbox=str(feed.inbox)))))


def _why_nothing(feed: Feed, known_id: str | None) -> str:
    """Why there is nothing to accept; empty when there is. Raises UsageError without a folder, SpoolError."""
    if not feed.inbox.is_dir():
        raise UsageError(f"there is no folder at {feed.inbox}: mount its share, or make it, and accept it then.")
    if known_id is None:
        return f"sisdrop has not seen {feed.inbox} yet: the next `sisdrop run` takes it as it is."
    with raising_spool_error("use the inbox", feed.inbox):
        present_id = read_id(feed.inbox)
    return f"{feed.inbox} is the inbox of {feed.name} already." if present_id == known_id else ""


def _must_be_nobody_elses(journal: Journal, feed: Feed, feeds: Mapping[str, Feed]) -> None:
    """Two shares that were swapped are mended by mounting them right, not by taking one feed's files as another's."""
    present_id = read_id(feed.inbox)
    for other in feeds.values():
        if other.name != feed.name and present_id and present_id == journal.inbox_id(other.name, other.inbox):
            raise UsageError(f"the folder at {feed.inbox} is the inbox of feed {other.name}; mount the right one.")


def _is_gone(drop: Drop, spool: Spool) -> bool:
    """Not one whose claim was under way: its files are still in the inbox, or were never ours."""
    return drop.state is not DropState.CLAIMING and not spool.has_files_of(drop)


def _refusal(journal: Journal, feed: Feed, lost: list[Drop], clock: Clock) -> str:
    """Hold the drops that would be lost, where everybody sees them, and say which they are."""
    for drop in lost:
        latest = journal.get(drop.id)
        if latest is not None and latest.state in _NOT_SENT and latest.held_because != LOST:
            with suppress(Conflict):  # the service took a step with it: the same word again sees how it stands
                note = Note(EventKind.HELD, f"Held {drop.name}: {LOST}")
                journal.apply(Transition(latest.holding(LOST, clock.time()), note))
    names = ", ".join(f"{drop.name} ({drop.id})" for drop in lost)
    rejects = "; ".join(f"sisdrop reject {drop.id}" for drop in lost)
    return (
        f"{feed.inbox} was not accepted: of drops that were in the old folder nothing is kept, and they were not sent: "
        f"{names}. Put the old folder back if it can be had; else drop them again later, and say now: {rejects}; "
        f"sisdrop accept {feed.name}"
    )
