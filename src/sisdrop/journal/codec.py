"""Drops, holds, reports and views as the text the journal stores, and back.

ASCII JSON, because a file name that is not valid UTF-8 carries surrogates, which SQLite refuses as text. Keys that a
newer sisdrop added are left out when they are read.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from sisdrop.errors import JournalError
from sisdrop.journal.api import InboxView, LaneView
from sisdrop.model import DataSet, Drop, Event, Hold, Pause, Report, Undo

DROP = TypeAdapter(Drop)
HOLD = TypeAdapter(Hold)
EVENTS = TypeAdapter(list[Event])
REPORT = TypeAdapter(Report)
INBOX = TypeAdapter(InboxView)
LANE = TypeAdapter(LaneView)
PAUSE = TypeAdapter(Pause)
DATA_SET = TypeAdapter(DataSet)
UNDO = TypeAdapter(Undo)


UNREADABLE = (
    "the journal holds a row that this version of sisdrop cannot read; `sisdrop run` sets it aside when it starts."
)


def ascii_text(text: str) -> str:
    """`text` as SQLite can keep it, and as it is looked for."""
    return json.dumps(text)[1:-1]


def encode(kind: TypeAdapter[Any], value: object) -> str:
    """A value of that kind as text; what is as by default is left out."""
    return json.dumps(kind.dump_python(value, exclude_defaults=True))


def decode(kind: TypeAdapter[Any], text: str) -> Any:
    """A value of that kind from its text. Raises JournalError for one that no sisdrop of this version wrote."""
    try:
        return as_value(kind, json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise JournalError(UNREADABLE) from error


def as_value(kind: TypeAdapter[Any], plain: Any) -> Any:
    """A value of that kind from plain lists and dicts. Raises JournalError."""
    try:
        return kind.validate_python(plain)
    except ValueError as error:
        # Not the error itself: it quotes the row, and rows of people may stand in it.
        raise JournalError(UNREADABLE) from error
