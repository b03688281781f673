"""The worker that looks once a minute whether an export that a feed expects is missing, and says so once a day."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from sisdrop.config import Feed
from sisdrop.journal import Journal
from sisdrop.model import Clock, EventKind, InboxState, Missing, Note, last_dropped_at
from sisdrop.steps import Idle, Wait, When
from sisdrop.workers.board import Board

logger = logging.getLogger("sisdrop.workers")

LOOK_S = 60.0
UNSEEN_LOOK_S = 1.0
"""How soon a feed is looked at again whose inbox nobody has seen yet."""
LOOKS_NEEDED = 2
"""Of the inbox: what lies in it is dropped, though nobody has taken it since the service began."""


class Expect:
    """Looks at all feeds that expect something. For one thread."""

    def __init__(self, journal: Journal, board: Board, feeds: Mapping[str, Feed], clock: Clock) -> None:
        self._journal = journal
        self._board = board
        self._feeds = {name: feed for name, feed in feeds.items() if feed.expect_by is not None}
        self._clock = clock

    def turn(self) -> When:
        """Say what is missing and was not said today."""
        if not self._feeds:
            return Idle()
        self.tell_missing()
        return Wait(LOOK_S if all(self._seen(name) for name in self._feeds) else UNSEEN_LOOK_S)

    def tell_missing(self) -> dict[str, Missing]:
        """What is missing now, by feed; what was not said today is said.

        Nothing of a feed whose inbox is away, which is said as such, or was not looked at as a whole yet.
        """
        now = self._clock.now()
        missing = {name: lack for name in self._feeds if (lack := self._missing(name, now)) is not None}
        for name, lack in missing.items():
            # The journal remembers the day, so that a restart does not say it again.
            if self._journal.tell_once(name, Note(EventKind.MISSING, lack.sentence), lack.day.isoformat()):
                logger.error("feed=%s missing: %s", name, lack.sentence)
        return missing

    def _missing(self, name: str, now: datetime) -> Missing | None:
        expected, sight = self._feeds[name].expect_by, self._board.sights().get(name)
        if expected is None or sight is None or not self._seen(name) or sight.state is InboxState.AWAY:
            return None
        return expected.missing(now, last_dropped_at(self._journal.last_dropped(name), sight.settling))

    def _seen(self, name: str) -> bool:
        sight = self._board.sights().get(name)
        return sight is not None and (sight.looks >= LOOKS_NEEDED or sight.state is InboxState.AWAY)
