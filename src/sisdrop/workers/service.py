"""The service: pick up where the last one stopped, then watch, check and send until told to stop.

The caller owns the journal. Signals belong to the command; they only set the flag that `stop` sets.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sisdrop import __version__
from sisdrop.canvas import Canvas
from sisdrop.config import Config, Feed
from sisdrop.durable import why_unwritable
from sisdrop.errors import ConfigError, ConfigProblem, StateError
from sisdrop.folders import Spool
from sisdrop.journal import Journal
from sisdrop.known import CatchUp, Known, Source
from sisdrop.model import Clock
from sisdrop.steps import ABSENT_GRACE_S, Context, Wait, When
from sisdrop.workers.accounts import Accounts
from sisdrop.workers.board import Board
from sisdrop.workers.checker import Checker
from sisdrop.workers.expect import Expect
from sisdrop.workers.recover import recover, sweep_snapshots, warn_of_stranded
from sisdrop.workers.schedule import Role
from sisdrop.workers.sender import Sender
from sisdrop.workers.watcher import Watcher
from sisdrop.workers.worker import Turn, Worker

logger = logging.getLogger("sisdrop.workers")

NOTICE_S = 0.5
"""How often the service looks whether a command wrote to the journal: they are noticed within a second."""
STOP_S = 75.0
"""How long all workers together may take to end after stop."""
REQUEST_GRACE_S = 20.0
"""How long a request to Canvas may go on after stop; then its connection is cut. An upload may last for hours, and what
is lost of its answer is looked up at the next start."""
HANDED_OVER_LOOK_S = 0.25
"""How often a sender looks whether the one before it has ended."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What sends to one Canvas account. While its worker lives, no other one may send there."""

    lane: str
    worker: Worker
    canvas: Canvas


class Service:
    """Everything that runs for one configuration.

    `on_lost` is called by one of its workers when the state folder was taken away or another sisdrop runs on it (see
    `lost`), and when Canvas shows that the configuration cannot be used (see `refused`). The
    clock's scale shortens every wait for Canvas, and `absent_grace_s` is the patience after a lost answer, for
    rehearsals against a sandbox whose time runs faster. `inherited` are the senders that an earlier service of this
    process handed over.
    """

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        clock: Clock | None = None,
        absent_grace_s: float = ABSENT_GRACE_S,
        on_lost: Callable[[], None] = lambda: None,
        inherited: Sequence[Sending] = (),
    ) -> None:
        self.config = config
        self.board = Board()
        self.lost: str | None = None
        """Why what we write reaches nobody any more; the service has stopped by itself then."""
        self.refused: ConfigError | None = None
        """Why the configuration cannot be used after all, known only by asking Canvas; the service has stopped then."""
        # A single one cannot be another one's account.
        self._accounts = Accounts() if len(config.lanes()) > 1 else None
        self._journal = journal
        self._clock = clock or Clock()
        self._absent_grace_s = absent_grace_s
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._workers: list[Worker] = []
        self._watchers: list[Watcher] = []
        self._inherited = tuple(inherited)
        self._senders: list[Sending] = []
        self._changes: int | None = None
        self._known = Known(config.state, behind=self._wake_catching_up)
        self._catch_up: Worker | None = None
        self.expect = Expect(journal, self.board, config.feeds, self._clock)
        """What looks for missing exports: a worker, and one pass at its end."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Take the lease, pick up what the last run left, and start all workers. Raises LeaseTaken."""
        # Before anything is touched: another sisdrop may be at work on it.
        self._journal.take_lease()
        try:
            (self.config.state / "snapshots").mkdir(parents=True, exist_ok=True, mode=0o700)
            sweep_snapshots(self._journal, self.config)
        except OSError as error:
            why = why_unwritable(self.config.state) or error.strerror or error
            raise StateError(f"{self.config.state}: the state folder cannot be used: {why}.") from error
        warn_of_stranded(self._journal, self.config)
        self._journal.prune_events()
        sources = {lane: [_source(feed) for feed in feeds] for lane, feeds in self.config.lanes().items()}
        for lane, feeds in self.config.lanes().items():
            self._add_lane(self._context(lane, {feed.name: feed for feed in feeds}))
        self._add("notice", self._notice)
        self._add("expect", self.expect.turn)
        catch_up = CatchUp(self._known, sources, self._stop.is_set)
        self._catch_up = self._add("known", lambda: Wait(catch_up.turn()))
        # Only now: a worker may wake any other.
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End all workers; each finishes the step it is in, a request to Canvas for a while only.

        What is cut off is picked up by the next start.
        """
        end = self._clock.monotonic() + STOP_S
        self._tell_to_end()
        senders = (*self._senders, *self._inherited)
        self._join((sending.worker for sending in senders), self._clock.monotonic() + REQUEST_GRACE_S)
        for sending in senders:
            if sending.worker.is_alive:
                logger.warning("lane=%s the request to Canvas is cut off; the next start looks it up", sending.lane)
                sending.canvas.cut()
        self._join((*self._workers, *(sending.worker for sending in senders)), end)
        for watcher in self._watchers:
            watcher.stop()
        for sending in senders:
            sending.canvas.close()

    def hand_over(self) -> tuple[Sending, ...]:
        """End all workers but those that are in a request to Canvas: these, for the next service of this process.

        Each of them ends by itself after the step it is in. Nothing is left to stop here.
        """
        self._tell_to_end()
        senders = (*self._senders, *self._inherited)
        others = set(self._workers).difference(sending.worker for sending in senders)
        self._join(others, self._clock.monotonic() + STOP_S)
        for watcher in self._watchers:
            watcher.stop()
        self._senders, self._inherited, self._workers, self._watchers = [], (), [], []
        return tuple(sending for sending in senders if sending.worker.is_alive)

    def _tell_to_end(self) -> None:
        self._stop.set()
        self.wake()

    def _join(self, workers: Iterable[Worker], until: float) -> None:
        for worker in workers:
            worker.join(max(0.0, until - self._clock.monotonic()))

    def wake(self) -> None:
        """Have every worker look again now."""
        for worker in self._workers:
            worker.wake()

    def _context(self, lane: str, feeds: Mapping[str, Feed]) -> Context:
        settings = next(iter(feeds.values())).canvas
        return Context(
            lane,
            self._journal,
            Canvas(settings, user_agent=f"sisdrop/{__version__}"),
            feeds,
            {name: Spool(feed.inbox, feed.archive, feed.failed, feed.held) for name, feed in feeds.items()},
            self.config.state,
            self.config.gate_timeout_s,
            clock=self._clock,
            absent_grace_s=self._absent_grace_s,
            known=self._known,
        )

    def _add_lane(self, context: Context) -> None:
        """The workers of one Canvas account: one that sends, one that checks, one that watches for each feed."""
        recover(context)
        sender = Sender(context, self.board, self._accounts, self._refuse, unchecked=lambda: checking.wake())
        turn = self._after_others(context.lane, sender.turn)
        sending = self._add(f"{Role.SEND} {context.lane}", turn)
        self._senders.append(Sending(context.lane, sending, context.canvas))
        checker = Checker(context, self.board, checked=sending.wake)
        checking = self._add(f"{Role.CHECK} {context.lane}", checker.turn)
        for feed in context.feeds.values():
            self._add_watcher(context, feed, checking)

    def _after_others(self, lane: str, turn: Turn) -> Turn:
        """`turn`, once whoever may still send to that account has ended: a new name may be one of an old account."""
        same = [sending for sending in self._inherited if sending.lane == lane]
        before = same or self._inherited

        def turn_alone() -> When:
            return Wait(HANDED_OVER_LOOK_S) if any(sending.worker.is_alive for sending in before) else turn()

        return turn_alone

    def _add_watcher(self, context: Context, feed: Feed, checking: Worker) -> None:
        watcher = Watcher(context, self.board, feed, wake=lambda: worker.wake(), claimed=checking.wake)
        self._watchers.append(watcher)
        worker = self._add(f"{Role.WATCH} {feed.name}", watcher.turn)

    def _notice(self) -> When:
        """Renew the lease, and wake everybody when a command wrote to the journal."""
        self._journal.renew_lease()
        before, self._changes = self._changes, self._journal.foreign_changes()
        if before is not None and before != self._changes:
            self.wake()
        return Wait(NOTICE_S)

    def _add(self, name: str, turn: Turn) -> Worker:
        worker = Worker(name, turn, self._stop, on_lost=self._lose)
        self._workers.append(worker)
        return worker

    def _lose(self, why: str) -> None:
        if self.lost is None:
            self.lost = why
            logger.error("%s", why)
        self._tell_to_end()
        self._on_lost()

    def _refuse(self, lane: str, other: str) -> None:
        """Two queues for one account would import into it at once; nothing was sent from the second one."""
        text = (
            f"{lane} is the same Canvas account as {other} ({self._place(other)}), so two queues would import into it "
            "at once; write url and account the same way in both"
        )
        self.refused = ConfigError(str(self.config.path), (ConfigProblem(self._place(lane), text),))
        self._tell_to_end()
        self._on_lost()

    def _place(self, lane: str) -> str:
        """Where the configuration names the lane's account."""
        feed = self.config.lanes()[lane][0]
        return "canvas" if feed.canvas is self.config.canvas else f"feeds.{feed.name}.canvas"

    def _wake_catching_up(self) -> None:
        if self._catch_up is not None:
            self._catch_up.wake()


def _source(feed: Feed) -> Source:
    """Where the drops of a feed are filed, to learn from them what was accepted."""
    canvas = feed.canvas
    return Source(feed.name, feed.archive, feed.failed, canvas.url, canvas.account, feed.keep_days is not None)
