"""Reading dropped files once, from a share that may be slow: their bytes, their hash, and whether they are whole.

Room: reads those files. A copy that is still going on can show its final size from the start, filled with NUL bytes,
and an old modification time; so neither says that the file is whole. A run of NULs does say that it is not, and so does
a size, time or identity that differs after reading.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from canvas_sis_csv.signatures import HEAD_BYTES, signature_of
from sisdrop.errors import SpoolError
from sisdrop.snapshot.verdicts import unreadable, unsettled

CHUNK_BYTES = 1 << 20
NUL_RUN = b"\0" * 4
"""Text in UTF-16 or UTF-32 has up to three NULs in a row; preallocated space has thousands."""

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))

_OPENS_BELOW = os.open in os.supports_dir_fd
"""Whether a name can be opened below a folder that is held open (not on Windows)."""
_FOLDER_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC"))


class Source:
    """One dropped file. `sha256` and `size` are known once `chunks` has been read to its end."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.size = 0
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes as dropped, in hex."""
        return self._hash.hexdigest()

    @property
    def size_now(self) -> int:
        """The size as it seems, to choose the zip's format by; what is read decides later whether it was true."""
        try:
            return os.lstat(self.path).st_size
        except OSError:
            return 0

    def chunks(self, *, text: bool = True) -> Iterator[bytes]:
        """The bytes in order; to be read to the end, once. `text`: a run of NULs means that they are not whole.

        Raises NoSnapshot (not whole, or no regular file) and SpoolError (it cannot be read).
        """
        try:
            # Before opening as well: Windows has no O_NOFOLLOW, and opening some devices does something.
            if not stat.S_ISREG(os.lstat(self.path).st_mode):
                raise unreadable(f"{self.name} is not a regular file (a link, a folder or a device).")
            descriptor = _opened(self.path, self.name)
            try:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode):
                    raise unreadable(f"{self.name} is not a regular file.")
                yield from self._read(descriptor, before.st_size, text=text)
                if {_identity(os.fstat(descriptor)), _identity(os.lstat(self.path))} != {_identity(before)}:
                    raise unsettled(f"{self.name} changed while it was read")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SpoolError(f"{self.path} cannot be read: {error.strerror}.") from None

    def _read(self, descriptor: int, expected: int, *, text: bool) -> Iterator[bytes]:
        tail, is_first = b"", True
        while chunk := os.read(descriptor, CHUNK_BYTES):
            if is_first and signature_of(chunk[:HEAD_BYTES]) is not None:
                text = False  # a workbook, a PDF: NULs are its content, and the preflight says what it is
            is_first = False
            # A run may lie across two chunks.
            if text and (NUL_RUN in chunk or NUL_RUN in tail + chunk[:3]):
                raise unsettled(f"{self.name} holds a run of NUL bytes: it is still being copied", nul=True)
            tail = (tail + chunk[-3:])[-3:]
            self.size += len(chunk)
            self._hash.update(chunk)
            if self.size > expected:
                raise unsettled(f"{self.name} grew while it was read")
            yield chunk
        if self.size != expected:
            raise unsettled(f"{self.name} shrank while it was read")


def _opened(path: Path, name: str) -> int:
    """A descriptor of `path`, whose last parts are `name`; not one of those parts is followed when it is a link.

    Who dropped a folder may still have it open, and swap what is in it while we read.
    """
    *folders, last = name.split("/")
    if not folders or not _OPENS_BELOW:
        return os.open(path, _FLAGS)
    at = os.open(path.parents[len(folders)], _FOLDER_FLAGS)
    try:
        for folder in folders:
            below = os.open(folder, _FOLDER_FLAGS, dir_fd=at)
            os.close(at)
            at = below
        return os.open(last, _FLAGS, dir_fd=at)
    finally:
        os.close(at)


def _identity(stats: os.stat_result) -> tuple[int, int, int]:
    return (stats.st_size, stats.st_mtime_ns, stats.st_ino)


def sha256_of_all(digests: Mapping[str, str]) -> str:
    """One check sum for the files of a drop, from the SHA-256 of each by its name; see `snapshot.Snapshot.sha256`."""
    if len(digests) == 1 and "/" not in next(iter(digests)):
        return next(iter(digests.values()))
    lines = [b"%s  %s\n" % (digests[name].encode(), os.fsencode(name)) for name in sorted(digests)]
    return hashlib.sha256(b"".join(lines)).hexdigest()
