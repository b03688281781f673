"""One pass, for cron and Task Scheduler: when is everything that was in the inbox handled as far as it can be?

Room: part of the daemon; reads the journal and the scanners' views.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import IntEnum

from sisdrop.config import Config
from sisdrop.daemon.daemon import Daemon
from sisdrop.journal import HoldKind, Journal
from sisdrop.lane import corrects
from sisdrop.model import Drop, DropState, InboxState, Outcome, Place
from sisdrop.policy import why_stranded

LOOK_S = 0.2
SETTLE_PATIENCE_S = 120.0
"""How long one pass waits for files that do not settle (an empty file has a minute); the next pass finds them again."""
CANVAS_PATIENCE_S = 60.0
"""How long one pass waits for a Canvas that is away or refuses us; nothing is lost, the next pass goes on."""
FOLDER_PATIENCE_S = 60.0
"""How long one pass waits for a folder that a drop cannot be moved to or from."""
LOOKS_NEEDED = 2

_IN_OUR_HANDS = frozenset({DropState.CLAIMING, DropState.CLAIMED, DropState.HELD, DropState.FINISHED})
_BAD = frozenset(Outcome) - {Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES}


class Ended(IntEnum):
    """How a pass ended, as the exit code of `run --once`."""

    DONE = 0
    NEEDS_A_PERSON = 1
    NO_CANVAS = 5


class Once:
    """Waits until a pass is done. Start it before the daemon's threads have begun to file anything."""

    def __init__(
        self, daemon: Daemon, journal: Journal, config: Config, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._daemon = daemon
        self._journal = journal
        self._config = config
        self._monotonic = monotonic
        self._begun = monotonic()
        self._first_event = journal.last_event()
        self._states: dict[str, tuple[DropState, float]] = {}
        self._no_canvas_since: float | None = None

    def wait(self, stop: threading.Event) -> Ended | None:
        """Wait until everything is handled, or patience ends; and say how it went. None when `stop` cut it short."""
        while not stop.wait(LOOK_S):
            if any(scanner.looks < LOOKS_NEEDED for scanner in self._daemon.scanners):
                self._daemon.wake()  # the second look need not wait for poll_s
            if self._no_canvas_for() > CANVAS_PATIENCE_S:
                return Ended.NO_CANVAS
            if self._all_looked() and not self._settling() and not self._working():
                return self._verdict()
        return None

    def _all_looked(self) -> bool:
        looked = all(
            scanner.looks >= LOOKS_NEEDED or self._is_away(scanner.feed.name) for scanner in self._daemon.scanners
        )
        return looked and self._monotonic() - self._begun > LOOK_S

    def _is_away(self, feed: str) -> bool:
        view = self._journal.inbox_view(feed)
        return view is not None and view.state is InboxState.AWAY

    def _settling(self) -> bool:
        if self._monotonic() - self._begun > SETTLE_PATIENCE_S:
            return False
        views = (self._journal.inbox_view(feed) for feed in self._config.feeds)
        return any(view.settling for view in views if view is not None and view.state is InboxState.READY)

    def _working(self) -> bool:
        lanes = {feed.name: feed.lane for feed in self._config.feeds.values()}
        drops = [one for one in self._journal.open_drops() if not why_stranded(one, lanes.get(one.feed))]
        busy = [drop for drop in drops if not self._waits_for_a_person(drop)]
        stuck = [drop for drop in busy if self._is_stuck(drop)]
        # What waits in a queue goes behind what is still being taken or checked.
        blocked = {drop.lane for drop in stuck if drop.state in {DropState.CLAIMING, DropState.CLAIMED}}
        return any(drop not in stuck and not (drop.state is DropState.QUEUED and drop.lane in blocked) for drop in busy)

    def _is_stuck(self, drop: Drop) -> bool:
        """Whether our folders keep it from going on, for so long that the next pass may try."""
        state, since = self._states.get(drop.id, (None, 0.0))
        if state is not drop.state:
            self._states[drop.id] = (drop.state, self._monotonic())
            return False
        if drop.state not in _IN_OUR_HANDS or self._monotonic() - since < FOLDER_PATIENCE_S:
            return False
        told = self._journal.events_of(drop.id)[-1:]
        return self._is_away(drop.feed) or any(event.what == "waits" for event in told)

    def _waits_for_a_person(self, drop: Drop) -> bool:
        if drop.state is DropState.HELD:
            return drop.place is Place.HELD
        hold = self._journal.hold(drop.lane)
        stuck = hold is not None and hold.kind is not HoldKind.ACCESS
        if drop.state in {DropState.SUBMITTED, DropState.IMPORTING}:
            return hold is not None and hold.kind is HoldKind.GATE and hold.drop == drop.id
        return drop.state is DropState.QUEUED and stuck and not (hold and corrects(drop, hold))

    def _no_canvas_for(self) -> float:
        lanes = list(self._config.lanes())
        away = any(self._journal.lane_view(lane).away for lane in lanes)
        holds = (self._journal.hold(lane) for lane in lanes)
        refused = any(hold.kind is HoldKind.ACCESS for hold in holds if hold is not None)
        if not (away or refused):
            self._no_canvas_since = None
            return 0.0
        self._no_canvas_since = self._no_canvas_since or self._monotonic()
        return self._monotonic() - self._no_canvas_since

    def _verdict(self) -> Ended:
        """What a supervisor should know: is there anything that a person must look at?"""
        waiting = bool(self._journal.open_drops()) or bool(self._journal.lanes_on_hold())
        unsettled = any(
            view.settling or view.state is InboxState.AWAY
            for feed in self._config.feeds
            if (view := self._journal.inbox_view(feed)) is not None
        )
        return Ended.NEEDS_A_PERSON if waiting or unsettled or self._ended_badly() else Ended.DONE

    def _ended_badly(self) -> bool:
        filed = {event.drop for event in self._journal.events(self._first_event, limit=10_000) if event.what == "filed"}
        drops = (self._journal.get(drop_id) for drop_id in filed)
        return any(drop.outcome in _BAD for drop in drops if drop is not None)
