"""What every SQLite file of ours needs: transactions that are whole or nothing, and a look at its soundness.

A file in WAL mode with `synchronous=FULL` survives a power cut once COMMIT returns (sqlite.org/wal.html, pragma.html);
WAL needs a local disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that is written in the block, durable when it ends, or nothing of it. Raises sqlite3.Error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        # A COMMIT that failed may have ended the transaction by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_sound(db: sqlite3.Connection) -> bool:
    """Whether the file holds together. Raises sqlite3.OperationalError when that cannot be told (busy, the disk)."""
    try:
        return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
