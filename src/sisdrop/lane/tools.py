"""What the steps of a drop's life work with: one lane's journal, Canvas, folders and clock, and the shape of a step.

Room: holds others' rooms together; touches nothing by itself.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from canvas_sis_csv.model import Finding
from sisdrop import policy
from sisdrop.canvas import Canvas
from sisdrop.config import Feed
from sisdrop.errors import CanvasRefused
from sisdrop.journal import Hold, Journal
from sisdrop.known import Known
from sisdrop.model import Attempt, Drop, Message, iso, now_utc
from sisdrop.spool import Spool

logger = logging.getLogger("sisdrop.lane")

MAX_ATTEMPTS_KEPT = 200
"""Attempts told of one drop; a drop that Canvas's absence kept waiting for weeks must not grow without end."""

ABSENT_GRACE_S = 120.0
"""How long Canvas may take to show an import whose POST it accepted. At least the time its own front end gives a
request; no client can rule out a commit later than that (there is no idempotency key)."""


@dataclass(frozen=True)
class Tools:
    """Everything one lane works with. `now` is wall time for what is told; waiting is measured elsewhere."""

    lane: str
    journal: Journal
    canvas: Canvas
    feeds: Mapping[str, Feed]
    spools: Mapping[str, Spool]
    state: Path
    gate_timeout_s: float
    now: Callable[[], datetime] = now_utc
    absent_grace_s: float = ABSENT_GRACE_S
    known: Known | None = None
    """What was accepted before; the preflight goes on without."""

    def snapshot_of(self, drop: Drop) -> Path:
        """Where the drop's snapshot lies: the zip that is sent."""
        return self.state / "snapshots" / f"{drop.id}.zip"

    def errors_of(self, drop: Drop) -> Path:
        """Where the drop's error report from Canvas lies until it is filed beside the drop."""
        return self.state / "snapshots" / f"{drop.id}.errors.csv"

    def time(self) -> str:
        """The time now, as text."""
        return iso(self.now())

    def open_drops(self) -> list[Drop]:
        """The lane's drops that are not at rest, in order of arrival; those of feeds no longer configured wait.

        Of drops that a feed took for another Canvas account (its configuration changed) those are among them that
        only need our folders: what is held, and what is finished.
        """
        return [
            drop
            for drop in self.journal.open_drops()
            if drop.feed in self.feeds and policy.why_stranded(drop, self.lane) is None
        ]

    def token_fingerprint(self) -> str:
        """A value that differs when the token does; empty when it cannot be read, or only by running a command.

        Asked for about once a second while Canvas refuses the token: a command is not run that often.
        """
        source = next(iter(self.feeds.values())).canvas.token
        if source.command:
            return ""
        try:
            return hashlib.sha256(source.read().encode()).hexdigest()
        except CanvasRefused:
            return ""

    def move(
        self,
        drop: Drop,
        *,
        event: str = "",
        what: str = "",
        hold: Hold | None = None,
        release_hold: bool = False,
        report: tuple[Sequence[Message], Sequence[Finding]] | None = None,
    ) -> Drop:
        """Journal the drop as it stands after a step, then say so in the log; see Journal.move."""
        stored = self.journal.move(drop, event=event, what=what, hold=hold, release_hold=release_hold, report=report)
        if event:
            logger.info("drop=%s feed=%s state=%s %s", drop.id, drop.feed, drop.state, event)
        if hold is not None:
            logger.error("lane=%s on hold: %s", self.lane, hold.reason)
        return stored

    def tried(self, drop: Drop, what: str, result: str) -> Drop:
        """The drop with one more attempt told; not journaled yet."""
        attempt = Attempt(self.time(), what, result)
        return replace(drop, attempts=(*drop.attempts[-MAX_ATTEMPTS_KEPT:], attempt))


@dataclass(frozen=True, slots=True)
class Step:
    """A step taken: the drop as journaled, and when to call again. 0 = at once, None = when something else changes."""

    drop: Drop
    wait_s: float | None = 0.0
