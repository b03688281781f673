"""The lane: the queue of one Canvas account, one SIS import at a time.

Room: chooses which drop takes the next step and when; the steps themselves are in the modules beside it. Timers here
are hints that may be lost; everything that matters is in the journal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sisdrop.errors import CanvasRefused, CanvasUnavailable
from sisdrop.journal import Hold, HoldKind, LaneView
from sisdrop.lane import gate
from sisdrop.lane.pace import next_poll_s
from sisdrop.lane.presence import Presence
from sisdrop.lane.queue import must_wait_for_others, next_drop, without_those_away
from sisdrop.lane.tender import IDLE_S, Tender, Timer
from sisdrop.lane.tools import Tools
from sisdrop.model import IN_CANVAS, Drop, DropState
from sisdrop.protocol import SisImport

logger = logging.getLogger("sisdrop.lane")

HELD_LOOK_S = 5.0
OTHERS_LOOK_S = 0.25
_FOLLOWED = frozenset({DropState.SUBMITTED, DropState.IMPORTING})


class Lane:
    """Sends the drops of one Canvas account, one at a time. For one thread."""

    def __init__(self, tools: Tools, *, monotonic: Callable[[], float] = time.monotonic, pace: float = 1.0) -> None:
        self._tools = tools
        self._monotonic = monotonic
        self._pace = pace
        self._tender = Tender(tools, monotonic=monotonic, pace=pace)
        self._presence = Presence(tools, monotonic=monotonic, pace=pace)
        self._gate = Timer()
        self._view = LaneView()

    def turn(self) -> float:
        """Take every step that is due (but for claiming and checking) and return the seconds until the next one is."""
        drops = self._tools.open_drops()
        self._tender.forget_others({drop.id for drop in drops})
        waits = [self._tender.tend(drop) for drop in drops if drop.state in {DropState.FINISHED, DropState.HELD}]
        waits.append(self._ask_canvas(drops))
        self._tools.journal.show_lane(self._tools.lane, self._presence.shown_in(self._view))
        return min(waits)

    def _ask_canvas(self, drops: Sequence[Drop]) -> float:
        wait_s = self._presence.wait_s()
        if wait_s > 0:
            return wait_s
        try:
            return self._follow_or_send(drops)
        except CanvasUnavailable as error:
            return self._presence.is_away(error)
        except CanvasRefused as error:
            return self._presence.refuses(error)

    def _follow_or_send(self, drops: Sequence[Drop]) -> float:
        in_canvas = next((drop for drop in drops if drop.state in IN_CANVAS), None)
        if in_canvas is not None:
            return self._poll(in_canvas)
        hold = self._standing_hold()
        drop = next_drop(drops, hold, lambda feed: self._tools.feeds[feed].order)
        if drop is None:
            self._leave_gate()
            return HELD_LOOK_S * self._pace if hold else IDLE_S
        views = {feed: view for feed in self._tools.feeds if (view := self._tools.journal.inbox_view(feed))}
        others = without_those_away(drops, drop, views, self._tools.now())
        if must_wait_for_others(others, list(views.values()), self._tools.now()):
            return OTHERS_LOOK_S * self._pace
        return self._pass_gate(drop, hold)

    def _standing_hold(self) -> Hold | None:
        """The lane's hold, after those that mend themselves were looked at."""
        hold = self._tools.journal.hold(self._tools.lane)
        if hold is not None and hold.kind is HoldKind.ACCESS:
            self._tools.canvas.unfinished()
            self._presence.is_there()
            return self._tools.journal.hold(self._tools.lane)
        if hold is not None and hold.kind is HoldKind.SUBMISSION and self._presence.token_changed():
            self._tools.journal.release(self._tools.lane, "the token was changed")
            return None
        return hold

    # following the import that is in Canvas

    def _poll(self, drop: Drop) -> float:
        timer = self._tender.timer(drop)
        if self._tools.journal.abort_asked(drop.id):
            timer.due = 0.0
        asked = timer.due <= self._monotonic()
        wait_s = self._tender.tend(drop)
        if not asked:
            return wait_s
        self._presence.is_there()
        after = self._tools.journal.get(drop.id)
        if after is None or after.state not in _FOLLOWED or wait_s < IDLE_S:
            return wait_s
        return self._next_look(timer, after.progress, self._monotonic() - timer.since)

    def _next_look(self, timer: Timer, progress: int, elapsed_s: float) -> float:
        moved, timer.progress = progress != timer.progress, progress
        timer.wait_s = next_poll_s(timer.wait_s, elapsed_s=elapsed_s, progress=progress, moved=moved)
        return self._tender.wait(timer, timer.wait_s)

    # the gate

    def _pass_gate(self, drop: Drop, hold: Hold | None) -> float:
        left = self._gate.due - self._monotonic()
        if left > 0:
            return left
        blocker = gate.blocking(self._tools.canvas.unfinished(), self._tools.now())
        self._presence.is_there()
        if blocker is not None:
            return self._wait_at_gate(drop, blocker, hold)
        self._leave_gate()
        self._presence.remember_token()
        return self._tender.tend(drop)

    def _wait_at_gate(self, drop: Drop, blocker: SisImport, hold: Hold | None) -> float:
        if self._view.blocked_by is None:
            self._gate = Timer(since=self._monotonic())
            self._view = replace(self._view, gate_since=self._tools.time())
            self._tools.journal.tell(drop.feed, "gate", gate.sentence(drop, blocker, 0.0), drop.id)
        waited_s = self._monotonic() - self._gate.since
        sentence = gate.sentence(drop, blocker, waited_s)
        self._view = replace(self._view, gate=sentence, blocked_by=blocker.id)
        if waited_s > self._tools.gate_timeout_s and hold is None:
            self._shut_for_too_long(drop, sentence)
        return self._next_look(self._gate, blocker.progress, waited_s)

    def _shut_for_too_long(self, drop: Drop, sentence: str) -> None:
        why = f"The gate was shut for too long: {sentence}. Look at that import in Canvas, then `sisdrop release`."
        hold = Hold(HoldKind.GATE, why, self._tools.time(), drop.id, drop.feed, drop.name)
        self._tools.journal.put_on_hold(self._tools.lane, hold)
        logger.error("lane=%s on hold: %s", self._tools.lane, why)
        self._leave_gate()

    def _leave_gate(self) -> None:
        self._gate = Timer()
        self._view = LaneView()
