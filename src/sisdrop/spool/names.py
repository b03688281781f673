"""Names under which drops come to rest: safe everywhere, never too long, never taken. Pure."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath

from sisdrop.model import Drop, DropKind

RESULT = ".result.json"
ERRORS = ".errors.csv"
LONGEST_NAME = 255
"""Bytes; of every file system worth naming."""

_STAMP = re.compile(r"^(\d{8}T\d{6}Z)-")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    '<>:"/\\\\|?*'  # not allowed on Windows
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"  # turn the direction of what follows, or break the line
    "\ud800-\udfff]"  # bytes that are not UTF-8
)
_ROOM_FOR_COUNTER = len("-9999")


def stored_names(drop: Drop) -> Iterator[str]:
    """The names `drop` may rest under, best first: `<stamp>-users.csv`, then `<stamp>-users-2.csv`, `-3` …

    The stamp is the time it was taken. It also keeps the name from being one that Windows reserves. The stem is cut
    so that with everything that is set beside it the name fits in 255 bytes.
    """
    stem, extension = _split(drop)
    prefix = f"{stamp_of_id(drop.id)}-"
    beside = max(len(os.fsencode(end)) for end in (RESULT, ERRORS, *companion_endings(drop)))
    room = LONGEST_NAME - beside - _ROOM_FOR_COUNTER - len(os.fsencode(prefix + extension))
    stem = _cut(stem, room)
    yield f"{prefix}{stem}{extension}"
    for number in range(2, 10_000):
        yield f"{prefix}{stem}-{number}{extension}"


def companion_endings(drop: Drop) -> tuple[str, ...]:
    """What the marker files of `drop` have behind its name: `(".done",)` for `users.csv` and `users.csv.done`."""
    if drop.kind not in (DropKind.FILE, DropKind.ZIP):
        return ()
    return tuple(_safe(path.removeprefix(drop.name)) for path in drop.paths if path != drop.name)


def aside_name(name: str, drop_id: str) -> str:
    """A name for the older of two files called `name`, in the inbox: no drop, and it says where it comes from."""
    end = f".{drop_id}.old"
    kept = (
        os.fsdecode(os.fsencode(name)[: LONGEST_NAME - len(end)])
        if len(os.fsencode(name + end)) > LONGEST_NAME
        else name
    )
    return kept + end


def folded(name: str) -> str:
    """Equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def stamp_of_id(drop_id: str) -> str:
    """The time in a drop id, as it stands in file names."""
    return drop_id.partition("-")[0]


def stamped_at(name: str) -> datetime | None:
    """When the drop that rests under `name` was taken; None when the name is not one of ours."""
    match = _STAMP.match(name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _split(drop: Drop) -> tuple[str, str]:
    """Stem and extension, safe. A folder has no extension, whatever its name looks like."""
    name = _safe(drop.name)
    if drop.kind in (DropKind.FOLDER, DropKind.GROUP):
        return name, ""
    extension = PurePath(name).suffix
    return name.removesuffix(extension), extension


def _safe(name: str) -> str:
    """`name` without what Windows, a terminal or a log cannot bear; a dot or blank at the end becomes `_` too."""
    name = _UNSAFE.sub("_", name)
    return re.sub(r"[. ]+$", lambda end: "_" * len(end[0]), name)


def _cut(text: str, room: int) -> str:
    """The beginning of `text` that fits in `room` bytes, cut between characters."""
    return text.encode("utf-8")[: max(room, 1)].decode("utf-8", "ignore")
