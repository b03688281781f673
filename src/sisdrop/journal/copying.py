"""The journal for those who only look, also where nothing can be written: on a full disk, or one that is read-only."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sisdrop.errors import JournalError
from sisdrop.journal.api import Journal
from sisdrop.journal.opening import FILE_NAME
from sisdrop.journal.sqlite import SqliteJournal


@contextmanager
def journal_to_look_at(folder: Path) -> Iterator[Journal]:
    """The journal in `folder`, or a copy of it as it stands, where SQLite cannot open it without writing beside it.

    What is changed in a copy is lost. Raises JournalError when neither can be had.
    """
    try:
        journal = SqliteJournal(folder)
    except JournalError as error:
        # One that is damaged, or of another version, is no better as a copy.
        if not isinstance(error.__cause__, OSError | sqlite3.OperationalError):
            raise
        with TemporaryDirectory() as elsewhere, _copy(folder, Path(elsewhere), error) as copied:
            yield copied
        return
    with journal:
        yield journal


def _copy(folder: Path, elsewhere: Path, error: JournalError) -> SqliteJournal:
    """Raises `error` when there can be no copy."""
    try:
        shutil.copy(folder / FILE_NAME, elsewhere)
        wal = folder / f"{FILE_NAME}-wal"
        if wal.exists():
            shutil.copy(wal, elsewhere)  # what was journaled last may be in it alone
        return _Copied(elsewhere, of=folder)
    except (OSError, JournalError):
        raise error from None


class _Copied(SqliteJournal):
    def __init__(self, folder: Path, *, of: Path) -> None:
        super().__init__(folder)
        self._lock_path = of / self._lock_path.name  # who runs, runs there
