"""Courses and sections that would lose everybody at once: a part of the export is missing, however small a share."""

from __future__ import annotations

from canvas_sis_csv.comparison import Comparison
from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import listed, setting
from sisdrop.model import plural


def emptied(case: Case) -> Tripped | None:
    """More than `hold.emptied_over` courses and sections lose all their active enrollments. Not in a delta feed."""
    limit = case.hold.emptied_over
    if limit is None:
        return None
    for each in case.full_comparisons():
        if sum(kind.count for kind in each.emptied.values()) > limit:
            return Tripped(
                "guard.emptied",
                f"With {listed(each.names)}, {_what(each)} would lose all their active enrollments, compared with"
                f" {case.last(each.type)}; {setting('emptied_over', limit)}.",
            )
    return None


def _what(comparison: Comparison) -> str:
    """`7 courses (C-1, C-2, C-3 and 4 more) and 9 sections (…)`."""
    return " and ".join(
        f"{plural(each.count, kind)} ({listed(each.examples, each.count)})"
        if each.examples
        else plural(each.count, kind)
        for kind, each in comparison.emptied.items()
        if each.count
    )
