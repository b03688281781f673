"""Making a snapshot: what a drop consists of, read once, packed, durable.

Room: reads the dropped files, writes in the snapshot's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from canvas_sis_csv.archives import MAX_FILES, Archive, ArchiveRefused, ArchiveUnfinished
from canvas_sis_csv.drop import is_archive, is_csv, is_leftover
from sisdrop.durable import fsync_dir
from sisdrop.errors import SpoolError, StateError
from sisdrop.model import DropKind
from sisdrop.snapshot.naming import is_temporary, member_names
from sisdrop.snapshot.packing import Pack, pack_less, packs_too_well
from sisdrop.snapshot.reading import Source
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

    On return the snapshot is whole and durable, or nothing is there; a crash leaves at most `<to>.part` files, which
    the next call replaces. Raises SpoolError when a dropped file cannot be read, StateError when `to` cannot be
    written.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A snapshot of before must not be taken for one of what is there now.
        to.unlink(missing_ok=True)
        with _temporary(part) as file:
            size, sha256, members = _taken(kind, folder, paths, file, marker)
            _finish(file, to)
    except NoSnapshot as ended:
        return ended.verdict
    except OSError as error:
        raise StateError(f"The snapshot {to} cannot be written: {error.strerror}.") from None
    return Snapshot(to, size, sha256, members)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[BinaryIO]:
    """A new file that only we can read; gone afterwards, unless it was renamed."""
    path.unlink(missing_ok=True)
    try:
        with open(path, "x+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            yield file
    finally:
        path.unlink(missing_ok=True)


def _finish(file: BinaryIO, to: Path) -> None:
    """Make the zip in `file` (or one that is packed less) durable as `to`."""
    if packs_too_well(file):
        with _temporary(to.with_name(f"{to.name}.less.part")) as less:
            pack_less(file, less)
            _publish(less, to)
        return
    _publish(file, to)


def _publish(file: BinaryIO, to: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    # Windows renames no open file; closing twice is nothing.
    file.close()
    Path(file.name).replace(to)
    fsync_dir(to.parent)


def _taken(
    kind: DropKind, folder: Path, paths: Sequence[str], file: BinaryIO, marker: str
) -> tuple[int, str, dict[str, str]]:
    """Size and hash of what was dropped, and the members it was packed as."""
    match kind:
        case DropKind.FILE | DropKind.GROUP:
            names = [name for name in paths if is_csv(name)]
            return _pack_files([Source(folder / name, name) for name in sorted(names)], file, marker)
        case DropKind.FOLDER:
            return _pack_files(list(_sources_in(folder / paths[0], "")), file, marker)
        case DropKind.ZIP:
            name = next((name for name in paths if is_archive(name)), paths[0])
            return _pack_archive(Source(folder / name, name), file, marker)


def _sources_in(folder: Path, above: str) -> Iterator[Source]:
    """The files of a dropped folder and its subfolders, in the order of their names."""
    for entry_name, mode in _listed(folder):
        name = f"{above}{entry_name}"
        if is_leftover(name) or is_temporary(name):
            continue
        if stat.S_ISDIR(mode):
            yield from _sources_in(folder / entry_name, f"{name}/")
        elif is_archive(name):
            raise unreadable(f"The folder holds an archive ({name}), which Canvas would skip. Drop it by itself.")
        else:
            yield Source(folder / entry_name, name)


def _listed(folder: Path) -> list[tuple[str, int]]:
    """Name and mode of each entry of `folder`, which is no link, sorted by name."""
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise unreadable(f"{folder.name} is not a folder.")
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    except OSError as error:
        raise SpoolError(f"{folder} cannot be read: {error.strerror}.") from None


def _pack_files(sources: list[Source], file: BinaryIO, marker: str) -> tuple[int, str, dict[str, str]]:
    _must_hold_csv([source.name for source in sources])
    if len(sources) > MAX_FILES:
        raise unreadable(f"The folder holds {len(sources):,} files; Canvas takes 100,000 at most. Drop it in parts.")
    members = member_names([source.name for source in sources], marker)
    with Pack(file) as pack:
        for source in sources:
            pack.add(members[source.name], _size_now(source.path), source.chunks(text=is_csv(source.name)))
    if all(source.is_blank for source in sources if is_csv(source.name)):
        raise unreadable(_nothing_in([source.name for source in sources if is_csv(source.name)]))
    return sum(source.size for source in sources), _together(sources), members


def _size_now(path: Path) -> int:
    """The size as it seems, to choose the zip's format by; what is read decides later whether it was true."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _together(sources: list[Source]) -> str:
    if len(sources) == 1 and "/" not in sources[0].name:
        return sources[0].sha256
    lines = [b"%s  %s\n" % (source.sha256.encode(), os.fsencode(source.name)) for source in sources]
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _pack_archive(source: Source, file: BinaryIO, marker: str) -> tuple[int, str, dict[str, str]]:
    """A dropped zip: copied from the share in one pass, looked into, and packed anew from the copy."""
    with _temporary(Path(f"{file.name}.copy.part")) as copy:
        for chunk in source.chunks(text=False):
            copy.write(chunk)
        if source.size == 0:
            raise unreadable(f"{source.name} is empty.")
        try:
            with contextlib.closing(Archive(source.name, copy)) as archive:
                members = _repack(archive, file, marker)
        except ArchiveRefused as refused:
            raise unreadable(str(refused)) from None
        except ArchiveUnfinished as unfinished:
            raise unsettled(str(unfinished), nul=True) from None
    return source.size, source.sha256, members


def _repack(archive: Archive, file: BinaryIO, marker: str) -> dict[str, str]:
    _must_hold_csv(list(archive.members))
    members = member_names(list(archive.members), marker)
    blank = {name: True for name in members if is_csv(name)}
    with Pack(file) as pack:
        for name, info in archive.members.items():
            pack.add(members[name], info.file_size, _noting_content(archive, name, blank))
    if all(blank.values()):
        raise unreadable(_nothing_in(list(blank)))
    return members


def _noting_content(archive: Archive, name: str, blank: dict[str, bool]) -> Iterator[bytes]:
    for number, chunk in enumerate(archive.chunks(name)):
        if blank.get(name):
            blank[name] = not chunk.removeprefix(b"\xef\xbb\xbf" if number == 0 else b"").strip()
        yield chunk


def _must_hold_csv(names: list[str]) -> None:
    if not any(is_csv(name) for name in names):
        raise unreadable("It holds no CSV file.")


def _nothing_in(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is empty: it holds no header and no rows."
    return "All its CSV files are empty: they hold no header and no rows."
