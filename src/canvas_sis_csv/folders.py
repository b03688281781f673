"""What a dropped folder holds, for whoever checks or packs it: one verdict for both.

Room: lists folders, reads no file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from canvas_sis_csv.archives import ArchiveRefused
from canvas_sis_csv.drop import is_archive, is_leftover, is_temporary


def files_below(folder: Path, above: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """All in `folder` and its subfolders that is none itself, as paths with `/` behind `above`, with their `lstat`.

    In the order of names, each folder for itself. Leftovers of operating systems and files on their way do not count,
    links are not followed. Raises OSError, NotADirectoryError too.
    """
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    with os.scandir(folder) as entries:
        statuses = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    for last, status in sorted(statuses.items()):
        name = f"{above}{last}"
        if is_leftover(name) or is_temporary(name):
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from files_below(folder / last, f"{name}/")
        else:
            yield name, status


def importable(files: Iterable[tuple[str, os.stat_result]]) -> list[str]:
    """The names of a folder's files, as `files_below` gives them. Raises ArchiveRefused for what cannot be sent."""
    names: list[str] = []
    for name, status in files:
        if is_archive(name):
            raise ArchiveRefused(f"The folder holds an archive ({name}), which Canvas would skip. Drop it by itself.")
        if not stat.S_ISREG(status.st_mode):
            raise ArchiveRefused(f"{name} is not a regular file (a link, a folder or a device).")
        names.append(name)
    return names
