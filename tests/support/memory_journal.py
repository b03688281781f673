"""A journal that keeps everything in memory: the second implementation that the contract is tried on.

Handles of one store stand for the processes of one machine; what one writes, the others see.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sisdrop.errors import Conflict, IdTaken, LeaseLost, LeaseTaken
from sisdrop.journal import HoldChanged, HoldReleased, InboxView, LaneView, Lease
from sisdrop.journal.api import KEEP_EVENTS
from sisdrop.model import (
    ABORTABLE,
    AT_REST,
    IN_CANVAS,
    DataSet,
    Drop,
    DropState,
    Event,
    EventKind,
    Hold,
    Note,
    Pause,
    Place,
    Report,
    Transition,
    Undo,
    iso,
    now_utc,
)


@dataclass
class Store:
    """What all handles share."""

    drops: dict[str, Drop] = field(default_factory=dict)
    """In order of arrival."""
    reports: dict[str, Report] = field(default_factory=dict)
    aborts: set[str] = field(default_factory=set)
    accepted: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Feed, series, drop, check sum; in the order in which they came to rest."""
    holds: dict[str, tuple[Hold, ...]] = field(default_factory=dict)
    lanes: dict[str, LaneView] = field(default_factory=dict)
    views: dict[str, InboxView] = field(default_factory=dict)
    inboxes: dict[str, tuple[Path, str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    last_seq: int = 0
    undos: dict[str, Undo] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    data_sets: dict[tuple[str, str], DataSet] = field(default_factory=dict)
    lease: Lease | None = None
    pauses: dict[str, Pause] = field(default_factory=dict)
    occasions: dict[tuple[str, EventKind], str] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    """How often each handle wrote."""


class MemoryJournal:
    was_damaged = False

    def __init__(self, store: Store) -> None:
        self._store = store
        self._me = secrets.token_hex(8)

    def close(self) -> None:
        self.give_up_lease()

    def _wrote(self) -> None:
        self._store.writes[self._me] = self._store.writes.get(self._me, 0) + 1

    def foreign_changes(self) -> int:
        return sum(count for handle, count in self._store.writes.items() if handle != self._me)

    # drops

    def add(self, drop: Drop, note: Note | None = None, *, beside: str | None = None) -> Drop:
        if drop.id in self._store.drops:
            raise IdTaken(drop.id)
        stored = self._store.drops[drop.id] = replace(drop, rev=1)
        if beside in self._store.drops:
            # in the order of arrival, which is all that the place in this dict says
            ids = [drop_id for drop_id in self._store.drops if drop_id != drop.id]
            ids.insert(ids.index(beside) + 1, drop.id)
            self._store.drops = {drop_id: self._store.drops[drop_id] for drop_id in ids}
        self._keep_accepted(stored)
        self._add_event(drop.feed, drop.id, note)
        self._wrote()
        return stored

    def apply(self, transition: Transition) -> Drop:
        store, before = self._store, transition.drop
        known = store.drops.get(before.id)
        if known is None or known.rev != before.rev:
            raise Conflict(before.id)
        stored = store.drops[before.id] = replace(before, rev=before.rev + 1)
        if transition.report is not None:
            store.reports[before.id] = transition.report
        if stored.state in AT_REST:
            store.reports.pop(before.id, None)
        if stored.state not in ABORTABLE:
            store.aborts.discard(before.id)
        if transition.undo is not None:
            store.undos[transition.undo.drop] = transition.undo
        self._keep_accepted(stored)
        for hold in transition.releases:
            self._remove_hold(before.lane, hold)
        for note in (transition.note, transition.warning):
            self._add_event(before.feed, before.id, note)
        if transition.data_set is not None:
            store.data_sets[transition.data_set.lane, transition.data_set.identifier] = transition.data_set
        if transition.hold is not None:
            self.put_on_hold(before.lane, transition.hold)
        self._wrote()
        return stored

    def get(self, drop_id: str) -> Drop | None:
        return self._store.drops.get(drop_id)

    def find(self, text: str) -> list[Drop]:
        exact = self.get(text)
        if exact is not None:
            return [exact]
        return [drop for drop in self._newest() if drop.id.startswith(text) or drop.name == text][:50]

    def open_drops(self) -> list[Drop]:
        return [drop for drop in self._store.drops.values() if drop.state not in AT_REST]

    def recent(self, limit: int, feed: str | None = None) -> list[Drop]:
        filed = [drop for drop in self._newest() if drop.state is DropState.FILED and feed in (None, drop.feed)]
        return sorted(filed, key=lambda drop: drop.rest.at if drop.rest else "", reverse=True)[:limit]

    def returned(self, feed: str, name: str, since: str) -> list[Drop]:
        in_a_row: list[Drop] = []
        for drop in self._newest():
            if (drop.feed, drop.name) == (feed, name):
                if drop.state is not DropState.RETURNED or drop.origin.claimed_at < since:
                    break
                in_a_row.insert(0, drop)
        return in_a_row

    def last_accepted(self, feed: str, series: str) -> Drop | None:
        ids = [row[2] for row in self._store.accepted if row[:2] == (feed, series)]
        return self.get(ids[-1]) if ids else None

    def accepted_again(self, feed: str, series: str, sha256: str) -> Drop | None:
        ids = [drop_id for *row, drop_id, sum_ in self._store.accepted if (*row, sum_) == (feed, series, sha256)]
        return self.get(ids[-1]) if ids else None

    def last_dropped(self, feed: str) -> Drop | None:
        ours = (drop for drop in self._newest() if drop.feed == feed)
        return next((drop for drop in ours if drop.state is not DropState.RETURNED), None)

    def is_last_accepted(self, drop_id: str) -> bool:
        last = {row[:2]: row[2] for row in self._store.accepted}
        return drop_id in last.values()

    def accepted_after(self, drop: Drop) -> list[Drop]:
        arrivals = list(self._store.drops)
        rows = [row for row in self._store.accepted if row[0] == drop.feed and row[1] in drop.series]
        later = {row[2] for row in rows if arrivals.index(row[2]) > arrivals.index(drop.id)}
        return [self._store.drops[drop_id] for drop_id in later][:50]

    def _keep_accepted(self, drop: Drop) -> None:
        undo = self.undo(drop.id)
        is_undone = undo is not None and undo.has_begun_for(drop.import_id)
        at_rest = drop.state is DropState.FILED or drop.place is Place.ARCHIVE
        if not at_rest or not drop.outcome or not drop.outcome.is_accepted or is_undone:
            self._store.accepted = [row for row in self._store.accepted if row[2] != drop.id]
        elif all(row[2] != drop.id for row in self._store.accepted):
            sha256 = drop.contents.sha256 if drop.contents else ""
            self._store.accepted += [(drop.feed, series, drop.id, sha256) for series in drop.series]

    def _newest(self) -> Iterable[Drop]:
        return reversed(self._store.drops.values())

    def import_ids(self, lane: str, above: int) -> set[int]:
        drops = self._store.drops.values()
        return {drop.import_id for drop in drops if drop.lane == lane and drop.import_id and drop.import_id > above}

    def report(self, drop_id: str) -> Report:
        return self._store.reports.get(drop_id, Report())

    # what people ask for

    def ask_abort(self, drop_id: str) -> bool:
        drop = self.get(drop_id)
        if drop is None or drop.state not in IN_CANVAS:
            return False
        self._store.aborts.add(drop_id)
        self._wrote()
        return True

    def abort_asked(self, drop_id: str) -> bool:
        return drop_id in self._store.aborts

    def abort_done(self, drop_id: str) -> None:
        self._store.aborts.discard(drop_id)
        self._wrote()

    # holds

    def holds(self, lane: str) -> tuple[Hold, ...]:
        return self._store.holds.get(lane, ())

    def all_holds(self) -> dict[str, tuple[Hold, ...]]:
        return {lane: holds for lane, holds in sorted(self._store.holds.items()) if holds}

    def put_on_hold(self, lane: str, hold: Hold) -> None:
        others = (present for present in self.holds(lane) if not present.is_of_cause(hold))
        self._store.holds[lane] = (*others, hold)
        self._add_event(hold.feed, hold.drop, Note(EventKind.HOLD, f"The queue is on hold: {hold.reason}"))
        self._wrote()

    def release(self, lane: str, seen: Hold, why: str) -> HoldReleased | HoldChanged:
        now = next((present for present in self.holds(lane) if present.is_of_cause(seen)), None)
        if now is None or now.id != seen.id:
            return HoldChanged(now)
        self._remove_hold(lane, seen)
        self._add_event(now.feed, now.drop, Note(EventKind.RELEASED, f"The queue goes on: {why}."))
        self._wrote()
        return HoldReleased(now)

    def _remove_hold(self, lane: str, hold: Hold) -> None:
        self._store.holds[lane] = tuple(present for present in self.holds(lane) if present.id != hold.id)

    # pauses

    def pause(self, pause: Pause) -> None:
        self._store.pauses[pause.feed] = pause
        self._add_event(pause.feed, "", Note(EventKind.PAUSED, f"Imports are {pause.reason}."))
        self._wrote()

    def pauses(self) -> list[Pause]:
        return [pause for _, pause in sorted(self._store.pauses.items())]

    def resume(self, seen: Pause, why: str) -> bool:
        if self._store.pauses.get(seen.feed) != seen:
            return False
        del self._store.pauses[seen.feed]
        self._add_event(seen.feed, "", Note(EventKind.RESUMED, f"Imports start again: {why}."))
        self._wrote()
        return True

    # copies for people

    def show_lane(self, lane: str, view: LaneView) -> None:
        if view != self.lane_view(lane):
            self._store.lanes[lane] = view
            self._wrote()

    def lane_view(self, lane: str) -> LaneView:
        return self._store.lanes.get(lane, LaneView())

    def show_inbox(self, feed: str, view: InboxView) -> None:
        if view != self.inbox_view(feed):
            self._store.views[feed] = view
            self._wrote()

    def inbox_view(self, feed: str) -> InboxView | None:
        return self._store.views.get(feed)

    # inboxes

    def inbox_id(self, feed: str, path: Path) -> str | None:
        known, inbox_id = self._store.inboxes.get(feed, (None, None))
        return (inbox_id or None) if known == path else None

    def inbox_ids(self) -> dict[str, str]:
        return {feed: inbox_id for feed, (_, inbox_id) in self._store.inboxes.items()}

    def know_inbox(self, feed: str, path: Path, inbox_id: str) -> None:
        self._store.inboxes[feed] = (path, inbox_id)
        self._wrote()

    # diffing

    def data_set(self, lane: str, identifier: str) -> DataSet | None:
        return self._store.data_sets.get((lane, identifier))

    def data_sets(self, lane: str) -> list[DataSet]:
        return [data_set for key, data_set in sorted(self._store.data_sets.items()) if key[0] == lane]

    # events

    def _add_event(self, feed: str, drop_id: str, note: Note | None) -> None:
        if note is not None:
            self._store.last_seq += 1
            text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in note.text)
            event = Event(self._store.last_seq, iso(now_utc()), feed, drop_id, note.kind, text)
            self._store.events.append(event)

    def tell(self, feed: str, note: Note, drop_id: str = "") -> None:
        self._add_event(feed, drop_id, note)
        self._wrote()

    def tell_once(self, feed: str, note: Note, occasion: str) -> bool:
        if self._store.occasions.get((feed, note.kind)) == occasion:
            return False
        self._store.occasions[feed, note.kind] = occasion
        self.tell(feed, note)
        return True

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        return [event for event in self._store.events if event.seq > after][:limit]

    def events_of(self, drop_id: str) -> list[Event]:
        return [event for event in self._store.events if drop_id and event.drop == drop_id]

    def last_event(self) -> int:
        return self._store.last_seq

    def events_after(self, cursor: str, limit: int = 1000) -> list[Event]:
        if cursor not in self._store.cursors:
            self.advance(cursor, self.last_event())
        return self.events(self._store.cursors[cursor], limit)

    def advance(self, cursor: str, seq: int) -> None:
        self._store.cursors[cursor] = max(seq, self._store.cursors.get(cursor, 0))
        self._wrote()

    def forget_cursor(self, cursor: str) -> None:
        self._store.cursors.pop(cursor, None)
        self._wrote()

    def prune_events(self, keep: int = KEEP_EVENTS) -> int:
        last = min([self.last_event() - keep, *self._store.cursors.values()])
        before = len(self._store.events)
        self._store.events = [event for event in self._store.events if event.seq > last]
        self._wrote()
        return before - len(self._store.events)

    # undos

    def undo(self, drop_id: str) -> Undo | None:
        return self._store.undos.get(drop_id)

    def open_undos(self) -> list[Undo]:
        undos = [undo for undo in self._store.undos.values() if undo.is_open]
        return sorted(undos, key=lambda undo: (undo.asked_at, undo.drop))

    def undo_of_import(self, lane: str, import_id: int) -> Undo | None:
        undos = self._store.undos.values()
        return next((undo for undo in undos if (undo.lane, undo.import_id) == (lane, import_id)), None)

    # the lease

    def take_lease(self) -> Lease:
        held = self._store.lease
        if held is not None and held.holder != self._me:
            raise LeaseTaken("memory", held.pid)
        now = iso(now_utc())
        self._store.lease = held or Lease(self._me, os.getpid(), now, now)
        self._wrote()
        return self._store.lease

    def lease(self) -> Lease | None:
        return self._store.lease

    def renew_lease(self) -> None:
        self.check_lease()

    def check_lease(self) -> None:
        if self._store.lease is None or self._store.lease.holder != self._me:
            raise LeaseLost("another sisdrop runs on it now; this one stops.")

    def give_up_lease(self) -> None:
        if self._store.lease is not None and self._store.lease.holder == self._me:
            self._store.lease = None

    # what is asked before anything is sent

    def newest_import_id(self, lane: str) -> int | None:
        return max(self.import_ids(lane, 0), default=None)

    def last_occasion(self, feed: str, kind: EventKind) -> str | None:
        return self._store.occasions.get((feed, kind))
