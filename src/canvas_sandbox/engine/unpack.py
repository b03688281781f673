"""An upload becomes files: the archive opened, its hostile entries left out, everything else written to a folder.

Room: reads the upload, writes below a folder it is given, under names of its own making: no name out of an archive
ever becomes a path. Source: Canvas's public source (its unzipping and the file loop of the importer) and the API docs
(the limits).
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol, cast

from canvas_sis_csv.drop import Member

MAX_FILES = 100_000
MAX_BYTES = 50 << 30
MAX_RATIO = 100
"""An archive may hold at most this many times its own size."""

MAX_DIRECTORY = 64 << 20
"""Bytes of a zip's list of entries: so long a list of names nobody needs, and it would have to fit into memory."""

_BLOCK = 1 << 20
_END_BYTES = (1 << 16) + 200
"""The end record, its longest comment, and the 64-bit records before it."""


class ArchiveRefused(Exception):
    """The upload is no archive that Canvas opens, is broken, or holds too much."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of an upload: the name messages call it by, and where its bytes are."""

    name: str
    path: Path

    @property
    def is_csv(self) -> bool:
        """Whether Canvas reads it at all."""
        return Member(self.name, 0, lambda: self.path.open("rb")).is_csv


class _Entry(Protocol):
    """One regular file of an archive."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    def open(self) -> IO[bytes]: ...


def unpack(upload: Path, filename: str, folder: Path) -> list[UploadedFile]:
    """The files of an upload in the order Canvas lists them; an upload that is neither CSV nor zip has none.

    A CSV stays where it is. Raises ArchiveRefused; the folder may then hold half of the files.
    """
    # Any other ending: Canvas takes the upload, imports nothing, and says nothing.
    ending = PurePosixPath(filename).suffix.lower()
    if ending == ".csv":
        return [UploadedFile(filename, upload)]
    if ending != ".zip":
        return []
    try:
        return sorted(_unpack_archive(upload, folder), key=lambda file: file.name)
    # What the standard library raises for archives that are broken, encrypted or of a kind it does not know.
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ArchiveRefused(f"{filename}: {error}") from error


def _unpack_archive(upload: Path, folder: Path) -> Iterator[UploadedFile]:
    left = min(MAX_RATIO * upload.stat().st_size, MAX_BYTES)
    seen: set[str] = set()
    with _opened(upload) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_FILES:
                raise ArchiveRefused(f"more than {MAX_FILES} files")
            if entry.size > left:
                raise ArchiveRefused("it holds too much for its size")
            # Passed over without a word, as in Canvas; the path rule is for what lies in the upload's own folder.
            parts = PurePosixPath(entry.name.replace("\\", "/")).parts
            if not parts or ".." in parts or parts[0] == "/" or entry.name in seen:
                continue
            seen.add(entry.name)
            if _is_ignored(entry):
                left -= entry.size  # its size counts towards the limit all the same
                continue
            path = folder / f"{number:06}"
            left -= _write(entry, path, left)
            # A name may hold what no encoding takes; it goes into messages and JSON.
            yield UploadedFile(entry.name.encode("utf-8", "replace").decode("utf-8"), path)


def _write(entry: _Entry, path: Path, limit: int) -> int:
    """Write an entry's bytes; how many. What an archive says of its sizes is not believed."""
    written = 0
    with entry.open() as source, path.open("wb") as target:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > limit:
                raise ArchiveRefused("it holds too much for its size")
            target.write(block)
    return written


@contextmanager
def _opened(upload: Path) -> Iterator[Iterator[_Entry]]:
    """The regular files of a zip, a tar or a gzipped tar, told by content."""
    if zipfile.is_zipfile(upload):
        if _directory_bytes(upload) > MAX_DIRECTORY:
            raise ArchiveRefused("its list of entries is absurdly long")
        with zipfile.ZipFile(upload) as archive:
            yield _zip_entries(archive)
        return
    # The name says zip, the content decides: Canvas sniffs it too (public source, canvas_unzip).
    for mode in ("r:", "r:gz"):
        try:
            tar = tarfile.open(upload, mode)  # noqa: SIM115 - closed below
        except (tarfile.ReadError, EOFError, OSError):
            continue
        with tar:
            yield _tar_entries(tar)
        return
    raise ArchiveRefused("unknown kind of archive")


def _directory_bytes(upload: Path) -> int:
    """How long a zip says its list of entries is, which is as much as will be read of it."""
    with upload.open("rb") as stream:
        stream.seek(-min(upload.stat().st_size, _END_BYTES), os.SEEK_END)
        tail = stream.read()
    wide = tail.rfind(b"PK\x06\x06")
    if wide >= 0:
        return int.from_bytes(tail[wide + 40 : wide + 48], "little")
    end = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[end + 12 : end + 16], "little")


@dataclass(frozen=True, slots=True)
class _ZipEntry:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    name: str
    size: int

    def open(self) -> IO[bytes]:
        return self.archive.open(self.info)


@dataclass(frozen=True, slots=True)
class _TarEntry:
    archive: tarfile.TarFile
    info: tarfile.TarInfo
    name: str
    size: int

    def open(self) -> IO[bytes]:
        stream = self.archive.extractfile(self.info)
        if stream is None:
            raise ArchiveRefused(f"{self.name} cannot be read")
        return stream


def _zip_entries(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in archive.infolist():
        # Upper half: the Unix mode, with the file's kind in it; 0 when another system made the archive.
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not info.is_dir() and kind in {0, stat.S_IFREG}:
            yield _ZipEntry(archive, info, info.filename, info.file_size)


def _tar_entries(archive: tarfile.TarFile) -> Iterator[_Entry]:
    for info in archive:
        if info.isreg():
            yield _TarEntry(archive, info, info.name.removeprefix("./"), info.size)


def _is_ignored(entry: _Entry) -> bool:
    """Whether Canvas passes the file over without a word."""
    return Member(entry.name, entry.size, lambda: cast(BinaryIO, entry.open())).is_ignored
