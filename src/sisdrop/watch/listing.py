"""List the inbox: names first, sorted out into what may become a drop; what `lstat` says only of what is asked for.

Reads, never writes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sisdrop.model import Decision, DropKind, Ignored, Stat
from sisdrop.watch.copies import certain_copy
from sisdrop.watch.names import DONE_FILE, SPOOL, is_temporary, kind_of, why_no_drop, word_of

MOST_FOLDERS = 500
"""Subfolders that are opened in one look."""
MOST_WORDS = 100
"""Files with a person's word that are looked at in one look."""
MOST_SHOWN = 100
"""Ignored names that are kept to be shown; of the rest only the number."""


@dataclass(slots=True)
class Listing:
    """What lay in the inbox, by name alone."""

    files: dict[str, DropKind] = field(default_factory=dict)
    """Regular files whose name is a drop's, and which kind."""
    markers: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    ignored_count: int = 0
    words: list[str] = field(default_factory=list)
    """Regular files whose name is a person's word about a drop."""
    copies: list[Ignored] = field(default_factory=list)
    """Files that are ignored for being copies of others."""

    def ignore(self, name: str, why: str) -> None:
        """Count a name nobody will touch."""
        self.ignored_count += 1
        if len(self.ignored) < MOST_SHOWN:
            self.ignored.append(Ignored(name, why))


@dataclass(frozen=True, slots=True)
class WordFile:
    """A small file by which a person decides about a held drop. It may be empty; what is in it is never read.

    `about` is the drop's name or id as it was typed; `stat` has no inode where inodes do not count; `owner` is a user
    id (0 on Windows, whoever it belongs to).
    """

    name: str
    about: str
    decision: Decision
    stat: Stat
    owner: int
    has_settled: bool = False
    """Whether the look before this one saw the very same."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that may become a drop: its name, and the names in the inbox it consists of."""

    name: str
    kind: DropKind
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What an entry looked like in one look."""

    stats: tuple[Stat, ...]
    fingerprints: tuple[tuple[int, ...], ...]
    """All that must not change, of each file: size, times, and where inodes count the inode and device."""
    files: tuple[str, ...]
    """Its files, as paths below the inbox."""

    @property
    def stats_but_times(self) -> tuple[tuple[int, int], ...]:
        """Which files they are, and their sizes."""
        return tuple((stat.size, stat.inode) for stat in self.stats)

    @property
    def empty(self) -> bool:
        """Whether its file is empty. A folder or a pair is judged by its first CSV."""
        return self.stats[0].size == 0 if len(self.files) == 1 else False


@dataclass(slots=True)
class Entries:
    """What of a listing is to be observed, and what is missing something."""

    entries: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Sight] = field(default_factory=dict)
    """What was seen in the subfolders that are drops."""
    incomplete: dict[str, str] = field(default_factory=dict)
    """Names that wait for another one, and why."""


def list_inbox(inbox: Path, done_suffix: str | None) -> Listing:
    """The names in the inbox, sorted out. No `stat` where the file system tells the type of a name. Raises OSError."""
    listing = Listing()
    with os.scandir(inbox) as entries:
        for entry in entries:
            name = entry.name
            if name == SPOOL:
                continue  # our own, and not even worth showing as ignored
            if done_suffix is not None and name.endswith(done_suffix) and entry.is_file(follow_symlinks=False):
                listing.markers.add(name)
            # A link is no file here, and neither is a pipe: `is_file` asks about the name itself.
            elif (kind := kind_of(name)) is not None and entry.is_file(follow_symlinks=False):
                listing.files[name] = kind
            elif word_of(name) is not None and entry.is_file(follow_symlinks=False):
                listing.words.append(name)
            elif not is_temporary(name) and entry.is_dir(follow_symlinks=False):
                listing.folders.append(name)
            else:
                listing.ignore(name, _why_ignored(entry))
    return listing


def leave_copies(listing: Listing, was_dropped: Callable[[str], bool]) -> None:
    """Ignore the files that are copies: of one beside them, or of one that `was_dropped` here before."""
    beside = {name.casefold() for name in listing.files}

    def is_known(original: str) -> bool:
        return original.casefold() in beside or was_dropped(original)

    for name in list(listing.files):
        copy = certain_copy(name, is_known)
        if copy is not None:
            del listing.files[name]
            listing.ignore(name, copy.why)
            listing.copies.append(Ignored(name, copy.why))


def _why_ignored(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "a symbolic link"
    if entry.is_dir(follow_symlinks=False):
        return "a hidden or temporary folder"
    return why_no_drop(entry.name) if entry.is_file(follow_symlinks=False) else "not a regular file"


def see_words(inbox: Path, listing: Listing, *, inodes_count: bool) -> list[WordFile]:
    """Look at the files that are a person's word; of a flood of them only the first."""
    words = []
    for number, name in enumerate(sorted(listing.words)):
        if number >= MOST_WORDS:
            listing.ignore(name, f"one of more than {MOST_WORDS} files that end in .release or .reject")
            continue
        try:
            status = (inbox / name).lstat()
        except OSError:
            continue  # as good as not there: looked at again next time
        word = word_of(name)
        if word is None or not stat.S_ISREG(status.st_mode):
            listing.ignore(name, "not a regular file")  # swapped for something since it was listed
            continue
        found = Stat(status.st_size, status.st_mtime_ns, status.st_ino if inodes_count else 0)
        words.append(WordFile(name, *word, found, status.st_uid))
    return words


def sort_out(listing: Listing, done_suffix: str | None, see_folder: Callable[[str], Sight | None]) -> Entries:
    """What may become a drop. Subfolders that are none are added to the listing's ignored names, with a slash.

    `see_folder` may raise OSError.
    """
    sorted_out = Entries()
    if done_suffix is None:
        sorted_out.entries = {name: Entry(name, kind, (name,)) for name, kind in listing.files.items()}
    else:
        for name, kind in listing.files.items():
            marker = name + done_suffix
            if marker in listing.markers:
                sorted_out.entries[name] = Entry(name, kind, (name, marker))
            else:
                sorted_out.incomplete[name] = f"waits for {marker}"
        for marker in listing.markers.difference(name + done_suffix for name in listing.files):
            sorted_out.incomplete[marker] = f"marker without {marker.removesuffix(done_suffix)}"
    for number, name in enumerate(listing.folders):
        why = "a folder without CSVs and a .done file"
        try:
            sight = see_folder(name) if number < MOST_FOLDERS else None
        except OSError as error:
            # No alarm: the root of a file system has such folders that are nobody's drop.
            sight, why = None, f"a folder that cannot be looked into: {(error.strerror or str(error)).lower()}"
        if sight is None:
            listing.ignore(f"{name}/", why if number < MOST_FOLDERS else f"one of more than {MOST_FOLDERS} folders")
        else:
            sorted_out.folders[name] = sight
            sorted_out.entries[name] = Entry(name, DropKind.FOLDER, (name,))
    return sorted_out


def see_files(inbox: Path, paths: Iterable[str], *, inodes_count: bool) -> Sight | None:
    """Look at the files of an entry; None when one is not there, or is not a regular file. Raises OSError."""
    names = tuple(paths)
    try:
        statuses = [(inbox / name).lstat() for name in names]
    except FileNotFoundError:
        return None
    if not all(stat.S_ISREG(status.st_mode) for status in statuses):
        return None
    return Sight(
        stats=tuple(Stat(status.st_size, status.st_mtime_ns, status.st_ino) for status in statuses),
        fingerprints=tuple(
            (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            + ((status.st_ino, status.st_dev) if inodes_count else ())
            for status in statuses
        ),
        files=names,
    )


def see_folder(inbox: Path, name: str, *, inodes_count: bool) -> Sight | None:
    """Look at a subfolder's regular files; None when it is no drop: no CSV in it, or no `.done`. Raises OSError."""
    try:
        with os.scandir(inbox / name) as entries:
            inner = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if DONE_FILE not in inner or not any(kind_of(file) is DropKind.FILE for file in inner):
        return None
    return see_files(inbox, [f"{name}/{file}" for file in inner], inodes_count=inodes_count)
