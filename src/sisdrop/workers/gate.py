"""The gate: the question to Canvas before a submission. Nothing may be unfinished in the account, whoever started it.

Room: pure but for the one question; decides what blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sisdrop.model import Drop
from sisdrop.policy import duration
from sisdrop.protocol import SisImport, made_before

ORPHAN_AGE_S = 900.0
"""An import that is `initializing` for longer will never run: Canvas leaves such rows behind when it refuses an
option after it saved the row (Canvas's public source, SIS imports controller). They block nothing in Canvas."""


def blocking(imports: Sequence[SisImport], now: datetime) -> SisImport | None:
    """The import that must end first, the oldest of those that count; None when the gate is open."""
    counting = [one for one in imports if not is_orphan(one, now)]
    return min(counting, key=lambda one: one.id, default=None)


def sentence(drop: Drop, blocker: SisImport, waited_s: float) -> str:
    """What the drop waits for at the gate, and how long already, for people."""
    since = f", for {duration(waited_s)}" if waited_s >= 1 else ""
    return f"{drop.name} waits for SIS import {blocker.id}, which is {blocker.workflow_state}{since}"


def is_orphan(one: SisImport, now: datetime) -> bool:
    """Whether Canvas left this import behind and will never run it."""
    return one.workflow_state == "initializing" and made_before(one, now - timedelta(seconds=ORPHAN_AGE_S))
