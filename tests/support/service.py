"""A whole service in this process against a sandbox, at fifty times the pace, and waiting for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sisdrop.config import Config
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import Clock
from sisdrop.workers import Service

PACE = 0.02
ABSENT_GRACE_S = 0.5
PATIENCE_S = 20.0
"""Longer than any passing test needs, also on a busy machine."""


@contextmanager
def running(config: Config) -> Iterator[SqliteJournal]:
    """The journal of a service that runs; ended with the block."""
    with SqliteJournal(config.state, mend=True) as journal, a_service(config, journal):
        yield journal


def a_service(config: Config, journal: Journal, **values: Callable[[], None]) -> Service:
    """A service that is not started yet."""
    return Service(config, journal, clock=Clock(scale=PACE), absent_grace_s=ABSENT_GRACE_S, **values)


def wait(until: Callable[[], object], journal: Journal) -> None:
    """Wait until something is so; fails after a patience, with all that happened."""
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, [f"{event.kind}: {event.text}" for event in journal.events()]
        time.sleep(0.02)
