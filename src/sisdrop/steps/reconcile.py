"""At a start: does Canvas have imports of ours that the journal does not know?

A journal can be older than what was done with it: a backup of the state folder was put back, or what was written last
was lost with the machine. What it takes for unsent may be in Canvas then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sisdrop.errors import Conflict
from sisdrop.model import DropState, EventKind, Hold, HoldKind, Note
from sisdrop.protocol import SisImport, made_before, markers_of
from sisdrop.steps.context import Context
from sisdrop.steps.submit import adopted, is_import_of

RECENT = 200
"""Drops at rest whose markers are known without an import: rejected by a person who had seen it in Canvas."""
SAME_MOMENT = timedelta(seconds=1)
"""Times are told in whole seconds. No file is taken and imported within one."""
_UNSENT = frozenset({DropState.QUEUED, DropState.HELD})


def reconcile(context: Context) -> bool:
    """Adopt the imports of drops that the journal takes for unsent, and hold the lane for those of unknown drops.

    Canvas names the files of an import once it has begun with it: False when one that may be ours is not named yet, or
    when Canvas's list is not whole. Then ask again. Raises CanvasError.
    """
    known = context.journal.newest_import_id(context.lane)
    listing = context.canvas.imports_above(known)
    newer = [made for made in listing.imports if made.id > (known or 0) and _may_be_ours(context, made)]
    if not newer:
        return listing.is_whole
    drops = context.journal.open_drops()
    at_rest = context.journal.recent(RECENT)
    ids = context.journal.import_ids(context.lane, known or 0).union(*(drop.past_imports for drop in drops))
    newer = [made for made in newer if made.id not in ids]
    for drop in drops:
        ours = next((made for made in newer if is_import_of(made, drop)), None)
        if ours is not None and drop.state in _UNSENT and drop.lane == context.lane:
            try:
                context.apply(adopted(context, drop, ours))
            except Conflict:
                return False  # a person's word came meanwhile
    markers = {drop.contents.marker for drop in (*drops, *at_rest) if drop.contents is not None}
    unknown = [made for made in newer if (named := markers_of(made)) and not named & markers]
    if known is None:
        # Nothing of ours says what was there before: an earlier sisdrop may have imported into the account for years,
        # and so may this one, under another name of the account.
        of_lane = (drop for drop in (*drops, *at_rest) if drop.lane == context.lane)
        began = min((drop.origin.claimed_at for drop in of_lane), default=context.clock.time())
        unknown = [made for made in unknown if not made_before(made, datetime.fromisoformat(began) + SAME_MOMENT)]
    if unknown:
        _hold(context, unknown)
    return listing.is_whole and all(markers_of(made) or made.is_terminal for made in newer)


def _may_be_ours(context: Context, made: SisImport) -> bool:
    me = context.canvas.user_id()
    return None in {me, made.user_id} or made.user_id == me


def _hold(context: Context, unknown: Sequence[SisImport]) -> None:
    """Once for what there is: not again at the next start, when a person has released it."""
    feed = next(iter(context.feeds))
    ids = sorted(made.id for made in unknown)
    occasion = f"SIS import {ids[-1]}"
    if context.journal.last_occasion(feed, EventKind.STATE_IS_OLD) == occasion:
        return
    why = (
        f"Canvas has SIS imports that sisdrop made and its journal does not know ({', '.join(map(str, ids))}): the "
        "state folder seems to be older than they are. Look at them and at the drops that wait: reject those that are "
        "in Canvas, then `sisdrop release`."
    )
    # The hold first: a crash between the two must not lose it.
    context.journal.put_on_hold(context.lane, Hold(HoldKind.DOUBT, why, context.clock.time()))
    context.journal.tell_once(feed, Note(EventKind.STATE_IS_OLD, why), occasion)
