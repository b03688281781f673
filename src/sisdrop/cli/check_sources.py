"""What `sisdrop check` was given, as the members of one drop: CSVs, zips, folders, standard input.

Room: part of the command line; reads files. A zip is never unpacked to disk; standard input too large for memory
rests in a temporary file that nobody else can open.
"""

from __future__ import annotations

import io
import lzma
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import click

from canvas_sis_csv import Member
from sisdrop.snapshot.archives import Archive
from sisdrop.snapshot.verdicts import NoSnapshot

STDIN = "-"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, lzma.LZMAError)
_IN_MEMORY_BYTES = 32 << 20
_COPY_BYTES = 1 << 20

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is nothing Canvas could import, and the sentence that says why."""

    name: str
    sentence: str


class Damaged(Exception):
    """A member of a zip turned out to be unreadable while it was read."""

    def __init__(self, archive: str, member: str) -> None:
        self.archive = archive
        super().__init__(f"{archive} is damaged: {member} in it cannot be read. Make the zip anew.")


def members_of(arguments: Iterable[str], resources: ExitStack) -> tuple[list[Member], list[Unreadable]]:
    """The members of the drop that the arguments name, under names that are unique; and what could not be read.

    `resources` keeps what the members need until the caller is done. Raises click.UsageError for a missing file.
    """
    members: dict[str, Member] = {}
    unreadable: list[Unreadable] = []
    for argument in arguments:
        try:
            found = list(_members_in(argument, resources))
        except NoSnapshot as no:
            unreadable.append(Unreadable(_name_of(argument), _sentence(no)))
            continue
        for member in found:
            name = member.name if member.name not in members else f"{_name_of(argument)}/{member.name}"
            name = _unused(name, members)
            members[name] = Member(name, member.size, member.open)
    return list(members.values()), unreadable


def without_archive(members: Iterable[Member], archive: str) -> list[Member]:
    """The members that do not come from the zip of that name."""
    return [member for member in members if getattr(member.open, "archive", None) != archive]


def _members_in(argument: str, resources: ExitStack) -> Iterator[Member]:
    if argument == STDIN:
        yield from _from_stdin(resources)
        return
    path = Path(argument)
    if path.is_dir():
        files = (each for each in sorted(path.rglob("*")) if each.is_file() and not each.is_symlink())
        yield from (_from_file(each.relative_to(path).as_posix(), each) for each in files)
    elif not path.is_file():
        raise click.UsageError(f"{argument}: there is no such file.")
    elif path.suffix.lower() == ".zip":
        yield from _from_zip(path.name, lambda: path.open("rb"))
    else:
        yield _from_file(path.name, path)


def _from_file(name: str, path: Path) -> Member:
    try:
        with path.open("rb"):
            return Member(name, path.stat().st_size, lambda: path.open("rb"))
    except OSError as error:
        raise click.UsageError(f"{path}: it cannot be read ({error.strerror}).") from None


def _from_zip(name: str, opened: Opener) -> Iterator[Member]:
    with opened() as file:
        archive = Archive(name, file)
        infos = dict(archive.members)
        archive.close()
    for member, info in infos.items():
        yield Member(member, info.file_size, _OpenerIn(name, opened, info))


class _OpenerIn:
    """Opens one member of a zip, and knows which zip that is."""

    def __init__(self, archive: str, opened: Opener, info: zipfile.ZipInfo) -> None:
        self.archive = archive
        self._opened = opened
        self._info = info

    def __call__(self) -> BinaryIO:
        return cast(BinaryIO, _ZipMember(self.archive, self._opened(), self._info))


class _ZipMember(io.RawIOBase):
    """A member of a zip as a stream that owns the zip's file. Reading raises Damaged when it cannot be had."""

    def __init__(self, archive: str, file: BinaryIO, info: zipfile.ZipInfo) -> None:
        self._names = archive, info.filename
        self._file = file
        self._zip = zipfile.ZipFile(file)
        try:
            self._member = self._zip.open(info)
        except _DAMAGED:
            self._close_file()
            raise Damaged(*self._names) from None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._member.read(size)
        except _DAMAGED:
            raise Damaged(*self._names) from None

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._member.seek(offset, whence)
        except _DAMAGED:
            raise Damaged(*self._names) from None

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            if hasattr(self, "_member"):
                self._member.close()
            self._close_file()
        super().close()

    def _close_file(self) -> None:
        self._zip.close()
        self._file.close()


def _from_stdin(resources: ExitStack) -> Iterator[Member]:
    spooled = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `resources`
    kept = cast(BinaryIO, resources.enter_context(spooled))
    stdin = sys.stdin.buffer
    while block := stdin.read(_COPY_BYTES):
        kept.write(block)
    size = kept.tell()
    kept.seek(0)
    if kept.read(4) == b"PK\x03\x04":
        yield from _from_zip("stdin.zip", _again(kept))
    else:
        yield Member("stdin.csv", size, _again(kept))


class _Kept(io.RawIOBase):
    """What came from standard input, as a stream that may be closed and asked for again."""

    def __init__(self, kept: BinaryIO) -> None:
        self._kept = kept
        kept.seek(0)

    def read(self, size: int = -1) -> bytes:
        return self._kept.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._kept.seek(offset, whence)

    def tell(self) -> int:
        return self._kept.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _again(kept: BinaryIO) -> Opener:
    return lambda: cast(BinaryIO, _Kept(kept))


def _name_of(argument: str) -> str:
    return "stdin" if argument == STDIN else Path(argument).name


def _unused(name: str, taken: Iterable[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused = f"{number}-{name}"
        number += 1
    return unused


def _sentence(no: NoSnapshot) -> str:
    verdict = no.verdict
    return getattr(verdict, "sentence", None) or f"{getattr(verdict, 'why', '')}."
