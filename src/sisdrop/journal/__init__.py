"""The journal: where every drop stands, what holds a lane, what the inboxes look like. See `store`."""

from sisdrop.journal.records import Event, Hold, HoldKind, IdTaken, InboxView, LaneView, Overtaken, Service
from sisdrop.journal.store import Journal

__all__ = ["Event", "Hold", "HoldKind", "IdTaken", "InboxView", "Journal", "LaneView", "Overtaken", "Service"]
