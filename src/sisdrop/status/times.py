"""What of a snapshot depends on the time: whether imports may start, and whether an export is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sisdrop.config import Config, Feed
from sisdrop.journal import InboxView, Journal
from sisdrop.model import EVERYTHING, NotNow, Pause, iso, last_dropped_at, not_now


@dataclass(frozen=True, slots=True)
class Times:
    """As at `now`: the pauses that are in force, by their feed, and the feeds of which no import may start."""

    now: datetime
    pauses: Mapping[str, Pause]
    shut: Mapping[str, NotNow]

    @classmethod
    def of(cls, journal: Journal, config: Config, now: datetime) -> Times:
        """What the journal and the clock say."""
        pauses = {pause.feed: pause for pause in journal.pauses() if not pause.is_over(now)}
        reasons = {feed.name: not_now(feed.name, feed.hours, pauses.values(), now) for feed in config.feeds.values()}
        return cls(now, pauses, {name: reason for name, reason in reasons.items() if reason is not None})

    def feed_entry(self, journal: Journal, feed: Feed, view: InboxView | None) -> dict[str, Any]:
        """A feed's part of the snapshot; `view` is what a service that runs sees of its inbox."""
        shut = self.shut.get(feed.name)
        last = last_dropped_at(journal.last_dropped(feed.name), view.settling if view else ())
        missing = feed.expect_by.missing(self.now, last) if feed.expect_by else None
        return {
            "not_now": {"reason": shut.reason, "until": iso(shut.until) if shut.until else None} if shut else None,
            "paused": self.pause_entry(feed.name),
            "missing": {"reason": missing.sentence, "last": missing.last} if missing else None,
        }

    def pause_entry(self, feed: str = EVERYTHING) -> dict[str, Any] | None:
        """The pause of a feed, or of everything, None when there is none."""
        pause = self.pauses.get(feed)
        return {"by": pause.by, "since": pause.since, "until": pause.until} if pause else None
