"""Asking the index: one preflight's view of one lane.

Room: reads the index through a connection of its own. Whatever fails, the answer is None.
"""

from __future__ import annotations

import logging
import sqlite3
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from canvas_sis_csv import Member
from sisdrop.known.effects import KINDS
from sisdrop.known.store import LaneStore
from sisdrop.known.waiting import UNREADABLE, hashes_of

logger = logging.getLogger("sisdrop.known")


@dataclass(frozen=True, slots=True)
class Since:
    """When an id was accepted first: the end of that import, its feed and its drop."""

    at: str
    feed: str
    drop: str


MANY = 20_000
"""After so many questions about one kind its ids are looked up in memory."""
_SHARES = 256


class Hashes:
    """Ids by a 64-bit hash of each, eight bytes in memory. Two of 400,000 have the same once in 200 million times."""

    def __init__(self, hashes: Iterable[int]) -> None:
        shares = [array("q") for _ in range(_SHARES)]
        for hashed in hashes:
            shares[hashed % _SHARES].append(hashed)
        # Sorted a share at a time: numbers that are no array take five times as much memory.
        self._shares = [array("q", sorted(share)) for share in shares]

    def __contains__(self, id_: str) -> bool:
        hashed = hash(id_)
        share = self._shares[hashed % _SHARES]
        place = bisect_left(share, hashed)
        return place < len(share) and share[place] == hashed


@dataclass(frozen=True, slots=True)
class _InMemory:
    """The ids of one kind."""

    sure: Hashes
    doubtful: Hashes


class Lookup:
    """Which ids are known; see `canvas_sis_csv.KnownIds`. For one thread; see the package for what an answer means."""

    def __init__(
        self,
        db: sqlite3.Connection | None,
        lane: str,
        unsure: Collection[str],
        waiting: Sequence[Member] = (),
        *,
        proves: bool,
    ) -> None:
        self._db = db
        self._unsure = unsure
        self._is_behind = not proves
        self._waiting = waiting
        self._kinds: dict[str, tuple[int, bool]] = {}
        """Of each kind its number, and whether absence proves anything."""
        self._asked: Counter[str] = Counter()
        self._in_memory: dict[str, _InMemory] = {}
        self._to_come: dict[str, Hashes] = {}
        """What waiting drops bring, once it was read."""
        try:
            store = LaneStore.find(db, lane) if db else None
            if store is not None:
                proves = proves and store.proves_absence()
                kinds = store.kinds().items()
                self._kinds = {kind: (no, proves and brought and kind not in unsure) for kind, (no, brought) in kinds}
        except sqlite3.Error as error:
            self._give_up(error)

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - SIS ids are called so everywhere
        """Whether a `kind` of this SIS id is known; None = cannot say."""
        no, proves = self._kinds.get(kind, (0, False))
        if not no:
            return None
        in_memory = self._in_memory.get(kind)
        if in_memory is not None:
            if id in in_memory.sure:
                return True
            is_doubtful = id in in_memory.doubtful
        else:
            self._count(kind, no)
            row = self._ask("SELECT sure FROM ids WHERE kind = ? AND id = ?", no, id)
            if row is not None and row[0]:
                return True
            is_doubtful = row is not None
        if is_doubtful or not proves or not self._db:
            return None
        return None if self._may_wait(kind, id) else False

    def count(self, kind: str, at_most: int) -> int:
        """How many ids of a kind accepted files brought, those that are doubtful now included."""
        no, _ = self._kinds.get(kind, (0, False))
        sql = "SELECT COUNT(*) FROM (SELECT 1 FROM ids WHERE kind = ? AND since IS NOT NULL LIMIT ?)"
        row = self._ask(sql, no, at_most)
        return int(row[0]) if row else 0

    def may_come(self, kind: str) -> bool:
        """Whether files that could not be read yet, or are not in the index yet, may bring ids of this kind."""
        return kind in self._unsure or self._is_behind

    def since(self, kind: str, id: str) -> Since | None:  # noqa: A002 - as above
        """When the id was accepted first; None when it is not certain that it ever was, or is gone."""
        no, _ = self._kinds.get(kind, (0, False))
        sql = "SELECT finished_at, feed, drop_id FROM ids JOIN drops ON drops.no = since WHERE kind = ? AND id = ?"
        row = self._ask(sql, no, id)
        return Since(*row) if row else None

    def close(self) -> None:
        """Let go of the file."""
        if self._db:
            self._db.close()
            self._db = None

    def _count(self, kind: str, no: int) -> None:
        """Bring the ids of a kind into memory, once that pays: also where most are missing it must be quick.

        What is added to the index from here on is not seen; until its end this lookup has it among what may come.
        """
        self._asked[kind] += 1
        if self._asked[kind] != MANY or self._db is None:
            return
        try:
            sql = "SELECT id FROM ids WHERE kind = ? AND sure = ?"
            sure, doubtful = (
                Hashes(hash(row[0]) for row in self._db.execute(sql, (no, is_sure))) for is_sure in (1, 0)
            )
            self._in_memory[kind] = _InMemory(sure, doubtful)
        except sqlite3.Error as error:
            self._give_up(error)

    def _may_wait(self, kind: str, id_: str) -> bool:
        """Whether a waiting drop brings it, or may bring it."""
        if self._waiting:
            # Read when the first id is missed: on most nights none is.
            try:
                self._to_come = {brought: Hashes(hashes) for brought, hashes in hashes_of(self._waiting).items()}
            except UNREADABLE as error:
                logger.warning("what waiting drops bring cannot be read: %s", error)
                self._unsure = KINDS
            self._waiting = ()
        return kind in self._unsure or id_ in self._to_come.get(kind, ())

    def _ask(self, sql: str, kind: int, id_: str | int) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = None
        try:
            row = self._db.execute(sql, (kind, id_)).fetchone() if self._db else None
        except sqlite3.Error as error:
            self._give_up(error)
        return row

    def _give_up(self, error: sqlite3.Error) -> None:
        logger.warning("the index of known ids cannot be read: %s", error)
        self.close()
