"""What one step changes, journaled at once or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from canvas_sis_csv.model import Finding
from sisdrop.model.data_set import DataSet
from sisdrop.model.drop import Drop, Message
from sisdrop.model.events import Hold, Note
from sisdrop.model.plan import Plan
from sisdrop.model.undo import Undo


@dataclass(frozen=True, slots=True)
class Report:
    """All that Canvas and the preflight said of a drop, and its plan, kept until they are in the drop's result file."""

    messages: Sequence[Message] = ()
    findings: Sequence[Finding] = ()
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A drop as it stands after a step, and what goes with that."""

    drop: Drop
    note: Note | None = None
    """The line for its biography."""
    hold: Hold | None = None
    """Puts its lane on hold."""
    releases: tuple[Hold, ...] = ()
    """Takes these holds of its lane away, those that are still there."""
    report: Report | None = None
    warning: Note | None = None
    """A second line for its biography, after `note`: what somebody should know of all the same."""
    data_set: DataSet | None = None
    """How the data set of its diffing identifier stands now."""
    undo: Undo | None = None
    """Where the undo of the drop's import stands now."""
