"""What a file of one type needs of others."""

from __future__ import annotations

from collections.abc import Collection

from canvas_sis_csv.types import CANVAS


def needed_by(types: Collection[str]) -> frozenset[str]:
    """The other types whose rows these name, and what those name in turn: of enrollments users, sections, courses …"""
    needed: set[str] = set()
    open_ = set(types)
    while open_:
        references = CANVAS[open_.pop()].references
        found = {type_ for reference in references for type_ in CANVAS.bringers[reference.kind.name]}
        open_ |= found - needed - set(types)
        needed |= found
    return frozenset(needed - set(types))
