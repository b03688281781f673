"""The loop that a watcher runs, over a real inbox with real events. Every wait is for an event, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from sisdrop.model import Clock
from sisdrop.watch import Inbox, Look
from tests.support.desk import Feed

PATIENCE_S = 20.0


class WatchLoop:
    """An inbox, and the event its hints set.

    With `time` the inbox's clock stands still there until a test moves it: only an event makes anything happen then.
    """

    def __init__(self, path: Path, *, time: float | None = None, **settings: object) -> None:
        self.woken = threading.Event()
        self.time = time
        feed = Feed(**settings)  # type: ignore[arg-type]  # the settings of a test
        self.inbox = Inbox(path, feed, self.woken.set, Clock(monotonic=self._monotonic))
        self.inbox.start()

    def _monotonic(self) -> float:
        return time.monotonic() if self.time is None else self.time

    def until(self, done: Callable[[Look], bool]) -> Look:
        """Look whenever woken or due, until `done`."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.woken.clear()
            look = self.inbox.look()
            if done(look):
                return look
            self.woken.wait(max(0.0, min(self.inbox.next_look_s, end - time.monotonic())))
        raise AssertionError(f"it never came to that; at last there was {look}")

    def until_settled(self, *names: str) -> Look:
        return self.until(lambda look: set(names) <= {candidate.name for candidate in look.settled})
