"""Where our folders are and what lies in them under which name: every name and ending of ours. Pure.

Names at rest are safe on every system, never too long, never taken.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Protocol, Self, assert_never

from sisdrop.durable import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from sisdrop.errors import SpoolError
from sisdrop.model import Drop, DropKind, Place
from sisdrop.watch import SPOOL

__all__ = ["ERRORS", "HELD", "INBOX_ID", "PROBE", "RESULT", "SPOOL", "UNDO", "Layout"]

INBOX_ID = "inbox-id"
"""In the spool: the proof that this is the inbox."""
RESULT = ".result.json"
ERRORS = ".errors.csv"
UNDO = ".undo.json"
BESIDE = (RESULT, ERRORS, UNDO)
"""What lies beside a drop at rest, by its ending."""
LOST = ".lost.txt"
"""What lies at rest in the place of a drop whose bytes are gone, by its ending."""
HELD = ".held.json"
"""What lies beside a drop that waits for a person, by its ending."""
PROBE = f"{TEMPORARY_PREFIX}probe{TEMPORARY_SUFFIX}"
"""The empty file with which renames are tried; what a crash leaves of it goes at the next try."""
LONGEST_NAME = 255
"""Bytes; of every file system worth naming."""

_ROOM_FOR_COUNTER = len("-9999")
_STAMP = re.compile(r"^(\d{8}T\d{6}Z)-")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    '<>:"/\\\\|?*'  # not allowed on Windows
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029"  # turn the direction of what follows, or break the line
    "\ud800-\udfff]"  # bytes that are not UTF-8
)


class FeedFolders(Protocol):
    """The folders of a feed; the configuration's feeds answer to it."""

    @property
    def inbox(self) -> Path: ...
    @property
    def archive(self) -> Path: ...
    @property
    def failed(self) -> Path: ...
    @property
    def held(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one feed."""

    inbox: Path
    archive: Path
    failed: Path
    held: Path

    @classmethod
    def of(cls, feed: FeedFolders) -> Self:
        """The layout of a configured feed."""
        return cls(feed.inbox, feed.archive, feed.failed, feed.held)

    def place_folder(self, place: Place) -> Path:
        """The folder of all drops in `place`."""
        match place:
            case Place.SPOOL:
                return self.inbox / SPOOL
            case Place.HELD:
                return self.held
            case Place.ARCHIVE:
                return self.archive
            case Place.FAILED:
                return self.failed
            case _:
                assert_never(place)

    def own_folder(self, drop_id: str, place: Place = Place.SPOOL) -> Path:
        """The folder that a drop has for itself in spool or held. Raises SpoolError for a place of rest."""
        if place not in (Place.SPOOL, Place.HELD):
            raise SpoolError(f"drop {drop_id} is at rest in {place}; it has no folder of its own there.")
        return self.place_folder(place) / drop_id

    def folder_of(self, drop: Drop) -> Path:
        """The folder that the drop's files lie in: its own, or archive or failed."""
        if drop.place in (Place.SPOOL, Place.HELD):
            return self.own_folder(drop.id, drop.place)
        return self.place_folder(drop.place)

    def rest_path(self, drop: Drop) -> Path | None:
        """Where a filed drop lies, a file or a folder; None when it is on its way."""
        if drop.rest is None or drop.place in (Place.SPOOL, Place.HELD):
            return None  # its name is fixed before its files move
        return self.place_folder(drop.place) / drop.rest.stored_as

    def result_path(self, drop: Drop) -> Path | None:
        """Where a filed drop's result file lies; None when it is on its way."""
        content = self.rest_path(drop)
        return content.with_name(f"{content.name}{RESULT}") if content else None

    def undo_path(self, drop: Drop) -> Path | None:
        """Where it is told that a filed drop's import was undone; None when the drop is on its way."""
        content = self.rest_path(drop)
        return content.with_name(f"{content.name}{UNDO}") if content else None


def content_in(folder: Path, drop: Drop) -> Path:
    """What of `folder`, the drop's own, is moved as a whole: the file, the dropped folder, or the files of a group."""
    return folder if drop.kind is DropKind.GROUP else folder / drop.name


def stored_names(drop: Drop, *, is_lost: bool = False) -> Iterator[str]:
    """The names `drop` may rest under, best first: `<stamp>-users.csv`, then `<stamp>-users-2.csv`, `-3` …

    The stamp is the time it was taken. It also keeps the name from being one that Windows reserves. The stem is cut
    so that with everything that is set beside it the name fits in 255 bytes. Of one whose bytes are gone it is the name
    of the text that says so: `<stamp>-users.csv.lost.txt`.
    """
    stem, extension = _safe(drop.name), ""
    if is_lost:
        extension = LOST
    elif drop.kind in (DropKind.FILE, DropKind.ZIP):  # a folder has no extension, whatever its name looks like
        extension = PurePath(stem).suffix
        stem = stem.removesuffix(extension)
    prefix = f"{stamp_of_id(drop.id)}-"
    beside = max(len(os.fsencode(ending)) for ending in (*BESIDE, *companion_endings(drop)))
    room = LONGEST_NAME - beside - _ROOM_FOR_COUNTER - len(os.fsencode(prefix + extension))
    stem = stem.encode("utf-8")[: max(room, 1)].decode("utf-8", "ignore")  # cut between characters
    first = f"{prefix}{stem}{extension}"
    # A dropped `users.csv.errors.csv` must never rest under the name of another drop's error report, there or not.
    if is_lost or not folded(first).endswith((*BESIDE, LOST)):
        yield first
    for number in range(2, 10_000):
        yield f"{prefix}{stem}-{number}{extension}"


def companion_endings(drop: Drop) -> tuple[str, ...]:
    """What the marker files of `drop` have behind its name: `(".done",)` for `users.csv` and `users.csv.done`."""
    if drop.kind not in (DropKind.FILE, DropKind.ZIP):
        return ()
    return tuple(_safe(path.removeprefix(drop.name)) for path in drop.origin.paths if path != drop.name)


def held_name(drop: Drop) -> str:
    """The name of the file that says why `drop` is held, in its folder in held: `users.csv.held.json`.

    Never the name of one of its files, and one that fits on every system.
    """
    taken = {folded(path) for path in drop.origin.paths}
    room = LONGEST_NAME - len(HELD) - _ROOM_FOR_COUNTER
    stem = _safe(drop.name).encode("utf-8")[:room].decode("utf-8", "ignore")  # cut between characters
    names = (f"{stem}{counter}{HELD}" for counter in ("", *(f"-{number}" for number in range(2, 10_000))))
    return next(name for name in names if folded(name) not in taken)


def aside_name(name: str, drop_id: str) -> str:
    """A name for the older of two files called `name`, in the inbox: no drop, and it says where it comes from."""
    ending = f".{drop_id}.old"
    return os.fsdecode(os.fsencode(name)[: LONGEST_NAME - len(ending)]) + ending


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


def _safe(name: str) -> str:
    """`name` without what Windows, a terminal or a log cannot bear; a dot or blank at the end becomes `_` too."""
    name = _UNSAFE.sub("_", name)
    return re.sub(r"[. ]+$", lambda end: "_" * len(end[0]), name)
