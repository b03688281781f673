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

from canvas_sis_csv.classify import is_header_like
from canvas_sis_csv.encoding import wide_by_start
from canvas_sis_csv.signatures import HEAD_BYTES, signature_of
from sisdrop.model import DropKind
from sisdrop.watch.names import kind_of
from sisdrop.watch.settle import Content

_TAIL = 4096
_PROBES = 8
_PROBE = 512
_NULS = b"\0" * 8
"""So many in a row are in no text of any encoding; preallocated room is made of them."""
_LONGEST_HEADER = 16_384
"""A file that is larger has more in it than the names of columns."""
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535
"""The record at the end of a zip, and the longest comment it may carry (PKWARE's APPNOTE, 4.3.16)."""
# Without waiting: a named pipe would hold the watcher up until somebody writes into it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FLAGS |= getattr(os, "O_BINARY", 0)


def probe(path: Path, *, ask_writers: bool, rows_may_come: bool = True) -> tuple[Content, str]:
    """What a glance tells, and a sentence when there is more to say about it.

    `ask_writers` where the kernel knows who writes (`durable.knows_writers`); `rows_may_come`: a header alone may be
    the beginning of more.
    """
    try:
        with _opened(path) as handle:
            # Asked of what was opened: since the look something else may have come in its place.
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return Content.UNREADABLE, "not a regular file"
            written = open_for_writing(handle) if ask_writers else False
            if written:
                return Content.HELD_OPEN, ""
            content, detail = _content(handle, kind_of(path.name))
            if content is Content.HEADER_ALONE and not rows_may_come:
                content = Content.GOOD
            return Content.UNSURE if content is Content.GOOD and written is None else content, detail
    except BlockingIOError:  # somebody holds a lease on it, and is being asked to give it up
        return Content.HELD_OPEN, ""
    except OSError as error:
        return Content.UNREADABLE, f"{Content.UNREADABLE}: {(error.strerror or str(error)).lower()}"


def held_open(path: Path) -> bool:
    """Whether somebody certainly has `path` open for writing; ask only where `durable.knows_writers`."""
    try:
        with _opened(path) as handle:
            return bool(open_for_writing(handle))
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, _FLAGS)
    try:
        yield handle
    finally:
        os.close(handle)


def _content(handle: int, kind: DropKind | None) -> tuple[Content, str]:
    size = os.fstat(handle).st_size
    if kind is None or size == 0:
        return Content.GOOD, ""
    if kind is DropKind.ZIP:
        # The directory of a zip is written last; Canvas, and we, cannot read one without it.
        whole = _ZIP_END in _read(handle, max(0, size - _ZIP_TAIL), _ZIP_TAIL)
        return Content.GOOD if whole else Content.CUT_OFF, ""
    head = _read(handle, 0, HEAD_BYTES)
    if signature_of(head) is not None:
        return Content.GOOD, ""  # a workbook, a PDF: neither NULs nor line ends say anything, and the check holds it
    tail = _read(handle, max(0, size - _TAIL), _TAIL)
    glances = [_read(handle, size * part // _PROBES, _PROBE) for part in range(_PROBES)]
    if any(_NULS in glance for glance in (tail, *glances)):
        return Content.NULS, ""
    # UTF-16 has NULs of its own; Canvas does not take it, and is not told so by a file that never settles.
    if tail.endswith(b"\0") and not wide_by_start(head[:4]):
        nuls = len(tail) - len(tail.rstrip(b"\0"))
        return Content.NULS, f"NUL bytes at its end ({nuls}): not filled yet, or its writer adds them"
    if size <= _LONGEST_HEADER and _is_header_alone(_read(handle, 0, size)):
        return Content.HEADER_ALONE, ""
    return Content.GOOD if tail.rstrip(b"\0").endswith((b"\n", b"\r")) else Content.CUT_OFF, ""


def _is_header_alone(content: bytes) -> bool:
    lines = content.decode("utf-8", "replace").strip().splitlines()
    return len(lines) == 1 and is_header_like(lines[0])


def _read(handle: int, at: int, length: int) -> bytes:
    os.lseek(handle, at, os.SEEK_SET)
    return os.read(handle, length)


if sys.platform == "linux":
    import fcntl
    import signal

    def open_for_writing(handle: int) -> bool | None:
        """Whether another process has the file of `handle` (opened for reading) open for writing; None: not to be told.

        Asked by taking a read lease, which the kernel grants only when nobody writes (fcntl(2), Leases) and only to
        the file's owner or root, and giving it up at once. A writer who comes in between waits these microseconds;
        the signal that tells us of him is one that is ignored unless asked for.
        """
        try:
            fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return True if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK) else None
        with contextlib.suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
else:

    def open_for_writing(_handle: int) -> bool | None:
        """Always False: this system does not tell (the claim's rename does, on Windows)."""
        return False
