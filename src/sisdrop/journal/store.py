"""The journal: where every drop stands, what holds a lane, what the inboxes look like.

Room: the one place where state lives; touches only `state/journal.sqlite3`. SQLite in WAL mode with
`synchronous=FULL`: when a method returns, what it wrote survives a power cut (sqlite.org/wal.html; it needs a
local disk). One transaction per step. The service and the commands are different processes and both write here;
a drop carries a revision, and a step made from an older one raises `Overtaken` and changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from canvas_sis_csv.model import Finding
from sisdrop.errors import StateError
from sisdrop.journal.codec import (
    ascii_text,
    decode,
    decode_findings,
    decode_hold,
    decode_inbox,
    decode_messages,
    dump,
    encode,
    encode_all,
)
from sisdrop.journal.records import Event, Hold, IdTaken, InboxView, LaneView, Overtaken, Service
from sisdrop.model import AT_REST, IN_CANVAS, Drop, DropState, Message, Place, iso, now_utc, stamp

FILE_NAME = "journal.sqlite3"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x51D507  # "sisdrop", so that `file` and people can tell whose database this is
KEEP_EVENTS = 100_000
BUSY_TIMEOUT_S = 10.0

_ABORTABLE = IN_CANVAS | {DropState.QUEUED}
"""The states in which a wish to abort is kept: a drop whose answer was lost may be queued again before it is heard."""

_OPEN = "state NOT IN ('filed', 'returned')"
_OPEN_INDEX = f"CREATE INDEX IF NOT EXISTS open_drops ON drops (arrival) WHERE {_OPEN}"
"""What is open is a handful among years of drops at rest. A partial index is used where its very words are asked."""

_SCHEMA = """
CREATE TABLE drops (
    id TEXT PRIMARY KEY, lane TEXT NOT NULL, feed TEXT NOT NULL, state TEXT NOT NULL,
    name TEXT NOT NULL, arrival INTEGER NOT NULL, filed_at TEXT, rev INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX drops_by_state ON drops (lane, state);
CREATE INDEX drops_by_arrival ON drops (arrival);
CREATE INDEX drops_by_name ON drops (feed, name);
CREATE INDEX drops_by_filing ON drops (filed_at, arrival);
CREATE TABLE reports (drop_id TEXT PRIMARY KEY, messages TEXT NOT NULL, findings TEXT NOT NULL);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, feed TEXT NOT NULL, drop_id TEXT NOT NULL,
    what TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE aborts (drop_id TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE holds (lane TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE lanes (lane TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE inboxes (feed TEXT PRIMARY KEY, proof TEXT, path TEXT);
CREATE TABLE views (feed TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE service (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER, since TEXT);
"""


class Journal:
    """The journal in one state folder. Usable from several threads; every method is one transaction."""

    def __init__(self, folder: Path, *, mend: bool = False) -> None:
        """Open or make the journal in `folder` (mode 0700, the file 0600).

        With `mend`, a damaged journal is moved aside (`journal.damaged-<time>.sqlite3`) and a new one begun;
        `was_damaged` then tells so. That is for the service alone, which holds the lanes afterwards: a command that
        mended would hide the loss from it. Raises StateError when the folder or the file cannot be used, is damaged,
        or was written by a newer sisdrop.
        """
        self.was_damaged = False
        self._mend = mend
        self._mutex = threading.RLock()
        self._decoded: dict[str, Drop] = {}
        self.path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = self._open()
            opened = self.path.stat()
            self._identity = (opened.st_dev, opened.st_ino)
        except (OSError, sqlite3.Error) as error:
            advice = "Is state/ a local, writable folder?"
            raise StateError(f"{self.path}: the journal cannot be opened: {error}. {advice}") from error

    def _open(self) -> sqlite3.Connection:
        try:
            db = self._connect()
            if self._is_sound(db):
                return db
            db.close()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise
        if not self._mend:
            raise StateError(f"{self.path}: the journal is damaged; `sisdrop run` sets it aside and begins a new one.")
        self._set_aside()
        self.was_damaged = True
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        fresh = not self.path.exists()
        db = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
        try:
            if fresh:
                self.path.chmod(0o600)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA trusted_schema=OFF")
            self._bring_up_to_date(db)
        except BaseException:
            db.close()
            raise
        return db

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        if version <= SCHEMA_VERSION:
            db.execute(_OPEN_INDEX)
        db.execute("COMMIT")
        if version > SCHEMA_VERSION:
            raise StateError(
                f"{self.path}: written by a newer sisdrop (journal version {version}, this one knows "
                f"{SCHEMA_VERSION}). Install that version again; nothing was changed."
            )

    @staticmethod
    def _is_sound(db: sqlite3.Connection) -> bool:
        return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")

    def _set_aside(self) -> None:
        aside = self.path.with_name(f"journal.damaged-{stamp(now_utc())}.sqlite3")
        self.path.rename(aside)
        for suffix in ("-wal", "-shm"):
            companion = Path(f"{self.path}{suffix}")
            if companion.exists():
                companion.rename(f"{aside}{suffix}")

    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one at its path: all others look there."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def close(self) -> None:
        """Close the file. The journal cannot be used afterwards."""
        with self._mutex:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk when the block ends, or none."""
        with self._mutex:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._mutex:
            return self._db.execute(sql, values).fetchall()

    def foreign_changes(self) -> int:
        """A number that differs after another process (a command) has written; cheap enough to ask often."""
        return int(self._read("PRAGMA data_version")[0][0])

    # drops

    def add(self, drop: Drop, event: str = "") -> Drop:
        """Journal a new drop and return it as stored. It stands behind all others in arrival.

        Raises IdTaken, and changes nothing, when there is a drop of that id: ids are made by chance.
        """
        stored = replace(drop, rev=1)
        with self._write() as db:
            if db.execute("SELECT 1 FROM drops WHERE id=?", (drop.id,)).fetchone():
                raise IdTaken(drop.id)
            arrival = db.execute("SELECT COALESCE(MAX(arrival), 0) + 1 FROM drops").fetchone()[0]
            row = (drop.id, drop.lane, drop.feed, drop.state, ascii_text(drop.name), arrival, drop.filed_at)
            db.execute("INSERT INTO drops VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, stored.rev, encode(stored)))
            _note(db, stored, event, "")
        return stored

    def move(
        self,
        drop: Drop,
        *,
        event: str = "",
        what: str = "",
        hold: Hold | None = None,
        release_hold: bool = False,
        report: tuple[Sequence[Message], Sequence[Finding]] | None = None,
    ) -> Drop:
        """Journal `drop` as it stands after a step, and return it as stored.

        In the same transaction: `event` is a line for its biography under the word `what` (default: the state),
        `hold` puts its lane on hold, `release_hold` takes the hold away, `report` keeps all messages and findings
        (until the drop is at rest: then they are in its result file). Raises Overtaken when the drop was changed
        since `drop` was read.
        """
        stored = replace(drop, rev=drop.rev + 1)
        with self._write() as db:
            changed = db.execute(
                "UPDATE drops SET lane=?, state=?, filed_at=?, rev=?, body=? WHERE id=? AND rev=?",
                (stored.lane, stored.state, stored.filed_at, stored.rev, encode(stored), drop.id, drop.rev),
            ).rowcount
            if not changed:
                raise Overtaken(drop.id)
            if report is not None:
                messages, findings = report
                row = (drop.id, encode_all(messages), encode_all(findings))
                db.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?)", row)
            if stored.state in AT_REST:
                db.execute("DELETE FROM reports WHERE drop_id=?", (drop.id,))
            if stored.state not in _ABORTABLE:
                db.execute("DELETE FROM aborts WHERE drop_id=?", (drop.id,))
            if release_hold:
                db.execute("DELETE FROM holds WHERE lane=?", (drop.lane,))
            _note(db, stored, event, what)
            if hold is not None:
                db.execute("INSERT OR REPLACE INTO holds VALUES (?, ?)", (drop.lane, dump(hold)))
                _event(db, drop.feed, drop.id, "hold", f"The queue is on hold: {hold.reason}")
        return stored

    def get(self, drop_id: str) -> Drop | None:
        """The drop of that id, or None."""
        return next(self._drops("WHERE id=?", (ascii_text(drop_id),)), None)

    def find(self, text: str) -> list[Drop]:
        """Drops a person may mean by `text`: an id, the beginning of one, or a name (newest first)."""
        exact = self.get(text)
        if exact:
            return [exact]
        pattern = ascii_text(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where = "WHERE id LIKE ? ESCAPE '\\' OR name=? ORDER BY arrival DESC LIMIT 50"
        return list(self._drops(where, (pattern, ascii_text(text))))

    def open_drops(self, lane: str | None = None) -> list[Drop]:
        """All drops that are not at rest (of one lane), in order of arrival.

        Asked for at every turn, also with thousands of drops waiting: each revision of a drop is decoded once.
        """
        with self._mutex:
            rows = self._read(f"SELECT id, rev FROM drops WHERE {_OPEN} ORDER BY arrival")  # noqa: S608 - a constant
            self._decoded = {drop_id: self._decode_once(drop_id, rev) for drop_id, rev in rows}
            found = list(self._decoded.values())
        return [drop for drop in found if lane is None or drop.lane == lane]

    def _decode_once(self, drop_id: str, rev: int) -> Drop:
        known = self._decoded.get(drop_id)
        if known is not None and known.rev == rev:
            return known
        return next(self._drops("WHERE id=?", (drop_id,)))

    def recent(self, limit: int, feed: str | None = None) -> list[Drop]:
        """The last `limit` filed drops, the last filed first."""
        newest = "ORDER BY filed_at DESC, arrival DESC LIMIT ?"
        if feed is None:
            return list(self._drops(f"WHERE state='filed' {newest}", (limit,)))
        return list(self._drops(f"WHERE state='filed' AND feed=? {newest}", (feed, limit)))

    def returned(self, feed: str, name: str, since: str) -> list[Drop]:
        """Drops of that name put back into the inbox since `since`, after the last one that was not; oldest first."""
        newest = self._drops("WHERE feed=? AND name=? ORDER BY arrival DESC LIMIT 50", (feed, ascii_text(name)))
        in_a_row = []
        for drop in newest:
            if drop.state is not DropState.RETURNED or drop.claimed_at < since:
                break
            in_a_row.append(drop)
        return in_a_row[::-1]

    def imported_since(self, drop: Drop) -> Drop | None:
        """The newest drop of the same feed and name that arrived after `drop` and was imported, or None."""
        where = (
            "WHERE feed=? AND name=? AND state='filed' AND arrival > (SELECT arrival FROM drops WHERE id=?) "
            "ORDER BY arrival DESC LIMIT 20"
        )
        later = self._drops(where, (drop.feed, ascii_text(drop.name), drop.id))
        return next((one for one in later if one.place is Place.ARCHIVE), None)

    def import_ids(self, lane: str, above: int) -> set[int]:
        """Ids of Canvas imports above `above` that drops of the lane already stand for."""
        rows = self._read(
            "SELECT json_extract(body, '$.import_id') AS i FROM drops WHERE lane=? AND i > ?",
            (lane, above),
        )
        return {row[0] for row in rows}

    def drop_ids(self) -> set[str]:
        """The ids of all drops not at rest."""
        return {row[0] for row in self._read(f"SELECT id FROM drops WHERE {_OPEN}")}  # noqa: S608 - a constant

    def _drops(self, where: str, values: Sequence[object]) -> Iterator[Drop]:
        rows = self._read(f"SELECT body FROM drops {where}", values)  # noqa: S608 - `where` is ours, never a user's
        return (decode(row[0]) for row in rows)

    def report(self, drop_id: str) -> tuple[list[Message], list[Finding]]:
        """All messages and findings kept for a drop; empty lists when there are none."""
        rows = self._read("SELECT messages, findings FROM reports WHERE drop_id=?", (drop_id,))
        if not rows:
            return [], []
        return decode_messages(rows[0][0]), decode_findings(rows[0][1])

    # what people ask for

    def ask_abort(self, drop_id: str) -> bool:
        """Ask the service to abort the import of a drop; False when it is not, or no longer, in Canvas.

        The wish is forgotten when the drop leaves Canvas for good, so that it never meets a later import of it.
        """
        with self._write() as db:
            row = db.execute("SELECT state FROM drops WHERE id=?", (drop_id,)).fetchone()
            if row is None or row[0] not in IN_CANVAS:
                return False
            db.execute("INSERT OR REPLACE INTO aborts VALUES (?, ?)", (drop_id, iso(now_utc())))
            return True

    def abort_asked(self, drop_id: str) -> bool:
        """Whether somebody asked to abort the drop's import."""
        return bool(self._read("SELECT 1 FROM aborts WHERE drop_id=?", (drop_id,)))

    def abort_done(self, drop_id: str) -> None:
        """Forget the wish to abort: it was carried out, or came too late."""
        with self._write() as db:
            db.execute("DELETE FROM aborts WHERE drop_id=?", (drop_id,))

    # lanes

    def hold(self, lane: str) -> Hold | None:
        """What holds the lane, or None."""
        rows = self._read("SELECT body FROM holds WHERE lane=?", (lane,))
        return decode_hold(rows[0][0]) if rows else None

    def put_on_hold(self, lane: str, hold: Hold) -> None:
        """Put the lane on hold, in place of any hold it has."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO holds VALUES (?, ?)", (lane, dump(hold)))
            _event(db, hold.feed, hold.drop, "hold", f"The queue is on hold: {hold.reason}")

    def release(self, lane: str, who: str) -> Hold | None:
        """Take the lane's hold away and return it; None when there was none."""
        before = self.hold(lane)
        if before is None:
            return None
        with self._write() as db:
            db.execute("DELETE FROM holds WHERE lane=?", (lane,))
            _event(db, before.feed, before.drop, "released", f"The queue goes on: {who}.")
        return before

    def lanes_on_hold(self) -> list[str]:
        """The lanes that are on hold."""
        return [row[0] for row in self._read("SELECT lane FROM holds ORDER BY lane")]

    def show_lane(self, lane: str, view: LaneView) -> None:
        """Keep what the lane is busy with, for the commands."""
        if view != self.lane_view(lane):
            with self._write() as db:
                db.execute("INSERT OR REPLACE INTO lanes VALUES (?, ?)", (lane, dump(view)))

    def lane_view(self, lane: str) -> LaneView:
        """What the lane was last busy with."""
        rows = self._read("SELECT body FROM lanes WHERE lane=?", (lane,))
        return LaneView(**json.loads(rows[0][0])) if rows else LaneView()

    # inboxes

    def inbox_proof(self, feed: str, path: Path) -> str | None:
        """The proof by which this feed's inbox at `path` is known, or None when it was never seen there."""
        rows = self._read("SELECT proof FROM inboxes WHERE feed=? AND path=?", (feed, ascii_text(str(path))))
        return rows[0][0] if rows else None

    def know_inbox(self, feed: str, path: Path, proof: str) -> None:
        """Remember the proof of a feed's inbox at `path`, for ever."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO inboxes VALUES (?, ?, ?)", (feed, proof, ascii_text(str(path))))

    def show_inbox(self, feed: str, view: InboxView) -> None:
        """Keep what the inbox looks like, for the commands."""
        if view != self.inbox_view(feed):
            with self._write() as db:
                db.execute("INSERT OR REPLACE INTO views VALUES (?, ?)", (feed, dump(view)))

    def inbox_view(self, feed: str) -> InboxView | None:
        """What the inbox last looked like, or None when it was never looked at."""
        rows = self._read("SELECT body FROM views WHERE feed=?", (feed,))
        return decode_inbox(rows[0][0]) if rows else None

    # the service and its events

    def service_starts(self, pid: int) -> None:
        """Note who runs the service."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO service VALUES (1, ?, ?)", (pid, iso(now_utc())))
            db.execute("DELETE FROM events WHERE seq <= (SELECT MAX(seq) FROM events) - ?", (KEEP_EVENTS,))

    def service(self) -> Service | None:
        """Who ran the service last, or None."""
        rows = self._read("SELECT pid, since FROM service")
        return Service(*rows[0]) if rows else None

    def tell(self, feed: str, what: str, text: str, drop_id: str = "") -> None:
        """Add a line to the events that belongs to no step."""
        with self._write() as db:
            _event(db, feed, drop_id, what, text)

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """Events after sequence number `after`, oldest first."""
        rows = self._read("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
        return [Event(*row) for row in rows]

    def events_of(self, drop_id: str) -> list[Event]:
        """The biography of a drop, oldest first."""
        return [Event(*row) for row in self._read("SELECT * FROM events WHERE drop_id=? ORDER BY seq", (drop_id,))]

    def last_event(self) -> int:
        """The sequence number of the newest event, 0 when there is none."""
        return int(self._read("SELECT COALESCE(MAX(seq), 0) FROM events")[0][0])


def _note(db: sqlite3.Connection, drop: Drop, text: str, what: str) -> None:
    if text:
        _event(db, drop.feed, drop.id, what or drop.state, text)


def _event(db: sqlite3.Connection, feed: str, drop_id: str, what: str, text: str) -> None:
    row = (iso(now_utc()), feed, drop_id, what, _printable(text))
    db.execute("INSERT INTO events (at, feed, drop_id, what, text) VALUES (?, ?, ?, ?, ?)", row)


def _printable(text: str) -> str:
    """`text` without what could disturb a terminal or cannot be stored: file names may hold anything."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
