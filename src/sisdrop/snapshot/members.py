"""The files of a finished snapshot, as the preflight reads them.

Room: reads the snapshot.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from canvas_sis_csv import Member


def open_members(snapshot_zip: Path, members: Mapping[str, str]) -> list[Member]:
    """The members of the snapshot under the names they were dropped with; `members` as in Snapshot.

    Files that are no CSV are among them: the preflight says that Canvas will skip them. Each may be opened several
    times, also at once; a stream is to be closed. Nothing stays open in between.
    """
    with zipfile.ZipFile(snapshot_zip) as packed:
        sizes = {info.filename: info.file_size for info in packed.infolist()}
    return [Member(name, sizes[member], _opener(snapshot_zip, member)) for name, member in members.items()]


def _opener(snapshot_zip: Path, member: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        with zipfile.ZipFile(snapshot_zip) as packed:
            # The stream keeps the file below open until it is closed itself.
            return cast(BinaryIO, packed.open(member))

    return opened
