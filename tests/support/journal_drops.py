"""Drops as the journal has them, with sensible values for all that a test does not care about."""

from __future__ import annotations

import os
import zlib
from dataclasses import fields
from typing import Any

from canvas_sis_csv.model import FileFacts
from canvas_sis_csv.options import ImportOptions
from sisdrop.model import (
    Contents,
    Drop,
    DropKind,
    DropState,
    Ending,
    Held,
    Origin,
    Place,
    Rest,
    Submission,
)

LANE = "127.0.0.1:1/self"


def a_drop(name: str = "users.csv", state: DropState = DropState.CLAIMED, **values: Any) -> Drop:
    """A drop of feed `nightly`. `values` are fields of the drop or of one of its parts, which is then there.

    `type` is short for one recognised file of that type, `rows` for one of so many rows.
    """
    csv_type, rows = values.pop("type", None), values.pop("rows", 3 if "type" in values else None)
    if csv_type or rows is not None:
        values["files"] = (FileFacts(name, csv_type, rows or 3),)
    if "import_id" in values or "marker" in values:
        values = {"at": "2026-11-23T04:15:10Z", "marker": "", "after_id": None, "canvas_time": None, **values}
    if isinstance(values.get("options"), dict):
        values["options"] = ImportOptions.of(values["options"])
    given = {"name": name, "kind": DropKind.FILE, "paths": (name,), **values}
    given = {"noticed_at": "2026-11-23T04:15:00Z", "claimed_at": "2026-11-23T04:15:02Z", **given}
    submission = _part(Submission, given)
    contents = _part(Contents, given)
    ended = Ending(given.pop("outcome"), "2026-11-23T04:16:00Z", **_take(given, Ending)) if "outcome" in given else None
    held = Held(given.pop("held_because"), **_take(given, Held)) if "held_because" in given else None
    rest = Rest(given.pop("stored_as"), given.pop("filed_at", "2026-11-23T04:17:00Z")) if "stored_as" in given else None
    parts = {"origin": _part(Origin, given), "contents": contents, "submission": submission}
    base = {
        "id": f"20261123T041502Z-{zlib.crc32(os.fsencode(name)) & 0xFFFF:04x}",
        "lane": LANE,
        "feed": "nightly",
        "state": state,
        "place": Place.SPOOL,
        **parts,
        "ended": ended,
        "held": held,
        "rest": rest,
    }
    return Drop(**{**base, **given})


def _take(given: dict[str, Any], part: type[Any]) -> dict[str, Any]:
    return {field.name: given.pop(field.name) for field in fields(part) if field.name in given}


def _part(part: type[Any], given: dict[str, Any]) -> Any:
    taken = _take(given, part)
    return part(**taken) if taken else None
