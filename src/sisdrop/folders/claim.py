"""Take files from the inbox by atomic rename, and put them back."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sisdrop import durable
from sisdrop.errors import SpoolError
from sisdrop.folders.layout import aside_name
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import Stat
from sisdrop.watch import held_open

_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM})
_IN_USE = frozenset({errno.EBUSY, errno.ETXTBSY})
_SHARING_VIOLATIONS = frozenset({32, 33})
"""Windows' ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION; Python calls both a missing permission."""


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


class _NotAsSettled(Exception):  # never leaves this module
    """One of the files cannot be taken as it settled; the text is the reason."""


class _MayNotBeMoved(Exception):  # never leaves this module
    """It is as it settled, and the system does not let us move it; the text is its name and the reason."""


def claim(
    inbox: Path, folder: Path, paths: Sequence[str], stats: Sequence[Stat], *, keeps_inodes: bool, knows_writers: bool
) -> Claimed | Changed | Gone:
    """See `Spool.claim`. `keeps_inodes`, `knows_writers`: what the inbox's file system can be asked.

    That is, whether a file keeps its inode number, and whether the kernel knows who has it open for writing.
    """
    if not any(os.path.lexists(place / path) for path in paths for place in (inbox, folder)):
        remove_if_empty(folder)
        return Gone()
    # A single path has all the stats: it may be a folder with many files.
    shares = [stats] if len(paths) == 1 else [[settled] for settled in stats]
    expected = {path: list(share) for path, share in zip(paths, shares, strict=True)}
    with raising_spool_error("make the spool folder", folder):
        # mkdir, not makedirs: when the spool is not there the inbox is away, and nothing may be created in its place
        folder.mkdir(mode=0o700, exist_ok=True)
        durable.fsync_dir(folder.parent)
    try:
        for path in paths:
            if not os.path.lexists(folder / path):  # else it was taken before a crash
                _take(inbox / path, folder / path, expected[path], keeps_inodes)
        # Once more under the new name, which no writer knows: what changed between the look and the rename shows now.
        for path in paths:
            _must_be_as_settled(folder / path, expected[path], keeps_inodes)
            for file in files_of(folder / path) if knows_writers else ():
                # Nobody can open it under its old name any more, but who had it open before could still write.
                if held_open(file):
                    raise _NotAsSettled(f"{file.name} is held open for writing by another program")  # noqa: TRY301
    except _NotAsSettled as change:
        kept = put_back(inbox, folder, paths)
        return Changed("; ".join([str(change), *kept]))
    except _MayNotBeMoved as refusal:
        put_back(inbox, folder, paths)  # all or nothing: whoever looks into the inbox shall see what lies there
        raise SpoolError(f"cannot take {refusal}.") from None
    with raising_spool_error("make durable what was taken into", folder):
        durable.fsync_dir(folder)
        durable.fsync_dir(inbox)
    return Claimed(folder)


def put_back(inbox: Path, folder: Path, paths: Sequence[str]) -> list[str]:
    """Move `paths` from the spool back into the inbox; see `Spool.put_back`."""
    kept = []
    for path in paths:
        source, target = folder / path, inbox / path
        if not os.path.lexists(source):
            continue
        with raising_spool_error("put back into the inbox", source):
            try:
                durable.move_no_replace(source, target)
            except FileExistsError:
                # The newer file of that name stays; the older one comes to lie beside it under a name nobody imports.
                aside = target.with_name(aside_name(target.name, folder.name))
                durable.move_no_replace(source, aside)
                kept.append(f"a newer {target.name} had come meanwhile, the older one is kept as {aside.name}")
    remove_if_empty(folder)
    return kept


def files_of(path: Path) -> list[Path]:
    """The file itself; of a folder its regular files, sorted by name. Raises FileNotFoundError."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        return [path]
    with os.scandir(path) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False))


def stat_of(path: Path) -> Stat:
    """What `lstat` says of `path`, as far as it must not change."""
    status = path.lstat()
    return Stat(status.st_size, status.st_mtime_ns, status.st_ino)


def rights(inbox: Path, paths: Sequence[str]) -> tuple[object, ...]:
    """What decides whether `paths` may be moved out of `inbox`; it differs once somebody mended that (or they changed).

    The rights of the folder, how it is mounted, and all of the files' own. Asks the disk; raises nothing.
    """
    seen: list[object] = []
    with contextlib.suppress(OSError):
        status = inbox.stat()
        # Not its times: every file that comes or goes sets them.
        seen.append((status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid))
        seen.append(os.statvfs(inbox).f_flag if hasattr(os, "statvfs") else None)
    for path in paths:
        with contextlib.suppress(OSError):
            status = (inbox / path).lstat()
            seen.append((path, status.st_mode, status.st_uid, status.st_gid, status.st_ctime_ns))
    return tuple(seen)


def remove_if_empty(folder: Path) -> bool:
    """Remove a drop's own folder, unless something is in it, which is then found as a leftover; whether it was."""
    try:
        folder.rmdir()
    except OSError:
        return False  # not there, or not empty: both are as they should be
    with raising_spool_error("make durable", folder.parent):
        durable.fsync_dir(folder.parent)
    return True


def _take(source: Path, target: Path, expected: Sequence[Stat], keeps_inodes: bool) -> None:
    """Rename one file or folder into the spool, if it is as it settled."""
    _must_be_as_settled(source, expected, keeps_inodes)
    try:
        source.rename(target)
    except OSError as error:
        is_in_inbox = os.path.lexists(source)
        if os.path.lexists(target) and not is_in_inbox:
            return  # a share may report an error for a rename that happened: the answer was lost, the repeat failed
        if isinstance(error, FileNotFoundError) and not is_in_inbox:
            raise _NotAsSettled(f"{source.name} was taken away by its owner") from error
        if error.errno in _IN_USE or getattr(error, "winerror", None) in _SHARING_VIOLATIONS:
            raise _MayNotBeMoved(f"{source.name}: its writer still has it open") from error
        if error.errno in _NO_RIGHT:
            why = "no right to move it: the folder is read-only or has the sticky bit"
            raise _MayNotBeMoved(f"{source.name}: {why}") from error
        if error.errno == errno.EXDEV:
            raise SpoolError(
                f"cannot claim {source}: the spool {target.parent.parent} is on another file system."
            ) from error
        with raising_spool_error("claim", source):
            raise


def _must_be_as_settled(path: Path, expected: Sequence[Stat], keeps_inodes: bool) -> None:
    with raising_spool_error("look at", path):
        try:
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise _NotAsSettled(f"{path.name} is not a regular file any more")
            present = [stat_of(file) for file in files_of(path)]
        except FileNotFoundError as error:
            raise _NotAsSettled(f"{path.name} was taken away by its owner") from error
    if not keeps_inodes:
        present, expected = ([replace(each, inode=0) for each in stats] for stats in (present, expected))
    if present != expected:
        raise _NotAsSettled(f"{path.name} changed after it had settled")
