"""How long a ready drop waits for what may have to go before it. Knows no clock: seconds that pass are handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sisdrop.model import Drop, DropState, InboxState
from sisdrop.workers.board import InboxSight

COURTESY_S = 60.0
"""How long a ready drop waits for a file that is still being written beside it: an export writes its files in one
go, and enrollments must not overtake the users written at the same time. Bounded, so that a file that grows for
ever delays nobody."""


REMEMBERED_S = 600.0
"""How long a file that is not being written any more is remembered; longer than the sleep of an idle sender."""


class Unsettled:
    """Since when files are being written in the inboxes, as one sender sees it; times are monotonic."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[float, float]] = {}
        """First and last, by feed and name."""

    def look(self, sights: Mapping[str, InboxSight], monotonic: float) -> list[float]:
        """How long each of the files that are being written now has been so.

        One that settles and is put back, because it changed while it was read, is being written all the time.
        """
        ready = ((feed, sight) for feed, sight in sights.items() if sight.state is InboxState.READY)
        now = [(feed, entry.name) for feed, sight in ready for entry in sight.settling]
        for key in now:
            self._seen[key] = (self._seen.get(key, (monotonic, 0.0))[0], monotonic)
        self._seen = {key: seen for key, seen in self._seen.items() if monotonic - seen[1] < REMEMBERED_S}
        return [monotonic - self._seen[key][0] for key in now]


def others_come_first(
    drops: Sequence[Drop],
    chosen: Drop,
    sights: Mapping[str, InboxSight],
    unsettled: Sequence[float],
    monotonic: float,
) -> bool:
    """Whether something that may have to go before `chosen` is still being taken or checked, or written beside it.

    Not what belongs to another feed whose inbox has been away for a while: it may stay away for days.
    """
    away = {
        feed
        for feed, sight in sights.items()
        if feed != chosen.feed and sight.state is InboxState.AWAY and monotonic - sight.since >= COURTESY_S
    }
    if any(drop.state in {DropState.CLAIMING, DropState.CLAIMED} and drop.feed not in away for drop in drops):
        return True
    return any(seconds < COURTESY_S for seconds in unsettled)
