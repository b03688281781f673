"""The way back: what was dropped, out of its snapshot, when the dropped files themselves are lost.

Room: reads a snapshot, writes in the folder it is given. What was dropped as files comes back byte for byte, and its
check sum proves it. A dropped zip was packed anew for Canvas: its files come back, its own bytes do not.
"""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from canvas_sis_csv import Member
from canvas_sis_csv.archives import DamagedMember
from sisdrop import durable
from sisdrop.model import Contents, DropKind
from sisdrop.snapshot.making import open_members
from sisdrop.snapshot.packing import pack
from sisdrop.snapshot.reading import CHUNK_BYTES, sha256_of_all


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What lies in the folder now. `size_bytes` and `sha256` as in Snapshot, of what lies there."""

    size_bytes: int
    sha256: str
    is_exact: bool
    """Whether it is byte for byte what was dropped; False for a zip that was packed anew from the same files."""


def unpack_snapshot(kind: DropKind, name: str, contents: Contents, snapshot: Path, folder: Path) -> Unpacked | None:
    """Write the drop called `name` into `folder`, as it lay there when its snapshot was made; durable on return.

    None when it cannot be had: the snapshot is missing, damaged, or of other bytes than `contents` tells; then what is
    in `folder` is worth nothing. Raises OSError when it cannot be written.
    """
    try:
        members = open_members(snapshot, contents.members)
    except (FileNotFoundError, KeyError, zipfile.BadZipFile):
        return None
    if not members:
        return None
    try:
        if kind is DropKind.ZIP:
            return _packed_anew(members, folder / name)
        return _files(members, folder / name if kind is DropKind.FOLDER else folder, contents.sha256)
    except DamagedMember:
        return None


def _files(members: list[Member], folder: Path, sha256: str) -> Unpacked | None:
    size, digests = 0, {}
    for member in members:
        path = folder / member.name
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        digest, written = hashlib.sha256(), 0
        with durable.draft(path) as made:
            for chunk in _chunks(member):
                made.file.write(chunk)
                digest.update(chunk)
                written += len(chunk)
            made.publish(size=written)
        size, digests[member.name] = size + written, digest.hexdigest()
    found = sha256_of_all(digests)
    return Unpacked(size, found, is_exact=True) if found == sha256 else None


def _packed_anew(members: list[Member], path: Path) -> Unpacked:
    with durable.draft(path) as made:
        pack(made.file, ((member.name, member.size, _chunks(member)) for member in members))
        made.publish()
    return Unpacked(path.stat().st_size, durable.sha256_of(path), is_exact=False)


def _chunks(member: Member) -> Iterator[bytes]:
    with contextlib.closing(member.open()) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
