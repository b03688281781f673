"""What a start finds: drops in the journal go on by themselves; files that the journal does not know wait for a person.

Looks at spool and journal once, before the workers start.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sisdrop.config import Config, Feed
from sisdrop.errors import SpoolError
from sisdrop.folders.layout import HELD
from sisdrop.journal import Journal
from sisdrop.known import forget_snapshots
from sisdrop.model import (
    Drop,
    DropKind,
    DropState,
    EventKind,
    Held,
    Hold,
    HoldKind,
    Note,
    Origin,
    Place,
    Transition,
    now_utc,
    why_stranded,
)
from sisdrop.steps import Context
from sisdrop.steps.accept import move_in

logger = logging.getLogger("sisdrop.workers")

LOST_JOURNAL = (
    "The journal was damaged and a new one was begun: what was in Canvas then is not known. Look at the SIS imports "
    "in Canvas and at the held drops, then `sisdrop release`."
)
NO_JOURNAL = (
    "The journal does not know this inbox, and a sisdrop has worked in it before: its state/ was lost, or is another "
    "one. What was in Canvas then is not known. Look at the SIS imports in Canvas and at the held drops, then "
    "`sisdrop release`."
)
RETURNED_DROP = (
    "It was found in the spool although it had been put back into the inbox, or given up: nobody knows how it came to "
    "lie there. Look whether a file of that name was imported since."
)
FILED_DROP = (
    "It was found in the spool although it had been filed, and is not where it was filed: somebody retried it, and the "
    "journal seems to be older than that. It may have been sent again since."
)
UNKNOWN_DROP = "It was found in the spool and the journal does not know it, so it may have been sent before."


def recover(context: Context) -> None:
    """Put the lane on hold when its journal was lost, and hold what lies in the spool unknown."""
    if context.journal.was_damaged:
        context.journal.put_on_hold(context.lane, Hold(HoldKind.DOUBT, LOST_JOURNAL, context.clock.time()))
        logger.error("lane=%s on hold: %s", context.lane, LOST_JOURNAL)
    for feed in context.feeds.values():
        try:
            doubt_lost_journal(context, feed)
            take_stock(context, feed)
        except SpoolError as error:
            logger.warning("feed=%s the spool cannot be looked at yet: %s", feed.name, error)


def doubt_lost_journal(context: Context, feed: Feed) -> None:
    """Put the lane on hold when a sisdrop has worked in the inbox before and the journal has never heard of it."""
    known, present_id = context.journal.inbox_ids(), context.spools[feed.name].present_id()
    if present_id is None or feed.name in known or present_id in known.values():
        return
    if not context.journal.was_damaged:  # else it is on hold for that
        context.journal.put_on_hold(context.lane, Hold(HoldKind.DOUBT, NO_JOURNAL, context.clock.time()))
        logger.error("lane=%s on hold: %s", context.lane, NO_JOURNAL)
    context.spools[feed.name].prepare()
    context.journal.know_inbox(feed.name, feed.inbox, present_id)


def take_stock(context: Context, feed: Feed) -> None:
    """Compare spool and held of a feed with the journal: at each start, and whenever its inbox appears.

    Drops that were taken at another path of this very inbox are told where it is now; what the journal does not know,
    or knows as put back into the inbox, is held. Raises SpoolError.
    """
    spool, drops = context.spools[feed.name], context.journal.open_drops()
    for drop in drops:
        if drop.feed == feed.name and drop.stayed_behind(feed.inbox) and spool.is_home_of(drop):
            move_in(context.journal, drop, feed)
    # What came late for a finished drop lies there before it is journaled.
    known = {drop.id for drop in drops} | {drop.late.drop for drop in drops if drop.late is not None}
    # In the place of an inbox that is away may be another one, whose drops are none of ours.
    ready = spool.is_ready(context.journal.inbox_id(feed.name, feed.inbox))
    for folder in spool.leftovers(known, (Place.SPOOL, Place.HELD) if ready else (Place.HELD,)):
        _hold_unknown(context, feed, folder)


def _hold_unknown(context: Context, feed: Feed, folder: Path) -> None:
    """A folder in spool or held without an open drop: journal it as a held one, if its name can be a drop's."""
    # What an earlier hold wrote beside the drop's files is none of them.
    ours = {path.name for path in folder.iterdir() if path.name.endswith(HELD) and path.is_file()}
    inside = sorted({path.name for path in folder.iterdir()} - ours)
    before = context.journal.get(folder.name)
    # A drop at rest may have left something that a person put into its folder: not ours to send again.
    if not inside or (before is not None and not _is_ours_again(context, feed, before, inside)):
        return
    why = UNKNOWN_DROP
    if before is not None:
        why = RETURNED_DROP if before.state is DropState.RETURNED else FILED_DROP
    now = context.clock.time()
    name = inside[0] if len(inside) == 1 else feed.name
    drop = Drop(
        id=folder.name,
        lane=context.lane,
        feed=feed.name,
        state=DropState.HELD,
        place=Place.HELD if folder.parent == feed.held else Place.SPOOL,
        origin=Origin(name, _kind(folder, inside), tuple(inside), now, now, inbox=str(feed.inbox)),
        held=Held(why, now),
    )
    note = Note(EventKind.HELD, f"Held {drop.name}: {why}")
    if before is None:
        context.journal.add(drop, note)
    else:
        past = before.without_import().past_imports
        again = replace(drop, attempts=before.attempts, rev=before.rev, past_imports=past)
        context.journal.apply(Transition(again, note))
    logger.error("drop=%s feed=%s %s", drop.id, feed.name, why)


def _is_ours_again(context: Context, feed: Feed, before: Drop, inside: Sequence[str]) -> bool:
    """Whether the files of a drop at rest are what lies in its folder: they are nowhere else."""
    if before.state is DropState.FILED:
        rest = context.spools[feed.name].layout.rest_path(before)
        return before.name in inside and rest is not None and rest.parent.is_dir() and not os.path.lexists(rest)
    return before.state is DropState.RETURNED


def _kind(folder: Path, inside: list[str]) -> DropKind:
    if len(inside) > 1:
        return DropKind.GROUP
    only = folder / inside[0]
    if only.is_dir():
        return DropKind.FOLDER
    return DropKind.ZIP if only.suffix.lower() == ".zip" else DropKind.FILE


def warn_of_stranded(journal: Journal, config: Config) -> None:
    """Drops that the configuration no longer provides for cannot go on; say so rather than guess."""
    for drop in journal.open_drops():
        why = why_stranded(drop, *config.whereabouts(drop.feed))
        if why:
            logger.error("drop=%s state=%s waits: %s", drop.id, drop.state, why)


def sweep_snapshots(journal: Journal, config: Config) -> None:
    """Remove what a crash left of drops at rest, and unfinished files: personal data. Nobody else may work yet."""
    folder = config.state / "snapshots"
    for path in folder.iterdir():
        # The hidden name of an unfinished file (`durable.draft`) begins with a dot.
        if path.name.startswith("."):
            path.unlink(missing_ok=True)
            logger.info("removed the unfinished %s", path.name)
    forget_snapshots(journal, folder, {name: feed.keep_days for name, feed in config.feeds.items()}, now_utc())
