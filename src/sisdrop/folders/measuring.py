"""Size and check sum of what was dropped, for drops that never became a snapshot: a result always tells both."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sisdrop import durable
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import DropKind
from sisdrop.snapshot.naming import is_csv, is_leftover, is_temporary


def measure(kind: DropKind, folder: Path, paths: Sequence[str]) -> tuple[int, str]:
    """Bytes and SHA-256 of the drop in `folder`, whose names there are `paths`: the ones a snapshot of it would have.

    Of one file its own; of several the SHA-256 over a line `<sha256 of the file>  <name>` for each, in order of their
    names, as `sha256sum` prints it (`snapshot.Snapshot` promises the same). Marker files, leftovers of operating
    systems and what is no regular file do not count. Raises SpoolError when something cannot be read.
    """
    with raising_spool_error("read", folder):
        if kind is DropKind.FOLDER:
            folder = folder / paths[0]
            names = list(_files_below(folder, ""))
        elif kind is DropKind.GROUP:
            # What a start found in the spool, and nobody knows any more, may hold no CSV at all.
            names = [path for path in paths if is_csv(path)] or list(paths)
        else:
            names = [paths[0]]  # its marker file is behind it
        sizes = [(folder / name).lstat().st_size for name in names]
        digests = {name: durable.sha256_of(folder / name) for name in sorted(names)}
    if len(names) == 1 and "/" not in names[0]:
        return sizes[0], digests[names[0]]
    lines = [b"%s  %s\n" % (digest.encode(), os.fsencode(name)) for name, digest in digests.items()]
    return sum(sizes), hashlib.sha256(b"".join(lines)).hexdigest()


def _files_below(folder: Path, above: str) -> Iterator[str]:
    """The regular files in `folder` and its subfolders as paths with `/`, each behind `above`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{above}{entry.name}"
            if is_leftover(name) or is_temporary(name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(folder / entry.name, f"{name}/")
            elif entry.is_file(follow_symlinks=False):
                yield name
