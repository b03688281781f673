"""What the sandbox remembers of imports: their rows, messages, files and restore jobs, in SQLite.

Room: touches its own folder only (`imports.sqlite3`, `files/`). One connection behind one lock serves every thread;
each method is one transaction. What CSVs did to accounts and people is not here but in the engine's database.
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from canvas_sandbox.clock import Clock, instant
from canvas_sandbox.rows import FileRow, ImportFilter, ImportRow, MessageRow, ProgressRow
from canvas_sandbox.sqlite import Record, open_database, run_script, transaction
from canvas_sis_csv.model import Level

SUCCEEDED = ("imported", "imported_with_messages")
RUNNING = ("importing", "cleanup_batch")
PENDING = ("initializing", "created")
STATE_AS_PUT = "state as put"
"""Setting: what Canvas was last put into, None as soon as anything may have changed it."""
FIRST_IDS = {"imports": 8001, "files": 9001}
"""Ids of this size are told apart at sight from row numbers and counts."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, workflow_state TEXT NOT NULL,
    progress INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, started_at TEXT, ended_at TEXT,
    updated_at TEXT NOT NULL, filename TEXT, upload TEXT, options TEXT, data TEXT NOT NULL,
    csv_files TEXT NOT NULL DEFAULT '[]', diffed_files TEXT NOT NULL DEFAULT '[]', errors_file INTEGER,
    threshold_exceeded INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS imports_by_state ON imports (workflow_state);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, import_id INTEGER NOT NULL, level TEXT NOT NULL, file TEXT, row INTEGER,
    message TEXT NOT NULL, row_info TEXT);
CREATE INDEX IF NOT EXISTS messages_by_level ON messages (import_id, level);
CREATE INDEX IF NOT EXISTS messages_in_order ON messages (import_id);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, import_id INTEGER NOT NULL, display_name TEXT NOT NULL,
    filename TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS progresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT, import_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    completion INTEGER NOT NULL, workflow_state TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    message TEXT);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
JSON_COLUMNS = frozenset({"options", "data", "csv_files", "diffed_files"})


class ImportStore:
    """The imports of one sandbox, in `folder`, which must exist."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self.uploads = folder / "uploads"
        self._files = folder / "files"
        for place in (self.uploads, self._files):
            place.mkdir(exist_ok=True)
        # For this process alone: two sandboxes on one folder would mix up their imports.
        self._db = open_database(folder / "imports.sqlite3", ("synchronous = NORMAL",), alone=True)
        with self._transaction():
            run_script(self._db, SCHEMA)
            for table, first in FIRST_IDS.items():
                # AUTOINCREMENT goes on from here, and never gives an id twice, even when all rows are gone.
                self._db.execute(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2"
                    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                    (table, first - 1),
                )
        self._remove_cut_off_uploads()

    def _remove_cut_off_uploads(self) -> None:
        """Remove what was being received when an earlier sandbox was killed."""
        kept = {row[0] for row in self._db.execute("SELECT upload FROM imports WHERE upload IS NOT NULL")}
        for path in self.uploads.iterdir():
            if path.name not in kept:
                path.unlink()

    def close(self) -> None:
        """Close the database; the store is unusable afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, transaction(self._db):
            yield

    def now(self) -> str:
        """The time now, as stored."""
        return instant(self._clock.now())

    # imports

    def add_import(self, user_id: int, data: Mapping[str, Any], *, state: str = "initializing") -> int:
        """A new import row and its id; options and upload come later, by `change`."""
        now = self.now()
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO imports (user_id, workflow_state, created_at, updated_at, data) VALUES (?, ?, ?, ?, ?)",
                (user_id, state, now, now, json.dumps(dict(data))),
            )
        return int(cursor.lastrowid or 0)

    def change(self, import_id: int, *, touch: bool = True, only_in: Sequence[str] = (), **columns: Any) -> bool:
        """Set columns of an import; False when it is not in one of the states `only_in`. `touch` moves `updated_at`."""
        values = {name: json.dumps(value) if name in JSON_COLUMNS else value for name, value in columns.items()}
        if touch:
            values.setdefault("updated_at", self.now())
        sets = ", ".join(f"{name} = :{name}" for name in values)
        guard = f" AND workflow_state IN ({_quoted(only_in)})" if only_in else ""
        with self._transaction():
            # Column and state names come from this package alone, never from a request.
            cursor = self._db.execute(f"UPDATE imports SET {sets} WHERE id = :id{guard}", {**values, "id": import_id})  # noqa: S608
        return cursor.rowcount == 1

    def get(self, import_id: int) -> ImportRow | None:
        """The import of that id."""
        with self._lock:
            row = self._db.execute("SELECT * FROM imports WHERE id = ?", (import_id,)).fetchone()
        return _import_row(row) if row else None

    def imports(self, wanted: ImportFilter, *, limit: int, offset: int = 0) -> list[ImportRow]:
        """Imports, newest first."""
        clauses, values = ["1"], list[Any]()
        if wanted.states:
            clauses.append(f"workflow_state IN ({', '.join('?' * len(wanted.states))})")
            values.extend(wanted.states)
        if wanted.since:
            clauses.append("created_at > ?")
            values.append(wanted.since)
        if wanted.before:
            clauses.append("created_at < ?")
            values.append(wanted.before)
        sql = f"SELECT * FROM imports WHERE {' AND '.join(clauses)} ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"  # noqa: S608 - fixed clauses
        with self._lock:
            return [_import_row(row) for row in self._db.execute(sql, [*values, limit, offset])]

    def next_created(self, held: Collection[int]) -> ImportRow | None:
        """The oldest import that waits and is not `held`; None when one is running: Canvas works on one at a time."""
        with self._lock:
            # Neither `initializing` nor `restoring` is in the way.
            if self._db.execute(f"SELECT 1 FROM imports WHERE workflow_state IN ({_quoted(RUNNING)})").fetchone():  # noqa: S608 - constants
                return None
            row = self._db.execute(
                "SELECT * FROM imports WHERE workflow_state = 'created'"
                " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1",
                (json.dumps(list(held)),),
            ).fetchone()
        return _import_row(row) if row else None

    def upload_path(self, row: ImportRow) -> Path:
        """Where the bytes of an import's upload are."""
        return self.uploads / (row.upload or "none")

    def diff_base(self, row: ImportRow) -> ImportRow | None:
        """The import that `row` is compared with: the newest succeeded one of its data set that is a remaster or was
        itself diffed, else the first succeeded one (Canvas's public source)."""
        options = row.options or {}
        name = options.get("diffing_data_set_identifier")
        if not name or options.get("diffing_remaster"):
            return None
        with self._lock:
            rows = self._db.execute(
                f"SELECT * FROM imports WHERE id < ? AND workflow_state IN ({_quoted(SUCCEEDED)})"  # noqa: S608 - constants
                " AND json_extract(options, '$.diffing_data_set_identifier') = ? ORDER BY id",
                (row.id, name),
            ).fetchall()
        chain = [_import_row(row) for row in rows]
        # After a remaster, and after one that was diffed, Canvas holds what the whole upload says; one that exceeded a
        # threshold was imported whole too, but is no base.
        whole = [
            past
            for past in chain
            if (past.options or {}).get("diffing_remaster") or "diffed_against_sis_batch_id" in past.data
        ]
        return whole[-1] if whole else next(iter(chain), None)

    def fail_interrupted(self) -> None:
        """Imports that ran when the sandbox was killed end as `failed`, like those whose job died in Canvas."""
        now = self.now()
        # With `ended_at`, unlike those that end in an exception: Canvas's clean-up of dead jobs sets it.
        with self._transaction():
            self._db.execute(
                f"UPDATE imports SET workflow_state = 'failed', ended_at = ?, updated_at = ?"  # noqa: S608 - constants
                f" WHERE workflow_state IN ({_quoted(RUNNING)})",
                (now, now),
            )

    def abort_pending(self) -> list[int]:
        """Abort everything that has not begun; the ids. `progress` becomes 100 and `updated_at` stays, as in Canvas."""
        with self._transaction():
            pending = f"SELECT id FROM imports WHERE workflow_state IN ({_quoted(PENDING)})"  # noqa: S608 - constants
            ids = [row[0] for row in self._db.execute(pending)]
            self._db.executemany(
                "UPDATE imports SET workflow_state = 'aborted', progress = 100 WHERE id = ?", [(i,) for i in ids]
            )
        return ids

    def forget_everything(self) -> None:
        """Remove all imports, messages, files and jobs. Ids go on counting and are never given twice."""
        with self._transaction():
            for table in ("imports", "messages", "files", "progresses"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        # The rows first: a file without a row does no harm, a row without its file would.
        for place in (self.uploads, self._files):
            for path in place.iterdir():
                path.unlink(missing_ok=True)

    # messages

    def add_messages(self, messages: Iterable[MessageRow]) -> None:
        """Store messages in the order they were made."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO messages (import_id, level, file, row, message, row_info) VALUES (?, ?, ?, ?, ?, ?)",
                [(m.import_id, m.level.value, m.file, m.row, m.message, m.row_info) for m in messages],
            )

    def messages(
        self,
        import_id: int | None,
        *,
        level: Level | None = None,
        limit: int = -1,
        offset: int = 0,
        oldest_first: bool = False,
    ) -> list[MessageRow]:
        """Messages of one import (None: of all), newest first unless asked otherwise; `limit` -1 means all."""
        clause, values = _message_filter(import_id, level)
        order = "ASC" if oldest_first else "DESC"
        sql = f"SELECT * FROM messages WHERE {clause} ORDER BY id {order} LIMIT ? OFFSET ?"  # noqa: S608 - fixed clauses
        with self._lock:
            rows = self._db.execute(sql, [*values, limit, offset]).fetchall()
        return [
            MessageRow(r["import_id"], Level(r["level"]), r["file"], r["row"], r["message"], r["row_info"])
            for r in rows
        ]

    def count_messages(self, import_id: int | None, level: Level | None = None) -> int:
        """How many there are."""
        clause, values = _message_filter(import_id, level)
        with self._lock:
            return int(self._db.execute(f"SELECT count(*) FROM messages WHERE {clause}", values).fetchone()[0])  # noqa: S608 - fixed clauses

    # files

    def add_file(self, import_id: int, source: Path, *, display_name: str, filename: str, content_type: str) -> FileRow:
        """Keep a copy of `source` as an attachment of an import."""
        name, now, size = str(uuid.uuid4()), self.now(), source.stat().st_size
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO files (uuid, import_id, display_name, filename, content_type, size, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, import_id, display_name, filename, content_type, size, now),
            )
            file_id = int(cursor.lastrowid or 0)
            # Inside the transaction: a copy that fails leaves no row.
            shutil.copyfile(source, self.file_path(file_id))
        return FileRow(file_id, name, import_id, display_name, filename, content_type, size, now)

    def file(self, file_id: int) -> FileRow | None:
        """The attachment of that id."""
        with self._lock:
            row = self._db.execute("SELECT * FROM files WHERE id = ?", (file_id,)).fetchone()
        return FileRow(**dict(row)) if row else None

    def file_path(self, file_id: int) -> Path:
        """Where the bytes of an attachment are."""
        return self._files / str(file_id)

    # restore jobs and settings

    def add_progress(self, import_id: int, user_id: int) -> int:
        """A new restore job, queued."""
        now = self.now()
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO progresses (import_id, user_id, completion, workflow_state, created_at, updated_at)"
                " VALUES (?, ?, 0, 'queued', ?, ?)",
                (import_id, user_id, now, now),
            )
        return int(cursor.lastrowid or 0)

    def change_progress(self, progress_id: int, state: str, completion: int, message: str | None = None) -> None:
        """Move a restore job."""
        with self._transaction():
            self._db.execute(
                "UPDATE progresses SET workflow_state = ?, completion = ?, message = ?, updated_at = ? WHERE id = ?",
                (state, completion, message, self.now(), progress_id),
            )

    def progress(self, progress_id: int) -> ProgressRow | None:
        """The restore job of that id."""
        with self._lock:
            row = self._db.execute("SELECT * FROM progresses WHERE id = ?", (progress_id,)).fetchone()
        return ProgressRow(**dict(row)) if row else None

    def setting(self, key: str) -> Any:
        """A remembered value, None when there is none."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def remember(self, key: str, value: Any) -> None:
        """Remember a JSON value."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, json.dumps(value)))


def _quoted(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _import_row(row: Record) -> ImportRow:
    values = dict(row)
    for name in JSON_COLUMNS:
        values[name] = None if values[name] is None else json.loads(values[name])
    return ImportRow(**values)


def _message_filter(import_id: int | None, level: Level | None) -> tuple[str, list[Any]]:
    clauses, values = ["1"], list[Any]()
    if import_id is not None:
        clauses.append("import_id = ?")
        values.append(import_id)
    if level is not None:
        clauses.append("level = ?")
        values.append(level.value)
    return " AND ".join(clauses), values
