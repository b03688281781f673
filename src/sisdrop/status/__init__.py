"""Status: one snapshot, shown as JSON or to people at a terminal."""

from sisdrop.status.snapshot import needs_a_person, snapshot

__all__ = ["needs_a_person", "snapshot"]
