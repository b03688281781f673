"""An undo: Canvas puts back what the import of a drop at rest changed, because a person asked for it.

It has a life of its own beside the drop's, which stays filed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class UndoState(StrEnum):
    """Where an undo stands. The order is the order of a good one."""

    ASKED = "asked"
    """A person asked for it; waits for its turn and the gate."""
    SENDING = "sending"
    """Intent journaled; Canvas may or may not have begun."""
    STARTED = "started"
    """Canvas has begun."""
    ENDED = "ended"
    """How it ended is certain; `….undo.json` still has to be written."""
    CLOSED = "closed"
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Undo:
    """One undo of one import. At most one of a drop is open at a time."""

    drop: str
    lane: str
    feed: str
    import_id: int
    state: UndoState
    asked_at: str
    asked_by: str
    """The user name of who gave the command."""
    undelete_only: bool = False
    unconclude_only: bool = False
    sent_at: str | None = None
    """When Canvas was last asked, by our clock."""
    seen_before: tuple[str, str] = ("", "")
    """The import's `workflow_state` and `updated_at` right before that: what differs from them says that it began."""
    unknown_since: str | None = None
    """When the answer was lost."""
    absent_looks: int = 0
    """Looks since then that saw nothing begin."""
    lost: int = 0
    """How often Canvas was asked and nothing came of it."""
    progress_id: int | None = None
    """Canvas's job; None when its answer was lost: then the import alone is followed."""
    completion: int = 0
    """0 to 100."""
    ended_at: str | None = None
    workflow_state: str | None = None
    """The import's at the end."""
    data: dict[str, Any] = field(default_factory=dict)
    """Canvas's `data` of the import at the end, with its counts and statistics."""
    problem: str | None = None
    """Why it did not end well, a sentence."""
    summary: str = ""
    """One sentence for people about how it ended."""
    earlier: tuple[Undo, ...] = ()
    """Undos of the same import before this one, oldest first."""

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.state is not UndoState.CLOSED

    def has_begun_for(self, import_id: int | None) -> bool:
        """Whether it is about that import, and Canvas has begun with it, as far as can be told."""
        has_begun = self.state in {UndoState.STARTED, UndoState.ENDED} or self.ended_at is not None
        return has_begun and self.import_id == import_id

    @property
    def is_whole(self) -> bool:
        """Whether it put back everything: then there is nothing left to undo."""
        return self.problem is None and not (self.undelete_only or self.unconclude_only)

    def after(self, former: Undo | None) -> Undo:
        """This undo, with what is told of `former` ones of the same import."""
        if former is None or former.import_id != self.import_id:
            return self
        return replace(self, earlier=(*former.earlier, replace(former, earlier=())))
