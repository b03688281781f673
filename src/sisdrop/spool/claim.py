"""Take files from the inbox by atomic rename, and put them back."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sisdrop import durable
from sisdrop.errors import SpoolError
from sisdrop.model import Stat
from sisdrop.spool.names import aside_name
from sisdrop.spool.trouble import said
from sisdrop.watch import held_open

_HELD_OPEN = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY})


@dataclass(frozen=True, slots=True)
class Claimed:
    """All files are in `folder`, as they had settled."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Changed:
    """Nothing was taken (what had been is back in the inbox), because of `why`, a clause. Let it settle anew."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The files are neither in the inbox nor in the spool: their owner took them back."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What the inbox's file system can be asked."""

    inodes: bool
    """Whether a file keeps its inode number."""
    writers: bool
    """Whether the kernel knows who has a file open for writing."""


class _NotAsSettled(Exception):  # never leaves this module
    """One of the files cannot be taken as it settled; the text is the reason."""


def claim(
    inbox: Path, folder: Path, paths: Sequence[str], stats: Sequence[Stat], disk: Disk
) -> Claimed | Changed | Gone:
    """See `Spool.claim`."""
    if not any(os.path.lexists(place / path) for path in paths for place in (inbox, folder)):
        _remove_if_empty(folder)
        return Gone()
    expected = _by_path(paths, stats)
    _make(folder)
    try:
        for path in paths:
            _take(inbox / path, folder / path, expected[path], inode_counts=disk.inodes)
        for path in paths:
            _must_equal(folder / path, expected[path], inode_counts=disk.inodes)
            _must_be_closed(folder / path, ask=disk.writers)
    except _NotAsSettled as change:
        kept = put_back(inbox, folder, paths)
        return Changed("; ".join([str(change), *kept]))
    with said("make durable what was taken into", folder):
        durable.fsync_dir(folder)
        durable.fsync_dir(inbox)
    return Claimed(folder)


def put_back(inbox: Path, folder: Path, paths: Sequence[str]) -> list[str]:
    """Move `paths` from the spool back into the inbox; see `Spool.put_back`."""
    kept = []
    for path in paths:
        source = folder / path
        if not os.path.lexists(source):
            continue
        with said("put back into the inbox", source):
            kept += _put_one_back(source, inbox / path, folder.name)
    _remove_if_empty(folder)
    return kept


def _put_one_back(source: Path, target: Path, drop_id: str) -> list[str]:
    """A newer file of that name stays as it is; the older one comes to lie beside it under a name nobody imports."""
    try:
        durable.move_no_replace(source, target)
    except FileExistsError:
        aside = target.with_name(aside_name(target.name, drop_id))
        durable.move_no_replace(source, aside)
        return [f"a newer {target.name} had come meanwhile, the older one is kept as {aside.name}"]
    return []


def files_of(path: Path) -> list[Path]:
    """The file itself; of a folder its regular files, sorted by name. Raises FileNotFoundError."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        return [path]
    with os.scandir(path) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False))


def stat_of(path: Path) -> Stat:
    """What `lstat` says of `path`, as far as it must not change."""
    found = path.lstat()
    return Stat(found.st_size, found.st_mtime_ns, found.st_ino)


def _by_path(paths: Sequence[str], stats: Sequence[Stat]) -> dict[str, tuple[Stat, ...]]:
    """Each path with what it must look like: one file each, or one folder with all the stats."""
    if len(paths) == 1:
        return {paths[0]: tuple(stats)}
    return {path: (one,) for path, one in zip(paths, stats, strict=True)}


def _make(folder: Path) -> None:
    # mkdir, not makedirs: when the spool is not there the inbox is away, and nothing may be created in its place
    with said("make the spool folder", folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        durable.fsync_dir(folder.parent)


def _take(source: Path, target: Path, expected: tuple[Stat, ...], *, inode_counts: bool) -> None:
    """Rename one file or folder into the spool, unless it is there already or not as it settled."""
    if os.path.lexists(target):
        return  # taken before a crash
    _must_equal(source, expected, inode_counts=inode_counts)
    try:
        source.rename(target)
    except OSError as error:
        _judge(error, source, target)


def _judge(error: OSError, source: Path, target: Path) -> None:
    """A share may report an error for a rename that happened (the answer was lost, the repeat failed): look."""
    if os.path.lexists(target) and not os.path.lexists(source):
        return
    if isinstance(error, FileNotFoundError) and not os.path.lexists(source):
        raise _NotAsSettled(f"{source.name} was taken away by its owner") from error
    if error.errno in _HELD_OPEN:
        raise _NotAsSettled(f"{source.name} is held open by another program, or may not be moved") from error
    if error.errno == errno.EXDEV:
        raise SpoolError(
            f"cannot claim {source}: the spool {target.parent.parent} is on another file system."
        ) from error
    with said("claim", source):
        raise error


def _must_equal(path: Path, expected: tuple[Stat, ...], *, inode_counts: bool) -> None:
    with said("look at", path):
        try:
            found = _stats(path)
        except FileNotFoundError as error:
            raise _NotAsSettled(f"{path.name} was taken away by its owner") from error
    if found is None:
        raise _NotAsSettled(f"{path.name} is not a regular file any more")
    if not _equal(found, expected, inode_counts=inode_counts):
        raise _NotAsSettled(f"{path.name} changed after it had settled")


def _must_be_closed(path: Path, *, ask: bool) -> None:
    """Nobody can open it under its old name any more, but who had it open before could still write."""
    for file in files_of(path) if ask else ():
        if held_open(file):
            raise _NotAsSettled(f"{file.name} is held open for writing by another program")


def _stats(path: Path) -> tuple[Stat, ...] | None:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return None
    return tuple(stat_of(file) for file in files_of(path))


def _equal(found: tuple[Stat, ...], expected: tuple[Stat, ...], *, inode_counts: bool) -> bool:
    if inode_counts:
        return found == expected
    return [(one.size, one.mtime_ns) for one in found] == [(one.size, one.mtime_ns) for one in expected]


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # not there, or not empty: both are as they should be
    with said("make durable", folder.parent):
        durable.fsync_dir(folder.parent)
