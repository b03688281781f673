"""What one change writes besides the drop's own row. Each within the transaction of its caller."""

from __future__ import annotations

import sqlite3

from canvas_sis_csv.text import printable
from sisdrop.journal.codec import DROP, HOLD, UNDO, ascii_text, decode, encode
from sisdrop.model import Drop, DropState, EventKind, Hold, Note, Place, Undo, iso, now_utc


def changing(drop: Drop) -> tuple[object, ...]:
    """The columns that a step may change, in the order of the statements."""
    filed_at = drop.rest.at if drop.rest else None
    return (drop.lane, drop.state, drop.outcome, drop.import_id, filed_at, drop.rev, encode(DROP, drop))


def keep_undo(db: sqlite3.Connection, undo: Undo) -> None:
    row = (undo.drop, undo.import_id, undo.asked_at, undo.state, encode(UNDO, undo))
    db.execute("INSERT OR REPLACE INTO undos VALUES (?, ?, ?, ?, ?)", row)


def add_event(db: sqlite3.Connection, feed: str, drop_id: str, note: Note | None) -> None:
    if note is not None:
        # File names may hold anything, also what cannot be stored or would disturb a terminal.
        row = (iso(now_utc()), feed, drop_id, note.kind, printable(note.text))
        db.execute("INSERT INTO events (at, feed, drop_id, kind, text) VALUES (?, ?, ?, ?, ?)", row)


def keep_accepted(db: sqlite3.Connection, drop: Drop) -> None:
    """What the accepted drops are: at rest it is one of them; taken back (retried) or undone it is no longer."""
    at_rest = drop.state is DropState.FILED or drop.place is Place.ARCHIVE
    accepted = at_rest and drop.outcome is not None and drop.outcome.is_accepted
    row = db.execute("SELECT body FROM undos WHERE drop_id=?", (drop.id,)).fetchone()
    if not accepted or (row is not None and decode(UNDO, row[0]).has_begun_for(drop.import_id)):
        db.execute("DELETE FROM accepted WHERE drop_id=?", (drop.id,))
    elif not db.execute("SELECT 1 FROM accepted WHERE drop_id=?", (drop.id,)).fetchone():
        # Once, when it comes to rest: what is journaled of it afterwards (an undo was asked for) makes it no newer.
        sha256 = drop.contents.sha256 if drop.contents else ""
        db.executemany(
            "INSERT INTO accepted (feed, series, drop_id, sha256) VALUES (?, ?, ?, ?)",
            [(drop.feed, ascii_text(series), drop.id, sha256) for series in drop.series],
        )


def of_same_cause(db: sqlite3.Connection, lane: str, hold: Hold) -> Hold | None:
    holds = (decode(HOLD, row[0]) for row in db.execute("SELECT body FROM holds WHERE lane=?", (lane,)).fetchall())
    return next((present for present in holds if present.is_of_cause(hold)), None)


def add_hold(db: sqlite3.Connection, lane: str, hold: Hold) -> None:
    present = of_same_cause(db, lane, hold)
    if present is not None:
        db.execute("DELETE FROM holds WHERE lane=? AND id=?", (lane, present.id))
    db.execute("INSERT INTO holds (lane, id, body) VALUES (?, ?, ?)", (lane, hold.id, encode(HOLD, hold)))
    add_event(db, hold.feed, hold.drop, Note(EventKind.HOLD, f"The queue is on hold: {hold.reason}"))
