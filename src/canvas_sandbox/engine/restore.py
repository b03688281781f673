"""Putting states back to what they were before an import.

Room: the database. Source: Canvas's public source (its roll-back data) and the API docs: states are restored, edits
of fields are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.schema import NON_EXISTENT, TABLE_OF
from canvas_sandbox.sqlite import Record

_CHUNK = 1000


def restore(
    db: Database,
    import_id: int,
    *,
    batch_mode: bool,
    undelete_only: bool,
    unconclude_only: bool,
    report_progress: Callable[[int], None],
) -> Counter[str]:
    """Undo the changes of state of an import, the newest first; how many there were, by Canvas's class name.

    `batch_mode`: only what its cleanup deleted. `report_progress` gets the percentage done. What the import made is
    deleted. A change that is undone is forgotten, so a second call does nothing.
    """
    changes = _changes(db, import_id, batch_mode, undelete_only, unconclude_only)
    restored: Counter[str] = Counter()
    for start in range(0, len(changes), _CHUNK):
        chunk = changes[start : start + _CHUNK]
        with db.transaction():
            for change in chunk:
                _undo(db, change)
            db.many("DELETE FROM roll_back WHERE id = ?", [(change["id"],) for change in chunk])
        restored.update(change["kind"] for change in chunk)
        report_progress(min(100, (start + len(chunk)) * 100 // len(changes)))
    return restored


def _changes(
    db: Database, import_id: int, batch_mode: bool, undelete_only: bool, unconclude_only: bool
) -> Sequence[Record]:
    sql = "SELECT * FROM roll_back WHERE import_id = ?"
    if batch_mode:
        sql += " AND batch_mode = 1"
    if undelete_only:
        sql += " AND after IN ('deleted', 'retired')"
    if unconclude_only:
        sql += " AND after = 'completed'"
    # Newest first, so that a row which changed twice ends in its first state.
    return db.all(f"{sql} ORDER BY id DESC", (import_id,))


def _undo(db: Database, change: Record) -> None:
    table = TABLE_OF[change["kind"]]
    state = change["before"]
    if state == NON_EXISTENT:
        # Nothing is ever removed in Canvas: what the import made is deleted, an e-mail address retired.
        state = "retired" if table == "channels" else "deleted"
    sql = f"UPDATE {table} SET state = ? WHERE id = ? AND state <> ?"  # noqa: S608 - our own table names
    db.execute(sql, (state, change["row_id"], state))
