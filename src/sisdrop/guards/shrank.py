"""Fewer rows than the last one: a truncated export, a test export, one school of five missing, another file's name."""

from __future__ import annotations

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import exceeds, listed, percent, setting


def shrank(case: Case) -> Tripped | None:
    """Fewer rows than the last accepted one had, by more than `hold.shrink_over_pct`. Not in a delta feed."""
    limit = case.hold.shrink_over_pct
    if limit is None or not case.is_full:
        return None
    for each in case.full_comparisons():
        before = each.before or 0
        if exceeds(before - each.rows, before, limit) and not case.is_few(each.rows, before):
            fewer = percent(before - each.rows, before, limit)
            return Tripped(
                "guard.shrank",
                f"{listed(each.names)} has {each.rows:,} rows, {fewer} fewer than the {before:,} of"
                f" {case.last(each.type)}; {setting('shrink_over_pct', limit)}.",
            )
    return _vanished(case, limit)


def _vanished(case: Case, limit: float) -> Tripped | None:
    """Nothing of a type that was there: a file that is empty, or of another type than its name's."""
    if case.refused:
        return None  # of a file that Canvas refuses whole the type is not known
    compared = {each.type for each in case.comparisons}
    for type_, last in case.against.items():
        if type_ not in compared and exceeds(last.rows, last.rows, limit) and not case.is_few(0, last.rows):
            names = listed([facts.name for facts in case.files])
            return Tripped(
                "guard.shrank",
                f"{names} has no rows of the type {type_}, of which {case.last(type_)} had {last.rows:,};"
                f" {setting('shrink_over_pct', limit)}.",
            )
    return None
