"""`state/journal.sqlite3` while it is open: transactions that are whole or nothing, and who runs on it.

The lease stands on the file lock `state/lock`, which ends with its process however that ends.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from canvas_sis_csv.text import sentence
from sisdrop.durable import FileLock, is_locked, transaction, why_unwritable
from sisdrop.errors import JournalError, LeaseLost
from sisdrop.journal.api import Lease
from sisdrop.journal.opening import FILE_NAME, LOCK_NAME, lock_state, open_journal
from sisdrop.model import iso, now_utc

RENEW_EVERY_S = 30.0
"""A renewal is a durable write; the lock says at any time that the holder lives."""


class JournalFile:
    """The open file: transactions on it, and the lease that goes with its lock. Usable from several threads."""

    def __init__(self, folder: Path, *, mend: bool = False) -> None:
        """Open or make the journal in `folder` (mode 0700, the file 0600).

        With `mend`, a damaged journal is moved aside (`journal.damaged-<time>.sqlite3`) and a new one begun;
        `was_damaged` then tells so. That is for the service alone, which locks the folder first and holds the lanes
        afterwards: a command that mended would hide the loss from it. Raises JournalError when the folder or the file
        cannot be used, is damaged, or was written by another version; LeaseTaken when `mend` is asked for beside a
        running service.
        """
        self.path = folder / FILE_NAME
        self._lock_path = folder / LOCK_NAME
        self._mutex = threading.RLock()
        self._holder = secrets.token_hex(8)
        self._renew_due = 0.0
        self._wal: tuple[int, int] | None = None
        self._lock: FileLock | None = lock_state(folder) if mend else None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db, self.was_damaged = open_journal(self.path, mend=mend)
            self._identity = _identity(self.path)
        except (OSError, sqlite3.Error) as error:
            self._unlock()
            why = why_unwritable(folder) or f"{error}. Is state/ a local, writable folder?"
            raise JournalError(sentence(f"{self.path}: the journal cannot be opened: {why}")) from error
        except JournalError:
            self._unlock()
            raise

    def close(self) -> None:
        with self._mutex:
            self.give_up_lease()
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk when the block ends, or none."""
        with self._mutex:
            try:
                with transaction(self._db):
                    yield self._db
            except sqlite3.Error as error:
                raise JournalError(f"{self.path}: the journal cannot be written: {error}.") from error

    def _read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._mutex:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise JournalError(f"{self.path}: the journal cannot be read: {error}.") from error

    def foreign_changes(self) -> int:
        return int(self._read("PRAGMA data_version")[0][0])

    # the lease

    def take_lease(self) -> Lease:
        if self._lock is None:
            self._lock = lock_state(self.path.parent)
        ours = self.lease()
        if ours is not None and ours.holder == self._holder:
            return ours
        # The lock is ours, so whoever stands in the row is no more.
        now = iso(now_utc())
        lease = Lease(self._holder, os.getpid(), now, now)
        with self._write() as db:
            row = (lease.holder, lease.pid, lease.since, lease.renewed_at)
            db.execute("INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?)", row)
        self._renew_due = time.monotonic() + RENEW_EVERY_S
        return lease

    def lease(self) -> Lease | None:
        rows = self._read("SELECT holder, pid, since, renewed_at FROM lease")
        try:
            lives = self._lock is not None or is_locked(self._lock_path)
        except OSError as error:
            raise JournalError(f"{self.path.parent}: who runs here cannot be told: {error.strerror}.") from error
        return Lease(*rows[0]) if rows and lives else None

    def renew_lease(self) -> None:
        self.check_lease()
        if time.monotonic() >= self._renew_due:
            self._renew_due = time.monotonic() + RENEW_EVERY_S
            with self._write() as db:
                db.execute("UPDATE lease SET renewed_at=? WHERE holder=?", (iso(now_utc()), self._holder))

    def check_lease(self) -> None:
        if not self._is_in_place():
            raise LeaseLost(
                f"{self.path} was removed or replaced (it, its -wal, or its content) while sisdrop runs; it stops."
            )
        rows = self._read("SELECT holder FROM lease")
        if self._lock is None or not rows or rows[0][0] != self._holder:
            raise LeaseLost(f"{self.path.parent}: another sisdrop runs on it now; this one stops.")

    def give_up_lease(self) -> None:
        if self._lock is not None:
            # On a full disk the row stays; without the lock it says nothing.
            with suppress(JournalError), self._write() as db:
                db.execute("DELETE FROM lease WHERE holder=?", (self._holder,))
            self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def _is_empty(self) -> bool:
        try:
            return self.path.stat().st_size == 0
        except OSError:
            return True

    def _is_in_place(self) -> bool:
        """Whether the files that were opened are still the ones at their paths: all others look there."""
        there, wal = _identity(self.path), _identity(self.path.with_name(f"{FILE_NAME}-wal"))
        if there is None or there != self._identity or self._is_empty():
            return False
        # It stays as long as anybody has the journal open; what we write is in it, and would go with it.
        self._wal = self._wal or wal
        return wal == self._wal


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells one file from another of the same name; None when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
