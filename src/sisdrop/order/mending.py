"""Which drop makes good what another one did not bring: the corrected file."""

from __future__ import annotations

from sisdrop.model import Drop, Hold, HoldKind, covers


def corrects(drop: Drop, other: Drop) -> bool:
    """Whether `drop` brings anew what `other`, a drop of the same feed, should have brought."""
    return drop.feed == other.feed and drop.id != other.id and covers(drop.series, other.series)


def mends(drop: Drop, hold: Hold) -> bool:
    """Whether this drop may mend what the hold is about: the corrected file, or the same one that a person retried."""
    return hold.kind is HoldKind.IMPORT and drop.feed == hold.feed and covers(drop.series, hold.series)
