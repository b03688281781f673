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

_DROPS = (".csv", ".zip")
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
                # Nothing of that name that has a result of its own: an older sisdrop may have filed a drop under it.
                if f"{name}{ending}{RESULT}" not in names:
                    (place / f"{name}{ending}").unlink(missing_ok=True)
            for marker in _markers_of(name, names):
                (place / marker).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                durable.remove_durably(place / name)
        return len(old)


def _markers_of(name: str, names: set[str]) -> list[str]:
    """The marker files that are filed with a file (`users.csv.done`); a folder drop has none.

    A drop called `users.csv.old.csv` is none of them, nor is what lies beside that one.
    """
    if not name.lower().endswith(_DROPS):
        return []
    behind = [other for other in names if other.startswith(f"{name}.")]
    others = tuple(f"{other}." for other in behind if other.lower().endswith(_DROPS))
    return [other for other in behind if not f"{other}.".startswith(others)]


def _old_pairs(names: set[str], before: datetime) -> Iterator[str]:
    """The drops in `names` that have their result beside them and were taken before that time, the oldest first."""
    for result in sorted(name for name in names if name.endswith(RESULT)):
        name = result.removesuffix(RESULT)
        taken = stamped_at(name)
        if name in names and taken is not None and taken < before:
            yield name
