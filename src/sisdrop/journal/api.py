"""The journal as a protocol: what it is asked and what it promises. One contract test holds each implementation to it.

Every method is one transaction: when it returns, what it wrote survives a crash; when it raises, nothing was written.
Only JournalError leaves it. The service and the commands are different processes and both write: a drop carries a
revision and a hold an id, and what was made from an older one raises Conflict, or tells what is there now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sisdrop.model import (
    DataSet,
    Drop,
    Event,
    EventKind,
    Hold,
    Ignored,
    InboxState,
    Note,
    Pause,
    Report,
    Transition,
    Undo,
    Waiting,
)

KEEP_EVENTS = 100_000
"""Events kept for people; more, when a reader that delivers has not read them yet."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who runs the service on this journal, since when, and when that was last made sure of."""

    holder: str
    """A random name of this run: what it says right before a POST is compared with what the journal has."""
    pid: int
    since: str
    renewed_at: str


@dataclass(frozen=True, slots=True)
class InboxView:
    """What the service last saw of a feed's inbox: a copy for people; nothing decides on it."""

    state: InboxState
    why: str = ""
    since: str = ""
    settling: tuple[Waiting, ...] = ()
    """The first of them; `settling_count` is how many there are."""
    ignored: tuple[Ignored, ...] = ()
    """The first of them; `ignored_count` is how many there are."""
    settling_count: int = 0
    ignored_count: int = 0


@dataclass(frozen=True, slots=True)
class LaneView:
    """What a lane is busy with: a copy for people; nothing decides on it."""

    gate: str | None = None
    gate_since: str | None = None
    blocked_by: int | None = None
    away: str | None = None
    away_since: str | None = None
    next_try: str | None = None


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """The hold that was seen is gone."""

    hold: Hold


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The hold that was seen is not there any more; `now` is what holds the lane for that cause, None: nothing does."""

    now: Hold | None


class Journal(Protocol):
    """Where every drop stands, and everything else that must outlive the process."""

    # drops

    def add(self, drop: Drop, note: Note | None = None, *, beside: str | None = None) -> Drop:
        """Journal a new drop and return it as stored: the last to arrive, or as if it had come with the drop `beside`.

        Raises IdTaken.
        """

    def apply(self, transition: Transition) -> Drop:
        """Journal a step: drop, events, hold, release, report and data set together; the drop as stored.

        A report is kept until the drop is at rest: then it is in the result file. A wish to abort is forgotten when
        the drop leaves Canvas for good. Raises Conflict when the drop was changed since it was read.
        """

    def get(self, drop_id: str) -> Drop | None:
        """The drop of that id, or None."""

    def find(self, text: str) -> list[Drop]:
        """At most 50 drops a person may mean by `text`: an id, the beginning of one, or a name; newest first."""

    def open_drops(self) -> list[Drop]:
        """All drops that are not at rest, in order of arrival. Asked at every turn: cheap when nothing has changed."""

    def recent(self, limit: int, feed: str | None = None) -> list[Drop]:
        """The last `limit` filed drops, the last filed first."""

    def returned(self, feed: str, name: str, since: str) -> list[Drop]:
        """Drops of that name put back into the inbox since `since`, after the last one that was not; oldest first."""

    # An accepted drop whose import Canvas has begun to undo is none of the accepted ones below.

    def last_accepted(self, feed: str, series: str) -> Drop | None:
        """The drop of the series that Canvas accepted last and that is at rest, or None. `series`: of `Drop.series`."""

    def accepted_again(self, feed: str, series: str, sha256: str) -> Drop | None:
        """The drop of the series with these very bytes that was accepted last, or None."""

    def is_last_accepted(self, drop_id: str) -> bool:
        """Whether the drop is the last accepted one of any of its series."""

    def accepted_after(self, drop: Drop) -> list[Drop]:
        """Drops of its feed and of one of its series that arrived after `drop` and were accepted, at most 50."""

    def last_dropped(self, feed: str) -> Drop | None:
        """The newest drop of the feed, whatever became of it; not one that was put back. None when there is none."""

    def import_ids(self, lane: str, above: int) -> set[int]:
        """Ids of Canvas imports above `above` that drops of the lane already stand for."""

    def report(self, drop_id: str) -> Report:
        """All messages and findings kept for a drop; empty when there are none."""

    # what people ask for

    def ask_abort(self, drop_id: str) -> bool:
        """Ask the service to abort the import of a drop; False when it is not, or no longer, in Canvas."""

    def abort_asked(self, drop_id: str) -> bool:
        """Whether somebody asked to abort the drop's import."""

    def abort_done(self, drop_id: str) -> None:
        """Forget the wish to abort: it was carried out, or came too late."""

    # holds

    def holds(self, lane: str) -> tuple[Hold, ...]:
        """What holds the lane, the first that came first; nothing may be sent but what mends them."""

    def all_holds(self) -> dict[str, tuple[Hold, ...]]:
        """Every hold, by its lane."""

    def put_on_hold(self, lane: str, hold: Hold) -> None:
        """Put the lane on hold, in place of a hold of the same cause and beside all others."""

    def release(self, lane: str, seen: Hold, why: str) -> HoldReleased | HoldChanged:
        """Take away the very hold that was seen; another one that has come in its place stays."""

    # pauses

    def pause(self, pause: Pause) -> None:
        """Keep the pause of a feed, or of everything, in place of any it has, and say so."""

    def pauses(self) -> list[Pause]:
        """Every pause that nobody took away, that of everything first; some may be over."""

    def resume(self, seen: Pause, why: str) -> bool:
        """Take away the very pause that was seen, and say so; False when it is not there any more."""

    # copies for people

    def show_lane(self, lane: str, view: LaneView) -> None:
        """Keep what the lane is busy with. Writes nothing when it is the same as before."""

    def lane_view(self, lane: str) -> LaneView:
        """What the lane was last busy with."""

    def show_inbox(self, feed: str, view: InboxView) -> None:
        """Keep what the inbox looks like. Writes nothing when it is the same as before."""

    def inbox_view(self, feed: str) -> InboxView | None:
        """What the inbox last looked like, or None when it was never looked at."""

    # inboxes

    def inbox_id(self, feed: str, path: Path) -> str | None:
        """The id by which this feed's inbox at `path` is known, or None when it was never seen there."""

    def inbox_ids(self) -> dict[str, str]:
        """The id of every feed's inbox, wherever it was last seen; empty for one that is about to be given its id."""

    def know_inbox(self, feed: str, path: Path, inbox_id: str) -> None:
        """Remember the id of a feed's inbox at `path`, for ever. Empty: it has none, and is about to be given one."""

    # events

    def tell(self, feed: str, note: Note, drop_id: str = "") -> None:
        """Add an event that belongs to no step."""

    def tell_once(self, feed: str, note: Note, occasion: str) -> bool:
        """Add an event of the feed, unless its last one of that kind was for the same occasion; whether it was added.

        An occasion is a word of the caller's, such as a date.
        """

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """Events after sequence number `after`, oldest first."""

    def events_of(self, drop_id: str) -> list[Event]:
        """The biography of a drop, oldest first."""

    def last_event(self) -> int:
        """The sequence number of the newest event, 0 when there is none."""

    def events_after(self, cursor: str, limit: int = 1000) -> list[Event]:
        """What that reader has not delivered yet, oldest first. A new reader begins with what comes next."""

    def advance(self, cursor: str, seq: int) -> None:
        """The reader has delivered everything up to `seq`; it never goes back."""

    def forget_cursor(self, cursor: str) -> None:
        """The reader is no more: nothing is kept for it."""

    def prune_events(self, keep: int = KEEP_EVENTS) -> int:
        """Remove all but the last `keep` events, and none that a cursor still needs; how many."""

    # the lease

    def take_lease(self) -> Lease:
        """Run the service on this journal from now on. Raises LeaseTaken when another one does."""

    def lease(self) -> Lease | None:
        """Who runs the service now; None when nobody does (a holder that died holds nothing)."""

    def renew_lease(self) -> None:
        """Say that we still run. Raises LeaseLost when the lease is not ours any more."""

    def check_lease(self) -> None:
        """Make sure, right before something is sent, that nobody else runs. Raises LeaseLost."""

    def give_up_lease(self) -> None:
        """Let another run. Does nothing when the lease is not ours."""

    # diffing

    def data_set(self, lane: str, identifier: str) -> DataSet | None:
        """How the data set of a diffing identifier stood after its last import; None when it never had one."""

    def data_sets(self, lane: str) -> list[DataSet]:
        """Every data set of the lane, by identifier."""

    # undos: each step of one is journaled with the drop it concerns, see `apply`

    def undo(self, drop_id: str) -> Undo | None:
        """The last undo of the drop, open or closed; None when there was none."""

    def open_undos(self) -> list[Undo]:
        """All undos that are not closed, in the order they were asked for. Asked at every turn: cheap."""

    def undo_of_import(self, lane: str, import_id: int) -> Undo | None:
        """The last undo of that import of the lane, open or closed; None when there was none."""

    # what is asked before anything is sent

    def newest_import_id(self, lane: str) -> int | None:
        """The highest of Canvas's numbers that a drop of the lane stands for; None when there is none."""

    def last_occasion(self, feed: str, kind: EventKind) -> str | None:
        """The occasion that `tell_once` last told of that kind, or None."""

    # the store itself

    @property
    def was_damaged(self) -> bool:
        """Whether a damaged journal was set aside when this one was opened: what was in Canvas then is not known."""

    def foreign_changes(self) -> int:
        """A number that differs after another process has written; cheap enough to ask often."""

    def close(self) -> None:
        """Give up the lease and close. The journal cannot be used afterwards."""
