"""A zip of CSVs: looked at as Canvas does before anything is done with it, and its members as streams.

Room: reads the zip it is given, in memory-sized pieces; never extracts. What Canvas would skip without a word (doubles,
links, `..`) or fail without a reason (its limits of size and number) is refused here with a sentence. Source of the
limits: Canvas's public documentation and source.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, BinaryIO, cast

from canvas_sis_csv.drop import Member, is_archive, is_leftover
from canvas_sis_csv.signatures import HEAD_BYTES, signature_of

MAX_UNPACKED_BYTES = 50 << 30
MAX_FILES = 100_000
MAX_RATIO = 100
"""Canvas fails an import whose zip unpacks to more than this many times its size."""
MAX_DIRECTORY_BYTES = 32 << 20
"""Of the zip's own list of its files: room for 100,000 names of average length. Python would take ten times as much
memory to read it, before anybody can count."""
_CHUNK_BYTES = 1 << 20
_END_BYTES = 65_535 + 22 + 20 + 56
"""The longest comment, and the three records before it."""
_TAIL = b"\0" * 64
_METHODS = {
    1: "Shrink",
    6: "Implode",
    9: "Deflate64",
    10: "IBM TERSE",
    12: "bzip2",
    14: "LZMA",
    93: "Zstandard",
    95: "xz",
    98: "PPMd",
    99: "AES",
}
"""Ways of packing by their numbers in the published ZIP specification (APPNOTE, 4.4.5) that cannot be read."""
_ENCRYPTED = 0x1
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The ways of packing that are read. Python unpacks others (bzip2, LZMA) as much at once as was read, and 1 MB may come
to a terabyte: the ratio of the whole zip bounds only what all of it comes to."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, NotImplementedError)
"""What reading a zip raises that is not in order, or is packed in a way nobody here can read."""


class ArchiveRefused(Exception):
    """The zip is nothing Canvas could import, and the sentence says why and what to do."""


class ArchiveUnfinished(Exception):
    """The zip ends in NUL bytes: it is still being copied."""


class DamagedMember(ArchiveRefused):
    """A member of the zip `archive` cannot be read."""

    def __init__(self, archive: str, member: str, error: Exception) -> None:
        self.archive = archive
        if isinstance(error, NotImplementedError):
            why = f"{archive} is packed in a way that cannot be read ({member}). Make it anew, or drop the CSV files"
            super().__init__(f"{why} themselves.")
        else:
            super().__init__(f"{archive} is damaged: {member} in it cannot be read. Make it anew, and drop it again.")


class Archive:
    """An open zip whose members may be read. `members`: those to be imported, by name with `/`, in their order.

    Making one raises ArchiveRefused and ArchiveUnfinished.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
            raise self._refused("lists too many files; Canvas takes 100,000 at most")
        try:
            self._zip = zipfile.ZipFile(file)
        except (*_DAMAGED, OSError):
            if _ends_in_nul(file):
                raise ArchiveUnfinished(f"{name} ends in NUL bytes: it is still being copied") from None
            raise ArchiveRefused(_why_no_zip(name, file)) from None
        self.members = self._inspected(file.seek(0, 2))

    def _inspected(self, size: int) -> dict[str, zipfile.ZipInfo]:
        # Folders are members, too, and hold nothing.
        infos = [info for info in self._zip.infolist() if not info.filename.endswith(("/", "\\"))]
        if len(infos) > MAX_FILES:
            raise self._refused(f"holds {len(infos):,} files; Canvas takes 100,000 at most")
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_UNPACKED_BYTES:
            raise self._refused("unpacks to more than 50 GB, the most that Canvas takes at once")
        if unpacked > MAX_RATIO * size:
            raise self._refused("unpacks to more than 100 times its size, which Canvas takes for an attack")
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = plain_name(info.filename)
            if is_leftover(name):
                continue
            self._check(name, info)
            if name in members:
                raise self._refused(f"holds {name} twice; Canvas would import only one of them")
            members[name] = info
        return members

    def _check(self, name: str, info: zipfile.ZipInfo) -> None:
        # The upper half is Unix's file mode; it is 0 in zips made where there is none.
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not name:
            raise self._refused("holds a file without a name")
        if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
            raise self._refused(f"holds a file that would lie outside of it ({name})")
        if kind not in {0, stat.S_IFREG}:
            raise self._refused(f"holds a link or device instead of a file ({name})")
        if info.flag_bits & _ENCRYPTED:
            raise self._refused("is protected by a password")
        if info.compress_type not in _READABLE:
            method = _METHODS.get(info.compress_type, f"a method that nobody here can read ({info.compress_type})")
            raise ArchiveRefused(f"{self.name} is packed with {method}; pack it with Deflate, or drop the CSVs.")
        if is_archive(name):
            raise self._refused(f"holds another archive ({name}), which Canvas would skip")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member. Raises DamagedMember when they cannot be had."""
        try:
            with self._zip.open(self.members[name]) as member:
                while chunk := member.read(_CHUNK_BYTES):
                    yield chunk
        except (*_DAMAGED, OSError) as error:
            raise DamagedMember(self.name, name, error) from None

    def close(self) -> None:
        """Close it; the file below stays open."""
        self._zip.close()

    def _refused(self, why: str) -> ArchiveRefused:
        return ArchiveRefused(f"{self.name} {why}. Make it anew, or drop the CSV files themselves.")


def zip_member(archive: str, open_zip: Callable[[], BinaryIO], info: zipfile.ZipInfo, name: str) -> Member:
    """A member of a zip under this name; `open_zip` gives the zip's stream as often as it is asked.

    Each stream of the member owns one of the zip. Reading raises DamagedMember.
    """
    return Member(name, info.file_size, lambda: cast(BinaryIO, _MemberStream(archive, open_zip(), info)))


def zip_members(path: Path, names: Mapping[str, str]) -> list[Member]:
    """Members of the zip at `path` under other names: `names` gives for each new name the plain one in the zip.

    Nothing stays open in between. Raises OSError, KeyError for a name that is not there, zipfile.BadZipFile.
    """
    with zipfile.ZipFile(path) as packed:
        infos = {plain_name(info.filename): info for info in packed.infolist()}
    return [zip_member(path.name, lambda: path.open("rb"), infos[inside], name) for name, inside in names.items()]


class StreamOver(io.RawIOBase):
    """A stream over another one, which stays open when this one is closed."""

    def __init__(self, below: IO[bytes]) -> None:
        self._below = below

    def read(self, size: int = -1) -> bytes:
        return self._below.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._below.seek(offset, whence)

    def tell(self) -> int:
        return self._below.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class _MemberStream(StreamOver):
    """A member of a zip as a stream that owns the zip's file."""

    def __init__(self, archive: str, file: BinaryIO, info: zipfile.ZipInfo) -> None:
        self._names = archive, info.filename
        self._file = file
        try:
            self._zip = zipfile.ZipFile(file)
            super().__init__(self._zip.open(info))
        except _DAMAGED as error:
            file.close()
            raise DamagedMember(*self._names, error) from None

    def read(self, size: int = -1) -> bytes:
        try:
            return super().read(size)
        except _DAMAGED as error:
            raise DamagedMember(*self._names, error) from None

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return super().seek(offset, whence)
        except _DAMAGED as error:
            raise DamagedMember(*self._names, error) from None

    def close(self) -> None:
        # Called also when the object could not be made whole.
        if not self.closed and hasattr(self, "_below"):
            self._below.close()
            self._zip.close()
            self._file.close()
        super().close()


def _directory_bytes(file: BinaryIO) -> int:
    """How long the zip says its list of files is, from the record at its end; 0 when there is no such record.

    Layout: the published ZIP specification (APPNOTE, 4.3.14 to 4.3.16). A large zip has a second record, further up.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES))
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        return 0
    (length,) = struct.unpack_from("<L", end, at + 12)
    # Beyond 4 GB the short record holds only ones, and this one the true length.
    large = end.rfind(b"PK\x06\x06", 0, at)
    if large >= 0 and at - large >= 56:
        (length,) = struct.unpack_from("<Q", end, large + 40)
    return int(length)


def plain_name(name: str) -> str:
    """`name` with `/` between folders (a zip made on Windows may have the other slash) and without `./`."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part != ".")


def _why_no_zip(name: str, file: BinaryIO) -> str:
    file.seek(0)
    signature = signature_of(file.read(HEAD_BYTES))
    if signature is None or signature.what == "a zip":
        return f"{name} is not a zip file, or its end is missing. Drop it again."
    return f"{name} is not a zip. {signature.sentence}"


def _ends_in_nul(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    file.seek(max(0, size - len(_TAIL)))
    tail = file.read()
    return len(tail) == len(_TAIL) and tail == _TAIL
