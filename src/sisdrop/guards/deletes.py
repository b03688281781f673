"""Many rows that delete: a status column gone wrong, or a purge that nobody announced."""

from __future__ import annotations

from canvas_sis_csv.types import CANVAS
from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import exceeds, listed, percent, setting


def deletes(case: Case) -> Tripped | None:
    """More than `hold.deletes_over_pct` of the rows delete; asked of a first drop, too.

    Rows that Canvas leaves out with `skip_deletes` delete nothing.
    """
    limit = case.hold.deletes_over_pct
    if limit is None:
        return None
    for each in case.comparisons:
        if case.options.skip_deletes and CANVAS[each.type].drops_deletes:
            continue
        if exceeds(each.deleting_rows, each.rows, limit) and not case.is_few(each.rows, each.before):
            return Tripped(
                "guard.deletes",
                f"{each.deleting_rows:,} of the {each.rows:,} rows of {listed(each.names)} delete"
                f" ({percent(each.deleting_rows, each.rows, limit)}); {setting('deletes_over_pct', limit)}.",
            )
    return None
