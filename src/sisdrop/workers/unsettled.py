"""What lies in one inbox for longer than `settle_alert_s` without having settled: told once, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sisdrop.config import Feed
from sisdrop.model import EventKind, Note, Waiting
from sisdrop.steps import Context

logger = logging.getLogger("sisdrop.workers")

TOLD_AT_ONCE = 50
"""Names told one by one in one look; of more the number, so that a flood of files does not flood the journal."""


class Unsettled:
    """Tells of one feed's inbox. For one thread; what it told it forgets with the process, and tells again."""

    def __init__(self, context: Context, feed: Feed) -> None:
        self._context = context
        self._feed = feed
        self._told: set[str] = set()

    def look(self, waiting: Sequence[Waiting]) -> None:
        """Tell what has become too late, and what waits no longer; `waiting` is all that has not been taken."""
        now = self._context.clock.now()
        late = {entry.name: entry for entry in waiting if entry.is_overdue(now, self._feed.settle_alert_s)}
        for name in sorted(self._told - late.keys()):
            over = f"{name} waits in the inbox no more."
            self._context.journal.tell(self._feed.name, Note(EventKind.RECOVERED, over))
            logger.info("feed=%s %s", self._feed.name, over)
        new = [entry for name, entry in late.items() if name not in self._told]
        if len(new) > TOLD_AT_ONCE:
            self._tell(f"{len(new):,} files have not settled in the inbox; `sisdrop status` shows why.")
        else:
            for entry in new:
                self._tell(f"{entry.name} has not settled since {entry.since}: {entry.why}.")
        self._told = set(late)

    def forget(self) -> None:
        """The inbox is away, which is told as such: nothing is known of what lies in it."""
        self._told.clear()

    def _tell(self, text: str) -> None:
        self._context.journal.tell(self._feed.name, Note(EventKind.UNSETTLED, text))
        logger.warning("feed=%s %s", self._feed.name, text)
