"""Making a snapshot: what a drop consists of, read once, packed, durable; and opening it again.

Room: reads the dropped files, writes in the snapshot's folder.
"""

from __future__ import annotations

import codecs
import contextlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from canvas_sis_csv import Member
from canvas_sis_csv.archives import MAX_FILES, Archive, ArchiveRefused, ArchiveUnfinished, zip_members
from canvas_sis_csv.drop import NO_CSV, is_archive, is_csv, why_empty
from canvas_sis_csv.folders import files_below, importable
from sisdrop import durable
from sisdrop.errors import SpoolError, StateError
from sisdrop.model import DropKind
from sisdrop.snapshot.naming import member_names
from sisdrop.snapshot.packing import pack, pack_less, packs_too_well
from sisdrop.snapshot.reading import Source, sha256_of_all
from sisdrop.snapshot.verdicts import NoSnapshot, Unreadable, Unsettled, unreadable, unsettled


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A finished snapshot. `size_bytes` and `sha256` are those of what was dropped, not of the zip."""

    path: Path
    size_bytes: int
    sha256: str
    """Of the dropped file; of several, the SHA-256 over a line `<sha256 of the file>  <name>` for each, in order of
    their names, as `sha256sum` prints it."""
    members: Mapping[str, str]
    """Name of each member of the zip, by the name it was dropped under: for a folder or zip, its path in there."""


def make_snapshot(
    kind: DropKind, folder: Path, paths: Sequence[str], to: Path, *, marker: str
) -> Snapshot | Unsettled | Unreadable:
    """Read the drop once and write it as the zip `to`, replacing what is there; `paths` are its names in `folder`.

    On return the snapshot is whole and durable, or nothing is there; a crash leaves at most temporary files beside it
    (see `durable.draft`), which the next start removes. Raises SpoolError when a dropped file cannot be read,
    StateError when `to` cannot be written.
    """
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A snapshot of before must not be taken for one of what is there now.
        to.unlink(missing_ok=True)
        # It holds personal data: for our own eyes, from its first byte on.
        with durable.draft(to, mode=0o600) as made:
            size, sha256, members = _pack(kind, folder, paths, to, made.file, marker)
            # Measured on the finished zip, for what packs too well shows only then; a second pass is rare.
            if packs_too_well(made.file):
                with durable.draft(to, mode=0o600) as less:
                    pack_less(made.file, less.file)
                    less.publish(overwrite=True)
            else:
                made.publish(overwrite=True)
    except NoSnapshot as ended:
        return ended.verdict
    except OSError as error:
        raise StateError(f"The snapshot {to} cannot be written: {error.strerror}.") from None
    return Snapshot(to, size, sha256, members)


def open_members(snapshot_zip: Path, members: Mapping[str, str]) -> list[Member]:
    """The members of the snapshot under the names they were dropped with; `members` as in Snapshot.

    Files that are no CSV are among them: the preflight says that they are not imported. Each may be opened several
    times, also at once; a stream is to be closed. Nothing stays open in between. Reading one raises DamagedMember.
    """
    return zip_members(snapshot_zip, members)


def _pack(
    kind: DropKind, folder: Path, paths: Sequence[str], to: Path, file: BinaryIO, marker: str
) -> tuple[int, str, dict[str, str]]:
    """Size and hash of what was dropped, and the members it was packed as."""
    match kind:
        case DropKind.FILE | DropKind.GROUP:
            return _pack_files([Source(folder / name, name) for name in sorted(paths) if is_csv(name)], file, marker)
        case DropKind.FOLDER:
            return _pack_files(_sources_in(folder / paths[0]), file, marker)
        case DropKind.ZIP:
            name = next((name for name in paths if is_archive(name)), paths[0])
            return _pack_archive(Source(folder / name, name), to, file, marker)


def _sources_in(folder: Path) -> list[Source]:
    """The files of a dropped folder and its subfolders."""
    try:
        names = importable(files_below(folder))
    except ArchiveRefused as refused:
        raise unreadable(str(refused)) from None
    except NotADirectoryError:
        raise unreadable(f"{folder.name} is not a folder.") from None
    except OSError as error:
        raise SpoolError(f"{error.filename} cannot be read: {error.strerror}.") from None
    return [Source(folder / name, name) for name in names]


def _pack_files(sources: Sequence[Source], file: BinaryIO, marker: str) -> tuple[int, str, dict[str, str]]:
    # A generator, for the size of a file that still grows: looked at right before it is read.
    contents = ((source.name, source.size_now, source.chunks(text=is_csv(source.name))) for source in sources)
    members = _pack_members([source.name for source in sources], contents, file, marker)
    sha256 = sha256_of_all({source.name: source.sha256 for source in sources})
    return sum(source.size for source in sources), sha256, members


def _pack_archive(source: Source, to: Path, file: BinaryIO, marker: str) -> tuple[int, str, dict[str, str]]:
    """A dropped zip: copied from the share in one pass, looked into, and packed anew from the copy."""
    # A zip's directory is at its end, and a share is slow to jump in: all of it first. The copy is never published.
    with durable.draft(to, mode=0o600) as copy:
        for chunk in source.chunks(text=False):
            copy.file.write(chunk)
        if source.size == 0:
            raise unreadable(f"{source.name} is empty.")
        try:
            with contextlib.closing(Archive(source.name, copy.file)) as archive:
                contents = ((name, info.file_size, archive.chunks(name)) for name, info in archive.members.items())
                members = _pack_members(list(archive.members), contents, file, marker)
        except ArchiveRefused as refused:
            raise unreadable(str(refused)) from None
        except ArchiveUnfinished as unfinished:
            raise unsettled(str(unfinished), nul=True) from None
    return source.size, source.sha256, members


def _pack_members(
    names: Sequence[str], contents: Iterable[tuple[str, int, Iterable[bytes]]], file: BinaryIO, marker: str
) -> dict[str, str]:
    """Write the zip of `contents` (name, size as far as it is known, chunks); the member's name for each of `names`."""
    csvs = [name for name in names if is_csv(name)]
    if not csvs:
        raise unreadable(NO_CSV)
    if len(names) > MAX_FILES:
        raise unreadable(f"The folder holds {len(names):,} files; Canvas takes 100,000 at most. Drop it in parts.")
    members = member_names(names, marker)
    with_content: set[str] = set()
    pack(file, ((members[name], size, _noting(name, chunks, with_content)) for name, size, chunks in contents))
    if not with_content.intersection(csvs):
        raise unreadable(why_empty(csvs))
    return members


def _noting(name: str, chunks: Iterable[bytes], with_content: set[str]) -> Iterator[bytes]:
    """Pass the chunks on, and note the name when they hold more than white space and a byte order mark."""
    for number, chunk in enumerate(chunks):
        if name not in with_content and chunk.removeprefix(b"" if number else codecs.BOM_UTF8).strip():
            with_content.add(name)
        yield chunk


def member_sizes(path: Path) -> dict[str, int]:
    """Size in bytes of each member of the snapshot at `path`, by its name in it; empty when it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {member.filename: member.file_size for member in archive.infolist()}
    except (OSError, zipfile.BadZipFile):
        return {}
