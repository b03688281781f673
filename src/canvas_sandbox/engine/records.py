"""How one import writes rows: what changed state is noted for roll-back and statistics, edited fields are left alone.

Room: the database. Source: Canvas's public source (roll-back data and sticky SIS fields).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.schema import ALWAYS_IN_STATISTICS, KIND_OF, NON_EXISTENT, STICKY
from canvas_sandbox.sqlite import Record


@dataclass(frozen=True, slots=True)
class Stickiness:
    """What an import does about fields that a person edited: normally nothing but leave them."""

    override: bool = False
    add: bool = False
    clear: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Stickiness:
        """From the import options; without `override_sis_stickiness` the other two do nothing."""
        override = bool(options.get("override_sis_stickiness"))
        clear = override and bool(options.get("clear_sis_stickiness"))
        add = override and not clear and bool(options.get("add_sis_stickiness"))
        return cls(override, add, clear)


class RecordWriter:
    """The writing hand of one import. `flush` must be called before the transaction of a segment ends."""

    def __init__(self, db: Database, import_id: int, stickiness: Stickiness) -> None:
        self.db = db
        self.import_id = import_id
        self.stickiness = stickiness
        self._changes: list[tuple[int, str, int, str, str, int]] = []
        self._touched: dict[str, list[int]] = {}

    def create(self, table: str, values: Mapping[str, Any]) -> int:
        """A new row made by this import; its id."""
        row_id = self.db.insert(table, {**values, "sis_import_id": self.import_id})
        self.note(table, row_id, NON_EXISTENT, values["state"])
        return row_id

    def change(self, table: str, row: Record, values: Mapping[str, Any]) -> bool:
        """Set `values` on a row, leaving out what is stuck; whether anything changed. The row counts as touched."""
        stuck = frozenset(row["stuck"].split())
        wanted = values
        if stuck and not self.stickiness.override:
            protected = _protected(table, stuck)
            wanted = {column: value for column, value in values.items() if column not in protected}
        changed = {column: value for column, value in wanted.items() if row[column] != value}
        now_stuck = self._stuck_after(table, stuck, wanted, changed)
        if now_stuck != stuck:
            changed["stuck"] = " ".join(sorted(now_stuck))
        if not changed:
            self.touch(table, row["id"])
            return False
        # Also on a change of something else: batch mode asks which import touched a row last.
        if "sis_import_id" in row.keys():  # noqa: SIM118 - a sqlite3.Record iterates over its values
            changed["sis_import_id"] = self.import_id
        self.db.update(table, row["id"], changed)
        if "state" in changed:
            self.note(table, row["id"], row["state"], changed["state"])
        return True

    def is_stuck(self, table: str, row: Record | None, column: str) -> bool:
        """Whether this import must leave the field alone."""
        if row is None or self.stickiness.override or not row["stuck"]:
            return False
        return column in _protected(table, frozenset(row["stuck"].split()))

    def set_state(self, table: str, rows: Iterable[Record], state: str, *, batch_mode: bool = False) -> int:
        """Put rows (with `id` and `state`) into a state as a consequence of something else; how many changed."""
        changed = [(row["id"], row["state"]) for row in rows if row["state"] != state]
        sql = f"UPDATE {table} SET state = ? WHERE id = ?"  # noqa: S608 - our own table names
        self.db.many(sql, [(state, row_id) for row_id, _ in changed])
        for row_id, before in changed:
            self.note(table, row_id, before, state, batch_mode=batch_mode)
        return len(changed)

    def note(self, table: str, row_id: int, before: str, after: str, *, batch_mode: bool = False) -> None:
        """Remember a change of state for roll-back and statistics."""
        # Users have no kind: Canvas's roll-back data knows their logins.
        kind = KIND_OF.get(table)
        if kind is not None:
            self._changes.append((self.import_id, kind, row_id, before, after, int(batch_mode)))

    def touch(self, table: str, row_id: int) -> None:
        """The row was in this import, though nothing in it changed."""
        self._touched.setdefault(table, []).append(row_id)

    def flush(self) -> None:
        """Write what was noted."""
        self.db.many(
            "INSERT INTO roll_back (import_id, kind, row_id, before, after, batch_mode) VALUES (?, ?, ?, ?, ?, ?)",
            self._changes,
        )
        self._changes.clear()
        for table, ids in self._touched.items():
            if table in KIND_OF:
                sql = f"UPDATE {table} SET sis_import_id = ? WHERE id = ?"  # noqa: S608 - our own table names
                self.db.many(sql, [(self.import_id, row_id) for row_id in ids])
        self._touched.clear()

    def forget(self) -> None:
        """Drop what was noted in a transaction that was rolled back."""
        self._changes.clear()
        self._touched.clear()

    def _stuck_after(
        self, table: str, stuck: frozenset[str], wanted: Mapping[str, Any], changed: Mapping[str, Any]
    ) -> frozenset[str]:
        # Clearing wins over adding where both are asked (`Stickiness.of`); only fields that the row sets are freed.
        if self.stickiness.clear:
            return stuck - wanted.keys()
        if self.stickiness.add:
            can_stick = {column for group in STICKY.get(table, ()) for column in group}
            return stuck | (can_stick & changed.keys())
        return stuck


def _protected(table: str, stuck: frozenset[str]) -> frozenset[str]:
    """The columns that may not be written when these fields are stuck."""
    groups = [group for group in STICKY.get(table, ()) if stuck.intersection(group)]
    return frozenset(column for group in groups for column in group)


_ACTIVE: dict[str, tuple[str, ...]] = {
    "GroupMembership": ("accepted",),
    "Group": ("available",),
    "Course": ("claimed", "created", "available"),
}
_DELETED: dict[str, str] = {"CommunicationChannel": "retired"}
_RESTORED_FROM: dict[str, tuple[str, ...]] = {
    "CommunicationChannel": ("retired", "unconfirmed"),
    "Course": ("completed", "deleted"),
    "Enrollment": ("inactive", "completed", "rejected", "deleted"),
}


def statistics(db: Database, import_id: int) -> tuple[dict[str, dict[str, int]], int]:
    """`data.statistics` of an import without its total, and the total of state changes."""
    by_kind = {kind: _zeros(kind) for kind in ALWAYS_IN_STATISTICS}
    total = 0
    sql = "SELECT kind, before, after, COUNT(*) FROM roll_back WHERE import_id = ? GROUP BY kind, before, after"
    for kind, before, after, count in db.all(sql, (import_id,)):
        # Every change of state, also one that has no word below (a course that is published, say).
        total += count
        counts = by_kind.setdefault(kind, _zeros(kind))
        for what in _what_happened(kind, before, after):
            if what in counts:
                counts[what] += count
    return by_kind, total


def _zeros(kind: str) -> dict[str, int]:
    counts = {"created": 0, "restored": 0, "deleted": 0}
    if kind in {"Course", "Enrollment"}:
        counts["concluded"] = 0
    if kind == "Enrollment":
        counts["deactivated"] = 0
    return counts


def _what_happened(kind: str, before: str, after: str) -> Iterable[str]:
    if after in _ACTIVE.get(kind, ("active",)):
        if before == NON_EXISTENT:
            yield "created"
        elif before in _RESTORED_FROM.get(kind, ("deleted",)):
            yield "restored"
    if after == "completed":
        yield "concluded"
    if after == "inactive":
        yield "deactivated"
    if after == _DELETED.get(kind, "deleted"):
        yield "deleted"
