"""The undos of one Canvas account: one at a time, through the gate like a submission, and nothing is sent meanwhile."""

from __future__ import annotations

from sisdrop.model import UndoState
from sisdrop.steps import Context, Idle, Wait, When
from sisdrop.steps.undo import undo
from sisdrop.workers.board import Board
from sisdrop.workers.breaker import CircuitBreaker
from sisdrop.workers.gate import Gate, next_look
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.worker import soonest


class Undoer:
    """Takes the steps of all undos of a lane. For the sender's thread, with its gate and its breaker."""

    def __init__(self, context: Context, board: Board, gate: Gate, breaker: CircuitBreaker) -> None:
        self._context = context
        self._gate = gate
        self._breaker = breaker
        self._stepper = Stepper(context, board, undo)

    def tell(self) -> When:
        """Write what became of those that have ended: that needs no Canvas."""
        undos = self._context.open_undos()
        self._stepper.forget_others({wish.drop for wish in undos})
        ended = (self._context.journal.get(wish.drop) for wish in undos if wish.state is UndoState.ENDED)
        return soonest([self._stepper.step(drop) for drop in ended if drop is not None])

    def ask(self) -> When | None:
        """Take a step with the undo whose turn it is; None when Canvas has none to do. Raises CanvasError.

        A hold of the lane does not hold it back: it is a person's word, and mostly what a person does about a hold.
        """
        undos = self._context.open_undos()
        wish = next((wish for wish in undos if wish.state is not UndoState.ENDED), None)
        drop = self._context.journal.get(wish.drop) if wish else None
        if wish is None or drop is None:
            return None
        timer = self._stepper.timer(drop)
        is_due = timer.due <= self._context.clock.monotonic()
        if wish.state is UndoState.ASKED and is_due:
            left_s = self._gate.left_s()
            if left_s > 0:
                return Wait(left_s)
            blocker = self._gate.ask()
            self._breaker.close()
            if blocker is not None:
                on_hold = bool(self._context.journal.holds(self._context.lane))
                return self._gate.wait(drop, blocker, on_hold=on_hold)
            self._gate.leave()
            self._breaker.remember_token()
        when = self._stepper.step(drop)
        if is_due:
            self._breaker.close()
        if not (is_due and isinstance(when, Idle)):
            return when
        return next_look(self._context, timer, wish.completion, self._context.clock.monotonic() - timer.since)
