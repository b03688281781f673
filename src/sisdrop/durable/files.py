"""Files and folders: written, moved, copied and removed so that a power cut leaves one whole state.

See the package for the promises. Symbolic links are never followed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import io
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

TEMPORARY_PREFIX = ".sisdrop-"
TEMPORARY_SUFFIX = ".tmp"
"""Our unfinished files: hidden, and short enough to stand beside a name of any length."""

_BLOCK = 1 << 20
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK})
_BINARY = getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def fsync_dir(folder: Path) -> None:
    """Make the names in `folder` durable. Does nothing where folders cannot be synced (Windows, some shares)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes, *, overwrite: bool = False, mode: int = 0o640) -> None:
    """Put `data` at `path`: a reader sees all of it or, before, what was there.

    A crash leaves `path` as it was, at worst with a temporary file beside it (see `remove_temporaries`). Raises
    FileExistsError when `path` is taken and `overwrite` is false.
    """
    with draft(path, mode=mode) as written:
        written.file.write(data)
        written.publish(overwrite=overwrite, size=len(data))


class Draft:
    """A file in the making that nobody sees under its name before `publish`."""

    def __init__(self, file: io.BufferedRandom, temporary: Path, target: Path) -> None:
        self.file = file
        """To be written, and read again, in any order."""
        self._temporary = temporary
        self._target = target

    def publish(self, *, overwrite: bool = False, size: int | None = None) -> None:
        """Give the file its name; durable on return. It is closed, whatever happens.

        `size` is how large it must be by now, where the caller knows. Raises FileExistsError when the name is taken and
        `overwrite` is false. After an error it has no name, unless it was the last step that failed, the folder's sync.
        """
        with self.file:  # Windows renames no open file
            _sync_and_measure(self.file, size, self._temporary)
        if overwrite:
            self._temporary.replace(self._target)
        else:
            rename_no_replace(self._temporary, self._target)
        fsync_dir(self._target.parent)


@contextlib.contextmanager
def draft(target: Path, *, mode: int = 0o640) -> Iterator[Draft]:
    """A new file, written piece by piece, that becomes `target` when it is published, and is gone else.

    Publishing is a call of its own: not every end that makes the file worthless is an error. A crash leaves `target` as
    it was, at worst with a temporary file beside it (see `remove_temporaries`).
    """
    temporary = _temporary_beside(target, secrets.token_hex(8))
    file = _open_new(temporary, mode)
    try:
        yield Draft(file, temporary, target)
    finally:
        with contextlib.suppress(OSError):
            file.close()  # may fail to write what is thrown away
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def move_no_replace(source: Path, target: Path) -> None:
    """Move a file or a folder to `target`, which must not exist; its modification time is kept.

    On one device this is one rename. To another device it is a copy that is synced, read again and compared by
    SHA-256 before it gets its name, and only then the source is removed: after a crash in between both are there,
    with the same content, and never half of anything. Raises FileExistsError when `target` is taken.
    """
    try:
        rename_no_replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_verified(source, target)
        remove_durably(source)
        return
    # The new name first: cut between the two, the file is there twice, and not nowhere.
    fsync_dir(target.parent)
    if source.parent != target.parent:
        fsync_dir(source.parent)


def rename_no_replace(source: Path, target: Path) -> None:
    """Rename within one device, without overwriting. Raises FileExistsError, or OSError(EXDEV); syncs nothing."""
    if os.name == "nt":
        source.rename(target)  # Windows refuses a taken name by itself
    elif not _rename_by_kernel(source, target):
        _rename_by_hand(source, target)


def copy_verified(source: Path, target: Path) -> None:
    """Copy a file or a folder to `target` (not there yet), synced and compared by SHA-256 before it gets its name.

    Symbolic links inside a folder are copied as links; pipes, sockets and devices hold no data and are left out.
    """
    # Always the same name, unlike a draft's: the copy that is tried again clears away what the last one left.
    temporary = _temporary_beside(target, hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16])
    _remove(temporary)
    try:
        if stat.S_ISDIR(source.lstat().st_mode):
            _copy_folder(source, temporary)
        else:
            _copy_file(source, temporary)
        rename_no_replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            _remove(temporary)
        raise
    fsync_dir(target.parent)


def remove_durably(path: Path) -> None:
    """Remove a file, or a folder with all that is in it (links are removed, not followed)."""
    _remove(path)
    fsync_dir(path.parent)


def remove_temporaries(folder: Path, *, older_than_s: float, now_s: float) -> int:
    """Remove what our own interrupted writes left in `folder`; says how many. Younger ones may be in use."""
    removed = 0
    names = os.listdir(folder)  # noqa: PTH208  # by the thousand
    for path in [folder / name for name in names if name.startswith(TEMPORARY_PREFIX)]:
        if path.suffix != TEMPORARY_SUFFIX:
            continue
        with contextlib.suppress(FileNotFoundError):  # its writer has just published it
            if now_s - path.lstat().st_mtime >= older_than_s:
                _remove(path)
                removed += 1
    return removed


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hex. Never follows a link."""
    with _open_read(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# -- renaming without overwriting -----------------------------------------------------------------------------


@functools.cache
def _kernel_rename() -> Callable[[bytes, bytes], int] | None:
    """Linux's and macOS's own rename that refuses a taken name; None where there is none."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        at_cwd, no_replace = -100, 1  # AT_FDCWD (linux/fcntl.h), RENAME_NOREPLACE (linux/fs.h)
        return lambda source, target: int(library.renameat2(at_cwd, source, at_cwd, target, no_replace))
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        exclusive = 4  # RENAME_EXCL (sys/stdio.h)
        return lambda source, target: int(library.renamex_np(source, target, exclusive))
    return None


def _rename_by_kernel(source: Path, target: Path) -> bool:
    """True when it is done, False when this kernel or file system cannot do it that way."""
    rename = _kernel_rename()
    if rename is None:
        return False
    if rename(os.fsencode(source), os.fsencode(target)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(source), None, str(target))


def _rename_by_hand(source: Path, target: Path) -> None:
    is_folder = stat.S_ISDIR(source.lstat().st_mode)
    if not is_folder and _linked(source, target):
        try:
            source.unlink()
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()  # else it would be there twice, and a name would be taken
            raise
        return
    # Take the name first, so that nobody's file can be overwritten, then rename over what we made.
    if is_folder:
        target.mkdir()
    else:
        target.touch(exist_ok=False)
    try:
        source.rename(target)
    except OSError:
        if not os.path.lexists(source):
            return  # a share may report an error for a rename that happened: what lies at `target` is the file itself
        with contextlib.suppress(OSError):
            target.rmdir() if is_folder else target.unlink()
        raise


def _linked(source: Path, target: Path) -> bool:
    """Give the file its second name; False where files have one only."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(source.lstat(), target.lstat()):
            raise
        # it happened, and a share that lost the answer tried again; or we were cut off right here before
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


# -- writing and copying --------------------------------------------------------------------------------------


def _temporary_beside(path: Path, mark: str) -> Path:
    return path.with_name(f"{TEMPORARY_PREFIX}{mark}{TEMPORARY_SUFFIX}")


def _sync_and_measure(stream: io.BufferedRandom, expected: int | None, path: Path) -> None:
    """A full disk may still give room for a name and no bytes: believe the size, not the absence of an error."""
    stream.flush()
    os.fsync(stream.fileno())
    if expected is not None and os.fstat(stream.fileno()).st_size != expected:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _copy_file(source: Path, target: Path) -> None:
    digest, copied = hashlib.sha256(), 0
    with _open_read(source) as reader, _open_new(target, 0o640) as writer:
        before = os.fstat(reader.fileno())
        while block := reader.read(_BLOCK):
            digest.update(block)
            copied += len(block)
            writer.write(block)
        _sync_and_measure(writer, copied, target)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    if sha256_of(target) != digest.hexdigest():
        raise OSError(errno.EIO, "the copy differs from its original", str(source), None, str(target))


def _copy_folder(source: Path, target: Path) -> None:
    target.mkdir(mode=0o750)
    with os.scandir(source) as entries:
        for entry in entries:
            inner = target / entry.name
            if entry.is_symlink():
                inner.symlink_to(Path(entry.path).readlink())
            elif entry.is_dir(follow_symlinks=False):
                _copy_folder(Path(entry.path), inner)
            elif entry.is_file(follow_symlinks=False):
                _copy_file(Path(entry.path), inner)
    fsync_dir(target)


def _remove(path: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if is_folder:
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _open_new(path: Path, mode: int) -> io.BufferedRandom:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _CLOEXEC | _NOFOLLOW | _BINARY
    return os.fdopen(os.open(path, flags, mode), "w+b")


def _open_read(path: Path) -> io.BufferedReader:
    return os.fdopen(os.open(path, os.O_RDONLY | _CLOEXEC | _NOFOLLOW | _BINARY), "rb")
