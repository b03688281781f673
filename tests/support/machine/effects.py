"""What a process does to the disk, counted, so that it can be cut off at any of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sisdrop.journal import SqliteJournal

_ON_THE_DISK = ("rename", "replace", "link", "unlink", "rmdir", "mkdir", "fsync")


class Cut(BaseException):
    """The process is no more: nothing that it meant to do is done."""


class Effects:
    """Everything one thread does to the disk. Armed, the process dies at one of these steps, and stays dead.

    What is renamed by the kernel's own call lies between two steps: a commit before it, a sync of its folder after it.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._left: int | None = None
        self._is_dead = False
        self.died_at = ""

    def arm(self, steps: int) -> None:
        """Die when so many steps were taken, before the next one."""
        self._left = steps

    def revive(self) -> None:
        """A new process: nothing is counted."""
        self._left, self._is_dead = None, False

    def step(self, what: str) -> None:
        """To be called before each. Raises Cut."""
        if self._left is None or threading.get_ident() != self._thread:
            return
        if self._left == 0 and not self._is_dead:
            self._is_dead, self.died_at = True, what
        if self._is_dead:
            raise Cut(what)  # also what an unwinding stack would clean up: a dead process cleans up nothing
        self._left -= 1

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count what goes through `os` while the block runs."""
        with mock.patch.multiple(os, **{name: self._counting(name, getattr(os, name)) for name in _ON_THE_DISK}):
            yield

    def _counting(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.step(f"{name} {arguments[:2]}")
            return call(*arguments, **options)

        return counted


class CutJournal(SqliteJournal):
    """The journal, each commit of which is a step: before it nothing is written, after it all."""

    effects: Effects

    @contextmanager
    def _write(self) -> Iterator[Any]:
        with super()._write() as db:
            yield db
            self.effects.step("commit")
        self.effects.step("after a commit")

    def die(self) -> None:
        """As the end of the process does: the lock is gone, and the lease stays in its row."""
        self._db.close()
        self._unlock()
