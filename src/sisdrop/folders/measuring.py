"""Size and check sum of what was dropped, for drops that never became a snapshot: a result always tells both."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from canvas_sis_csv.drop import is_csv
from canvas_sis_csv.folders import files_below
from sisdrop import durable
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import DropKind
from sisdrop.snapshot.reading import sha256_of_all


def measure(kind: DropKind, folder: Path, paths: Sequence[str]) -> tuple[int, str]:
    """Bytes and SHA-256 of the drop in `folder`, whose names there are `paths`: the ones a snapshot of it would have.

    Marker files, leftovers of operating systems and what is no regular file do not count, nor what is missing of a
    group. Raises SpoolError when something cannot be read.
    """
    with raising_spool_error("read", folder):
        if kind is DropKind.FOLDER:
            folder = folder / paths[0]
            names = [name for name, status in files_below(folder) if stat.S_ISREG(status.st_mode)]
        elif kind is DropKind.GROUP:
            # What a start found in the spool, and nobody knows any more, may hold no CSV at all.
            names = [path for path in paths if is_csv(path)] or list(paths)
            names = [name for name in names if os.path.lexists(folder / name)]
        else:
            names = [paths[0]]  # its marker file is behind it
        found = {name: (folder / name).lstat() for name in names}
        regular = {name: status.st_size for name, status in found.items() if stat.S_ISREG(status.st_mode)}
        return sum(regular.values()), sha256_of_all({name: durable.sha256_of(folder / name) for name in regular})
