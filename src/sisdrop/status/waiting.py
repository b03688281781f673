"""Why each drop on its way waits, since when, and what ends the wait: nothing waits for ever unseen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sisdrop.journal import LaneView
from sisdrop.model import IN_CANVAS, Drop, DropState, Hold, HoldKind, NotNow
from sisdrop.order import Behind, FeedRules, Line


@dataclass(frozen=True, slots=True)
class Wait:
    """What a drop waits for. `behind` is the id of the drop it waits behind; `way_out` None: it ends by itself."""

    reason: str
    behind: str | None = None
    way_out: str | None = None


def waits(
    drops: Sequence[Drop],
    holds: Sequence[Hold],
    rules: Mapping[str, FeedRules],
    view: LaneView,
    shut: Mapping[str, NotNow],
) -> Iterator[tuple[str, Wait]]:
    """Why each of a lane's drops that are not held waits, by its id.

    `drops` are in order of arrival; `shut` are the feeds of which no import may start now.
    """
    behind = {drop.id: cause for drop, cause in Line(drops, holds, rules).waiting()}
    current = next((drop for drop in drops if drop.state in IN_CANVAS), None)
    for drop in drops:
        match drop.state:
            case DropState.CLAIMING:
                yield drop.id, Wait("it is being taken from the inbox")
            case DropState.CLAIMED:
                yield drop.id, Wait("it is being read and checked")
            case DropState.QUEUED if drop.id in behind:
                yield drop.id, _behind(behind[drop.id])
            case DropState.QUEUED:
                yield drop.id, shut_out(drop, shut) or _in_turn(current, view)
            case _:
                pass


def shut_out(drop: Drop, shut: Mapping[str, NotNow]) -> Wait | None:
    """What keeps the import of a queued drop from starting now: the hours of its feed, or a pause."""
    why = shut.get(drop.feed) if drop.state is DropState.QUEUED else None
    return Wait(why.reason, way_out=None if why.until else "`sisdrop resume`") if why else None


def _behind(behind: Behind) -> Wait:
    cause = behind.cause
    if isinstance(cause, Drop):
        ways = f"`sisdrop release {cause.id}`, `sisdrop reject {cause.id}`, or drop a corrected {cause.name}"
        return Wait(behind.sentence, cause.id, ways)
    mended = f", or drop a corrected {cause.name}" if cause.kind is HoldKind.IMPORT and cause.name else ""
    return Wait(behind.sentence, cause.drop or None, f"`sisdrop release`{mended}")


def _in_turn(current: Drop | None, view: LaneView) -> Wait:
    """Nothing stops it: why it is not sent this moment."""
    if view.away:
        return Wait(f"Canvas cannot be asked: {view.away}")
    if view.gate:
        return Wait(view.gate)
    if current is not None:
        return Wait(f"its turn comes after {current.name}, which is in Canvas", current.id)
    return Wait("its turn comes next")
