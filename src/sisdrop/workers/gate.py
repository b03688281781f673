"""The gate:

the question to Canvas before a submission. Nothing may be unfinished in the account, whoever started it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sisdrop.journal import LaneView
from sisdrop.model import Drop, EventKind, HoldKind, Note, duration
from sisdrop.protocol import SisImport, blocking
from sisdrop.steps import Context, Wait
from sisdrop.workers.pace import next_poll_s
from sisdrop.workers.stepper import Timer

logger = logging.getLogger("sisdrop.workers")


class Gate:
    """The gate of one lane. For one thread."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clock = context.clock
        self._timer = Timer()
        self.view = LaneView()
        """What waits at the gate for whom, for people."""

    def left_s(self) -> float:
        """The seconds until the question is due again."""
        return self._timer.due - self._clock.monotonic()

    def ask(self) -> SisImport | None:
        """The import that must end first, None when the gate is open. Raises CanvasError."""
        canvas = self._context.canvas
        unfinished = [made for made in canvas.unfinished() if not self._is_given_up(made)]
        return blocking(unfinished, datetime.fromisoformat(canvas.server_time) if canvas.server_time else None)

    def leave(self) -> None:
        """Nobody waits here any more."""
        self._timer = Timer()
        self.view = LaneView()

    def wait(self, drop: Drop, blocker: SisImport, *, on_hold: bool) -> Wait:
        """The drop waits for `blocker`; for too long, and the lane is on hold."""
        if self.view.blocked_by is None:
            self._timer = Timer(since=self._clock.monotonic())
            self.view = LaneView(gate_since=self._clock.time())
            note = Note(EventKind.GATE, _sentence(drop, blocker, 0.0))
            self._context.journal.tell(drop.feed, note, drop.id)
        waited_s = self._clock.monotonic() - self._timer.since
        sentence = _sentence(drop, blocker, waited_s)
        self.view = LaneView(gate=sentence, gate_since=self.view.gate_since, blocked_by=blocker.id)
        if waited_s > self._context.gate_timeout_s and not on_hold:
            self._hold(drop, sentence)
        return next_look(self._context, self._timer, blocker.progress, waited_s)

    def _is_given_up(self, made: SisImport) -> bool:
        """Whether it is an undo of ours that Canvas never finished: it stays `restoring`, and a person was told."""
        if made.workflow_state != "restoring":
            return False
        undo = self._context.journal.undo_of_import(self._context.lane, made.id)
        return undo is not None and not undo.is_open

    def _hold(self, drop: Drop, sentence: str) -> None:
        why = f"The gate was shut for too long: {sentence}. Look at that import in Canvas, then `sisdrop release`."
        lane = self._context.lane
        self._context.journal.put_on_hold(lane, self._context.hold(HoldKind.GATE, why, drop))
        logger.error("lane=%s on hold: %s", lane, why)
        self.leave()


def next_look(context: Context, timer: Timer, progress: int, elapsed_s: float) -> Wait:
    """When to look again at an import that runs: sooner when its progress says that the end is near."""
    moved, timer.progress = progress != timer.progress, progress
    timer.wait_s = next_poll_s(timer.wait_s, elapsed_s=elapsed_s, progress=progress, moved=moved)
    timer.due = context.clock.due_in(timer.wait_s)
    return Wait(timer.wait_s * context.clock.scale)


def _sentence(drop: Drop, blocker: SisImport, waited_s: float) -> str:
    """What the drop waits for, and how long already, for people."""
    since = f", for {duration(waited_s)}" if waited_s >= 1 else ""
    return f"{drop.name} waits for SIS import {blocker.id}, which is {blocker.workflow_state}{since}"
