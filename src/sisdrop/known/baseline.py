"""What the last accepted drop of a series held: its files again, to compare the next one with them.

Room: reads and removes snapshots; where one is gone, reads what lies in archive. A snapshot stays in state/ as long as
its drop is the last accepted one of a series, so that a comparison needs no share.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from canvas_sis_csv import Member
from sisdrop.folders import Layout
from sisdrop.folders.measuring import measure
from sisdrop.journal import Journal
from sisdrop.known.filed import Illegible, members_at_rest
from sisdrop.model import Drop, DropKind
from sisdrop.snapshot import open_members


def baseline_members(drop: Drop, snapshot: Path, layout: Layout) -> list[Member] | None:
    """The files of an accepted drop under the names they were dropped with.

    From its snapshot, else from archive/ where they are, byte for byte, what was accepted. None when neither is there
    any more. Raises OSError or SpoolError when a folder cannot be read now.
    """
    contents = drop.contents
    if contents is None:
        return None
    if snapshot.exists():
        return open_members(snapshot, contents.members)
    path = layout.rest_path(drop)
    if path is None or not path.exists():
        return None
    try:
        members = members_at_rest(path, list(contents.members))
    except Illegible:
        return None
    kind = DropKind.FOLDER if path.is_dir() else DropKind.FILE
    _, sha256 = measure(kind, path.parent, [path.name])
    return members if sha256 == contents.sha256 else None


def forget_snapshots(journal: Journal, folder: Path, keep_days: Mapping[str, int | None], now: datetime) -> None:
    """Remove what lies in state/snapshots/ of drops at rest that nothing is compared with: it is personal data.

    `keep_days` of each feed: what is older is gone from the archive, too. Unfinished files are left alone.
    """
    # Listed first: a drop is journaled before its snapshot is made, so whatever is here is known below.
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    still_open = {drop.id for drop in journal.open_drops()}
    for path in paths:
        drop_id = path.name.partition(".")[0]
        if drop_id in still_open:
            continue
        if path.suffix != ".zip" or not _is_kept(journal, drop_id, keep_days, now):
            path.unlink(missing_ok=True)


def _is_kept(journal: Journal, drop_id: str, keep_days: Mapping[str, int | None], now: datetime) -> bool:
    if not journal.is_last_accepted(drop_id):
        return False
    drop = journal.get(drop_id)
    days = keep_days.get(drop.feed) if drop else None
    if drop is None or days is None:
        return True
    return now - datetime.fromisoformat(drop.origin.claimed_at) <= timedelta(days=days)
