"""The sandbox's time: real clock times, and waits that are divided by its speed.

Room: pure but for reading the clock. Times shown are always real ones (a client compares them with Date headers and
its own clock); only durations are scaled: at speed 60 a minute of waiting takes a second, at `max` none at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

Speed = float | Literal["max"]

START_S = 2.0
"""From `created` to `importing` when nothing is in the way. Imitated, not measured."""
ROWS_PER_S = 400.0
"""How many CSV rows are imported in a second. Imitated, not measured: real servers differ by more than ten times."""
ERRORS_ATTACHMENT_S = 7.0
"""From the end of an import to its `errors_attachment`, as seen in a recorded answer of a production Canvas."""
ABORT_PAUSE_S = 600.0
"""How long the queue rests after an abort of a running import, by Canvas's documentation."""


class Clock:
    """Tells the time and how long a wait of Canvas takes here.

    `speed`: how many times faster than real; `"max"` means that nothing waits.
    """

    def __init__(self, speed: Speed = 1.0) -> None:
        if speed != "max" and not (0 < speed < float("inf")):
            raise ValueError(f"speed must be a number above 0 or 'max', not {speed!r}")
        self.speed: Speed = speed

    def now(self) -> datetime:
        """The real time, in UTC."""
        return datetime.now(UTC)

    def span(self, seconds: float) -> float:
        """The real seconds that `seconds` of Canvas's time take here; 0.0 at speed `max`."""
        return 0.0 if self.speed == "max" else seconds / self.speed

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Let nothing wait for a while."""
        # Seeding is not what anybody wants to watch in Canvas's time.
        speed, self.speed = self.speed, "max"
        try:
            yield
        finally:
            self.speed = speed

    @property
    def waits(self) -> bool:
        """Whether anything waits at all."""
        return self.speed != "max"


def instant(moment: datetime) -> str:
    """`moment` as the store keeps it: UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shown(stored: str | None) -> str | None:
    """A stored time as Canvas shows it: whole seconds, ending in `Z`."""
    return None if stored is None else stored[:19] + "Z"
