"""Fewer rows than the last one: a truncated export, a test export, one school of five missing."""

from __future__ import annotations

from collections.abc import Iterator

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import exceeds, listed, percent, setting


def shrank(case: Case) -> Tripped | None:
    """Fewer rows than the last accepted one had, by more than `hold.shrink_over_pct`. Not in a delta feed."""
    limit = case.hold.shrink_over_pct
    if limit is None:
        return None
    for type_, names, rows, before in _sizes(case):
        if exceeds(before - rows, before, limit) and not case.is_few(rows, before):
            fewer = percent(before - rows, before, limit)
            return Tripped(
                "guard.shrank",
                f"{names} has {rows:,} rows, {fewer} fewer than the {before:,} of {case.last(type_)}"
                f"; {setting('shrink_over_pct', limit)}.",
            )
    return None


def _sizes(case: Case) -> Iterator[tuple[str, str, int, int]]:
    """Type, names, rows now and before."""
    for each in case.full_comparisons():
        yield each.type, listed(each.names), each.rows, each.before or 0
    # Nothing tells the type of a file without a header: it stands for what is missing from the drop.
    if case.empty and case.is_full:
        compared = {each.type for each in case.comparisons}
        for type_, last in case.against.items():
            if type_ not in compared:
                yield type_, listed(case.empty), 0, last.rows
