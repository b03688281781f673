"""Two rows of one enrollment that say different things of it: active, then inactive.

Room: pure, remembers. Two rows contradict each other only if one of them says something else than active; those are few
in most files, so they are noted first, and everything is gone through once more only when there are any.
"""

from __future__ import annotations

from collections.abc import Iterator

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.row import Row
from canvas_sis_csv.rules.diagnoses import ENROLLMENT_STATUSES
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.types import CsvType

LIMIT = 300_000
"""Rows that are not active of which is remembered what they are about; of more nothing is said."""

TYPE = "enrollment"
_ACTIVE = "active"


class Contradictions:
    """The enrollments of a drop: first `note` every chunk; then, where there `may_be` any, ask `rows` for each."""

    def __init__(self, type_: CsvType) -> None:
        self._key = type_.key
        self._others: set[int] = set()
        self._said: dict[int, tuple[str, int]] = {}
        self._is_full = False

    def note(self, chunk: Chunk) -> None:
        """Take note of the rows that are not active."""
        if self._is_full or not chunk.has("status"):
            return
        words = {status for status in chunk.distinct("status") if _word(status) not in (None, _ACTIVE)}
        if not words:
            return
        for index, status in enumerate(chunk.values("status")):
            if status in words:
                self._others.add(self._key_of(chunk.row(index)))
        if len(self._others) > LIMIT:
            self._is_full, self._others = True, set()

    def may_be(self) -> bool:
        """Whether any rows may contradict each other."""
        return bool(self._others)

    def rows(self, chunk: Chunk) -> Iterator[tuple[Row, Hit]]:
        """The rows that contradict an earlier one. Chunks come in the order in which Canvas imports them."""
        if not chunk.has("status"):
            return
        keys = self._keys_of(chunk)
        for index, key in enumerate(keys):
            if key not in self._others:
                continue
            row = chunk.row(index)
            status = _word(row.get("status") or "")
            before = self._said.get(key)
            if status is None:
                continue
            if before and before[0] != status:
                values = {"status": status, "other_status": before[0], "other_row": before[1]}
                yield row, Hit("advice.contradiction", values, "status", Knowable.FILE)
            self._said[key] = status, row.number

    def _keys_of(self, chunk: Chunk) -> Iterator[int]:
        """As `_key_of`, of all rows of the chunk."""
        nothing = [""] * chunk.size
        parts = [[chunk.values(name) if chunk.has(name) else nothing for name in part] for part in self._key]
        firsts = [columns[0] if len(columns) == 1 else list(map(_first, *columns)) for columns in parts]
        return map(hash, zip(*firsts, strict=True))

    def _key_of(self, row: Row) -> int:
        return hash(tuple(_first(*(row.get(name) or "" for name in part)) for part in self._key))


def _first(*values: str) -> str:
    return next(filter(None, values), "")


def _word(status: str) -> str | None:
    """The status as Canvas understands it; None for one that it refuses."""
    return next((word for word in ENROLLMENT_STATUSES if status.lower().startswith(word)), None)
