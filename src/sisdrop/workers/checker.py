"""The checker of one lane: reads what was taken, and says so to the sender."""

from __future__ import annotations

from collections.abc import Callable

from sisdrop.model import DropState
from sisdrop.steps import Context, When
from sisdrop.workers.board import Board
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.worker import soonest


class Checker:
    """Takes the steps of all drops of a lane that were taken and not read yet. For one thread."""

    def __init__(self, context: Context, board: Board, *, checked: Callable[[], None]) -> None:
        self._context = context
        self._stepper = Stepper(context, board)
        self._checked = checked

    def turn(self) -> When:
        """Read what is due, and say when the next is."""
        taken = [drop for drop in self._context.open_drops() if drop.state is DropState.CLAIMED]
        self._stepper.forget_others({drop.id for drop in taken})
        when = soonest([self._stepper.step(drop) for drop in taken])
        self._checked()
        return when
