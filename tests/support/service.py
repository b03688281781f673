"""A whole service in this process against a sandbox, at fifty times the pace, and waiting for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sisdrop.config import Config
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import Clock, Drop
from sisdrop.workers import Service

PACE = 0.02
ABSENT_GRACE_S = 0.5
PATIENCE_S = 20.0
"""Longer than any passing test needs, also on a busy machine."""
NEWS = 3
"""The first may come of a turn that began before we asked; two whole turns follow it."""


@dataclass(frozen=True)
class Running:
    """A service that runs, and its journal. To show that nothing happens, wait for what it does meanwhile."""

    journal: SqliteJournal
    service: Service

    def look_twice(self, feed: str = "nightly") -> None:
        """Wait until the feed's watcher has looked at its inbox twice from now on, also at one that is away."""
        self._wait_for_news(lambda: self.service.board.sights().get(feed))

    def try_twice(self, drop: Drop) -> None:
        """Wait until the drop's next step has failed twice from now on."""
        self._wait_for_news(lambda: self.service.board.troubles().get(drop.id))

    def _wait_for_news(self, read: Callable[[], object]) -> None:
        """Wait until that part of the board was written anew: each writing is an object of its own, if an equal one."""
        seen, news = read(), 0
        deadline = time.monotonic() + PATIENCE_S
        while news < NEWS:
            assert time.monotonic() < deadline, f"{news} of {NEWS} times anything new; at last {seen}"
            latest = read()
            news += latest is not seen
            seen = latest
            time.sleep(0.01)


@contextmanager
def serving(config: Config) -> Iterator[Running]:
    """A service that runs; ended with the block."""
    with SqliteJournal(config.state, mend=True) as journal, a_service(config, journal) as service:
        yield Running(journal, service)


@contextmanager
def running(config: Config) -> Iterator[SqliteJournal]:
    """The journal of a service that runs; ended with the block."""
    with serving(config) as started:
        yield started.journal


def a_service(config: Config, journal: Journal, **values: Callable[[], None]) -> Service:
    """A service that is not started yet."""
    return Service(config, journal, clock=Clock(scale=PACE), absent_grace_s=ABSENT_GRACE_S, **values)


def wait(until: Callable[[], object], journal: Journal | None = None, *, pause_s: float = 0.02) -> None:
    """Wait until something is so; fails after a patience, with all that the journal says has happened."""
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, journal and [f"{event.kind}: {event.text}" for event in journal.events()]
        time.sleep(pause_s)
