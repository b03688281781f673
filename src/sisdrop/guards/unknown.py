"""Rows that name what nobody brought: ids of another system, shifted columns, enrollments without their users."""

from __future__ import annotations

from collections import Counter, defaultdict

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import exceeds, listed, percent, setting
from sisdrop.model import plural


def unknown(case: Case) -> Tripped | None:
    """More than `hold.unknown_over_pct` of the rows name something unknown; asked of a first drop, too.

    The sentence counts by kind and names no id: some are people's.
    """
    limit = case.hold.unknown_over_pct
    if limit is None:
        return None
    before = {each.type: each.before for each in case.comparisons}
    names_of: defaultdict[str, list[str]] = defaultdict(list)
    for facts in case.files:
        if facts.type and facts.name in case.unknown:
            names_of[facts.type].append(facts.name)
    for type_, names in names_of.items():
        told = [case.unknown[name] for name in names]
        rows, of = sum(each.rows for each in told), sum(each.of for each in told)
        if exceeds(rows, of, limit) and not case.is_few(of, before.get(type_)):
            kinds: Counter[str] = Counter()
            for each in told:
                kinds.update(each.by_kind)
            # By count, and of equal ones by name: the same sentence on every day.
            most = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
            counts = ", ".join(f"{plural(count, 'row')} with such a {kind}" for kind, count in most if count)
            return Tripped(
                "guard.unknown",
                f"{rows:,} of the {of:,} rows of {listed(names)} name something that no accepted file and no"
                f" waiting drop brought ({counts}; {percent(rows, of, limit)}); {setting('unknown_over_pct', limit)}.",
            )
    return None
