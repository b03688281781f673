"""The scanner of one feed: looks at the inbox, takes what has settled, and says what has not.

Room: part of the daemon; runs in a thread of its own, because a share may hang. Events are hints, the listing is the
truth; what was seen is told through the journal.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sisdrop.config import Feed
from sisdrop.errors import SpoolError
from sisdrop.journal import IdTaken, InboxView
from sisdrop.lane import Tender, Tools
from sisdrop.model import Drop, DropState, InboxState, Place, Waiting, iso, new_drop_id
from sisdrop.watch import Candidate, Inbox, Look

logger = logging.getLogger("sisdrop.daemon")

AWAY_LOOK_S = 5.0
PRUNE_EVERY_S = 3600.0
RETURNED_WINDOW = timedelta(hours=1)
"""Puttings back that lie further apart have nothing to do with each other."""
SHOWN = 200
"""Names of settling and of ignored entries that the commands show; the rest is a number."""
TOLD_AT_ONCE = 50
"""New names told one by one in one look; more are told as a number: a flood of files must not flood the journal."""


class Scanner:
    """Takes the drops of one feed from its inbox. `turn` is for one thread; `wake` may be called by any.

    After `turn` the view of the inbox in the journal is what was seen; every claimed drop is journaled.
    """

    def __init__(
        self,
        tools: Tools,
        feed: Feed,
        *,
        wake: threading.Event,
        claimed: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        pace: float = 1.0,
    ) -> None:
        self.feed = feed
        self.looks = 0
        """Complete looks so far; `run --once` waits for two."""
        self._tools = tools
        self._spool = tools.spools[feed.name]
        self._inbox = Inbox(feed.inbox, feed, wake.set)
        self._tender = Tender(tools, monotonic=monotonic, pace=pace)
        self._claimed = claimed
        self._monotonic = monotonic
        self._prune_due = 0.0
        self._listening = False
        self._seen: set[str] = set()
        self._put_back: set[str] = set()
        self._since = iso(tools.now())
        self._state: InboxState | None = None

    def turn(self) -> float:
        """Look once, take what has settled, and return the seconds until the next look is due."""
        state, why = self._inbox_state()
        if state is InboxState.AWAY:
            return self._is_away(why)
        self._is_back()
        claiming = self._finish_claims()
        look = self._inbox.look()
        if look.problem:
            return self._is_away(look.problem)
        returned = [self._take(candidate) for candidate in look.settled if candidate.name not in claiming]
        self._show(look, [waiting for waiting in returned if waiting])
        self._prune()
        self.looks += 1
        return self._inbox.next_look_s

    def stop(self) -> None:
        """End the threads that listen for events."""
        self._inbox.stop()
        self._listening = False

    # the inbox, there or away

    def _inbox_state(self) -> tuple[InboxState, str]:
        """Whether this is the inbox we know; one seen for the first time is known from now on."""
        known = self._tools.journal.inbox_proof(self.feed.name, self.feed.inbox)
        state, why, proof = self._spool.inbox_state(known)
        if state is InboxState.READY and known is None and proof is not None:
            self._spool.prepare()
            self._tools.journal.know_inbox(self.feed.name, self.feed.inbox, proof)
        if state is InboxState.READY and self._state is not InboxState.READY:
            return self._can_move()
        return state, why

    def _can_move(self) -> tuple[InboxState, str]:
        """Try the rename of a claim when the inbox appears: an inbox that cannot be taken from is told at once."""
        try:
            self._spool.check_same_device()
        except SpoolError as error:
            return InboxState.AWAY, str(error)
        return InboxState.READY, ""

    def _is_away(self, why: str) -> float:
        if self._state is not InboxState.AWAY:
            self._changed(InboxState.AWAY)
            self._tools.journal.tell(self.feed.name, "away", f"The inbox is away: {why}")
            logger.warning("feed=%s inbox is away: %s", self.feed.name, why)
        if self._listening:
            self.stop()
        self._tools.journal.show_inbox(self.feed.name, InboxView(InboxState.AWAY, why, self._since))
        return min(AWAY_LOOK_S, self.feed.poll_s)

    def _is_back(self) -> None:
        if self._state is InboxState.AWAY:
            self._tools.journal.tell(self.feed.name, "recovered", "The inbox is back.")
            logger.info("feed=%s inbox is back", self.feed.name)
        if self._state is not InboxState.READY:
            self._changed(InboxState.READY)
        if not self._listening:
            self._inbox.start()
            self._listening = True

    def _changed(self, state: InboxState) -> None:
        self._state = state
        self._since = iso(self._tools.now())

    # taking

    def _finish_claims(self) -> set[str]:
        """Finish the claims that a crash or a full disk interrupted; the names of those that cannot be finished yet."""
        for drop in self._claiming():
            self._tender.tend(drop)
            self._claimed()
        return {drop.name for drop in self._claiming()}

    def _claiming(self) -> list[Drop]:
        drops = self._tools.open_drops()
        return [drop for drop in drops if drop.state is DropState.CLAIMING and drop.feed == self.feed.name]

    def _take(self, candidate: Candidate) -> Waiting | None:
        """Claim one settled candidate; one that was put back is left to settle anew first, each time for longer."""
        now = self._tools.now()
        before = self._tools.journal.returned(self.feed.name, candidate.name, iso(now - RETURNED_WINDOW))
        if before and before[-1].id not in self._put_back:
            self._put_back.add(before[-1].id)
            self._inbox.returned(candidate.paths)
            return Waiting(candidate.name, "it changed while it was read; it settles anew", before[0].noticed_at)
        drop = self._journaled(candidate, before, now)
        self._seen.discard(candidate.name)
        self._tender.tend(drop)
        self._claimed()
        return None

    def _journaled(self, candidate: Candidate, before: Sequence[Drop], now: datetime) -> Drop:
        if candidate.name not in self._seen:
            self._tools.journal.tell(self.feed.name, "noticed", f"{candidate.name} is in the inbox.")
        drop = self._added(self._new_drop(candidate, before, now))
        self._tools.journal.tell(self.feed.name, "settled", f"{candidate.name} has settled.", drop.id)
        return drop

    def _added(self, drop: Drop) -> Drop:
        """The drop in the journal. Of thousands that are taken in one second two may have been given the same id."""
        while True:
            try:
                return self._tools.journal.add(drop)
            except IdTaken:
                drop = replace(drop, id=new_drop_id(datetime.fromisoformat(drop.claimed_at)))

    def _new_drop(self, candidate: Candidate, before: Sequence[Drop], now: datetime) -> Drop:
        return Drop(
            id=new_drop_id(now),
            lane=self._tools.lane,
            feed=self.feed.name,
            name=candidate.name,
            kind=candidate.kind,
            state=DropState.CLAIMING,
            place=Place.SPOOL,
            paths=candidate.paths,
            stats=candidate.stats,
            noticed_at=before[0].noticed_at if before else candidate.noticed_at,
            claimed_at=iso(now),
            returns=len(before),
        )

    # telling

    def _show(self, look: Look, returned: Sequence[Waiting]) -> None:
        names = {waiting.name for waiting in look.settling}
        self._tell_new(look, names - self._seen)
        self._seen = names
        settling = (*returned, *look.settling)
        view = InboxView(
            InboxState.READY,
            since=self._since,
            settling=settling[:SHOWN],
            ignored=look.ignored[:SHOWN],
            settling_count=len(settling) + look.beyond,
            ignored_count=look.ignored_count,
        )
        self._tools.journal.show_inbox(self.feed.name, view)

    def _tell_new(self, look: Look, new: set[str]) -> None:
        if len(new) > TOLD_AT_ONCE:
            self._tools.journal.tell(self.feed.name, "noticed", f"{len(new)} new files are in the inbox.")
            return
        for waiting in look.settling:
            if waiting.name in new:
                self._tools.journal.tell(self.feed.name, "noticed", f"{waiting.name} is in the inbox: {waiting.why}.")

    def _prune(self) -> None:
        """Once an hour, remove what is older than keep_days, and what a crash left of half-written files."""
        if self._monotonic() < self._prune_due:
            return
        self._prune_due = self._monotonic() + PRUNE_EVERY_S
        try:
            self._spool.sweep(self._tools.now())
            if self.feed.keep_days is not None:
                days = self.feed.keep_days
                removed = self._spool.prune(days, self._tools.now())
                logger.info("feed=%s pruned %d drops older than %d days", self.feed.name, removed, days)
        except SpoolError as error:
            logger.warning("feed=%s pruning waits: %s", self.feed.name, error)
