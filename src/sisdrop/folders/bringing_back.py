"""Bring a drop's lost files back into the spool, out of its snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sisdrop import durable
from sisdrop.folders.claim import remove_if_empty
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import Drop
from sisdrop.snapshot import Unpacked, unpack_snapshot


def bring_back(drop: Drop, snapshot: Path, folder: Path, journaled: Callable[[Unpacked], None]) -> Unpacked | None:
    """See `Spool.bring_back`. `folder` is the drop's own in the spool; its parent exists."""
    if drop.contents is None:
        return None
    making = folder.with_name(f"{durable.TEMPORARY_PREFIX}{drop.id}{durable.TEMPORARY_SUFFIX}")
    with raising_spool_error("bring back", folder):
        durable.remove_durably(making)  # what a crash left of the last try
        making.mkdir(mode=0o700)
        try:
            unpacked = unpack_snapshot(drop.kind, drop.name, drop.contents, snapshot, making)
            if unpacked is not None:
                _give_times(drop, making)
                journaled(unpacked)
                remove_if_empty(folder)
                durable.move_no_replace(making, folder)
            return unpacked
        finally:
            durable.remove_durably(making)


def _give_times(drop: Drop, folder: Path) -> None:
    """The times the files had in the inbox: by them a file is known as this drop's when a move was cut off."""
    for path, settled in zip(drop.origin.paths, drop.origin.stats, strict=False):
        if (folder / path).is_file():
            os.utime(folder / path, ns=(settled.mtime_ns, settled.mtime_ns))
