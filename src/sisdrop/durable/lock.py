"""A lock that lives as long as its holder."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FileLock:
    """A lock held until `close` or the end of the process, whichever way that ends. Leaves nothing to clean up."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle: int | None = handle

    def close(self) -> None:
        """Let go of the lock. May be called again."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lock_file(path: Path) -> FileLock | None:
    """Lock `path` (made when missing, 0600) for the life of the result; None when somebody else holds it.

    Our process id is written into the file for people to read (`lock_holder`); it locks nothing. Not `lockf`: that
    one is lost as soon as any other handle of the same file is closed. Raises OSError when the file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags, 0o600)
    try:
        if _try_lock(handle):
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
            return FileLock(path, handle)
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock on `path`; writes nothing, so that it can be told on a disk that is full.

    Raises OSError when the file is there and cannot be opened.
    """
    # Windows locks through handles that may write alone.
    flags = (os.O_RDWR if sys.platform == "win32" else os.O_RDONLY) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(handle)
    finally:
        os.close(handle)


def lock_holder(path: Path) -> int | None:
    """The process id that stands in a lock file; None when there is none to read."""
    try:
        return int(path.read_text("ascii").strip())
    except (OSError, ValueError):
        return None


if sys.platform == "win32":
    import msvcrt

    _LOCK_AT = 1 << 30  # far behind the text: Windows locks bytes against reading, too

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, _LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
