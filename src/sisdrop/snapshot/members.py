"""The files of a finished snapshot, as the preflight reads them.

Room: reads the snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from canvas_sis_csv import Member
from canvas_sis_csv.archives import zip_members


def open_members(snapshot_zip: Path, members: Mapping[str, str]) -> list[Member]:
    """The members of the snapshot under the names they were dropped with; `members` as in Snapshot.

    Files that are no CSV are among them: the preflight says that Canvas will skip them. Each may be opened several
    times, also at once; a stream is to be closed. Nothing stays open in between. Reading one raises DamagedMember.
    """
    return zip_members(snapshot_zip, members)
