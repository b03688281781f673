"""One step of one drop when it is due, and what becomes of an error in it. Timers are hints that may be lost."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from sisdrop.errors import CanvasError, Conflict, LeaseLost, SpoolError, StateError
from sisdrop.model import Drop, DropState, EventKind, Note, Transition, stamp
from sisdrop.steps import Again, Context, Wait, When, advance
from sisdrop.workers.board import Board
from sisdrop.workers.pace import SHORTEST_POLL_S, backoff_s

logger = logging.getLogger("sisdrop.workers")

LONGEST_RETRY_S = 60.0
TOLD_AT = frozenset({1, 10, 100, 1000})
"""The tries that are worth a line in the drop's biography."""


@dataclass
class Timer:
    """When something is due again, and how it went so far. `due` and `since` are monotonic."""

    due: float = 0.0
    wait_s: float = SHORTEST_POLL_S / 1.5
    tries: int = 0
    progress: int = 0
    since: float = 0.0


class Stepper:
    """Takes steps of drops when they are due. For one thread."""

    def __init__(self, context: Context, board: Board, take_step: Callable[[Context, Drop], When] = advance) -> None:
        self._context = context
        self._take_step = take_step
        self._clock = context.clock
        self._board = board
        self._timers: dict[str, Timer] = {}

    def timer(self, drop: Drop) -> Timer:
        """The drop's timer; a new one is due at once."""
        return self._timers.setdefault(drop.id, Timer(since=self._clock.monotonic()))

    def hurry(self, drop: Drop) -> None:
        """Its next step is due now: what kept it may be mended."""
        self._timers.pop(drop.id, None)

    def forget_others(self, alive: set[str]) -> None:
        """Forget the timers of all drops but these."""
        for gone in self._timers.keys() - alive:
            del self._timers[gone]

    def step(self, drop: Drop) -> When:
        """Take one step, if it is due, and say when the next one is.

        What goes wrong with the disk concerns this drop alone and is tried again later; an unforeseen error holds
        it. CanvasError is for the lane and passes through, LeaseLost for the service.
        """
        timer = self.timer(drop)
        left_s = timer.due - self._clock.monotonic()
        if left_s > 0:
            return Wait(left_s)
        try:
            when = self._take_step(self._context, drop)
        except Conflict:
            return Again()  # a command was quicker: look at the drop as it is now
        except (CanvasError, LeaseLost):
            raise
        except (SpoolError, StateError, OSError) as error:
            return self._later(timer, drop, str(error))
        except Exception:  # noqa: BLE001 - one step of one drop: it is held with the traceback, the others go on
            return self._crashed(timer, drop, traceback.format_exc())
        timer.tries = 0
        self._board.goes_on(drop.id)
        return self.wait(timer, when.seconds) if isinstance(when, Wait) else when

    def wait(self, timer: Timer, seconds: float) -> Wait:
        """Make the timer due in so many seconds of the clock, and say how long that is for the worker."""
        timer.due = self._clock.due_in(seconds)
        return Wait(seconds * self._clock.scale)

    def _later(self, timer: Timer, drop: Drop, why: str) -> When:
        timer.tries += 1
        self._board.stuck(drop.id, why, self._clock.monotonic())
        if timer.tries in TOLD_AT:
            note = Note(EventKind.WAITS, f"{drop.name} waits: {why}")
            self._context.journal.tell(drop.feed, note, drop.id)
        logger.warning("drop=%s feed=%s state=%s waits (try %d): %s", drop.id, drop.feed, drop.state, timer.tries, why)
        return self.wait(timer, backoff_s(timer.tries, longest_s=LONGEST_RETRY_S))

    def _crashed(self, timer: Timer, drop: Drop, report: str) -> When:
        """An error nobody foresaw: keep the traceback, and hold the drop where that loses nothing."""
        why = f"An internal error stopped it; the traceback is in {self._save(drop, report)}."
        # Elsewhere in its life a hold could lose what is certain: what Canvas has, or where the files are.
        if drop.state not in {DropState.CLAIMED, DropState.QUEUED}:
            return self._later(timer, drop, why)
        latest = self._context.journal.get(drop.id)
        if latest is not None and latest.state is drop.state:
            note = Note(EventKind.HELD, f"Held {drop.name}: {why}")
            self._context.apply(Transition(latest.holding(why, self._clock.time()), note))
        return Again()

    def _save(self, drop: Drop, report: str) -> str:
        path = self._context.state / f"error-{stamp(self._clock.now())}-{drop.id}.txt"
        try:
            path.touch(mode=0o600)
            path.write_text(report, encoding="utf-8")
        except OSError:
            logger.error("drop=%s internal error\n%s", drop.id, report)  # noqa: TRY400 - `report` is the traceback
            return "the log"
        # An exception may quote a cell of the file: people's data do not belong into the log.
        logger.error("drop=%s internal error; the traceback is in %s", drop.id, path)
        return str(path)
