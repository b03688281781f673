"""Whether Canvas can be asked now: a circuit breaker, open while Canvas is away or refuses us, with growing waits."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from sisdrop.errors import CanvasRefused, CanvasUnavailable
from sisdrop.journal import LaneView
from sisdrop.model import EventKind, Hold, HoldKind, Note, iso
from sisdrop.steps import Context, Wait
from sisdrop.workers.board import Absence, AbsenceKind, Board
from sisdrop.workers.pace import backoff_s
from sisdrop.workers.stepper import Timer

logger = logging.getLogger("sisdrop.workers")

REFUSED_HEAD_START = 3
"""A refusal is asked about less often than an absence: the first wait is 8 s, not 1 s."""

TOKEN_LOOK_S = 1.0
"""How often a lane that Canvas refuses looks whether the token was changed."""


class CircuitBreaker:
    """Canvas as one lane meets it. For one thread."""

    def __init__(self, context: Context, board: Board) -> None:
        self._context = context
        self._clock = context.clock
        self._board = board
        self.has_closed = False
        """Whether Canvas has answered since the service began."""
        self._timer = Timer()
        self._token = ""
        self._absence: Absence | None = None
        self._away_since: str | None = None
        self._next_try: str | None = None

    def left_s(self) -> float:
        """The seconds until Canvas may be asked again; 0 when it may be now, also because the token was changed."""
        left_s = self._timer.due - self._clock.monotonic()
        refused = self._absence is not None and self._absence.kind is AbsenceKind.REFUSES
        if left_s <= 0 or (refused and self.token_changed()):
            return 0.0
        return min(left_s, TOKEN_LOOK_S) if refused else left_s

    def open_for(self, error: CanvasUnavailable) -> Wait:
        """Canvas cannot be reached: nothing is moved, and the same is tried again with growing waits."""
        wait_s = self._again_in(max(backoff_s(self._timer.tries + 1), error.retry_after_s or 0.0))
        if self._absence is None:
            self._context.journal.tell("", Note(EventKind.AWAY, f"Canvas is away: {error}"))
        self._note_absence(AbsenceKind.AWAY, str(error))
        self._next_try = iso(self._clock.now() + timedelta(seconds=wait_s))
        logger.warning("lane=%s canvas is away, next try in %.0f s: %s", self._context.lane, wait_s, error)
        return Wait(wait_s)

    def open_after(self, error: CanvasRefused) -> Wait:
        """Canvas does not let us look: the lane is on hold until it does, or until the token was changed."""
        self._note_absence(AbsenceKind.REFUSES, str(error))
        self.remember_token()
        self._again_in(backoff_s(self._timer.tries + REFUSED_HEAD_START + 1))
        journal, lane = self._context.journal, self._context.lane
        present = [hold for hold in journal.holds(lane) if hold.kind is HoldKind.ACCESS]
        if all(hold.reason != str(error) for hold in present):
            journal.put_on_hold(lane, Hold(HoldKind.ACCESS, str(error), self._clock.time()))
            logger.error("lane=%s on hold: %s", lane, error)
        return Wait(TOKEN_LOOK_S * self._clock.scale)

    def close(self) -> None:
        """Canvas answered: forget the waits, and the hold that its refusal made."""
        if self._absence is not None:
            self._context.journal.tell("", Note(EventKind.RECOVERED, "Canvas answers again."))
            logger.info("lane=%s canvas answers again", self._context.lane)
        self.has_closed = True
        self._timer = Timer()
        self._absence = self._away_since = self._next_try = None
        self._board.absent(self._context.lane, None)
        for hold in self._context.journal.holds(self._context.lane):
            if hold.kind is HoldKind.ACCESS:
                self._context.journal.release(self._context.lane, hold, "Canvas lets us in again")

    def remember_token(self) -> None:
        """Note which token is in use, so that a change is noticed."""
        self._token = self._context.token_fingerprint()

    def token_changed(self) -> bool:
        """Whether there is a token to try that is not the one noted."""
        return self._context.token_fingerprint() not in {self._token, ""}

    def shown_in(self, view: LaneView) -> LaneView:
        """The lane's view with Canvas's absence in it."""
        why = self._absence.why if self._absence else None
        return replace(view, away=why, away_since=self._away_since, next_try=self._next_try)

    def _note_absence(self, kind: AbsenceKind, why: str) -> None:
        since = self._absence.since if self._absence else self._clock.monotonic()
        self._absence = Absence(kind, why, since)
        self._away_since = self._away_since or self._clock.time()
        self._board.absent(self._context.lane, self._absence)

    def _again_in(self, wait_s: float) -> float:
        self._timer.tries += 1
        self._timer.due = self._clock.due_in(wait_s)
        return wait_s * self._clock.scale
