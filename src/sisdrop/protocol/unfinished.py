"""What may not overlap with a submission of ours: the imports of an account that have not ended.

Room: pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sisdrop.protocol.imports import SisImport
from sisdrop.protocol.lookup import made_before

ORPHAN_AGE_S = 900.0
"""An import that is `initializing` for longer will never run: Canvas leaves such rows behind when it refuses an
option after it saved the row (Canvas's public source, SIS imports controller). They block nothing in Canvas."""


def blocking(imports: Sequence[SisImport], now: datetime) -> SisImport | None:
    """The import that must end first, the oldest of those that count; None when the gate is open."""
    counting = [sis_import for sis_import in imports if not is_orphan(sis_import, now)]
    return min(counting, key=lambda sis_import: sis_import.id, default=None)


def is_orphan(sis_import: SisImport, now: datetime) -> bool:
    """Whether Canvas left this import behind and will never run it."""
    return sis_import.workflow_state == "initializing" and made_before(
        sis_import, now - timedelta(seconds=ORPHAN_AGE_S)
    )
