"""The sender of one Canvas account: one SIS import at a time.

Chooses which drop takes the next step; the steps themselves are in steps/. Timers here are hints that may be lost;
everything that matters is in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sisdrop.errors import CanvasRefused, CanvasUnavailable
from sisdrop.model import IN_CANVAS, Drop, DropState, Hold, HoldKind, NotNow
from sisdrop.steps import Again, Context, Idle, Wait, When
from sisdrop.workers.board import Board
from sisdrop.workers.breaker import CircuitBreaker
from sisdrop.workers.courtesy import COURTESY_S, others_come_first
from sisdrop.workers.gate import Gate, next_look
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.undoer import Undoer
from sisdrop.workers.window import look_again, may_start, shut_feeds
from sisdrop.workers.worker import soonest

HELD_LOOK_S = 5.0
"""How often a lane on hold is looked at: some holds mend themselves, and a command's word may be missed."""
OTHERS_LOOK_S = 0.25
"""How often a ready drop looks whether what it waits for has settled; nobody wakes it for that."""


class Sender:
    """Sends the drops of one lane, follows them and files them. For one thread."""

    def __init__(self, context: Context, board: Board, *, unchecked: Callable[[], None] = lambda: None) -> None:
        """`unchecked` is called when a drop whose turn has come must be checked anew."""
        self._context = context
        self._unchecked = unchecked
        self._clock = context.clock
        self._board = board
        self._began = context.clock.monotonic()
        self._stepper = Stepper(context, board)
        self._breaker = CircuitBreaker(context, board)
        self._gate = Gate(context)
        self._undoer = Undoer(context, board, self._gate, self._breaker)

    def turn(self) -> When:
        """Take every step of the lane that is due, but for taking and checking."""
        drops = self._context.open_drops()
        self._stepper.forget_others({drop.id for drop in drops})
        whens = []
        for drop in drops:
            if drop.outcome is not None and drop.state is DropState.FINISHED:
                self._board.ended(drop.id, drop.outcome)
            is_released = drop.state is DropState.QUEUED and drop.is_held_file_due
            if drop.state in {DropState.FINISHED, DropState.HELD} or is_released:
                whens.append(self._stepper.step(drop))
        whens.append(self._undoer.tell())
        # Filing needs no Canvas: it goes on while Canvas is away or the lane is on hold. Read again, for it may have
        # put somebody into the line.
        whens.append(self._ask_canvas(self._context.open_drops()))
        self._context.journal.show_lane(self._context.lane, self._breaker.shown_in(self._gate.view))
        return soonest(whens)

    def _ask_canvas(self, drops: Sequence[Drop]) -> When:
        left_s = self._breaker.left_s()
        if left_s > 0:
            return Wait(left_s)
        try:
            return self._follow_or_send(drops)
        except CanvasUnavailable as error:
            return self._breaker.open_for(error)
        except CanvasRefused as error:
            return self._breaker.open_after(error)

    def _follow_or_send(self, drops: Sequence[Drop]) -> When:
        in_canvas = next((drop for drop in drops if drop.state in IN_CANVAS), None)
        if in_canvas is not None:
            # One at a time: while an import of ours is not over, nothing is sent, whatever holds the lane.
            return self._follow(in_canvas)
        undoing = self._undoer.ask()
        if undoing is not None:
            return undoing
        holds = self._standing_holds()
        shut = self._shut()
        drops = [drop for drop in drops if may_start(drop, shut)]
        drop = self._context.line(drops).next()
        if drop is None:
            self._gate.leave()
            held = Wait(HELD_LOOK_S * self._clock.scale) if holds else Idle()
            return soonest([held, look_again(shut, self._clock.now())])
        if self._is_too_early(drop, drops):
            if not self._breaker.has_closed:
                # A Canvas that refuses us is told now, not after the wait for the others.
                self._context.canvas.unfinished()
                self._breaker.close()
            return Wait(OTHERS_LOOK_S * self._clock.scale)
        return self._send(drop, on_hold=bool(holds))

    def _standing_holds(self) -> tuple[Hold, ...]:
        """The lane's holds, after those that mend themselves were looked at."""
        journal, lane = self._context.journal, self._context.lane
        holds = journal.holds(lane)
        if any(hold.kind is HoldKind.ACCESS for hold in holds):
            self._context.canvas.unfinished()
            self._breaker.close()
        for hold in holds:
            if hold.kind is HoldKind.SUBMISSION and self._breaker.token_changed():
                journal.release(lane, hold, "the token was changed")
        return journal.holds(lane)

    def _shut(self) -> dict[str, NotNow]:
        return shut_feeds(self._context.journal, self._context.feeds.values(), self._clock.now())

    def _is_too_early(self, drop: Drop, drops: Sequence[Drop]) -> bool:
        """Whether something may have to go first: what was not looked at yet, too."""
        sights = self._board.sights()
        now = self._clock.monotonic()
        # A watcher on a share that hangs may never look: it delays the others by a minute, and no longer.
        if self._context.feeds.keys() - sights.keys() and now - self._began < COURTESY_S:
            return True
        ours = {feed: sight for feed, sight in sights.items() if feed in self._context.feeds}
        return others_come_first(drops, drop, ours, self._clock.now(), now)

    def _send(self, drop: Drop, *, on_hold: bool) -> When:
        left_s = self._gate.left_s()
        if left_s > 0:
            return Wait(left_s)
        blocker = self._gate.ask()  # right before every submission, whoever started what it may find
        self._breaker.close()
        if blocker is not None:
            return self._gate.wait(drop, blocker, on_hold=on_hold)
        self._gate.leave()
        if not may_start(drop, self._shut()):
            return Again()  # Canvas may take a minute to answer: a pause came meanwhile, or the hours ended
        self._breaker.remember_token()
        when = self._stepper.step(drop)
        after = self._context.journal.get(drop.id)
        if after is not None and after.state is DropState.CLAIMED:
            self._unchecked()
        return when

    def _follow(self, drop: Drop) -> When:
        timer = self._stepper.timer(drop)
        if self._context.journal.abort_asked(drop.id):
            timer.due = 0.0
        is_due = timer.due <= self._clock.monotonic()
        when = self._stepper.step(drop)
        if not is_due:
            return when
        self._breaker.close()
        after = self._context.journal.get(drop.id)
        if not isinstance(when, Idle) or after is None or after.submission is None:
            return when
        return next_look(self._context, timer, after.submission.progress, self._clock.monotonic() - timer.since)
