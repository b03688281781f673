"""The watcher of one feed: looks at the inbox, takes what has settled, and says what has not.

Runs in a thread of its own, because a share may hang. Events are hints, the listing is the truth. What it sees goes
to the board for the other workers; a copy for people goes to the journal.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sisdrop.config import Feed
from sisdrop.errors import IdTaken, SpoolError
from sisdrop.journal import InboxView
from sisdrop.model import (
    Drop,
    DropState,
    EventKind,
    Ignored,
    InboxState,
    Note,
    Origin,
    Place,
    Waiting,
    iso,
    new_drop_id,
)
from sisdrop.steps import Context, Wait
from sisdrop.watch import Candidate, Inbox, Look
from sisdrop.workers.board import Board, InboxSight
from sisdrop.workers.recover import doubt_lost_journal, take_stock
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.unsettled import TOLD_AT_ONCE, Unsettled
from sisdrop.workers.words import Words

logger = logging.getLogger("sisdrop.workers")

AWAY_LOOK_S = 5.0
PRUNE_EVERY_S = 3600.0
MOST_REMEMBERED = 1_000
"""Names of which it is remembered whether they were dropped before; of others the journal is asked again."""
RETURNED_WINDOW = timedelta(hours=1)
"""Puttings back that lie further apart have nothing to do with each other."""
SHOWN = 200
"""Names of settling and of ignored entries that the commands show; the rest is a number."""


class Watcher:
    """Takes the drops of one feed from its inbox. For one thread.

    After a turn, what was seen is on the board and every claimed drop is journaled. `wake` is called by the threads
    that listen for events, `claimed` when there is something to check, or a person decided about a held drop.
    """

    def __init__(
        self,
        context: Context,
        board: Board,
        feed: Feed,
        *,
        wake: Callable[[], None],
        claimed: Callable[[], None],
    ) -> None:
        self.feed = feed
        self._context = context
        self._clock = context.clock
        self._board = board
        self._spool = context.spools[feed.name]
        self._inbox = Inbox(feed.inbox, feed, wake, self._clock, was_dropped=self._was_dropped)
        self._stepper = Stepper(context, board)
        self._words = Words(context, feed, obeyed=claimed)
        self._unsettled = Unsettled(context, feed)
        self._claimed = claimed
        self._prune_due = 0.0
        self._listening = False
        self._looks = 0
        self._seen: set[str] = set()
        self._put_back: set[str] = set()
        self._rights: dict[str, tuple[object, ...]] = {}
        self._dropped: dict[str, bool] = {}
        self._copies: set[str] = set()
        self._state: InboxState | None = None
        self._since = self._clock.time()
        self._since_monotonic = self._clock.monotonic()

    def turn(self) -> Wait:
        """Look once, take what has settled, and say when the next look is due."""
        state, why = self._inbox_state()
        if state is InboxState.AWAY:
            return self._is_away(why)
        self._is_back()
        # First: what a crash left half taken is neither in the inbox nor in the spool as a whole.
        claiming = self._finish_claims()
        look = self._inbox.look()
        if look.problem:
            return self._is_away(look.problem)
        left = self._words.heed(look.words)
        returned = [self._take(candidate) for candidate in look.settled if candidate.name not in claiming]
        self._looks += 1
        self._show(look, [waiting for waiting in returned if waiting], left)
        self._prune()
        return Wait(min(self._inbox.next_look_s, self._next_try_s()))

    def stop(self) -> None:
        """End the threads that listen for events."""
        self._inbox.stop()
        self._listening = False

    # the inbox, there or away

    def _inbox_state(self) -> tuple[InboxState, str]:
        """Whether this is the inbox we know; one seen for the first time is known from now on."""
        known = self._context.journal.inbox_id(self.feed.name, self.feed.inbox)
        if known is None and self._spool.has_no_proof():
            # Journaled before it is written: an inbox that has one the journal has never heard of is a journal lost.
            self._context.journal.know_inbox(self.feed.name, self.feed.inbox, "")
        elif known is None:
            doubt_lost_journal(self._context, self.feed)
        state, why, inbox_id = self._spool.inbox_state(known)
        if state is InboxState.READY and known is None and inbox_id is not None:
            self._spool.prepare()
            self._context.journal.know_inbox(self.feed.name, self.feed.inbox, inbox_id)
        if state is InboxState.READY and self._state is not InboxState.READY:
            # The rename of a claim, tried when the inbox appears: one that cannot be taken from is told at once.
            try:
                self._spool.check_same_device()
            except SpoolError as error:
                return InboxState.AWAY, str(error)
        return state, why

    def _is_away(self, why: str) -> Wait:
        if self._state is not InboxState.AWAY:
            self._changed(InboxState.AWAY)
            self._context.journal.tell(self.feed.name, Note(EventKind.AWAY, f"The inbox is away: {why}"))
            logger.warning("feed=%s inbox is away: %s", self.feed.name, why)
        self._unsettled.forget()
        if self._listening:
            self.stop()  # handles of a folder that is gone would hear nothing, and keep a share from unmounting
        self._board.see(self.feed.name, InboxSight(InboxState.AWAY, self._since_monotonic, self._looks, why))
        self._context.journal.show_inbox(self.feed.name, InboxView(InboxState.AWAY, why, self._since))
        return Wait(min(AWAY_LOOK_S, self.feed.poll_s))

    def _is_back(self) -> None:
        if self._state is InboxState.AWAY:
            self._context.journal.tell(self.feed.name, Note(EventKind.RECOVERED, "The inbox is back."))
            logger.info("feed=%s inbox is back", self.feed.name)
        if self._state is not InboxState.READY:
            take_stock(self._context, self.feed)
            self._changed(InboxState.READY)
        if not self._listening:
            self._inbox.start()
            self._listening = True

    def _changed(self, state: InboxState) -> None:
        self._state = state
        self._since = self._clock.time()
        self._since_monotonic = self._clock.monotonic()

    # taking

    def _finish_claims(self) -> set[str]:
        """Finish the claims that a crash or a full disk interrupted; the names of those that cannot be finished yet."""
        drops = self._claiming()
        self._stepper.forget_others({drop.id for drop in drops})
        rights = {drop.id: self._spool.rights(drop.origin.paths) for drop in drops}
        for drop in drops:
            if rights[drop.id] != self._rights.get(drop.id, rights[drop.id]):
                self._stepper.hurry(drop)  # somebody mended the folder, or how it is mounted: no back-off outlasts that
            self._stepper.step(drop)
            self._claimed()
        self._rights = rights
        return {drop.name for drop in self._claiming()}

    def _next_try_s(self) -> float:
        """Seconds until a claim that was refused is tried again."""
        now = self._clock.monotonic()
        return min((max(0.0, self._stepper.timer(drop).due - now) for drop in self._claiming()), default=math.inf)

    def _claiming(self) -> list[Drop]:
        drops = self._context.open_drops()
        return [drop for drop in drops if drop.state is DropState.CLAIMING and drop.feed == self.feed.name]

    def _take(self, candidate: Candidate) -> Waiting | None:
        """Claim one settled candidate; one that was put back is left to settle anew first, each time for longer."""
        now = self._clock.now()
        before = self._context.journal.returned(self.feed.name, candidate.name, iso(now - RETURNED_WINDOW))
        if before and before[-1].id not in self._put_back:
            self._put_back.add(before[-1].id)
            self._inbox.returned(candidate.paths)
            why = "it changed while it was read; it settles anew"
            return Waiting(candidate.name, why, before[0].origin.noticed_at)
        drop = self._journaled(candidate, before, now)
        self._seen.discard(candidate.name)
        for path in candidate.paths:
            self._note_dropped(path, was_dropped=True)
        self._stepper.step(drop)
        self._claimed()
        return None

    def _was_dropped(self, name: str) -> bool:
        """Whether a file of that name was taken from this inbox before: what came since the start, else the journal."""
        if name not in self._dropped:
            drops = self._context.journal.find(name)
            mine = (drop for drop in drops if (drop.feed, drop.name) == (self.feed.name, name))
            self._note_dropped(name, was_dropped=any(drop.state is not DropState.RETURNED for drop in mine))
        return self._dropped[name]

    def _note_dropped(self, name: str, *, was_dropped: bool) -> None:
        if len(self._dropped) >= MOST_REMEMBERED:
            del self._dropped[next(iter(self._dropped))]
        self._dropped[name] = was_dropped

    def _journaled(self, candidate: Candidate, before: Sequence[Drop], now: datetime) -> Drop:
        journal, feed = self._context.journal, self.feed.name
        if candidate.name not in self._seen:
            journal.tell(feed, Note(EventKind.NOTICED, f"{candidate.name} is in the inbox."))
        drop = self._added(self._new_drop(candidate, before, now), now)
        journal.tell(feed, Note(EventKind.SETTLED, f"{candidate.name} has settled."), drop.id)
        return drop

    def _added(self, drop: Drop, now: datetime) -> Drop:
        """The drop in the journal. Of thousands that are taken in one second two may have been given the same id."""
        while True:
            try:
                return self._context.journal.add(drop)
            except IdTaken:
                drop = replace(drop, id=new_drop_id(now))

    def _new_drop(self, candidate: Candidate, before: Sequence[Drop], now: datetime) -> Drop:
        origin = Origin(
            name=candidate.name,
            kind=candidate.kind,
            paths=candidate.paths,
            noticed_at=before[0].origin.noticed_at if before else candidate.noticed_at,
            claimed_at=iso(now),
            stats=candidate.stats,
            returns=len(before),
            inbox=str(self.feed.inbox),
        )
        return Drop(new_drop_id(now), self._context.lane, self.feed.name, DropState.CLAIMING, Place.SPOOL, origin)

    # telling

    def _show(self, look: Look, returned: Sequence[Waiting], left: Sequence[Ignored]) -> None:
        names = {waiting.name for waiting in look.settling}
        self._tell_new(look, names - self._seen)
        self._tell_copies(look.copies)
        self._seen = names
        # The first come are shown first: they wait for longest.
        settling = sorted((*returned, *look.settling), key=lambda waiting: waiting.since)
        self._unsettled.look((*settling, *self._refused()))
        sight = InboxSight(InboxState.READY, self._since_monotonic, self._looks, settling=tuple(settling))
        self._board.see(self.feed.name, sight)
        view = InboxView(
            InboxState.READY,
            since=self._since,
            settling=tuple(settling[:SHOWN]),
            ignored=(*left, *look.ignored)[:SHOWN],
            settling_count=len(settling) + look.beyond,
            ignored_count=look.ignored_count + len(left),
        )
        self._context.journal.show_inbox(self.feed.name, view)

    def _tell_copies(self, copies: Sequence[Ignored]) -> None:
        """Say once of each that it is left: a person may have meant it."""
        for copy in copies:
            if copy.name not in self._copies and len(self._copies) < SHOWN:
                logger.warning("feed=%s %s is left in the inbox: %s", self.feed.name, copy.name, copy.why)
                self._copies.add(copy.name)
        self._copies &= {copy.name for copy in copies}

    def _refused(self) -> list[Waiting]:
        """What has settled, lies in the inbox, and may not be taken out of it."""
        troubles = self._board.troubles()
        claiming = [drop for drop in self._claiming() if drop.id in troubles]
        return [Waiting(drop.name, troubles[drop.id].why.rstrip("."), drop.origin.noticed_at) for drop in claiming]

    def _tell_new(self, look: Look, new: set[str]) -> None:
        journal, feed = self._context.journal, self.feed.name
        if len(new) > TOLD_AT_ONCE:
            journal.tell(feed, Note(EventKind.NOTICED, f"{len(new)} new files are in the inbox."))
            return
        for waiting in look.settling:
            if waiting.name in new:
                text = f"{waiting.name} is in the inbox: {waiting.why}."
                journal.tell(feed, Note(EventKind.NOTICED, text))

    def _prune(self) -> None:
        """Once an hour, remove what is older than keep_days, and what a crash left of half-written files."""
        if self._clock.monotonic() < self._prune_due:
            return
        self._prune_due = self._clock.monotonic() + PRUNE_EVERY_S
        self._context.forget_snapshots()
        try:
            self._spool.sweep(self._clock.now())
            if self.feed.keep_days is not None:
                days = self.feed.keep_days
                removed = self._spool.prune(days, self._clock.now())
                logger.info("feed=%s pruned %d drops older than %d days", self.feed.name, removed, days)
        except SpoolError as error:
            logger.warning("feed=%s pruning waits: %s", self.feed.name, error)
