"""The loop that a scanner runs, over a real inbox with real events. Every wait is for an event, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from sisdrop.watch import Inbox, Look
from tests.support.desk import Feed

PATIENCE_S = 20.0


class Scanner:
    """An inbox, and the event its hints set."""

    def __init__(self, path: Path, **settings: object) -> None:
        self.woken = threading.Event()
        self.inbox = Inbox(path, Feed(**settings), self.woken.set)  # type: ignore[arg-type]  # the settings of a test
        self.inbox.start()

    def until(self, done: Callable[[Look], bool]) -> Look:
        """Look whenever woken or due, until `done`."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.woken.clear()
            look = self.inbox.look()
            if done(look):
                return look
            self.woken.wait(min(self.inbox.next_look_s, end - time.monotonic()))
        raise AssertionError(f"it never came to that; at last there was {look}")

    def until_settled(self, *names: str) -> Look:
        return self.until(lambda look: set(names) <= {one.name for one in look.settled})
