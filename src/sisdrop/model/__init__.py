"""The words of sisdrop as values: drops and their parts, states, events, holds, time.

Room: the bottom of the house; imports nothing of the importer and touches nothing. All values are frozen; a step makes
a new one with `dataclasses.replace`. Times are ISO 8601 UTC text ending in `Z`, as they stand in result files.
"""

from sisdrop.model.clock import MARKER, Clock, iso, new_drop_id, new_marker, now_utc, stamp
from sisdrop.model.data_set import Clash, DataSet, Link
from sisdrop.model.drop import (
    Contents,
    Decision,
    Drop,
    Ending,
    Failure,
    Held,
    Ignored,
    Late,
    Message,
    Origin,
    Rest,
    Stat,
    Submission,
    Tripped,
    Waiting,
    Word,
    WordKind,
)
from sisdrop.model.events import Attempt, AttemptKind, Event, EventKind, Hold, HoldKind, Note, Severity
from sisdrop.model.expectation import Expectation, Missing, last_dropped_at
from sisdrop.model.hours import Hours
from sisdrop.model.pause import EVERYTHING, NotNow, Pause, not_now
from sisdrop.model.plan import Plan
from sisdrop.model.series import covers, series_of, set_series, type_series
from sisdrop.model.states import ABORTABLE, AT_REST, IN_CANVAS, DropKind, DropState, InboxState, Outcome, Place
from sisdrop.model.stranded import of_lane, why_stranded
from sisdrop.model.text import duration, plural
from sisdrop.model.transition import Report, Transition
from sisdrop.model.undo import Undo, UndoState

__all__ = [
    "ABORTABLE",
    "AT_REST",
    "EVERYTHING",
    "IN_CANVAS",
    "MARKER",
    "Attempt",
    "AttemptKind",
    "Clash",
    "Clock",
    "Contents",
    "DataSet",
    "Decision",
    "Drop",
    "DropKind",
    "DropState",
    "Ending",
    "Event",
    "EventKind",
    "Expectation",
    "Failure",
    "Held",
    "Hold",
    "HoldKind",
    "Hours",
    "Ignored",
    "InboxState",
    "Late",
    "Link",
    "Message",
    "Missing",
    "NotNow",
    "Note",
    "Origin",
    "Outcome",
    "Pause",
    "Place",
    "Plan",
    "Report",
    "Rest",
    "Severity",
    "Stat",
    "Submission",
    "Transition",
    "Tripped",
    "Undo",
    "UndoState",
    "Waiting",
    "Word",
    "WordKind",
    "covers",
    "duration",
    "iso",
    "last_dropped_at",
    "new_drop_id",
    "new_marker",
    "not_now",
    "now_utc",
    "of_lane",
    "plural",
    "series_of",
    "set_series",
    "stamp",
    "type_series",
    "why_stranded",
]
