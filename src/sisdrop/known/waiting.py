"""The ids that waiting drops bring: not in Canvas yet, and no stranger to it for long.

Room: reads members it is given, snapshots on the local disk.
"""

from __future__ import annotations

import zipfile
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from canvas_sis_csv import Member
from canvas_sis_csv.archives import DamagedMember
from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.options import NO_OPTIONS
from sisdrop.known.effects import ID_OF, RENAMES, Effect, effects, renames
from sisdrop.known.reading import opened

UNREADABLE = (OSError, DamagedMember, zipfile.BadZipFile, zlib.error, KeyError)
"""What reading a snapshot may raise that is gone (its drop was sent and filed meanwhile) or damaged."""


def hashes_of(waiting: Iterable[Member]) -> Mapping[str, array[int]]:
    """The hashes of the ids that these files bring, by kind, eight bytes for each row. Raises `UNREADABLE`."""
    hashes: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    for member in waiting:
        with opened(member, numbered=False) as table:
            if table is None:
                continue
            for chunk in table.chunks:
                for kind, id_ in _brought(table.type, chunk):
                    hashes[kind].append(hash(id_))
    return hashes


def _brought(type_: str, chunk: Chunk) -> Iterator[tuple[str, str]]:
    """Kind and id of all that these rows bring, or rename to."""
    if type_ == RENAMES:
        yield from ((rename.kind, rename.new) for rename in renames(chunk, ()))
    elif type_ in ID_OF:
        kind = ID_OF[type_][1]
        by_id = effects(type_, chunk, NO_OPTIONS, ())
        yield from ((kind, id_) for id_, effect in by_id.items() if effect is not Effect.GONE)
