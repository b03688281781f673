"""An inbox to look at with a clock that only moves when told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sisdrop.model import Clock
from sisdrop.watch import Inbox, Look

ROWS = b"user_id,login_id,status\nu1,invented.one,active\n"


@dataclass
class Feed:
    """The keys of a feed that concern watching."""

    watch: str = "poll"
    poll_s: float = 5.0
    settle_s: float | str = "auto"
    done_suffix: str | None = None
    combine: bool = False
    combine_s: float = 10.0


class Desk:
    """An inbox, and a clock that only moves when told to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.mkdir()
        self.time = 1000.0
        self.wakes = 0
        self.inbox = self.watch()

    def watch(self, *, was_dropped: Callable[[str], bool] = lambda _: False, **settings: object) -> Inbox:
        self.inbox = Inbox(
            self.path,
            Feed(**settings),  # type: ignore[arg-type]  # the settings of the test at hand
            self.wake,
            Clock(
                now=lambda: datetime(2026, 11, 23, 4, tzinfo=UTC) + timedelta(seconds=self.time - 1000),
                monotonic=lambda: self.time,
            ),
            was_dropped=was_dropped,
        )
        self.inbox.start()
        return self.inbox

    def wake(self) -> None:
        self.wakes += 1

    def put(self, name: str, content: bytes = ROWS) -> Path:
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def look(self, after: float = 0.0) -> Look:
        self.time += after
        return self.inbox.look()

    def settle(self, seconds: float = 1.0) -> Look:
        """Look, wait, look again."""
        self.look()
        return self.look(seconds)

    def follow(self, seconds: float) -> Look:
        """Look whenever the inbox says it is worth it, and once more after so many seconds."""
        end = self.time + seconds
        self.look()
        while self.time + self.inbox.next_look_s <= end:
            self.look(self.inbox.next_look_s)
        return self.look(end - self.time)


def names(look: Look) -> list[str]:
    return [candidate.name for candidate in look.settled]


def ignored(look: Look) -> dict[str, str]:
    return {entry.name: entry.why for entry in look.ignored}


def waiting(look: Look) -> dict[str, str]:
    return {entry.name: entry.why for entry in look.settling}
