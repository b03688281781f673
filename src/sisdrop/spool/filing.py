"""Lay a finished drop to rest in archive or failed, its result beside it; and take it back for another try."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from sisdrop import durable
from sisdrop.errors import FilesMissing, SpoolError
from sisdrop.model import Drop, DropKind
from sisdrop.spool.claim import stat_of
from sisdrop.spool.names import ERRORS, RESULT, companion_endings, folded, stamp_of_id, stored_names
from sisdrop.spool.trouble import said

_COARSEST_CLOCK_NS = 2_000_000_000
"""FAT keeps times in steps of two seconds."""
_LARGEST_RESULT = 64 << 20


def choose_name(place: Path, drop: Drop) -> str:
    """The first of the drop's names that is free in `place`, together with all that will be set beside it.

    Also free of names that differ only in case or in how their accents are written: an archive is copied elsewhere.
    """
    stamp = stamp_of_id(drop.id)
    with said("list", place):
        taken = {folded(name) for name in os.listdir(place) if name.startswith(stamp)}  # noqa: PTH208  # by the thousand
    for name in stored_names(drop):
        if not any(folded(beside) in taken for beside in _whole_set(drop, name)):
            return name
    raise SpoolError(f"{place}: no free name for {drop.name}; remove old files of that name.")


def file_away(
    drop: Drop, source: Path, place: Path, stored_as: str, result_json: Callable[[str], bytes], errors_csv: Path | None
) -> str:
    """See `Spool.file_away`. `source` is the folder with the drop's files, `place` exists."""
    stored_as = _lay_down(drop, source, place, stored_as)
    with said("file away under", place / stored_as):
        _lay_down_companions(drop, source, place, stored_as)
        if errors_csv is not None:
            _copy_once(errors_csv, place / f"{stored_as}{ERRORS}")
        _write_result(place / f"{stored_as}{RESULT}", drop, lambda: result_json(stored_as))
        _remove_emptied(source)
    return stored_as


def take_back(drop: Drop, place: Path, folder: Path) -> None:
    """See `Spool.take_back`. `folder` is the spool folder it goes to; its parent exists."""
    if drop.stored_as is None:
        raise SpoolError(f"drop {drop.id} was never filed; there is nothing to take back.")
    stored_as = drop.stored_as
    taken = folder if drop.kind is DropKind.GROUP else folder / drop.name
    if not (os.path.lexists(place / stored_as) or os.path.lexists(taken)):
        raise FilesMissing(f"{place / stored_as} is missing: somebody moved it.")
    with said("take back", place / stored_as):
        if drop.kind is DropKind.GROUP:
            _remove_emptied(folder)
            move_once(place / stored_as, folder)
        else:
            folder.mkdir(mode=0o700, exist_ok=True)
            durable.fsync_dir(folder.parent)
            move_once(place / stored_as, folder / drop.name)
            for ending in companion_endings(drop):
                move_once(place / f"{stored_as}{ending}", folder / f"{drop.name}{ending}", may_be_missing=True)
        for ending in (RESULT, ERRORS):
            (place / f"{stored_as}{ending}").unlink(missing_ok=True)
        durable.fsync_dir(place)


def _whole_set(drop: Drop, name: str) -> Iterator[str]:
    yield name
    for ending in (RESULT, ERRORS, *companion_endings(drop)):
        yield f"{name}{ending}"


def _content(drop: Drop, source: Path) -> Path:
    """What is moved as a whole: the file, the dropped folder, or the spool folder with the files of a group."""
    return source if drop.kind is DropKind.GROUP else source / drop.name


def _lay_down(drop: Drop, source: Path, place: Path, stored_as: str) -> str:
    """Move the content; its final name. A name taken since it was chosen makes way for the next one."""
    content = _content(drop, source)
    while True:
        target = place / stored_as
        with said("file away", content):
            if not os.path.lexists(content):
                return _already_laid_down(drop, content, place, stored_as)
            try:
                durable.move_no_replace(content, target)
            except FileExistsError:
                if _is_ours(drop, target) and _is_copy(content, target):
                    durable.remove_durably(content)  # a copy to another disk was cut short before its last step
                    return stored_as
                stored_as = choose_name(place, drop)
                continue
            return stored_as


def _already_laid_down(drop: Drop, content: Path, place: Path, stored_as: str) -> str:
    """The name it got before a crash: the one that was chosen, or, when that was taken meanwhile, one of the next."""
    for name in (stored_as, *islice(stored_names(drop), 1000)):
        if _is_ours(drop, place / name):
            return name
    raise FilesMissing(f"{content} and {place / stored_as} are both missing: somebody moved the files of {drop.id}.")


def _is_ours(drop: Drop, target: Path) -> bool:
    """Whether what lies at `target` is this drop: by the result beside it, else by size and time of its files."""
    if not os.path.lexists(target):
        return False
    result = target.with_name(f"{target.name}{RESULT}")
    if os.path.lexists(result):
        return _drop_in(result) == drop.id
    if drop.kind in (DropKind.FOLDER, DropKind.GROUP) or drop.name not in drop.paths[: len(drop.stats)]:
        return True
    found, expected = stat_of(target), drop.stats[drop.paths.index(drop.name)]
    return found.size == expected.size and abs(found.mtime_ns - expected.mtime_ns) <= _COARSEST_CLOCK_NS


def _drop_in(result: Path) -> str | None:
    """The drop id in a result file; None when it cannot be read."""
    try:
        with result.open("rb") as stream:
            document = json.loads(stream.read(_LARGEST_RESULT))
    except (OSError, ValueError):
        return None
    return document.get("drop") if isinstance(document, dict) else None


def _is_copy(one: Path, other: Path) -> bool:
    """Whether all that is (still) in `one` is in `other`, byte for byte."""
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    if one.is_dir():
        return other.is_dir() and all(_is_copy(inner, other / inner.name) for inner in one.iterdir())
    if not one.is_file():
        return not os.path.lexists(other)  # a pipe or the like, which no copy has
    return (
        other.is_file()
        and one.stat().st_size == other.stat().st_size
        and durable.sha256_of(one) == durable.sha256_of(other)
    )


def _lay_down_companions(drop: Drop, source: Path, place: Path, stored_as: str) -> None:
    for ending in companion_endings(drop):
        move_once(source / f"{drop.name}{ending}", place / f"{stored_as}{ending}", may_be_missing=True)


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


def _copy_once(source: Path, target: Path) -> None:
    if not os.path.lexists(target) and os.path.lexists(source):
        durable.copy_verified(source, target)


def _write_result(path: Path, drop: Drop, text: Callable[[], bytes]) -> None:
    if os.path.lexists(path) and _drop_in(path) == drop.id:
        return  # written before a crash
    durable.write_atomic(path, text())


def _remove_emptied(source: Path) -> None:
    """The drop's folder goes when it is empty; what else somebody put there stays, and is found as a leftover."""
    with contextlib.suppress(OSError):
        source.rmdir()
        durable.fsync_dir(source.parent)
