"""More findings of the preflight than the feed allows: Canvas would not import what the sender meant."""

from __future__ import annotations

from collections import Counter

from canvas_sis_csv.model import Level
from sisdrop.guards.case import Case, Tripped
from sisdrop.model import plural

_RANK = {Level.NOTE: 0, Level.WARNING: 1, Level.ERROR: 2}


def too_many_findings(case: Case) -> Tripped | None:
    """Findings of `hold.findings` or worse, more of them than `hold.findings_over`."""
    if not case.checked or case.hold_level == "never":
        return None
    level_of = {finding.code: finding.level for finding in case.findings}
    bad: Counter[Level] = Counter()
    for code, count in case.counts.items():
        if code in level_of and _RANK[level_of[code]] >= _RANK[Level(case.hold_level)]:
            bad[level_of[code]] += count
    if bad.total() <= case.hold_over:
        return None
    parts = " and ".join(plural(bad[level], str(level)) for level in (Level.ERROR, Level.WARNING) if bad[level])
    limit = f" (hold.findings_over is {case.hold_over})" if case.hold_over else ""
    return Tripped("findings", f"The preflight found {parts}{limit}: Canvas would not import what the sender meant.")
