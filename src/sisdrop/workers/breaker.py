"""Whether Canvas can be asked now: away, refusing us, or there.

Room: keeps the growing wait and the words for it; writes holds and events to the journal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sisdrop.errors import CanvasRefused, CanvasUnavailable
from sisdrop.journal import Hold, HoldKind, LaneView
from sisdrop.lane.pace import backoff_s
from sisdrop.lane.tender import Timer
from sisdrop.lane.tools import Tools
from sisdrop.model import iso

logger = logging.getLogger("sisdrop.lane")

REFUSED_HEAD_START = 3
"""A refusal is asked about less often than an absence: the first wait is 8 s, not 1 s."""

TOKEN_LOOK_S = 1.0
"""How often a lane that Canvas refuses looks whether the token was changed."""


class Presence:
    """Canvas as one lane sees it. For one thread."""

    def __init__(self, tools: Tools, *, monotonic: Callable[[], float] = time.monotonic, pace: float = 1.0) -> None:
        self._tools = tools
        self._monotonic = monotonic
        self._pace = pace
        self._timer = Timer()
        self._token = ""
        self._refused = False
        self.away: str | None = None
        self._away_since: str | None = None
        self._next_try: str | None = None

    def wait_s(self) -> float:
        """The seconds until Canvas may be asked again; 0 when it may be now, also because the token was changed."""
        left = self._timer.due - self._monotonic()
        if left <= 0 or (self._refused and self.token_changed()):
            return 0.0
        return min(left, TOKEN_LOOK_S) if self._refused else left

    def is_away(self, error: CanvasUnavailable) -> float:
        """Canvas cannot be reached: nothing is moved, and the same is tried again with growing waits."""
        now = self._tools.now()
        wait_s = self._again_in(max(backoff_s(self._timer.tries + 1), error.retry_after_s or 0.0))
        if self.away is None:
            self._tools.journal.tell("", "away", f"Canvas is away: {error}")
            self._away_since = iso(now)
        self.away = str(error)
        self._next_try = iso(now + timedelta(seconds=wait_s))
        logger.warning("lane=%s canvas is away, next try in %.0f s: %s", self._tools.lane, wait_s, error)
        return wait_s

    def refuses(self, error: CanvasRefused) -> float:
        """Canvas does not let us look: the lane is on hold until it does, or until the token was changed."""
        self._refused = True
        self.away, self._away_since = str(error), self._away_since or iso(self._tools.now())
        self.remember_token()
        self._again_in(backoff_s(self._timer.tries + REFUSED_HEAD_START + 1))
        present = self._tools.journal.hold(self._tools.lane)
        if present is None or (present.kind is HoldKind.ACCESS and present.reason != str(error)):
            self._tools.journal.put_on_hold(self._tools.lane, Hold(HoldKind.ACCESS, str(error), iso(self._tools.now())))
            logger.error("lane=%s on hold: %s", self._tools.lane, error)
        return TOKEN_LOOK_S * self._pace

    def is_there(self) -> None:
        """Canvas answered: forget the waits, and the hold that its refusal made."""
        if self.away is not None:
            self._tools.journal.tell("", "recovered", "Canvas answers again.")
            logger.info("lane=%s canvas answers again", self._tools.lane)
        self._timer = Timer()
        self._refused = False
        self.away = self._away_since = self._next_try = None
        hold = self._tools.journal.hold(self._tools.lane)
        if hold is not None and hold.kind is HoldKind.ACCESS:
            self._tools.journal.release(self._tools.lane, "Canvas lets us in again")

    def remember_token(self) -> None:
        """Note which token is in use, so that a change is noticed."""
        self._token = self._tools.token_fingerprint()

    def token_changed(self) -> bool:
        """Whether there is a token to try that is not the one noted."""
        return self._tools.token_fingerprint() not in {self._token, ""}

    def shown_in(self, view: LaneView) -> LaneView:
        """The lane's view with Canvas's absence in it."""
        return replace(view, away=self.away, away_since=self._away_since, next_try=self._next_try)

    def _again_in(self, wait_s: float) -> float:
        self._timer.tries += 1
        self._timer.due = self._monotonic() + wait_s * self._pace
        return wait_s * self._pace
