"""Tending drops: one step of one drop when it is due, and what becomes of an error in it.

Room: calls `advance`; touches nothing else but the journal and, for an error nobody foresaw, a report under state/.
Timers are hints that may be lost.
"""

from __future__ import annotations

import logging
import sqlite3
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from sisdrop.errors import CanvasError, SpoolError, StateError
from sisdrop.journal import Overtaken
from sisdrop.lane.advance import advance
from sisdrop.lane.pace import SHORTEST_POLL_S, backoff_s
from sisdrop.lane.tools import Tools
from sisdrop.model import Drop, DropState, stamp

logger = logging.getLogger("sisdrop.lane")

IDLE_S = 60.0
"""The longest anybody sleeps; events, and commands that write to the journal, wake them."""

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


class Tender:
    """Takes steps of drops when they are due. For one thread.

    `pace` shortens every wait (0.1 = ten times as fast), for rehearsals against a sandbox whose time runs faster.
    """

    def __init__(self, tools: Tools, *, monotonic: Callable[[], float] = time.monotonic, pace: float = 1.0) -> None:
        self._tools = tools
        self._monotonic = monotonic
        self._pace = pace
        self._timers: dict[str, Timer] = {}

    def timer(self, drop: Drop) -> Timer:
        """The drop's timer; a new one is due at once."""
        return self._timers.setdefault(drop.id, Timer(since=self._monotonic()))

    def forget_others(self, alive: set[str]) -> None:
        """Forget the timers of all drops but these."""
        for gone in self._timers.keys() - alive:
            del self._timers[gone]

    def tend(self, drop: Drop) -> float:
        """Take one step, if it is due, and return the seconds until the next one is.

        What goes wrong with the disk concerns this drop alone and is tried again later; an unforeseen error holds
        it. CanvasError is for the lane and passes through.
        """
        timer = self.timer(drop)
        left = timer.due - self._monotonic()
        if left > 0:
            return left
        try:
            step = advance(self._tools, drop)
        except Overtaken:
            return 0.0
        except CanvasError:
            raise
        except (SpoolError, StateError, OSError, sqlite3.Error) as error:
            return self._later(timer, drop, str(error))
        except Exception:  # noqa: BLE001 - one step of one drop: it is held with the traceback, the others go on
            return self._stumble(timer, drop, traceback.format_exc())
        timer.tries = 0
        if step.wait_s is None:
            return IDLE_S
        return self.wait(timer, step.wait_s)

    def wait(self, timer: Timer, wait_s: float) -> float:
        """Make the timer due in `wait_s` (at our pace) and return how long that is."""
        paced = wait_s * self._pace
        timer.due = self._monotonic() + paced
        return paced

    def _later(self, timer: Timer, drop: Drop, why: str) -> float:
        timer.tries += 1
        if timer.tries in TOLD_AT:
            self._tools.journal.tell(drop.feed, "waits", f"{drop.name} waits: {why}", drop.id)
        logger.warning("drop=%s feed=%s state=%s waits (try %d): %s", drop.id, drop.feed, drop.state, timer.tries, why)
        return self.wait(timer, backoff_s(timer.tries, longest_s=LONGEST_RETRY_S))

    def _stumble(self, timer: Timer, drop: Drop, report: str) -> float:
        """An error nobody foresaw: keep the traceback, and hold the drop where that loses nothing."""
        why = f"An internal error stopped it; the traceback is in {self._save(drop, report)}."
        if drop.state not in {DropState.CLAIMED, DropState.QUEUED}:
            return self._later(timer, drop, why)
        latest = self._tools.journal.get(drop.id)
        if latest is not None and latest.state is drop.state:
            held = replace(latest, state=DropState.HELD, held_because=why)
            self._tools.move(held, event=f"Held {drop.name}: {why}")
        return 0.0

    def _save(self, drop: Drop, report: str) -> str:
        path = self._tools.state / f"error-{stamp(self._tools.now())}-{drop.id}.txt"
        try:
            path.touch(mode=0o600)
            path.write_text(report, encoding="utf-8")
        except OSError:
            logger.error("drop=%s internal error\n%s", drop.id, report)  # noqa: TRY400 - `report` is the traceback
            return "the log"
        # An exception may quote a cell of the file: people's data do not belong into the log.
        logger.error("drop=%s internal error; the traceback is in %s", drop.id, path)
        return str(path)
