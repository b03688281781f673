"""A file that Canvas would refuse whole is held whatever findings the feed allows: nothing of it would arrive."""

from __future__ import annotations

from canvas_sis_csv.text import sentence
from sisdrop.guards.case import Case, Tripped


def refused_whole(case: Case) -> Tripped | None:
    """Canvas would not even begin with it; `check: false` sends it all the same."""
    if not case.checked or not case.refused:
        return None
    first = next((finding for finding in case.findings if finding.code.startswith("file.")), None)
    if first is None:
        return Tripped("file.refused", "Canvas would refuse the file whole.")
    hint = f" {first.hint}" if first.hint else ""
    return Tripped(first.code, f"Canvas would refuse {first.file} whole: {sentence(str(first.message))}{hint}")
