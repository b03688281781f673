"""A file that is byte for byte the last accepted one of its series need not be imported again: `skip_identical`.

Room: reads the journal. Asked when the drop's turn has come, so that the last accepted one is the last.
"""

from __future__ import annotations

from dataclasses import dataclass

from canvas_sis_csv.options import ImportOptions
from sisdrop.model import Drop, DropState
from sisdrop.order import corrects, mends
from sisdrop.steps.context import Context
from sisdrop.steps.diffing import remaster_is_due
from sisdrop.steps.judging import last_accepted

LOOKED_THROUGH = 200
"""Filed drops of the feed among which the last accepted one must be, to know what was sent since."""


@dataclass(frozen=True, slots=True)
class Twin:
    """The accepted drop with the same bytes. `sent_because`: why it is not left at that, a clause; None: it is."""

    drop: Drop
    sent_because: str | None


def twin_of(context: Context, drop: Drop) -> Twin | None:
    """The last accepted drop of its series, when it has the same bytes and the feed skips such a one.

    Of a zip, a folder or a group the last accepted one of every type must be it. Nothing that a person released or
    retried has one: who asks for an import gets it.
    """
    if not context.feeds[drop.feed].skip_identical or drop.word is not None or drop.contents is None:
        return None
    last = last_accepted(context, drop)
    ids = {accepted.id for accepted in last.values()}
    if len(ids) != 1 or set(last) != set(drop.types):
        return None
    twin = next(iter(last.values()))
    if twin.contents is None or twin.contents.sha256 != drop.contents.sha256:
        return None
    return Twin(twin, _sent_because(context, drop, twin))


def _sent_because(context: Context, drop: Drop, twin: Drop) -> str | None:
    """Why the same bytes may bring something new after all."""
    if twin.lane != drop.lane:
        return f"that one went to {twin.lane}"
    # As configured: that the other one was sent as a remaster is not what this one is asked for.
    if _configured(twin) != _configured(drop):
        return "the import options are others now"
    if remaster_is_due(context, drop):
        return "its diffing data set is due to be sent whole"
    held = [other for other in context.open_drops() if other.state is DropState.HELD and corrects(drop, other)]
    if held:
        return f"it takes the place of {held[0].name}, which is held"
    if any(mends(drop, hold) for hold in context.journal.holds(context.lane)):
        return "it is what the queue waits for"
    for other in context.journal.recent(LOOKED_THROUGH, drop.feed):
        if other.id == twin.id:
            return None
        is_accepted = other.outcome is not None and other.outcome.is_accepted
        if other.submission is not None and not is_accepted and set(other.series) & set(drop.series):
            return f"{other.name} ({other.id}) was sent since and {other.outcome}: parts of it may be in Canvas"
    return "it is too long ago to know what was sent since"


def _configured(drop: Drop) -> ImportOptions | None:
    return drop.contents.options if drop.contents else None
