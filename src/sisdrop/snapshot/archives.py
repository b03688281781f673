"""A dropped zip, looked at before anything is done with it.

Room: reads the local copy of the zip, in memory-sized pieces; never extracts. What Canvas would skip without a word
(doubles, links, `..`) or fail without a reason (its limits of size and number) is refused here with a sentence.
"""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from sisdrop.snapshot.naming import is_archive, is_leftover
from sisdrop.snapshot.packing import MAX_FILES, MAX_UNPACKED_BYTES
from sisdrop.snapshot.verdicts import unreadable, unsettled

CANVAS_RATIO = 100
MAX_DIRECTORY_BYTES = 32 << 20
"""Of the zip's own list of its files: room for 100,000 names of average length. Python would take ten times as much
memory to read it, before anybody can count."""
_CHUNK_BYTES = 1 << 20
_END_BYTES = 65_535 + 22 + 20 + 56
"""The longest comment, and the three records before it."""
_TAIL = b"\0" * 64
_ENCRYPTED = 0x1

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class Archive:
    """An open zip whose members may be read. `members`: those to be imported, by name with `/`, in their order."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
            raise self._refused("lists too many files; Canvas takes 100,000 at most")
        self._zip = self._opened(file)
        size = file.seek(0, 2)
        self.members = self._inspected(size)

    def _opened(self, file: BinaryIO) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(file)
        except (*_DAMAGED, NotImplementedError):
            if _ends_in_nul(file):
                raise unsettled(f"{self.name} ends in NUL bytes: it is still being copied", nul=True) from None
            raise unreadable(f"{self.name} is not a zip file, or its end is missing. Drop it again.") from None

    def _inspected(self, size: int) -> dict[str, zipfile.ZipInfo]:
        infos = [info for info in self._zip.infolist() if not info.filename.endswith(("/", "\\"))]
        if len(infos) > MAX_FILES:
            raise self._refused(f"holds {len(infos):,} files; Canvas takes 100,000 at most")
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_UNPACKED_BYTES:
            raise self._refused("unpacks to more than 50 GB, the most that Canvas takes at once")
        if unpacked > CANVAS_RATIO * size:
            raise self._refused("unpacks to more than 100 times its size, which Canvas takes for an attack")
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = _normal(info.filename)
            if is_leftover(name):
                continue
            self._check(name, info)
            if name in members:
                raise self._refused(f"holds {name} twice; Canvas would import only one of them")
            members[name] = info
        return members

    def _check(self, name: str, info: zipfile.ZipInfo) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not name:
            raise self._refused("holds a file without a name")
        if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
            raise self._refused(f"holds a file that would lie outside of it ({name})")
        if kind not in {0, stat.S_IFREG}:
            raise self._refused(f"holds a link or device instead of a file ({name})")
        if info.flag_bits & _ENCRYPTED:
            raise self._refused("is protected by a password")
        if is_archive(name):
            raise self._refused(f"holds another archive ({name}), which Canvas would skip")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member. Raises NoSnapshot when they cannot be had."""
        try:
            with self._zip.open(self.members[name]) as member:
                while chunk := member.read(_CHUNK_BYTES):
                    yield chunk
        except NotImplementedError:
            raise self._refused(f"is packed in a way that cannot be read ({name})") from None
        except _DAMAGED:
            raise unreadable(f"{self.name} is damaged: {name} in it cannot be read. Drop it again.") from None

    def close(self) -> None:
        """Close it; the file below stays open."""
        self._zip.close()

    def _refused(self, why: str) -> Exception:
        return unreadable(f"{self.name} {why}. Make it anew, or drop the CSV files themselves.")


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
    large = end.rfind(b"PK\x06\x06", 0, at)
    if large >= 0 and at - large >= 56:
        (length,) = struct.unpack_from("<Q", end, large + 40)
    return int(length)


def _normal(name: str) -> str:
    """`name` with `/` between folders (a zip made on Windows may have the other slash) and without `./`."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part != ".")


def _ends_in_nul(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    file.seek(max(0, size - len(_TAIL)))
    tail = file.read()
    return len(tail) == len(_TAIL) and tail == _TAIL
