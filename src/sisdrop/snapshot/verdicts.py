"""Why there is no snapshot, as values; and how a step deep below says so.

Room: words only.
"""

from __future__ import annotations

from dataclasses import dataclass

from canvas_sis_csv.text import printable


@dataclass(frozen=True, slots=True)
class Unsettled:
    """It is not whole yet: `why` completes "left in the inbox: …". `nul`: a run of NUL bytes stands where content is
    still to come (or, after the caller's patience, where none will)."""

    why: str
    nul: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing that could be imported: `sentence` says why and what to do."""

    sentence: str


class NoSnapshot(Exception):
    """Ends the making of a snapshot with a verdict; never leaves this room."""

    def __init__(self, verdict: Unsettled | Unreadable) -> None:
        self.verdict = verdict
        super().__init__(verdict)


def unreadable(sentence: str) -> NoSnapshot:
    """To be raised: the drop is unreadable."""
    return NoSnapshot(Unreadable(printable(sentence)))


def unsettled(why: str, *, nul: bool = False) -> NoSnapshot:
    """To be raised: the drop is not whole yet."""
    return NoSnapshot(Unsettled(printable(why), nul))
