"""What a start finds: drops in the journal go on by themselves; files that the journal does not know wait for a person.

Looks at spool and journal once, before the workers start.
"""

from __future__ import annotations

import logging
from pathlib import Path

from sisdrop.config import Config
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
    now_utc,
    why_stranded,
)
from sisdrop.steps import Context

logger = logging.getLogger("sisdrop.workers")

LOST_JOURNAL = (
    "The journal was damaged and a new one was begun: what was in Canvas then is not known. Look at the SIS imports "
    "in Canvas and at the held drops, then `sisdrop release`."
)
UNKNOWN_DROP = "It was found in the spool and the journal does not know it, so it may have been sent before."


def recover(context: Context) -> None:
    """Put the lane on hold when its journal was lost, and hold what lies in the spool unknown."""
    if context.journal.was_damaged:
        context.journal.put_on_hold(context.lane, Hold(HoldKind.DOUBT, LOST_JOURNAL, context.clock.time()))
        logger.error("lane=%s on hold: %s", context.lane, LOST_JOURNAL)
    drops = context.journal.open_drops()
    # What came late for a finished drop lies there before it is journaled.
    known = {drop.id for drop in drops} | {drop.late.drop for drop in drops if drop.late is not None}
    for feed in context.feeds:
        try:
            leftovers = context.spools[feed].leftovers(known)
        except SpoolError as error:
            logger.warning("feed=%s the spool cannot be looked at yet: %s", feed, error)
            continue
        for folder in leftovers:
            _hold_unknown(context, feed, folder)


def _hold_unknown(context: Context, feed: str, folder: Path) -> None:
    """A folder in spool or held without a drop: journal it as a held one, if its name can be a drop's."""
    # What an earlier hold wrote beside the drop's files is none of them.
    ours = {path.name for path in folder.iterdir() if path.name.endswith(HELD) and path.is_file()}
    inside = sorted({path.name for path in folder.iterdir()} - ours)
    # A drop at rest may have left something that a person put into its folder: not ours to send again.
    if context.journal.get(folder.name) is not None or not inside:
        return
    now = context.clock.time()
    name = inside[0] if len(inside) == 1 else feed
    drop = Drop(
        id=folder.name,
        lane=context.lane,
        feed=feed,
        state=DropState.HELD,
        place=Place.HELD if folder.parent == context.feeds[feed].held else Place.SPOOL,
        origin=Origin(name, _kind(folder, inside), tuple(inside), now, now),
        held=Held(UNKNOWN_DROP, now),
    )
    context.journal.add(drop, Note(EventKind.HELD, f"Held {drop.name}: {UNKNOWN_DROP}"))
    logger.error("drop=%s feed=%s %s", drop.id, feed, UNKNOWN_DROP)


def _kind(folder: Path, inside: list[str]) -> DropKind:
    if len(inside) > 1:
        return DropKind.GROUP
    only = folder / inside[0]
    if only.is_dir():
        return DropKind.FOLDER
    return DropKind.ZIP if only.suffix.lower() == ".zip" else DropKind.FILE


def warn_of_stranded(journal: Journal, config: Config) -> None:
    """Drops that the configuration no longer provides for cannot go on; say so rather than guess."""
    lanes = {feed.name: feed.lane for feed in config.feeds.values()}
    for drop in journal.open_drops():
        why = why_stranded(drop, lanes.get(drop.feed))
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
