"""The sender of one Canvas account: one SIS import at a time.

Chooses which drop takes the next step; the steps themselves are in steps/. Timers here are hints that may be lost;
everything that matters is in the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sisdrop.errors import CanvasError, CanvasRefused, CanvasUnavailable
from sisdrop.model import IN_CANVAS, Drop, DropState, Hold, HoldKind, NotNow
from sisdrop.steps import Again, Context, Idle, Wait, When, reconcile
from sisdrop.workers.accounts import Accounts
from sisdrop.workers.board import Board, InboxSight
from sisdrop.workers.breaker import CircuitBreaker
from sisdrop.workers.courtesy import COURTESY_S, Unsettled, others_come_first
from sisdrop.workers.gate import Gate, next_look
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.undoer import Undoer
from sisdrop.workers.window import look_again, may_start, shut_feeds
from sisdrop.workers.worker import soonest

logger = logging.getLogger("sisdrop.workers")

HELD_LOOK_S = 5.0
"""How often a lane on hold is looked at: some holds mend themselves, and a command's word may be missed."""
OTHERS_LOOK_S = 0.25
"""How often a ready drop looks whether what it waits for has settled; nobody wakes it for that."""


class Sender:
    """Sends the drops of one lane, follows them and files them. For one thread."""

    def __init__(
        self,
        context: Context,
        board: Board,
        accounts: Accounts | None = None,
        refuse: Callable[[str, str], None] = lambda _lane, _other: None,
        *,
        unchecked: Callable[[], None] = lambda: None,
    ) -> None:
        """`accounts` are those of all lanes, where there are several; `refuse` is told two lanes of one account.

        `unchecked` is called when a drop whose turn has come must be checked anew.
        """
        self._context = context
        self._unchecked = unchecked
        self._clock = context.clock
        self._board = board
        self._began = context.clock.monotonic()
        self._stepper = Stepper(context, board)
        self._breaker = CircuitBreaker(context, board)
        self._gate = Gate(context)
        self._undoer = Undoer(context, board, self._gate, self._breaker)
        self._unsettled = Unsettled()
        self._accounts = accounts
        self._refuse = refuse
        # A journal that never had a drop cannot be older than what was done with it.
        self._is_reconciled = not (context.open_drops() or context.journal.recent(1))
        self._has_met = self._is_reconciled and accounts is None
        """Canvas was asked once whose account it is, and for imports that the journal does not know."""

    def turn(self) -> When:
        """Take every step of the lane that is due, but for taking and checking."""
        drops = self._context.open_drops()
        alive = {drop.id for drop in drops}
        self._stepper.forget_others(alive)
        self._context.patience.keep_only({*alive, self._context.lane})
        # At every turn: what was being written while an import ran has had its minute.
        self._unsettled.look(self._sights(), self._clock.monotonic())
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
            if not self._has_met:
                return self._meet(drops)
            return self._follow_or_send(drops)
        except CanvasUnavailable as error:
            # Our own stop is not Canvas's absence.
            return Idle() if self._context.canvas.is_cut else self._breaker.open_for(error)
        except CanvasRefused as error:
            return self._breaker.open_after(error)

    def _meet(self, drops: Sequence[Drop]) -> When:
        """At the start, before anything is sent: is it an account of its own, and has it what the journal lacks?"""
        try:
            same = self._accounts.enter(self._context) if self._accounts else None
            if same is not None:
                self._refuse(self._context.lane, same)
                return Idle()
            self._is_reconciled = self._is_reconciled or reconcile(self._context)
        except CanvasError as error:
            if any(drop.state is DropState.QUEUED or drop.state in IN_CANVAS for drop in drops):
                raise
            # Nobody waits for Canvas: that it is away is told when somebody does.
            logger.info("lane=%s canvas cannot be asked yet: %s", self._context.lane, error)
            return Idle()
        self._has_met = True
        return Again()

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
        sights = self._sights()
        now = self._clock.monotonic()
        # A watcher on a share that hangs may never look: it delays the others by a minute, and no longer.
        if self._context.feeds.keys() - sights.keys() and now - self._began < COURTESY_S:
            return True
        stuck = {drop for drop, trouble in self._board.troubles().items() if now - trouble.since >= COURTESY_S}
        # One that may not be moved out of the inbox delays the others no longer than one that grows for ever.
        moving = [other for other in drops if other.state is not DropState.CLAIMING or other.id not in stuck]
        return others_come_first(moving, drop, sights, self._unsettled.look(sights, now), now)

    def _sights(self) -> dict[str, InboxSight]:
        """The last sight of each of the lane's inboxes."""
        return {feed: sight for feed, sight in self._board.sights().items() if feed in self._context.feeds}

    def _send(self, drop: Drop, *, on_hold: bool) -> When:
        left_s = self._gate.left_s()
        if left_s > 0:
            return Wait(left_s)
        blocker = self._gate.ask()  # right before every submission, whoever started what it may find
        self._breaker.close()
        if blocker is not None:
            return self._gate.wait(drop, blocker, on_hold=on_hold)
        self._gate.leave()
        if not self._is_reconciled:
            # What ran at the start has ended since, and Canvas names its files.
            holds = self._context.journal.holds(self._context.lane)
            self._is_reconciled = reconcile(self._context)
            is_as_before = self._context.journal.get(drop.id) == drop
            if not is_as_before or self._context.journal.holds(self._context.lane) != holds:
                return Again()
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
