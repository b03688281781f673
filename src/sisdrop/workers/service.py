"""The daemon: hold the state folder, pick up where the last one stopped, watch the inboxes, drive the lanes.

Room (floor 7): threads and the lock. Signals belong to the command; they only set the flag that `stop` sets. Each feed
has a scanner thread, each Canvas account a thread that checks files and one that talks to Canvas: a share that hangs
or a long check keeps nobody else waiting.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from sisdrop import __version__
from sisdrop.canvas import Canvas
from sisdrop.config import Config, Feed
from sisdrop.daemon.recover import recover, sweep_snapshots, warn_of_stranded
from sisdrop.daemon.scanner import Scanner
from sisdrop.durable import FileLock, is_network_fs, lock_file, lock_holder
from sisdrop.errors import CanvasError, SpoolError, StateError, StateLocked
from sisdrop.journal import Journal
from sisdrop.known import CatchUp, Known, Source
from sisdrop.lane import ABSENT_GRACE_S, IDLE_S, Lane, Tender, Tools
from sisdrop.model import DropState
from sisdrop.folders import Spool

logger = logging.getLogger("sisdrop.daemon")

LOCK_NAME = "lock"
LOCK_TRIES = 5
LOCK_WAIT_S = 0.1
NOTICE_S = 0.5
"""How often the daemon looks whether a command wrote to the journal: they are noticed within a second."""
STOP_S = 75.0
"""How long a thread may take to end after stop: longer than one request to Canvas."""
AFTER_ERROR_S = 3.0


def hold_state(state: Path) -> FileLock:
    """Lock the state folder for this process; made when missing (0700).

    Raises StateError when the folder is on a network share, where SQLite's locks do not work, or cannot be used;
    StateLocked with the other's pid when another sisdrop holds it.
    """
    share = is_network_fs(state if state.exists() else state.parent)
    if share:
        raise StateError(f"{state} is on a network file system ({share}); the state folder must be on a local disk.")
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock(state / LOCK_NAME)
    except OSError as error:
        raise StateError(f"{state}: the state folder cannot be used: {error.strerror or error}.") from error
    if lock is None:
        raise StateLocked(str(state), lock_holder(state / LOCK_NAME))
    return lock


def is_running(state: Path) -> bool:
    """Whether a sisdrop holds the state folder now."""
    if not (state / LOCK_NAME).exists():
        return False
    lock = lock_file(state / LOCK_NAME)
    if lock is None:
        return True
    lock.close()
    return False


def _lock(path: Path) -> FileLock | None:
    """The lock, or None when it stays taken: a command that asks `is_running` has it for an instant."""
    for _ in range(LOCK_TRIES):
        lock = lock_file(path)
        if lock is not None:
            return lock
        time.sleep(LOCK_WAIT_S)
    return None


def _source(feed: Feed) -> Source:
    """Where the drops of a feed are filed, to learn from them what was accepted."""
    canvas = feed.canvas
    return Source(feed.name, feed.archive, feed.failed, canvas.url, canvas.account, feed.keep_days is not None)


class Daemon:
    """Everything that runs for one configuration. The caller holds the state folder and owns the journal.

    `on_lost` is called by one of its threads when the state folder was taken away (see `lost_its_state`).
    `pace` shortens every wait for Canvas, and `absent_grace_s` the patience after a lost answer, for rehearsals
    against a sandbox whose time runs faster.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        pace: float = 1.0,
        absent_grace_s: float = ABSENT_GRACE_S,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self._journal = journal
        self._pace = pace
        self._absent_grace_s = absent_grace_s
        self._stop = threading.Event()
        self._on_lost = on_lost
        self._lost = False
        self._threads: list[threading.Thread] = []
        self._wakes: list[threading.Event] = []
        self._canvases: list[Canvas] = []
        self._changes: int | None = None
        self._catch_up = threading.Event()
        self._known = Known(config.state, behind=self._catch_up.set)
        self.scanners: list[Scanner] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Pick up what the last run left, and start all threads."""
        (self.config.state / "snapshots").mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep_snapshots(self._journal, self.config.state)
        warn_of_stranded(self._journal, self.config)
        self._journal.service_starts(os.getpid())
        sources = {lane: [_source(feed) for feed in feeds] for lane, feeds in self.config.lanes().items()}
        catch_up = CatchUp(self._known, sources, self._stop.is_set)
        for lane, feeds in self.config.lanes().items():
            self._start_lane(self._tools(lane, {feed.name: feed for feed in feeds}))
        self._thread("notice", threading.Event(), self._notice)
        self._thread("known", self._catch_up, catch_up.turn)

    def stop(self) -> None:
        """End all threads; each finishes the step it is in. What is cut off is picked up by the next start."""
        self._stop.set()
        self.wake()
        for thread in self._threads:
            thread.join(STOP_S)
        for scanner in self.scanners:
            scanner.stop()
        for canvas in self._canvases:
            canvas.close()

    @property
    def lost_its_state(self) -> bool:
        """Whether the journal was removed or replaced under us: what we write reaches nobody, so we have stopped."""
        return self._lost

    def wake(self) -> None:
        """Have every thread look again now."""
        for event in self._wakes:
            event.set()

    def _tools(self, lane: str, feeds: Mapping[str, Feed]) -> Tools:
        settings = next(iter(feeds.values())).canvas
        canvas = Canvas(settings, user_agent=f"sisdrop/{__version__}")
        self._canvases.append(canvas)
        spools = {name: Spool(feed.inbox, feed.archive, feed.failed, feed.held) for name, feed in feeds.items()}
        return Tools(
            lane,
            self._journal,
            canvas,
            feeds,
            spools,
            self.config.state,
            self.config.gate_timeout_s,
            absent_grace_s=self._absent_grace_s,
            known=self._known,
        )

    def _start_lane(self, tools: Tools) -> None:
        recover(tools)
        sends, checks = threading.Event(), threading.Event()

        def checked() -> float:
            wait_s = self._check(tools, tender)
            sends.set()
            return wait_s

        lane = Lane(tools, pace=self._pace)
        tender = Tender(tools, pace=self._pace)
        self._thread(f"lane {tools.lane}", sends, lane.turn)
        self._thread(f"check {tools.lane}", checks, checked)
        for feed in tools.feeds.values():
            looks = threading.Event()
            scanner = Scanner(tools, feed, wake=looks, claimed=checks.set, pace=self._pace)
            self.scanners.append(scanner)
            self._thread(f"scan {feed.name}", looks, scanner.turn)

    @staticmethod
    def _check(tools: Tools, tender: Tender) -> float:
        claimed = [drop for drop in tools.open_drops() if drop.state is DropState.CLAIMED]
        tender.forget_others({drop.id for drop in claimed})
        return min((tender.tend(drop) for drop in claimed), default=IDLE_S)

    def _notice(self) -> float:
        """Wake everybody when a command wrote to the journal; stop when the journal is not the one we opened."""
        if not self._journal.is_in_place():
            self._lost = True
            logger.error("%s was removed or replaced while sisdrop runs; it stops", self._journal.path)
            self._stop.set()
            self.wake()
            self._on_lost()
            return NOTICE_S
        before, self._changes = self._changes, self._journal.foreign_changes()
        if before is not None and before != self._changes:
            self.wake()
        return NOTICE_S

    def _thread(self, name: str, wake: threading.Event, turn: Callable[[], float]) -> None:
        self._wakes.append(wake)
        thread = threading.Thread(target=self._loop, args=(name, wake, turn), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, name: str, wake: threading.Event, turn: Callable[[], float]) -> None:
        """Turn, sleep, turn again; no error ends it."""
        while not self._stop.is_set():
            wake.clear()
            try:
                wait_s = turn()
            except (SpoolError, CanvasError, OSError, sqlite3.OperationalError) as error:
                logger.warning("thread=%s waits: %s", name, error)
                wait_s = AFTER_ERROR_S
            except Exception:
                logger.exception("thread=%s internal error; it goes on in %.0f s", name, AFTER_ERROR_S)
                wait_s = AFTER_ERROR_S
            if wait_s > 0 and not self._stop.is_set():
                wake.wait(wait_s)
