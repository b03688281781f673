"""Drops at the point where they are laid to rest, for the tests of our folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sisdrop.folders import Spool
from sisdrop.model import Drop, DropKind, DropState, Ending, Origin, Outcome, Place, Rest, Stat

ID = "20261123T041502Z-7c1e"
STORED = "20261123T041502Z-users.csv"
ROWS = b"user_id,login_id,status\nu1,invented.one,active\n"
CONTENTS = {"users.csv": ROWS, "courses.csv": b"course_id,short_name\n", "users.csv.done": b""}


def spool_in(inbox_parent: Path, others: Path) -> Spool:
    spool = Spool(inbox_parent / "inbox", others / "archive", others / "failed", others / "held")
    spool.inbox_state(None)
    spool.prepare()
    return spool


def claimed(spool: Spool, kind: DropKind = DropKind.FILE, *, marker: bool = False, name: str = "users.csv") -> Drop:
    """A drop whose files are in the spool, ready to be filed as imported."""
    paths: tuple[str, ...] = (name, f"{name}.done") if marker else (name,)
    if kind is DropKind.GROUP:
        name, paths = "courses.csv+1", ("courses.csv", "users.csv")
    if kind is DropKind.FOLDER:
        name, paths = "night", ("night",)
        (spool.inbox / "night").mkdir()
        for inner in ("users.csv", "courses.csv"):
            (spool.inbox / "night" / inner).write_bytes(CONTENTS[inner])
    else:
        for path in paths:
            (spool.inbox / path).write_bytes(CONTENTS.get(path, ROWS))
    stats = tuple(stat_of(file) for path in paths for file in files_of(spool.inbox / path))
    spool.claim(ID, paths, stats)
    return finished(Origin(name, kind, paths, "", "", stats))


def finished(origin: Origin) -> Drop:
    ended = Ending(Outcome.IMPORTED, "2026-11-23T04:15:09Z")
    return Drop(ID, "lane", "nightly", DropState.FINISHED, Place.SPOOL, origin, ended=ended)


def filed(drop: Drop, stored_as: str, place: Place = Place.ARCHIVE) -> Drop:
    """`drop`, at rest under that name."""
    return replace(drop, place=place, rest=Rest(stored_as, "2026-11-23T04:15:10Z"))


def files_of(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def stat_of(path: Path) -> Stat:
    status = path.lstat()
    return Stat(status.st_size, status.st_mtime_ns, status.st_ino)


def result(stored_as: str) -> bytes:
    return json.dumps({"drop": ID, "stored_as": stored_as}).encode()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def archive_of(spool: Spool) -> Path:
    return spool.layout.archive


def is_spool_empty(spool: Spool) -> bool:
    return [path.name for path in (spool.inbox / ".sisdrop").iterdir()] == ["inbox-id"]
