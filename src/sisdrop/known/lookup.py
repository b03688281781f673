"""Asking the index: one preflight's view of one lane.

Room: reads the index through a connection of its own. Whatever fails, the answer is None.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sisdrop.known.store import LaneStore

logger = logging.getLogger("sisdrop.known")


@dataclass(frozen=True, slots=True)
class Since:
    """When an id was accepted first: the end of that import, its feed and its drop."""

    at: str
    feed: str
    drop: str


class Lookup:
    """Which ids are known; see `sis_csv.KnownIds`. For one thread; see the package for what an answer means."""

    def __init__(self, db: sqlite3.Connection | None, lane: str, unsure: Collection[str], *, proves: bool) -> None:
        self._db = db
        self._kinds: dict[str, tuple[int, bool]] = {}
        store = LaneStore.find(db, lane) if db else None
        if store:
            proves = proves and store.proves_absence()
            self._kinds = {
                kind: (no, proves and brought and kind not in unsure) for kind, (no, brought) in store.kinds().items()
            }

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - SIS ids are called so everywhere
        """Whether a `kind` of this SIS id is known; None = cannot say."""
        no, proves = self._kinds.get(kind, (0, False))
        if not no:
            return None
        row = self._ask("SELECT sure FROM ids WHERE kind = ? AND id = ?", no, id)
        if row is not None:
            return True if row[0] else None
        return False if proves and self._db else None

    def since(self, kind: str, id: str) -> Since | None:  # noqa: A002 - as above
        """When the id was accepted first; None when it is not certain that it ever was, or is gone."""
        no, _ = self._kinds.get(kind, (0, False))
        sql = """SELECT finished_at, feed, drop_id FROM ids JOIN drops ON drops.no = since
                 WHERE kind = ? AND id = ?"""
        row = self._ask(sql, no, id)
        return Since(*row) if row else None

    def close(self) -> None:
        """Let go of the file."""
        if self._db:
            self._db.close()
            self._db = None

    def _ask(self, sql: str, kind: int, id_: str) -> tuple[Any, ...] | None:
        if self._db is None:
            return None
        try:
            row: tuple[Any, ...] | None = self._db.execute(sql, (kind, id_)).fetchone()
        except sqlite3.Error as error:
            logger.warning("the index of known ids cannot be read: %s", error)
            self.close()
            return None
        return row
