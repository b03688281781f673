"""The snapshot of a drop: one zip in state/, made in one pass over the dropped files; only it is checked, sent and sent
again, whatever happens to the share.

Room: reads the dropped files, writes the snapshot. `reading` takes a file and says whether it is whole, `packing`
writes the zip so that Canvas takes it, `naming` gives its members their names. Memory stays constant, whatever the
size; nothing is ever extracted to disk.
"""

from sisdrop.snapshot.making import Snapshot, make_snapshot, member_sizes, open_members
from sisdrop.snapshot.verdicts import Unreadable, Unsettled

__all__ = ["Snapshot", "Unreadable", "Unsettled", "make_snapshot", "member_sizes", "open_members"]
