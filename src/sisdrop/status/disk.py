"""Whether the journal can be written: a service that cannot write it cannot say so in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sisdrop.durable import why_unwritable
from sisdrop.journal import Lease

SILENT_S = 120.0
"""Without a renewal of the lease, which is written every 30 s."""


def state_trouble(state: Path, lease: Lease | None, now: datetime) -> str | None:
    """Why nothing goes on, where the state folder's disk is the reason, a sentence; else None.

    A disk over its quota, or one that fails, is known by what the service has not written.
    """
    why = why_unwritable(state)
    if why is not None:
        return f"Nothing can be written in {state}: {why}. Until then nothing is taken, sent or filed."
    if lease is None or (now - datetime.fromisoformat(lease.renewed_at)).total_seconds() < SILENT_S:
        return None
    return (
        f"sisdrop has not written its journal in {state} since {lease.renewed_at}: is its disk full, over its quota or "
        "failing, or does the process stand still?"
    )
