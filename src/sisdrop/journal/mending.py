"""Rows that no sisdrop can read, in a journal that is sound otherwise: set aside at a start, never in the way of one.

What stood in them may matter, so they are kept in a file. What a drop's row was is found again from the drop's files,
which the start holds as unknown ones; what held a lane is held again until a person has looked.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sisdrop import durable
from sisdrop.errors import JournalError
from sisdrop.journal.codec import DATA_SET, DROP, HOLD, INBOX, LANE, PAUSE, REPORT, UNDO, decode, encode
from sisdrop.journal.opening import OPEN
from sisdrop.journal.rows import add_hold
from sisdrop.model import AT_REST, IN_CANVAS, DropState, Hold, HoldKind, Pause, iso, now_utc, stamp

logger = logging.getLogger("sisdrop.journal")

_TABLES: tuple[tuple[str, TypeAdapter[Any], str], ...] = (
    # Of drops and undos those on their way: of the many at rest a damaged one is passed over when it is read.
    ("drops", DROP, f"WHERE {OPEN}"),
    ("undos", UNDO, "WHERE state <> 'closed'"),
    ("holds", HOLD, ""),
    ("pauses", PAUSE, ""),
    ("reports", REPORT, ""),
    ("data_sets", DATA_SET, ""),
    ("lane_views", LANE, ""),
    ("inbox_views", INBOX, ""),
)
_HOLDS_WERE = (
    "Why it was on hold cannot be read any more: the row in the journal is damaged. Look, then `sisdrop release`."
)
_WAS_IN_CANVAS = (
    "The row of drop {id} in the journal is damaged, and it was in Canvas: look at the SIS imports there and at the "
    "held drops, then `sisdrop release`."
)


def set_damaged_rows_aside(db: sqlite3.Connection, folder: Path, *, drops: bool) -> None:
    """Take what cannot be read out of the tables, into `journal.damaged-rows-<time>.jsonl` (0600) in `folder`.

    `drops`: whether open drops are looked through, too. Within the caller's transaction; a crash before its end does
    the same again. Raises OSError, sqlite3.Error.
    """
    tables = [each for each in _TABLES if drops or each[0] != "drops"]
    damaged = [row for table, kind, where in tables for row in _damaged_in(db, table, kind, where)]
    if not damaged:
        return
    lines = "".join(f"{json.dumps(row, default=_as_text)}\n" for row in damaged)
    aside = folder / f"journal.damaged-rows-{stamp(now_utc())}.jsonl"
    durable.write_atomic(aside, lines.encode("ascii"), overwrite=True, mode=0o600)
    for row in damaged:
        db.execute(f"DELETE FROM {row['table']} WHERE rowid=?", (row["rowid"],))  # noqa: S608 - a table of ours
        logger.error("a row of %s in the journal cannot be read and was set aside in %s", row["table"], aside)
        why, now = _why_hold(row), iso(now_utc())
        if why:
            add_hold(db, str(row["lane"]), Hold(HoldKind.DOUBT, why, now))
        if row["table"] == "pauses":
            pause = Pause(str(row["feed"]), "somebody, in a row of the journal that is damaged", now)
            db.execute("INSERT INTO pauses VALUES (?, ?)", (pause.feed, encode(PAUSE, pause)))


def _damaged_in(db: sqlite3.Connection, table: str, kind: TypeAdapter[Any], where: str) -> list[dict[str, Any]]:
    # As bytes, for a text that is none could not even be fetched.
    rows = db.execute(f"SELECT rowid, CAST(body AS BLOB) FROM {table} {where}").fetchall()  # noqa: S608 - a table of ours
    return [_whole_row(db, table, rowid) for rowid, body in rows if not _is_readable(kind, table, body)]


def _is_readable(kind: TypeAdapter[Any], table: str, body: object) -> bool:
    try:
        value = decode(kind, body.decode("ascii") if isinstance(body, bytes) else "")
    except (JournalError, UnicodeDecodeError):
        return False
    # A body that is at rest in a row that is open would be asked for at every turn, and never stepped.
    return table != "drops" or value.state not in AT_REST


def _whole_row(db: sqlite3.Connection, table: str, rowid: int) -> dict[str, Any]:
    names = [column[1] for column in db.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(f"CAST({name} AS BLOB)" for name in names)
    row = db.execute(f"SELECT {values} FROM {table} WHERE rowid=?", (rowid,)).fetchone()  # noqa: S608 - a table of ours
    return {"table": table, "rowid": rowid, **{name: _as_text(value) for name, value in zip(names, row, strict=True)}}


def _why_hold(row: dict[str, Any]) -> str | None:
    if row["table"] == "holds":
        return _HOLDS_WERE
    if row["table"] == "drops" and row["state"] not in set(DropState) - IN_CANVAS:
        return _WAS_IN_CANVAS.format(id=row["id"])
    return None


def _as_text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
