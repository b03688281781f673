"""The journal: where every drop stands, what holds a lane, who runs, what happened.

Room: the one place where state lives. `api` is the protocol that the house works with, `sqlite` its one implementation,
which touches only `state/journal.sqlite3` and `state/lock`. Only JournalError leaves the room.
"""

from sisdrop.journal.api import HoldChanged, HoldReleased, InboxView, Journal, LaneView, Lease
from sisdrop.journal.copying import journal_to_look_at
from sisdrop.journal.opening import FILE_NAME, trouble_in
from sisdrop.journal.sqlite import SqliteJournal

__all__ = [
    "FILE_NAME",
    "HoldChanged",
    "HoldReleased",
    "InboxView",
    "Journal",
    "LaneView",
    "Lease",
    "SqliteJournal",
    "journal_to_look_at",
    "trouble_in",
]
