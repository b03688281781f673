"""Opening `state/journal.sqlite3`: made when missing, brought up to date, set aside when it is damaged."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sisdrop.durable import FileLock, is_network_fs, is_sound, lock_file, lock_holder, why_unwritable
from sisdrop.errors import JournalError, LeaseTaken
from sisdrop.model import now_utc, stamp

FILE_NAME = "journal.sqlite3"
LOCK_NAME = "lock"
SCHEMA_VERSION = 3
APPLICATION_ID = 0x51D507  # "sisdrop", so that `file` and people can tell whose database this is
BUSY_TIMEOUT_S = 10.0
LOCK_TRIES = 5
LOCK_WAIT_S = 0.1

OPEN = "state NOT IN ('filed', 'returned')"

_SCHEMA = f"""
CREATE TABLE drops (
    id TEXT PRIMARY KEY, arrival INTEGER NOT NULL, lane TEXT NOT NULL, feed TEXT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, outcome TEXT, import_id INTEGER, filed_at TEXT,
    rev INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX drops_by_name ON drops (feed, name, arrival);
CREATE INDEX drops_by_filing ON drops (filed_at, arrival);
CREATE INDEX drops_by_import ON drops (lane, import_id) WHERE import_id IS NOT NULL;
CREATE INDEX open_drops ON drops (arrival) WHERE {OPEN};
CREATE TABLE accepted (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, feed TEXT NOT NULL, series TEXT NOT NULL, drop_id TEXT NOT NULL,
    sha256 TEXT NOT NULL);
CREATE INDEX accepted_by_series ON accepted (feed, series, seq);
CREATE INDEX accepted_by_drop ON accepted (drop_id);
CREATE TABLE reports (drop_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE aborts (drop_id TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE holds (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE lane_views (lane TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE inbox_views (feed TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE inboxes (feed TEXT PRIMARY KEY, inbox_id TEXT NOT NULL, path TEXT NOT NULL);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, feed TEXT NOT NULL, drop_id TEXT NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX events_by_drop ON events (drop_id) WHERE drop_id <> '';
CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE lease (
    row INTEGER PRIMARY KEY CHECK (row = 1), holder TEXT NOT NULL, pid INTEGER NOT NULL, since TEXT NOT NULL,
    renewed_at TEXT NOT NULL);
CREATE TABLE pauses (feed TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE occasions (feed TEXT NOT NULL, kind TEXT NOT NULL, occasion TEXT NOT NULL, PRIMARY KEY (feed, kind));
CREATE INDEX drops_by_arrival ON drops (feed, arrival);
CREATE TABLE data_sets (
    lane TEXT NOT NULL, identifier TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (lane, identifier));
CREATE TABLE undos (
    drop_id TEXT PRIMARY KEY, import_id INTEGER NOT NULL, asked_at TEXT NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX open_undos ON undos (asked_at) WHERE state <> 'closed'
"""
# `accepted` has a row for each series of a drop at rest that Canvas accepted, in the order in which they came to rest.
# What is open is a handful among years of drops at rest. A partial index is used where its very words are asked.


def lock_state(folder: Path) -> FileLock:
    """Lock the state folder for this process; made when missing (0700).

    Raises LeaseTaken with the other's pid when another sisdrop holds it, JournalError when the folder is on a network
    share, where SQLite's locks do not work (sqlite.org/wal.html), or cannot be used.
    """
    share = is_network_fs(folder if folder.exists() else folder.parent)
    if share:
        raise JournalError(f"{folder} is on a network file system ({share}); the state folder must be on a local disk.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for _ in range(LOCK_TRIES):
            lock = lock_file(folder / LOCK_NAME)
            if lock is not None:
                return lock
            # A command that asks who runs has the lock for an instant.
            time.sleep(LOCK_WAIT_S)
    except OSError as error:
        why = why_unwritable(folder) or error.strerror or error
        raise JournalError(f"{folder}: the state folder cannot be used: {why}.") from error
    raise LeaseTaken(str(folder), lock_holder(folder / LOCK_NAME))


def trouble_in(path: Path) -> str:
    """What SQLite finds wrong with the journal at `path`, empty when nothing. Changes nothing, mends nothing."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            answer = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return "" if answer == "ok" else answer.splitlines()[0]


def open_journal(path: Path, *, mend: bool) -> tuple[sqlite3.Connection, bool]:
    """The journal at `path`, and whether a damaged one was set aside for it (only with `mend`).

    Raises OSError, sqlite3.Error; JournalError when it is damaged, or of another version.
    """
    try:
        db = _connect(path)
        if is_sound(db):
            return db, False
        db.close()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise
    if not mend:
        raise JournalError(f"{path}: the journal is damaged; `sisdrop run` sets it aside and begins a new one.")
    _set_aside(path)
    return _connect(path), True


def _connect(path: Path) -> sqlite3.Connection:
    fresh = not path.exists()
    db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
    try:
        if fresh:
            path.chmod(0o600)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA trusted_schema=OFF")
        _check_version(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file; refuse one of another version."""
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in _SCHEMA.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        version = SCHEMA_VERSION
    db.execute("COMMIT")
    if version > SCHEMA_VERSION:
        raise JournalError(
            f"{path}: written by a newer sisdrop (journal version {version}, this one knows "
            f"{SCHEMA_VERSION}). Install that version again; nothing was changed."
        )
    if version < SCHEMA_VERSION:
        raise JournalError(
            f"{path}: written by a sisdrop from before 0.1.0 (journal version {version}). Let that one finish its "
            "drops, then move the file away; nothing was changed."
        )


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"journal.damaged-{stamp(now_utc())}.sqlite3")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        companion = Path(f"{path}{suffix}")
        if companion.exists():
            companion.rename(f"{aside}{suffix}")
