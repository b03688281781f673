"""What the workers of one service see, in memory: read by the sender and by one pass, and forgotten with the process.

A copy for people goes to the journal; nothing here is read back from there, so that nothing an earlier process saw
decides.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum

from sisdrop.model import InboxState, Outcome, Waiting


@dataclass(frozen=True, slots=True)
class InboxSight:
    """What the last look at a feed's inbox saw.

    `since`: monotonic, when `state` began; `looks`: complete ones so far.
    """

    state: InboxState
    since: float
    looks: int
    why: str = ""
    settling: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a drop from its next step, since when (monotonic): a full disk, a share that is away, a bug."""

    why: str
    since: float


class AbsenceKind(StrEnum):
    """Why Canvas cannot be asked, by whether waiting mends it."""

    AWAY = "away"
    REFUSES = "refuses"


@dataclass(frozen=True, slots=True)
class Absence:
    """Canvas cannot be asked: why, and since when (monotonic)."""

    kind: AbsenceKind
    why: str
    since: float


class Board:
    """Written by the workers, each its own part; read by any thread."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._sights: dict[str, InboxSight] = {}
        self._troubles: dict[str, Trouble] = {}
        self._absences: dict[str, Absence] = {}
        self._outcomes: dict[str, Outcome] = {}

    def see(self, feed: str, sight: InboxSight) -> None:
        """Note what a look at the feed's inbox saw."""
        with self._mutex:
            self._sights[feed] = sight

    def sights(self) -> dict[str, InboxSight]:
        """The last sight of each feed that was looked at."""
        with self._mutex:
            return dict(self._sights)

    def stuck(self, drop_id: str, why: str, now: float) -> None:
        """Note that the drop's step could not be taken; since when is kept from the first time."""
        with self._mutex:
            before = self._troubles.get(drop_id)
            self._troubles[drop_id] = Trouble(why, before.since if before else now)

    def goes_on(self, drop_id: str) -> None:
        """Forget the drop's trouble: a step was taken."""
        with self._mutex:
            self._troubles.pop(drop_id, None)

    def troubles(self) -> dict[str, Trouble]:
        """What keeps which drop from going on."""
        with self._mutex:
            return dict(self._troubles)

    def absent(self, lane: str, absence: Absence | None) -> None:
        """Note whether the lane's Canvas can be asked."""
        with self._mutex:
            if absence is None:
                self._absences.pop(lane, None)
            else:
                self._absences[lane] = absence

    def absences(self) -> dict[str, Absence]:
        """The lanes whose Canvas cannot be asked."""
        with self._mutex:
            return dict(self._absences)

    def ended(self, drop_id: str, outcome: Outcome) -> None:
        """Note how a drop ended; to be called before it is filed, so that whoever sees it gone knows how."""
        with self._mutex:
            self._outcomes[drop_id] = outcome

    def outcomes(self) -> set[Outcome]:
        """The ways in which drops ended since this service began."""
        with self._mutex:
            return set(self._outcomes.values())
