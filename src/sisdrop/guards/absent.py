"""Much of what was active in the last one is gone: other ids, another term, another school, another layout of ids."""

from __future__ import annotations

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import exceeds, listed, percent, setting


def absent(case: Case) -> Tripped | None:
    """More than `hold.absent_over_pct` of what was active in the last accepted one is not any more.

    The number of rows may be the same. Not in a delta feed.
    """
    limit = case.hold.absent_over_pct
    if limit is None:
        return None
    for each in case.full_comparisons():
        if exceeds(each.lost, each.active_before, limit) and not case.is_few(each.rows, each.before):
            return Tripped(
                "guard.absent",
                f"Of {each.active_before:,} entries that were active in {case.last(each.type)}, {each.lost:,} are gone,"
                f" deleted, inactive or suspended in {listed(each.names)}"
                f" ({percent(each.lost, each.active_before, limit)}); {setting('absent_over_pct', limit)}.",
            )
    return None
