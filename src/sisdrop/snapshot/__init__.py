"""The snapshot of a drop: one zip in state/, made in one pass over the dropped files; only it is checked, sent and sent
again, whatever happens to the share.

Room: reads the dropped files, writes the snapshot. `reading` takes a file and says whether it is whole, `packing`
writes the zip so that Canvas takes it, `naming` gives its members their names, `unpacking` makes lost files again out
of it. Memory stays constant, whatever the size; to be read, nothing is ever extracted to disk.
"""

from sisdrop.snapshot.making import Snapshot, make_snapshot, member_sizes, open_members
from sisdrop.snapshot.unpacking import Unpacked, unpack_snapshot
from sisdrop.snapshot.verdicts import Unreadable, Unsettled

__all__ = [
    "Snapshot",
    "Unpacked",
    "Unreadable",
    "Unsettled",
    "make_snapshot",
    "member_sizes",
    "open_members",
    "unpack_snapshot",
]
