"""The one loop: turn, sleep until the next turn is due or somebody wakes it, turn again; no error ends it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from sisdrop.errors import CanvasError, LeaseLost, SpoolError, StateError
from sisdrop.steps import Again, Idle, Wait, When

logger = logging.getLogger("sisdrop.workers")

IDLE_S = 60.0
"""The longest anybody sleeps; events, and commands that write to the journal, wake them."""
AFTER_ERROR_S = 3.0

Turn = Callable[[], When]
"""Take every step that is due, and say when the next one is; `Wait` in seconds as they pass for the worker."""


class Worker:
    """A thread that takes turns. `wake` may be called by anyone; `stop` is shared with the whole service."""

    def __init__(self, name: str, turn: Turn, stop: threading.Event, *, on_lost: Callable[[str], None]) -> None:
        self.name = name
        self._turn = turn
        self._stop = stop
        self._on_lost = on_lost
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Begin to turn."""
        self._thread.start()

    def wake(self) -> None:
        """Have it turn again now."""
        self._woken.set()

    @property
    def is_alive(self) -> bool:
        """Whether it turns, or is in its last turn."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended, after `stop` was set and it was woken."""
        self._thread.join(timeout_s)

    def _loop(self) -> None:
        while not self._stop.is_set():
            # Cleared before the turn: what happens during it calls for another one.
            self._woken.clear()
            when: When = Wait(AFTER_ERROR_S)
            try:
                when = self._turn()
            except LeaseLost as error:
                # Whatever we would do now, another may be doing.
                self._on_lost(str(error))
            except (SpoolError, CanvasError, StateError, OSError) as error:
                logger.warning("worker=%s waits: %s", self.name, error)
            except Exception:
                logger.exception("worker=%s internal error; it goes on in %.0f s", self.name, AFTER_ERROR_S)
            if not isinstance(when, Again) and not self._stop.is_set():
                self._woken.wait(when.seconds if isinstance(when, Wait) else IDLE_S)


def soonest(whens: Iterable[When]) -> When:
    """The one that comes first."""
    waits = []
    for when in whens:
        if isinstance(when, Again):
            return when
        if isinstance(when, Wait):
            waits.append(when.seconds)
    return Wait(min(waits)) if waits else Idle()
