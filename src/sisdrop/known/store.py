"""The file of known ids: one table of them, and what was applied to it.

Room: SQLite on the local disk. A connection is for one thread and one job; several may be open at once (WAL). What
is written in one `transaction` is there whole, or not at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from sisdrop.known.effects import Effect, Rename

FILE_NAME = "known.sqlite3"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x51D508  # beside the journal's
BUSY_TIMEOUT_S = 60.0
"""Longer than applying a drop takes."""
CACHE_KIB = 16_384

_SCHEMA = """
CREATE TABLE lanes (no INTEGER PRIMARY KEY, lane TEXT NOT NULL UNIQUE, behind INTEGER NOT NULL, lost INTEGER NOT NULL);
CREATE TABLE drops (
    no INTEGER PRIMARY KEY, lane INTEGER NOT NULL, drop_id TEXT NOT NULL, finished_at TEXT NOT NULL, feed TEXT NOT NULL,
    UNIQUE (lane, drop_id, finished_at));
CREATE INDEX drops_by_end ON drops (lane, finished_at);
CREATE TABLE seen (
    lane INTEGER NOT NULL, feed TEXT NOT NULL, place TEXT NOT NULL, name BLOB NOT NULL,
    PRIMARY KEY (lane, feed, place, name)) WITHOUT ROWID;
CREATE TABLE kinds (
    no INTEGER PRIMARY KEY, lane INTEGER NOT NULL, kind TEXT NOT NULL, brought INTEGER NOT NULL DEFAULT 0,
    UNIQUE (lane, kind));
CREATE TABLE ids (
    kind INTEGER NOT NULL, id TEXT NOT NULL, sure INTEGER NOT NULL, since INTEGER,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""
# lanes.behind: results may lie in the archive that are not applied. lanes.lost: what was accepted once cannot be read
# any more. kinds.brought: files of the kind's own type were accepted, not only rows that mention it in passing.
# ids.since: the drop that was accepted with it first; NULL = none certainly was.

_HERE = """INSERT INTO ids VALUES (?, ?, 1, ?) ON CONFLICT (kind, id)
    DO UPDATE SET sure = 1, since = COALESCE(since, excluded.since) WHERE sure = 0"""
_AGAIN = "UPDATE ids SET sure = 1 WHERE kind = ? AND id = ? AND sure = 0 AND since IS NOT NULL"
_MAYBE = "INSERT OR IGNORE INTO ids VALUES (?, ?, 0, NULL)"
_GONE = "DELETE FROM ids WHERE kind = ? AND id = ?"


class Unfit(Exception):
    """The file is not an index of this version, or damaged."""


def connect(path: Path) -> sqlite3.Connection:
    """The index at `path`, for reading and writing. Raises sqlite3.Error when there is none, Unfit."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None,
        check_same_thread=False,
    )  # fmt: skip
    try:
        _check_version(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db


def _check_version(db: sqlite3.Connection) -> None:
    application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
        raise Unfit(f"it is of version {version}, not {SCHEMA_VERSION}")


def make(path: Path) -> None:
    """An empty index at `path` (mode 0600), in place of what is there. Raises OSError, sqlite3.Error."""
    for old in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        old.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    versions = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {_SCHEMA}; {versions}; COMMIT;")


class LaneStore:
    """What the index keeps of one lane. Everything that writes is to be called in a transaction."""

    def __init__(self, db: sqlite3.Connection, no: int) -> None:
        self._db = db
        self._no = no
        self._kinds: dict[str, int] = {}

    @classmethod
    def find(cls, db: sqlite3.Connection, lane: str) -> LaneStore | None:
        """The lane's part of the index; None when nothing was ever gathered for it."""
        row = db.execute("SELECT no FROM lanes WHERE lane = ?", (lane,)).fetchone()
        return cls(db, row[0]) if row else None

    @classmethod
    def begin(cls, db: sqlite3.Connection, lane: str) -> LaneStore:
        """A new, empty part for the lane; it is behind until somebody says otherwise."""
        no = db.execute("INSERT INTO lanes (lane, behind, lost) VALUES (?, 1, 0)", (lane,)).lastrowid
        return cls(db, no or 0)

    # whether absence proves anything

    def proves_absence(self) -> bool:
        """Whether all that was accepted is in the index, as far as it knows."""
        row = self._db.execute("SELECT behind, lost FROM lanes WHERE no = ?", (self._no,)).fetchone()
        return bool(row == (0, 0))

    def set_behind(self, behind: bool) -> None:
        """Say whether results may lie in the archive that are not applied."""
        self._db.execute("UPDATE lanes SET behind = ? WHERE no = ?", (behind, self._no))

    def set_lost(self) -> None:
        """Say that something that was accepted once cannot be read any more."""
        self._db.execute("UPDATE lanes SET lost = 1 WHERE no = ?", (self._no,))

    # what was applied

    def has_applied(self, drop_id: str, finished_at: str) -> bool:
        """Whether this import was applied."""
        sql = "SELECT 1 FROM drops WHERE lane = ? AND drop_id = ? AND finished_at = ?"
        return self._db.execute(sql, (self._no, drop_id, finished_at)).fetchone() is not None

    def newest(self) -> str:
        """When the last of the imports that were applied ended; empty when there is none."""
        sql = "SELECT MAX(finished_at) FROM drops WHERE lane = ?"
        return self._db.execute(sql, (self._no,)).fetchone()[0] or ""

    def note_drop(self, drop_id: str, finished_at: str, feed: str) -> int:
        """Remember that an import is applied; its number, for `since`."""
        sql = "INSERT INTO drops (lane, drop_id, finished_at, feed) VALUES (?, ?, ?, ?)"
        return self._db.execute(sql, (self._no, drop_id, finished_at, feed)).lastrowid or 0

    def seen(self, feed: str, place: str) -> set[str]:
        """The names of the filed results that were looked at."""
        sql = "SELECT name FROM seen WHERE lane = ? AND feed = ? AND place = ?"
        return {os.fsdecode(row[0]) for row in self._db.execute(sql, (self._no, feed, place))}

    def note_seen(self, feed: str, place: str, name: str) -> None:
        """Remember that a filed result was looked at."""
        sql = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)"
        self._db.execute(sql, (self._no, feed, place, os.fsencode(name)))

    # ids

    def kinds(self) -> dict[str, tuple[int, bool]]:
        """The number of each kind that has ids, and whether files of its own type brought them."""
        rows = self._db.execute("SELECT kind, no, brought FROM kinds WHERE lane = ?", (self._no,))
        return {kind: (no, bool(brought)) for kind, no, brought in rows}

    def doubt(self, kinds: Collection[str]) -> None:
        """Nothing of these kinds is certain to be there any more."""
        for kind in kinds:
            self._db.execute("UPDATE ids SET sure = 0 WHERE kind = ? AND sure = 1", (self._kind(kind),))

    def apply(self, kind: str, effects: Mapping[str, Effect], since: int, *, diffed: bool) -> None:
        """Keep what rows say of ids.

        In an import that was `diffed`, a row that was refused before may not even have been looked at, so it makes
        nothing certain; but an id that was accepted once and is in the file still has not been deleted.
        """
        no = self._kind(kind)
        here = f"{_HERE} AND since IS NOT NULL" if diffed else _HERE
        many = self._db.executemany
        many(_GONE, ((no, id_) for id_, effect in effects.items() if effect is Effect.GONE))
        many(here, ((no, id_, since) for id_, effect in effects.items() if effect is Effect.HERE))
        if diffed:
            many(_AGAIN, ((no, id_) for id_, effect in effects.items() if effect is Effect.MAYBE))
        many(_MAYBE, ((no, id_) for id_, effect in effects.items() if effect is Effect.MAYBE))

    def brought(self, kind: str) -> None:
        """Files of the kind's own type were accepted."""
        self._db.execute("UPDATE kinds SET brought = 1 WHERE no = ?", (self._kind(kind),))

    def rename(self, rename: Rename, since: int) -> None:
        """Give an id its new name; it stays known since when it was."""
        no = self._kind(rename.kind)
        if not rename.is_sure:
            self._db.execute(_MAYBE, (no, rename.new))
            return
        if rename.old:
            self._db.execute("UPDATE OR REPLACE ids SET id = ? WHERE kind = ? AND id = ?", (rename.new, no, rename.old))
        self._db.execute(_HERE, (no, rename.new, since))

    def _kind(self, kind: str) -> int:
        no = self._kinds.get(kind)
        if no is None:
            self._db.execute("INSERT OR IGNORE INTO kinds (lane, kind) VALUES (?, ?)", (self._no, kind))
            sql = "SELECT no FROM kinds WHERE lane = ? AND kind = ?"
            no = self._kinds[kind] = self._db.execute(sql, (self._no, kind)).fetchone()[0]
        return no
