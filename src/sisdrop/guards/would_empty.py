"""A file without rows, where what is absent is deleted, would delete everything of its type."""

from __future__ import annotations

from collections import Counter

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import listed


def would_empty(case: Case) -> Tripped | None:
    """A header alone, or nothing at all, with an option on that deletes what is absent. No key switches this off."""
    if not case.options.deletes_what_is_absent:
        return None
    rows: Counter[str] = Counter()
    for facts in case.files:
        rows[facts.type or ""] += facts.rows
    # Diffing compares file by file, so that one without rows empties what was in it; batch mode sees a type whole.
    emptied = [
        f"{facts.name} ({facts.type})"
        for facts in case.files
        if facts.type and not (rows[facts.type] if case.options.is_batch_mode else facts.rows)
    ]
    how = "batch mode is on" if case.options.is_batch_mode else "it is compared with the last one of its data set"
    if emptied:
        return Tripped(
            "guard.would_empty",
            f"{listed(emptied)} has a header and no rows, and {how}: Canvas would delete everything of that type.",
        )
    if case.empty:
        return Tripped(
            "guard.would_empty", f"{listed(case.empty)} is empty, and {how}: everything that was in it would be absent."
        )
    return None
