"""Remove old drops from archive and failed: a drop's file and its result together, and nothing that is not ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sisdrop import durable
from sisdrop.folders.layout import BESIDE, RESULT, stamped_at
from sisdrop.folders.os_errors import raising_spool_error

MOST_AT_ONCE = 500
"""Drops removed in one call, so that a call stays short; the next one goes on."""


def prune(place: Path, keep_days: int, now: datetime) -> int:
    """Remove from `place` what was taken more than `keep_days` days before `now`; the number of drops.

    By the time in the name, not by the file's own. Only pairs of drop and result count; the result goes first, so
    that a crash leaves a file without its result, never a result without its file. Raises SpoolError.
    """
    with raising_spool_error("prune", place):
        names = set(os.listdir(place))  # noqa: PTH208  # by the thousand
        old = list(islice(_old_pairs(names, now - timedelta(days=keep_days)), MOST_AT_ONCE))
        for name in old:
            for ending in BESIDE:
                (place / f"{name}{ending}").unlink(missing_ok=True)
            # Marker files are filed with their file (`users.csv.done`); a folder drop has none.
            is_file = name.lower().endswith((".csv", ".zip"))
            for marker in [other for other in names if other.startswith(f"{name}.")] if is_file else []:
                (place / marker).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                durable.remove_durably(place / name)
        return len(old)


def _old_pairs(names: set[str], before: datetime) -> Iterator[str]:
    """The drops in `names` that have their result beside them and were taken before that time, the oldest first."""
    for result in sorted(name for name in names if name.endswith(RESULT)):
        name = result.removesuffix(RESULT)
        taken = stamped_at(name)
        if name in names and taken is not None and taken < before:
            yield name
