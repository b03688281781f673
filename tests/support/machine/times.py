"""Time that passes only when it is told to, and a clock on the wall that can be set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sisdrop.model import Clock


class Times:
    """True time, which is Canvas's; ours differs by what somebody set our clock forward or back."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self.ahead_s = 0.0
        self._begin = datetime.now(UTC)

    def clock(self) -> Clock:
        """Ours, for the service and for people's commands."""
        return Clock(now=self.ours, monotonic=lambda: 1000.0 + self.passed_s)

    def ours(self) -> datetime:
        return self.canvas() + timedelta(seconds=self.ahead_s)

    def canvas(self) -> datetime:
        return self._begin + timedelta(seconds=self.passed_s)
