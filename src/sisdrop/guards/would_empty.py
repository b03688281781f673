"""A file without rows, where what is absent is deleted, would delete everything of its type."""

from __future__ import annotations

from sisdrop.guards.case import Case, Tripped


def would_empty(case: Case) -> Tripped | None:
    """A header alone, with an option on that deletes what is absent. No key switches this off."""
    emptied = [facts for facts in case.files if facts.type and not facts.rows]
    if not emptied or not case.options.deletes_what_is_absent:
        return None
    names = ", ".join(f"{facts.name} ({facts.type})" for facts in emptied)
    how = "batch mode is on" if case.options.is_batch_mode else "it is compared with the last one of its data set"
    return Tripped(
        "guard.would_empty",
        f"{names} has a header and no rows, and {how}: Canvas would delete everything of that type.",
    )
