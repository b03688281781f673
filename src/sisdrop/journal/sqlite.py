"""The journal in SQLite, `state/journal.sqlite3`, in WAL mode with `synchronous=FULL`, on a local disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sisdrop.errors import Conflict, IdTaken, JournalError
from sisdrop.journal.api import KEEP_EVENTS, HoldChanged, HoldReleased, InboxView, LaneView
from sisdrop.journal.codec import (
    DATA_SET,
    DROP,
    EVENTS,
    HOLD,
    INBOX,
    LANE,
    PAUSE,
    REPORT,
    UNDO,
    as_value,
    ascii_text,
    decode,
    encode,
)
from sisdrop.journal.journal_file import JournalFile
from sisdrop.journal.mending import set_damaged_rows_aside
from sisdrop.journal.opening import OPEN
from sisdrop.journal.rows import add_event, add_hold, changing, keep_accepted, keep_undo, of_same_cause
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
    Report,
    Transition,
    Undo,
    iso,
    now_utc,
)


class SqliteJournal(JournalFile):
    """The journal in one state folder. See `api.Journal`."""

    def __init__(self, folder: Path, *, mend: bool = False) -> None:
        """See `JournalFile`."""
        super().__init__(folder, mend=mend)
        self._decoded: dict[str, Drop] = {}
        if mend:
            try:
                with self._write() as db:
                    set_damaged_rows_aside(db, folder, drops=not self._are_open_drops_sound())
            except OSError as error:
                self.close()
                raise JournalError(f"{folder}: damaged rows cannot be set aside: {error.strerror or error}.") from error

    # drops

    def add(self, drop: Drop, note: Note | None = None, *, beside: str | None = None) -> Drop:
        stored = replace(drop, rev=1)
        with self._write() as db:
            if db.execute("SELECT 1 FROM drops WHERE id=?", (drop.id,)).fetchone():
                raise IdTaken(f"there is a drop {drop.id} already.")
            # Within the transaction, which nobody else can write beside: no two drops get one place.
            behind_all = "SELECT COALESCE(MAX(arrival), 0) + 1 FROM drops"
            row = db.execute(f"SELECT COALESCE((SELECT arrival FROM drops WHERE id=?), ({behind_all}))", (beside,))  # noqa: S608 - ours
            arrival = row.fetchone()[0]
            fixed = (drop.id, arrival, drop.feed, ascii_text(drop.name))
            db.execute(
                "INSERT INTO drops (id, arrival, feed, name, lane, state, outcome, import_id, filed_at, rev, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*fixed, *changing(stored)),
            )
            keep_accepted(db, stored)
            add_event(db, drop.feed, drop.id, note)
        return stored

    def apply(self, transition: Transition) -> Drop:
        before = transition.drop
        stored = replace(before, rev=before.rev + 1)
        with self._write() as db:
            changed = db.execute(
                "UPDATE drops SET lane=?, state=?, outcome=?, import_id=?, filed_at=?, rev=?, body=?"
                " WHERE id=? AND rev=?",
                (*changing(stored), before.id, before.rev),
            ).rowcount
            if not changed:
                raise Conflict(f"drop {before.id} was changed by somebody else meanwhile.")
            if transition.report is not None:
                row = (before.id, encode(REPORT, transition.report))
                db.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", row)
            if stored.state in AT_REST:
                db.execute("DELETE FROM reports WHERE drop_id=?", (before.id,))
            if stored.state not in ABORTABLE:
                db.execute("DELETE FROM aborts WHERE drop_id=?", (before.id,))
            if transition.undo is not None:
                keep_undo(db, transition.undo)
            keep_accepted(db, stored)
            for hold in transition.releases:
                db.execute("DELETE FROM holds WHERE lane=? AND id=?", (before.lane, hold.id))
            for note in (transition.note, transition.warning):
                add_event(db, before.feed, before.id, note)
            if transition.data_set is not None:
                data_set = transition.data_set
                values = (data_set.lane, ascii_text(data_set.identifier), encode(DATA_SET, data_set))
                db.execute("INSERT OR REPLACE INTO data_sets VALUES (?, ?, ?)", values)
            if transition.hold is not None:
                add_hold(db, before.lane, transition.hold)
        return stored

    def get(self, drop_id: str) -> Drop | None:
        rows = self._read("SELECT body FROM drops WHERE id=?", (ascii_text(drop_id),))
        return decode(DROP, rows[0][0]) if rows else None

    def find(self, text: str) -> list[Drop]:
        exact = self.get(text)
        if exact:
            return [exact]
        pattern = ascii_text(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where = "WHERE id LIKE ? ESCAPE '\\' OR name=? ORDER BY arrival DESC LIMIT 50"
        return list(self._drops(where, (pattern, ascii_text(text))))

    def open_drops(self) -> list[Drop]:
        # Asked for at every turn, also with thousands of drops waiting: each revision of a drop is decoded once.
        with self._mutex:
            rows = self._read(f"SELECT id, rev FROM drops WHERE {OPEN} ORDER BY arrival")  # noqa: S608 - a constant
            self._decoded = {drop_id: self._decode_once(drop_id, rev) for drop_id, rev in rows}
            return list(self._decoded.values())

    def _are_open_drops_sound(self) -> bool:
        # There may be thousands, and who starts needs them decoded anyway.
        with suppress(JournalError):
            return not any(drop.state in AT_REST for drop in self.open_drops())
        return False

    def _decode_once(self, drop_id: str, rev: int) -> Drop:
        known = self._decoded.get(drop_id)
        if known is not None and known.rev == rev:
            return known
        drop: Drop = decode(DROP, self._read("SELECT body FROM drops WHERE id=?", (drop_id,))[0][0])
        return drop

    def recent(self, limit: int, feed: str | None = None) -> list[Drop]:
        newest = "ORDER BY filed_at DESC, arrival DESC LIMIT ?"
        if feed is None:
            return list(self._drops(f"WHERE state='filed' {newest}", (limit,)))
        return list(self._drops(f"WHERE state='filed' AND feed=? {newest}", (feed, limit)))

    def returned(self, feed: str, name: str, since: str) -> list[Drop]:
        newest = self._drops("WHERE feed=? AND name=? ORDER BY arrival DESC LIMIT 50", (feed, ascii_text(name)))
        in_a_row = []
        for drop in newest:
            if drop.state is not DropState.RETURNED or drop.origin.claimed_at < since:
                break
            in_a_row.append(drop)
        return in_a_row[::-1]

    def last_accepted(self, feed: str, series: str) -> Drop | None:
        return self._accepted("", (feed, ascii_text(series)))

    def accepted_again(self, feed: str, series: str, sha256: str) -> Drop | None:
        return self._accepted("AND sha256=?", (feed, ascii_text(series), sha256))

    def _accepted(self, more: str, values: Sequence[object]) -> Drop | None:
        newest = f"SELECT drop_id FROM accepted WHERE feed=? AND series=? {more} ORDER BY seq DESC LIMIT 1"  # noqa: S608 - ours
        return next(self._drops(f"WHERE id=({newest})", values), None)

    def is_last_accepted(self, drop_id: str) -> bool:
        newest = "seq = (SELECT MAX(seq) FROM accepted WHERE feed = mine.feed AND series = mine.series)"
        return bool(self._read(f"SELECT 1 FROM accepted AS mine WHERE drop_id=? AND {newest}", (drop_id,)))  # noqa: S608 - ours

    def accepted_after(self, drop: Drop) -> list[Drop]:
        marks = ", ".join("?" * len(drop.series))
        # Through the index, newest first: a feed has thousands of accepted drops, and this is asked at every turn.
        accepted = f"FROM accepted WHERE feed=? AND series IN ({marks}) ORDER BY seq DESC LIMIT 50"
        where = f"WHERE id IN (SELECT drop_id {accepted}) AND arrival > (SELECT arrival FROM drops WHERE id=?)"  # noqa: S608
        return list(self._drops(where, (drop.feed, *map(ascii_text, drop.series), drop.id)))

    def last_dropped(self, feed: str) -> Drop | None:
        return next(self._drops("WHERE feed=? AND state <> 'returned' ORDER BY arrival DESC LIMIT 1", (feed,)), None)

    def import_ids(self, lane: str, above: int) -> set[int]:
        return {row[0] for row in self._read("SELECT import_id FROM drops WHERE lane=? AND import_id>?", (lane, above))}

    def _drops(self, where: str, values: Sequence[object]) -> Iterator[Drop]:
        """Those that can be read: a damaged row among years of them must not stop all that looks at the others."""
        for row in self._read(f"SELECT body FROM drops {where}", values):  # noqa: S608 - `where` is ours, never a user's
            with suppress(JournalError):
                yield decode(DROP, row[0])

    def report(self, drop_id: str) -> Report:
        rows = self._read("SELECT body FROM reports WHERE drop_id=?", (drop_id,))
        return decode(REPORT, rows[0][0]) if rows else Report()

    # what people ask for

    def ask_abort(self, drop_id: str) -> bool:
        with self._write() as db:
            row = db.execute("SELECT state FROM drops WHERE id=?", (drop_id,)).fetchone()
            if row is None or row[0] not in IN_CANVAS:
                return False
            db.execute("INSERT OR REPLACE INTO aborts VALUES (?, ?)", (drop_id, iso(now_utc())))
            return True

    def abort_asked(self, drop_id: str) -> bool:
        return bool(self._read("SELECT 1 FROM aborts WHERE drop_id=?", (drop_id,)))

    def abort_done(self, drop_id: str) -> None:
        with self._write() as db:
            db.execute("DELETE FROM aborts WHERE drop_id=?", (drop_id,))

    # holds

    def holds(self, lane: str) -> tuple[Hold, ...]:
        return self.all_holds().get(lane, ())

    def all_holds(self) -> dict[str, tuple[Hold, ...]]:
        by_lane: dict[str, tuple[Hold, ...]] = {}
        for lane, body in self._read("SELECT lane, body FROM holds ORDER BY lane, seq"):
            by_lane[lane] = (*by_lane.get(lane, ()), decode(HOLD, body))
        return by_lane

    def put_on_hold(self, lane: str, hold: Hold) -> None:
        with self._write() as db:
            add_hold(db, lane, hold)

    def release(self, lane: str, seen: Hold, why: str) -> HoldReleased | HoldChanged:
        with self._write() as db:
            now = of_same_cause(db, lane, seen)
            if now is None or now.id != seen.id:
                return HoldChanged(now)
            db.execute("DELETE FROM holds WHERE lane=? AND id=?", (lane, seen.id))
            add_event(db, now.feed, now.drop, Note(EventKind.RELEASED, f"The queue goes on: {why}."))
            return HoldReleased(now)

    # pauses

    def pause(self, pause: Pause) -> None:
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO pauses VALUES (?, ?)", (pause.feed, encode(PAUSE, pause)))
            add_event(db, pause.feed, "", Note(EventKind.PAUSED, f"Imports are {pause.reason}."))

    def pauses(self) -> list[Pause]:
        return [decode(PAUSE, body) for (body,) in self._read("SELECT body FROM pauses ORDER BY feed")]

    def resume(self, seen: Pause, why: str) -> bool:
        with self._write() as db:
            row = (seen.feed, encode(PAUSE, seen))
            if not db.execute("DELETE FROM pauses WHERE feed=? AND body=?", row).rowcount:
                return False
            add_event(db, seen.feed, "", Note(EventKind.RESUMED, f"Imports start again: {why}."))
            return True

    # copies for people

    def show_lane(self, lane: str, view: LaneView) -> None:
        if view != self.lane_view(lane):
            with self._write() as db:
                db.execute("INSERT OR REPLACE INTO lane_views VALUES (?, ?)", (lane, encode(LANE, view)))

    def lane_view(self, lane: str) -> LaneView:
        rows = self._read("SELECT body FROM lane_views WHERE lane=?", (lane,))
        return decode(LANE, rows[0][0]) if rows else LaneView()

    def show_inbox(self, feed: str, view: InboxView) -> None:
        if view != self.inbox_view(feed):
            with self._write() as db:
                db.execute("INSERT OR REPLACE INTO inbox_views VALUES (?, ?)", (feed, encode(INBOX, view)))

    def inbox_view(self, feed: str) -> InboxView | None:
        rows = self._read("SELECT body FROM inbox_views WHERE feed=?", (feed,))
        return decode(INBOX, rows[0][0]) if rows else None

    # inboxes

    def inbox_id(self, feed: str, path: Path) -> str | None:
        rows = self._read("SELECT inbox_id FROM inboxes WHERE feed=? AND path=?", (feed, ascii_text(str(path))))
        return rows[0][0] or None if rows else None

    def inbox_ids(self) -> dict[str, str]:
        return dict(self._read("SELECT feed, inbox_id FROM inboxes"))

    def know_inbox(self, feed: str, path: Path, inbox_id: str) -> None:
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO inboxes VALUES (?, ?, ?)", (feed, inbox_id, ascii_text(str(path))))

    # diffing

    def data_set(self, lane: str, identifier: str) -> DataSet | None:
        key = (lane, ascii_text(identifier))
        rows = self._read("SELECT body FROM data_sets WHERE lane=? AND identifier=?", key)
        return decode(DATA_SET, rows[0][0]) if rows else None

    def data_sets(self, lane: str) -> list[DataSet]:
        rows = self._read("SELECT body FROM data_sets WHERE lane=? ORDER BY identifier", (lane,))
        return [decode(DATA_SET, row[0]) for row in rows]

    # events

    def tell(self, feed: str, note: Note, drop_id: str = "") -> None:
        with self._write() as db:
            add_event(db, feed, drop_id, note)

    def tell_once(self, feed: str, note: Note, occasion: str) -> bool:
        with self._write() as db:
            last = db.execute("SELECT occasion FROM occasions WHERE feed=? AND kind=?", (feed, note.kind)).fetchone()
            if last == (occasion,):
                return False
            db.execute("INSERT OR REPLACE INTO occasions VALUES (?, ?, ?)", (feed, note.kind, occasion))
            add_event(db, feed, "", note)
            return True

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        return self._events("WHERE seq>? ORDER BY seq LIMIT ?", (after, limit))

    def events_of(self, drop_id: str) -> list[Event]:
        return self._events("WHERE drop_id=? AND drop_id <> '' ORDER BY seq", (drop_id,))

    def _events(self, where: str, values: Sequence[object]) -> list[Event]:
        rows = self._read(f"SELECT seq, at, feed, drop_id, kind, text FROM events {where}", values)  # noqa: S608 - ours
        names = ("seq", "at", "feed", "drop", "kind", "text")
        events: list[Event] = as_value(EVENTS, [dict(zip(names, row, strict=True)) for row in rows])
        return events

    def last_event(self) -> int:
        return int(self._read("SELECT COALESCE(MAX(seq), 0) FROM events")[0][0])

    def events_after(self, cursor: str, limit: int = 1000) -> list[Event]:
        rows = self._read("SELECT seq FROM cursors WHERE name=?", (cursor,))
        if rows:
            return self.events(rows[0][0], limit)
        self.advance(cursor, self.last_event())
        return []

    def advance(self, cursor: str, seq: int) -> None:
        with self._write() as db:
            db.execute(
                "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = MAX(seq, excluded.seq)",
                (cursor, seq),
            )

    def forget_cursor(self, cursor: str) -> None:
        with self._write() as db:
            db.execute("DELETE FROM cursors WHERE name=?", (cursor,))

    def prune_events(self, keep: int = KEEP_EVENTS) -> int:
        with self._write() as db:
            return db.execute(
                "DELETE FROM events WHERE seq <= (SELECT MAX(seq) FROM events) - ?"
                " AND seq <= COALESCE((SELECT MIN(seq) FROM cursors), seq)",
                (keep,),
            ).rowcount

    # undos

    def undo(self, drop_id: str) -> Undo | None:
        return next(self._undos("WHERE drop_id=?", drop_id), None)

    def open_undos(self) -> list[Undo]:
        return list(self._undos("WHERE state <> 'closed' ORDER BY asked_at, drop_id"))

    def undo_of_import(self, lane: str, import_id: int) -> Undo | None:
        return next((undo for undo in self._undos("WHERE import_id=?", import_id) if undo.lane == lane), None)

    def _undos(self, where: str, *values: object) -> Iterator[Undo]:
        rows = self._read(f"SELECT body FROM undos {where}", values)  # noqa: S608 - `where` is ours
        return (decode(UNDO, row[0]) for row in rows)

    # what is asked before anything is sent

    def newest_import_id(self, lane: str) -> int | None:
        # With the index's own condition: it is asked before every submission, among years of drops.
        newest = "SELECT MAX(import_id) FROM drops WHERE lane=? AND import_id IS NOT NULL"
        return self._read(newest, (lane,))[0][0]  # type: ignore[no-any-return]

    def last_occasion(self, feed: str, kind: EventKind) -> str | None:
        rows = self._read("SELECT occasion FROM occasions WHERE feed=? AND kind=?", (feed, kind))
        return rows[0][0] if rows else None
