"""Time: as it stands in results and names, and the one clock that everything which waits goes by."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def now_utc() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """`moment` as ISO 8601 in UTC with whole seconds: `2026-11-23T04:15:02Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(moment: datetime) -> str:
    """`moment` as it stands in file names: `20261123T041502Z`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def new_drop_id(moment: datetime) -> str:
    """A new drop id: the time it was taken and four random hex digits, `20261123T041502Z-7c1e`."""
    return f"{stamp(moment)}-{secrets.token_hex(2)}"


MARKER = re.compile(r"(?<=\.)sd[0-9a-f]{8}(?=[._])")
"""A marker where it stands in a name: `users.sd3f9c01ab.csv`, `users.sd3f9c01ab_filtered.csv`."""


def new_marker() -> str:
    """A random marker for the uploaded members' names: ten characters that no school uses by accident."""
    return f"sd{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Clock:
    """What time it is, for what is told (`now`) and for what waits (`monotonic`, seconds).

    `scale` stretches every wait: 0.1 = ten times as fast, for rehearsals against a sandbox whose time runs faster.
    """

    now: Callable[[], datetime] = now_utc
    monotonic: Callable[[], float] = time.monotonic
    scale: float = 1.0

    def time(self) -> str:
        """The time now, as text."""
        return iso(self.now())

    def seconds_since(self, moment: str) -> float:
        """The seconds of wall time since `moment`, which `time` gave."""
        return (self.now() - datetime.fromisoformat(moment)).total_seconds()

    def due_in(self, seconds: float) -> float:
        """The monotonic time at which a wait of `seconds` that begins now is over."""
        return self.monotonic() + seconds * self.scale
