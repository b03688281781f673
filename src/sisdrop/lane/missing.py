"""Drops whose files a person took away before anything of them was sent: they are not sent.

Room: steps of `advance`; looks at the folders, changes only the journal.
"""

from __future__ import annotations

import os
from dataclasses import replace

from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropKind, DropState, Place


def are_gone(tools: Tools, drop: Drop) -> bool:
    """Whether the files of a drop that was not sent yet are neither in the spool nor in held, and both are there."""
    spool = tools.spools[drop.feed]
    folders = [spool.folder(drop.id), spool.folder(drop.id, Place.HELD)]
    content = "" if drop.kind is DropKind.GROUP else drop.name
    if any(os.path.lexists(folder / content) for folder in folders):
        return False
    if drop.place is Place.HELD:
        return folders[1].parent.is_dir()
    return inbox_is_ready(tools, drop)


def inbox_is_ready(tools: Tools, drop: Drop) -> bool:
    """Whether the inbox is the one we know: in another one, missing means nothing."""
    feed = tools.feeds[drop.feed]
    return tools.spools[feed.name].is_ready(tools.journal.inbox_proof(feed.name, feed.inbox))


def given_up(tools: Tools, drop: Drop) -> Step:
    """Its files are gone from the spool: its owner took it back. From held: a person says whether it comes again."""
    if drop.place is Place.HELD and drop.outcome is None:
        why = f"Its files are not in held/{drop.id} any more. Put them back and release it, or reject it."
        held = replace(drop, state=DropState.HELD, held_because=why, released=False)
        return Step(tools.move(held, event=f"Held {drop.name}: {why}"), None)
    returned = replace(drop, state=DropState.RETURNED, outcome=None)
    event = f"Gave up {drop.name}: somebody took its files out of our folders; nothing was sent."
    tools.snapshot_of(drop).unlink(missing_ok=True)
    return Step(tools.move(returned, event=event), None)
