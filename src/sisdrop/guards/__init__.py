"""Whether a drop may be sent: one file per guard, asked in the order of `GUARDS`.

Room: pure; touches nothing. A guard looks at a `Case` and returns `Tripped` with the sentence for people, or None. A
new guard is a file here and a line in `GUARDS`; what it needs to know goes into `Case`.
"""

from __future__ import annotations

from collections.abc import Callable

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.findings import too_many_findings
from sisdrop.guards.refused import refused_whole
from sisdrop.guards.would_empty import would_empty

Guard = Callable[[Case], Tripped | None]

GUARDS: tuple[Guard, ...] = (refused_whole, would_empty, too_many_findings)


def first_tripped(case: Case) -> Tripped | None:
    """The first guard that says no; None when the drop may be sent."""
    return next((tripped for guard in GUARDS if (tripped := guard(case)) is not None), None)


__all__ = ["GUARDS", "Case", "Guard", "Tripped", "first_tripped"]
