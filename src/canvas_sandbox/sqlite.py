"""How the sandbox opens its two SQLite files, writes to them in transactions, and says that one cannot be used.

Room: the files it is given. `import_store.py` (imports and messages) and `engine/database.py` (what Canvas holds) build
on it; errors of opening leave as DataUnusable, those of a statement as they are: they are bugs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from canvas_sandbox.errors import DataTaken, DataUnusable

Record = sqlite3.Row
"""A row of a table: its columns by name or by place."""


def open_database(path: Path, pragmas: Sequence[str], *, alone: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode for all threads, whose rows are `Record`s; the file is made when missing.

    `alone`: no other process may open the file until the connection is closed. Raises DataTaken when one has it,
    DataUnusable when the file is no database or cannot be written.
    """
    # Python's own transactions begin late and only before some statements; ours begin where `transaction` stands.
    # Who else holds the file alone will not let go of it: no use in waiting long.
    wait_s = 0.2 if alone else 5.0
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=wait_s, cached_statements=400)
    db.row_factory = Record
    try:
        if alone:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Before the file is first written: `synchronous` decides about that write already.
        for pragma in (*pragmas, "journal_mode = WAL"):
            db.execute(f"PRAGMA {pragma}")
        # Neither the file's soundness nor the exclusive lock shows before something is written.
        with transaction(db):
            pass
    except sqlite3.OperationalError as error:
        db.close()
        if "locked" in str(error):
            raise DataTaken(
                f"{path.parent}: another sandbox runs on it; stop it first, or use another folder."
            ) from error
        raise DataUnusable(f"{path.parent}: the sandbox's database cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        db.close()
        text = f"{path.parent}: the sandbox's database cannot be used ({error}); start with --reset."
        raise DataUnusable(text) from error
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is written, or nothing of it. Not to be nested."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()  # does nothing where SQLite has rolled back by itself, as on a full disk
        raise


def run_script(db: sqlite3.Connection, script: str) -> None:
    """Run statements one by one; `executescript` would end the transaction that is open."""
    for statement in filter(str.strip, script.split(";")):
        db.execute(statement)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, for the length of some questions; it sees what was committed before each."""
    # Half a minute: a transaction of the writer is never in the way in WAL mode, but a checkpoint may be.
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    db.row_factory = Record
    try:
        yield db
    finally:
        db.close()
