"""Imports that a fault keeps from going on, until they were looked at often enough.

Room: memory only, one lock. Counting looks instead of seconds makes a test exact: "three polls later it goes on".
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Stall:
    """`looks` answers still show it held (None: until released); then `release` is called, once."""

    looks: int | None
    release: Callable[[], None]


@dataclass
class RunFaults:
    """What faults want of one import's run."""

    looks: int = 0
    """How many answers must show it before it may end."""
    looks_left: int = 0
    fails: bool = False
    """It ends in an exception."""
    errors_after: int | None = 0
    """How many answers after its end its errors_attachment comes; None: never."""

    @property
    def progress(self) -> int:
        """How far it is, by the looks it got; never quite there."""
        return min(99, (self.looks - max(0, self.looks_left)) * 100 // max(1, self.looks))


class Stalls:
    """What is held, by a key such as `("errors", 8123)`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, int], Stall] = {}

    def add(self, kind: str, import_id: int, stall: Stall) -> None:
        """Stall an import from now on; with no looks left it is released at once."""
        if stall.looks is not None and stall.looks <= 0:
            stall.release()
            return
        with self._lock:
            self._held[kind, import_id] = stall

    def ids(self) -> set[int]:
        """The imports that are held."""
        with self._lock:
            return {import_id for _, import_id in self._held}

    def looked_at(self, import_id: int) -> None:
        """An answer showed this import; call it after the answer was made."""
        released = []
        with self._lock:
            for key, stall in [item for item in self._held.items() if item[0][1] == import_id]:
                if stall.looks is None:
                    continue
                stall.looks -= 1
                if stall.looks <= 0:
                    released.append(self._held.pop(key))
        # Outside the lock: a release changes the import and wakes the queue, which has a lock of its own.
        for stall in released:
            stall.release()

    def drop(self, import_id: int | None = None) -> None:
        """Release everything held for an import (None: for all)."""
        with self._lock:
            keys = [key for key in self._held if import_id is None or key[1] == import_id]
            released = [self._held.pop(key) for key in keys]
        for stall in released:
            stall.release()

    def forget(self, import_id: int) -> None:
        """Stop holding an import without releasing it: it was aborted."""
        with self._lock:
            for key in [key for key in self._held if key[1] == import_id]:
                del self._held[key]
