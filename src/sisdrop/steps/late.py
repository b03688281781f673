"""Bytes that came after a drop was sent: a writer who kept the file open, or somebody in our folders.

What Canvas has is what was sent, so that is what is filed under the drop's name. What the files are now was neither
checked nor sent: it becomes a drop of its own, held, in the same place in line, and a person decides.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from sisdrop.errors import SpoolError
from sisdrop.model import (
    Drop,
    DropState,
    EventKind,
    Held,
    Late,
    Note,
    Origin,
    Outcome,
    Place,
    Transition,
    new_drop_id,
)
from sisdrop.steps.bringing_back import bring_back
from sisdrop.steps.context import Context

logger = logging.getLogger("sisdrop.steps")

CHANGED = "its files had changed since they were sent, and lie in held"


def sent_apart_from_late(context: Context, drop: Drop) -> Drop:
    """FINISHED, and its files are where they were taken to: make sure that they are what was sent; the drop as it is.

    Where they are not: the late ones are held, and those that were sent lie in their place, as far as the snapshot has
    them. The first write is what the files have become, so that a crash anywhere is finished by the same call.
    """
    if drop.late is None:
        present = _differs(context, drop)
        if present is None:
            return drop
        if drop.import_id is None and drop.outcome is not Outcome.SKIPPED:
            # Canvas has nothing of it, nor was it meant to: the result tells size and check sum of the file beside it.
            contents = drop.contents and replace(drop.contents, size_bytes=present[0], sha256=present[1])
            return context.apply(Transition(replace(drop, contents=contents)))
        now = datetime.fromisoformat(context.clock.time())
        late = Late(new_drop_id(now), context.clock.time(), *present)
        text = f"{drop.name} is not what was read any more; what it is now is held as {late.drop}."
        drop = context.apply(Transition(replace(drop, late=late), Note(EventKind.CHANGED_LATE, text)))
    return _held_apart(context, drop, drop.late) if drop.late else drop


def _differs(context: Context, drop: Drop) -> tuple[int, str] | None:
    """Size and check sum of the files as they are now, where they are not the journaled ones."""
    if drop.contents is None or not drop.contents.sha256:
        return None
    present = context.spools[drop.feed].measure(drop)
    if present == (drop.contents.size_bytes, drop.contents.sha256):
        return None
    if drop.place is Place.SPOOL and not context.inbox_is_ready(drop):
        raise SpoolError(f"the inbox of {drop.feed} went away while {drop.name} was being filed.")
    return present


def _held_apart(context: Context, drop: Drop, late: Late) -> Drop:
    spool = context.spools[drop.feed]
    # Once it is journaled a person may have decided about it, and its files may be anywhere.
    if context.journal.get(late.drop) is None:
        place = spool.set_apart(drop, late.drop)
        if place is not None:
            _hold(context, drop, late, place)
        elif not context.inbox_is_ready(drop):
            raise SpoolError(f"the inbox of {drop.feed} went away while {drop.name} was being filed.")
    if not spool.has_files_of(drop):
        # Where the snapshot does not have them, they are lost: the next question of whoever files it.
        bring_back(context.journal, spool, drop, context.snapshot_of(drop), context.clock, because=CHANGED)
    return context.journal.get(drop.id) or drop


def _hold(context: Context, drop: Drop, late: Late, place: Place) -> None:
    read = f"sent as SIS import {drop.import_id}" if drop.import_id else "the same as what Canvas has"
    why = (
        f"{drop.name} changed after it was read: what was read was {read} ({drop.id}), and this is what it is now. "
        "Release it to send it too, or reject it."
    )
    held = Drop(
        id=late.drop,
        lane=drop.lane,
        feed=drop.feed,
        state=DropState.HELD,
        place=place,
        origin=Origin(drop.name, drop.kind, drop.origin.paths, late.at, late.at, inbox=drop.origin.inbox),
        held=Held(why, late.at),
    )
    context.journal.add(held, Note(EventKind.HELD, f"Held {drop.name}: {why}"), beside=drop.id)
    logger.warning("drop=%s feed=%s %s", held.id, held.feed, why)
