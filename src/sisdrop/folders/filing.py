"""Lay a finished drop to rest in archive or failed, its result beside it; and take it back for another try."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from sisdrop import durable
from sisdrop.errors import FilesMissing, SpoolError
from sisdrop.folders.claim import remove_if_empty, stat_of
from sisdrop.folders.layout import (
    BESIDE,
    ERRORS,
    RESULT,
    UNDO,
    companion_endings,
    content_in,
    folded,
    stamp_of_id,
    stored_names,
)
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import Contents, Drop, DropKind

_COARSEST_CLOCK_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds."""
_LARGEST_RESULT = 64 << 20


def choose_name(place: Path, drop: Drop, *, is_lost: bool = False) -> str:
    """The first of the drop's names that is free in `place`, together with all that will be set beside it.

    Also free of names that differ only in case or in how their accents are written: an archive is copied elsewhere.
    """
    stamp = stamp_of_id(drop.id)
    with raising_spool_error("list", place):
        taken = {folded(name) for name in os.listdir(place) if name.startswith(stamp)}  # noqa: PTH208  # by the thousand
    endings = ("", *BESIDE, *companion_endings(drop))
    for name in stored_names(drop, is_lost=is_lost):
        if not any(folded(f"{name}{ending}") in taken for ending in endings):
            return name
    raise SpoolError(f"{place}: no free name for {drop.name}; remove old files of that name.")


def file_away(
    drop: Drop, source: Path, place: Path, stored_as: str, result_json: Callable[[str], bytes], errors_csv: Path | None
) -> str:
    """See `Spool.file_away`. `source` is the folder with the drop's files, `place` exists."""
    if drop.rest is not None and drop.rest.is_lost:
        with raising_spool_error("write", place / stored_as):
            durable.write_atomic(place / stored_as, stand_in(drop), overwrite=True)
    else:
        stored_as = _lay_down(drop, source, place, stored_as)
    with raising_spool_error("file away under", place / stored_as):
        for ending in companion_endings(drop):
            move_once(source / f"{drop.name}{ending}", place / f"{stored_as}{ending}", may_be_missing=True)
        report = place / f"{stored_as}{ERRORS}"
        if errors_csv is not None and os.path.lexists(errors_csv) and not os.path.lexists(report):
            durable.copy_verified(errors_csv, report)
        # Last of all, so that whoever sees a result sees the whole drop.
        result = place / f"{stored_as}{RESULT}"
        if _drop_in(result) != drop.id:  # else it was written before a crash
            durable.write_atomic(result, result_json(stored_as))
        remove_if_empty(source)
    return stored_as


def stand_in(drop: Drop) -> bytes:
    """The text that lies in the place of a drop whose bytes are gone, so that no result lies alone. Pure, ASCII."""
    contents = drop.contents or Contents()
    what = f"{drop.name!a} (drop {drop.id}, feed {drop.feed!a})"
    known = (
        f"It had {contents.size_bytes} bytes, SHA-256 {contents.sha256}." if contents.sha256 else "It was never read."
    )
    return f"{what} is lost: it was gone from the folders of sisdrop, and no copy was left.\n{known}\n".encode("ascii")


def take_back(drop: Drop, place: Path, folder: Path) -> None:
    """See `Spool.take_back`. `folder` is the spool folder it goes to; its parent exists."""
    if drop.rest is None:
        raise SpoolError(f"drop {drop.id} was never filed; there is nothing to take back.")
    stored_as, content = drop.rest.stored_as, content_in(folder, drop)
    if not (os.path.lexists(place / stored_as) or os.path.lexists(content)):
        raise FilesMissing(f"{place / stored_as} is missing: somebody moved it.")
    with raising_spool_error("take back", place / stored_as):
        if drop.kind is DropKind.GROUP:
            remove_if_empty(folder)  # it becomes that folder
        else:
            folder.mkdir(mode=0o700, exist_ok=True)
            durable.fsync_dir(folder.parent)
        move_once(place / stored_as, content)
        for ending in companion_endings(drop):
            move_once(place / f"{stored_as}{ending}", folder / f"{drop.name}{ending}", may_be_missing=True)
        for path in _told_beside(drop, place, stored_as):
            path.unlink()
        durable.fsync_dir(place)


def _told_beside(drop: Drop, place: Path, stored_as: str) -> list[Path]:
    """What lies beside the drop and is certainly its own: files that name it, and the very report that was filed."""
    told = [place / f"{stored_as}{ending}" for ending in (RESULT, UNDO)]
    own = [path for path in told if _drop_in(path) == drop.id]
    report = place / f"{stored_as}{ERRORS}"
    if drop.rest is not None and drop.rest.report and report.is_file():
        own += [report] if durable.sha256_of(report) == drop.rest.report else []
    return own


def move_once(source: Path, target: Path, *, may_be_missing: bool = False) -> None:
    """Move, unless it was moved before a crash. Raises OSError."""
    if os.path.lexists(source):
        try:
            durable.move_no_replace(source, target)
        except FileExistsError:
            if not _is_copy(source, target):
                raise
            durable.remove_durably(source)
    elif not may_be_missing and not os.path.lexists(target):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))


def _lay_down(drop: Drop, source: Path, place: Path, stored_as: str) -> str:
    """Move the content; its final name. A name taken since it was chosen makes way for the next one."""
    content = content_in(source, drop)
    while True:
        target = place / stored_as
        with raising_spool_error("file away", content):
            if not os.path.lexists(content):
                # It moved before a crash: to the name that was chosen, or, when that was taken meanwhile, to one after.
                for name in (stored_as, *islice(stored_names(drop), 1000)):
                    if _is_ours(drop, place / name):
                        return name
                raise FilesMissing(f"{content} and {target} are both missing: somebody moved the files of {drop.id}.")
            try:
                durable.move_no_replace(content, target)
            except FileExistsError:
                if not (_is_ours(drop, target) and _is_copy(content, target)):
                    stored_as = choose_name(place, drop)
                    continue
                durable.remove_durably(content)  # a copy to another disk was cut short before its last step
            return stored_as


def _is_ours(drop: Drop, target: Path) -> bool:
    """Whether what lies at `target` is this drop: by the result beside it, else by size and time of its files."""
    if not os.path.lexists(target):
        return False
    result = target.with_name(f"{target.name}{RESULT}")
    if os.path.lexists(result):
        return _drop_in(result) == drop.id
    paths, stats = drop.origin.paths, drop.origin.stats
    if drop.kind in (DropKind.FOLDER, DropKind.GROUP) or drop.name not in paths[: len(stats)]:
        return True  # a name with our stamp, a free one when it was chosen, and nothing to compare it by
    present, settled = stat_of(target), stats[paths.index(drop.name)]
    return present.size == settled.size and abs(present.mtime_ns - settled.mtime_ns) <= _COARSEST_CLOCK_NS


def _drop_in(result: Path) -> str | None:
    """The drop id in a result file; None when there is none, or it cannot be read."""
    try:
        with result.open("rb") as stream:
            document = json.loads(stream.read(_LARGEST_RESULT))
    except (OSError, ValueError):
        return None
    return document.get("drop") if isinstance(document, dict) else None


def _is_copy(original: Path, other: Path) -> bool:
    """Whether all that is (still) in `original` is in `other`, byte for byte."""
    if original.is_symlink() or other.is_symlink():
        return original.is_symlink() and other.is_symlink() and original.readlink() == other.readlink()
    if original.is_dir():
        return other.is_dir() and all(_is_copy(inner, other / inner.name) for inner in original.iterdir())
    if not original.is_file():
        return not os.path.lexists(other)  # a pipe or the like, which no copy has
    return (
        other.is_file()
        and original.stat().st_size == other.stat().st_size
        and durable.sha256_of(original) == durable.sha256_of(other)
    )
