"""Why there is no snapshot, as values; and how a step deep below says so.

Room: words only.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    return NoSnapshot(Unreadable(_shown(sentence)))


def unsettled(why: str, *, nul: bool = False) -> NoSnapshot:
    """To be raised: the drop is not whole yet."""
    return NoSnapshot(Unsettled(_shown(why), nul))


def _shown(text: str) -> str:
    """`text` on one line that any log can take: file names may hold line breaks and bytes of other encodings."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
