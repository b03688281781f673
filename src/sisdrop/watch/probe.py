"""A glance at a file before it counts as settled: its end, some places inside, and whether a writer has it open.

Reads a few kilobytes; changes nothing, waits for nobody, and never follows a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ..model import DropKind
from .names import kind_of
from .settle import Content

_TAIL = 4096
_PROBES = 8
_PROBE = 512
_NULS = b"\0" * 8
"""So many in a row are in no text of any encoding; preallocated room is made of them."""
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FLAGS |= getattr(os, "O_BINARY", 0)


def probe(path: Path) -> tuple[Content, str]:
    """What a glance tells, and a sentence when the system has something to say about it."""
    try:
        with _opened(path) as handle:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return Content.UNREADABLE, "not a regular file"
            if open_for_writing(handle):
                return Content.HELD_OPEN, ""
            return _content(handle, kind_of(path.name)), ""
    except BlockingIOError:
        return Content.HELD_OPEN, ""
    except PermissionError as error:
        # Windows says the same for a file that its writer does not share
        return Content.UNREADABLE, f"{Content.UNREADABLE}: {(error.strerror or 'permission denied').lower()}"
    except OSError as error:
        return Content.UNREADABLE, f"{Content.UNREADABLE}: {error.strerror or error}"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, _FLAGS)
    try:
        yield handle
    finally:
        os.close(handle)


def _content(handle: int, kind: DropKind | None) -> Content:
    size = os.fstat(handle).st_size
    if kind is None or size == 0:
        return Content.GOOD
    if kind is DropKind.ZIP:
        return Content.GOOD if _ZIP_END in _read(handle, max(0, size - _ZIP_TAIL), _ZIP_TAIL) else Content.CUT_OFF
    tail = _read(handle, max(0, size - _TAIL), _TAIL)
    if _NULS in tail or not tail.strip(b"\0") or any(_NULS in _read(handle, at, _PROBE) for at in _places(size)):
        return Content.NULS
    # UTF-16 is not what Canvas takes, but its last line is no less whole for it
    return Content.GOOD if tail.rstrip(b"\0").endswith((b"\n", b"\r")) else Content.CUT_OFF


def _places(size: int) -> Iterator[int]:
    """Some places in a file, its beginning first."""
    return (size * part // _PROBES for part in range(_PROBES))


def _read(handle: int, at: int, length: int) -> bytes:
    os.lseek(handle, at, os.SEEK_SET)
    return os.read(handle, length)


if sys.platform == "linux":
    import fcntl
    import signal

    def open_for_writing(handle: int) -> bool:
        """Whether another process has the file of `handle` (opened for reading) open for writing.

        Asked by taking a read lease, which the kernel grants only when nobody writes (fcntl(2), Leases), and giving
        it up at once. A writer who comes in between waits these microseconds; the signal that tells us of him is
        one that is ignored unless asked for. False where it cannot be told: another user's file, most shares.
        """
        try:
            fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return error.errno in (errno.EAGAIN, errno.EWOULDBLOCK)
        with contextlib.suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
else:

    def open_for_writing(_handle: int) -> bool:
        """Always False: this system does not tell (the claim's rename does, on Windows)."""
        return False
