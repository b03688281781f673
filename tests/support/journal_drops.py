"""Drops as the journal has them, with sensible values for all that a test does not care about."""

from __future__ import annotations

import os
import zlib
from typing import Any

from canvas_sis_csv.model import FileFacts
from sisdrop.model import Drop, DropKind, DropState, Place

LANE = "127.0.0.1:1/self"


def a_drop(name: str = "users.csv", state: DropState = DropState.CLAIMED, **values: Any) -> Drop:
    """A drop of feed `nightly`; `type` is short for one recognised file of that type."""
    csv_type = values.pop("type", None)
    base: dict[str, Any] = {
        "id": f"20261123T041502Z-{zlib.crc32(os.fsencode(name)) & 0xFFFF:04x}",
        "lane": LANE,
        "feed": "nightly",
        "name": name,
        "kind": DropKind.FILE,
        "state": state,
        "place": Place.SPOOL,
        "paths": (name,),
        "noticed_at": "2026-11-23T04:15:00Z",
        "claimed_at": "2026-11-23T04:15:02Z",
        "files": (FileFacts(name, csv_type, 3),) if csv_type else (),
    }
    return Drop(**{**base, **values})
