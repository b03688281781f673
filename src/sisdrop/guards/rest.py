"""Rows without a header under a name that was taken a moment ago: the rest of a file whose writer paused."""

from __future__ import annotations

from sisdrop.guards.case import Case, Tripped


def rest(case: Case) -> Tripped | None:
    """Canvas would refuse it, and no word about its header would help: it belongs to a file that is gone already."""
    if case.rest_of is None:
        return None
    name, seconds = case.rest_of.name, round(case.rest_of.seconds)
    ago = f"{seconds} s ago" if seconds < 120 else f"{round(seconds / 60)} minutes ago"
    return Tripped(
        "file.rest",
        f"This looks like the rest of {name}, taken {ago}: it holds rows and no header. Its writer paused for longer"
        f" than a file is waited for. Drop {name} whole again; have it written under another name and renamed when it"
        " is done, or set settle_s or done_suffix.",
    )
