"""Open drops that the configuration, as it is now, does not provide for: they wait, and a person is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from sisdrop.model.drop import Drop
from sisdrop.model.states import IN_CANVAS, DropState


def of_lane(drops: Iterable[Drop], lane: str, inboxes: Mapping[str, PurePath]) -> list[Drop]:
    """The open drops that stand in a lane's line, in their order: those of its feeds that can go on there.

    `inboxes` has the inbox of each of its feeds.

    Of drops that a feed took for another Canvas account (its configuration changed) those are among them that only
    need our folders: what is held, and what is finished.
    """
    return [drop for drop in drops if drop.feed in inboxes and why_stranded(drop, lane, inboxes[drop.feed]) is None]


def why_stranded(drop: Drop, lane: str | None, inbox: PurePath | None) -> str | None:
    """Why an open drop cannot go on under the present configuration, or None when it can.

    `lane` is where its feed's imports go now, `inbox` where its feed's files come from; None when there is no such
    feed. Nothing is ever sent to another Canvas account than the one a drop was taken for, unless a person says so.
    """
    if lane is None or inbox is None:
        return f"its feed {drop.feed} is not in the configuration any more: put it back under that name."
    if drop.stayed_behind(inbox) and drop.state not in IN_CANVAS:
        return (
            f"its files are in the old inbox {drop.origin.inbox}, and that of feed {drop.feed} is {inbox} now: change "
            f"that back, or `sisdrop accept {drop.feed}` to bring them there."
        )
    if drop.lane == lane or drop.state in {DropState.HELD, DropState.FINISHED}:
        return None
    back = f"feed {drop.feed} went to {drop.lane} when it was taken, and goes to {lane} now: change that back"
    if drop.state in IN_CANVAS:
        return f"{back}, for its import is in {drop.lane}."
    return f"{back}, or `sisdrop release {drop.id}` to send it to {lane}, or reject it."
