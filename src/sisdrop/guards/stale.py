"""An old file again: it would bring back what has changed since."""

from __future__ import annotations

from typing import assert_never

from sisdrop.guards.case import Age, Case, Tripped


def stale(case: Case) -> Tripped | None:
    """Older than the last accepted one, or byte for byte one from before it."""
    old = case.staleness
    if old is None or not case.hold.stale:
        return None
    match old.age:
        case Age.NAME:
            why = f"is older than the last accepted one, {old.other}, by the dates in their names"
            why += f": {old.at} is before {old.other_at}"
        case Age.MODIFIED:
            why = f"is older than the last accepted one, {old.other}"
            why += f": it was modified at {old.at}, that one at {old.other_at}"
        case Age.TWIN:
            # A few rows are easily the same as some time ago: nothing but a header, or one pupil back in the course.
            if case.is_few(sum(facts.rows for facts in case.files), _rows_before(case)):
                return None
            why = f"is byte for byte {old.other}, which was accepted on {old.other_at}, and another one has been since"
        case _:
            assert_never(old.age)
    return Tripped("guard.stale", f"{old.name} {why}; hold.stale is true.")


def _rows_before(case: Case) -> int | None:
    return sum(last.rows for last in case.against.values()) if case.against else None
