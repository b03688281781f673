"""Writing the zip that is sent, so that Canvas takes it.

Room: writes to the streams it is given. Deflate level 1: most of what packing gains for a tenth of its time.

Canvas fails an import whose zip unpacks to more than 100 times its size (or to more than 50 GiB, or 100,000 files),
and says only "contact support" (its public documentation and source). Very repetitive CSVs do pack better than 100:1.
So the ratio is measured once the zip is written; if it is over 90, it is written anew with those members stored as
they are that packed best. That costs a second pass over the local file and a larger upload, in a case that is rare;
to mix packed and stored blocks within a member would save some of both, at the price of a zip writer of our own.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from canvas_sis_csv.archives import MAX_UNPACKED_BYTES
from sisdrop.snapshot.verdicts import unreadable

MAX_RATIO = 90
STORE_FROM_RATIO = 60
"""Members that pack better are stored when the zip as a whole packs too well; what is left is then below this."""

_LEVEL = 1
_ZIP64_FROM = (1 << 31) - (64 << 20)
"""The old format ends at 2 GiB in Python's hands; the margin is for a file that grows while we look."""
_CHUNK_BYTES = 1 << 20


def pack(file: BinaryIO, members: Iterable[tuple[str | zipfile.ZipInfo, int, Iterable[bytes]]]) -> None:
    """Write a whole zip to `file`. Of each member its name, what its chunks come to as far as it is known, and those.

    By name, a member is packed at the archive's level; a bare ZipInfo is stored as it is. Raises NoSnapshot when it is
    more than Canvas takes.
    """
    unpacked = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as packed:
        for member, size, chunks in members:
            with packed.open(member, "w", force_zip64=size >= _ZIP64_FROM) as out:
                for chunk in chunks:
                    unpacked += len(chunk)
                    if unpacked > MAX_UNPACKED_BYTES:
                        raise unreadable(
                            "It is larger than 50 GB, the most that Canvas takes at once; drop it in parts."
                        )
                    out.write(chunk)


def packs_too_well(file: BinaryIO) -> bool:
    """Whether Canvas would refuse the finished zip in `file` for its ratio."""
    size = file.seek(0, 2)
    with zipfile.ZipFile(file) as packed:
        return sum(info.file_size for info in packed.infolist()) > MAX_RATIO * size


def pack_less(file: BinaryIO, to: BinaryIO) -> None:
    """Write the finished zip in `file` anew to `to`, the members that pack best stored as they are."""
    with zipfile.ZipFile(file) as packed:
        members: list[tuple[str | zipfile.ZipInfo, int, Iterable[bytes]]] = []
        for info in packed.infolist():
            # Only those: stored, all of them would make the upload many times as large.
            is_stored = info.file_size > STORE_FROM_RATIO * max(info.compress_size, 1)
            member = zipfile.ZipInfo(info.filename) if is_stored else info.filename
            members.append((member, info.file_size, _content(packed, info)))
        pack(to, members)


def _content(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with packed.open(info) as member:
        while chunk := member.read(_CHUNK_BYTES):
            yield chunk
