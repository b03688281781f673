"""Whether a drop may be sent: one file per guard, asked in the order of `GUARDS`.

Room: pure; touches nothing. A guard looks at a `Case` and returns `Tripped` with the sentence for people, or None. A
new guard is a file here and a line in `GUARDS`; what it needs to know goes into `Case`. The order is that of what tells
most: the first sentence is what people see, so a cause stands before what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable

from sisdrop.guards.absent import absent
from sisdrop.guards.age import Accepted, Dated, staleness
from sisdrop.guards.case import Age, Case, LastAccepted, RestOf, Staleness, Thresholds, Tripped
from sisdrop.guards.deletes import deletes
from sisdrop.guards.emptied import emptied
from sisdrop.guards.findings import too_many_findings
from sisdrop.guards.header import header
from sisdrop.guards.refused import refused_whole
from sisdrop.guards.rest import rest
from sisdrop.guards.shrank import shrank
from sisdrop.guards.stale import stale
from sisdrop.guards.unknown import unknown
from sisdrop.guards.would_empty import would_empty

Guard = Callable[[Case], Tripped | None]

GUARDS: tuple[Guard, ...] = (
    rest,
    refused_whole,
    would_empty,
    stale,
    header,
    shrank,
    deletes,
    absent,
    emptied,
    unknown,
    too_many_findings,
)


def all_tripped(case: Case) -> tuple[Tripped, ...]:
    """Every guard that says no, in their order; none when the drop may be sent."""
    return tuple(tripped for guard in GUARDS if (tripped := guard(case)) is not None)


__all__ = [
    "GUARDS",
    "Accepted",
    "Age",
    "Case",
    "Dated",
    "Guard",
    "LastAccepted",
    "RestOf",
    "Staleness",
    "Thresholds",
    "Tripped",
    "all_tripped",
    "staleness",
]
