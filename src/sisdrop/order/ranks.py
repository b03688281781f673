"""Where types stand in Canvas's import order."""

from __future__ import annotations

from collections.abc import Collection

from canvas_sis_csv.types import ORDER

UNKNOWN = len(ORDER)
"""The rank of what was not recognised: after everything else."""


def first_rank(types: Collection[str]) -> int:
    """Where the earliest of the types stands; unrecognised ones come last."""
    return min((ORDER.get(type_, UNKNOWN) for type_ in types), default=UNKNOWN)


def last_rank(types: Collection[str]) -> int:
    """Where the latest of the types stands; unrecognised ones come last."""
    return max((ORDER.get(type_, UNKNOWN) for type_ in types), default=UNKNOWN)
