"""How long one process has waited for something, in seconds that pass: a clock that is set changes nothing about it.

Only in memory. What is journaled is the time of the wall, for people; after a restart every patience begins anew, and
longer is safe where shorter is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum


class For(StrEnum):
    """What is waited for."""

    ANSWER = "answer"
    """An import whose answer was lost, to show in Canvas."""
    LIST = "list"
    """A list of imports that goes down to one that was seen before."""
    END = "end"
    """An import, to end."""
    REPORT = "report"
    """The error report of an import that has ended."""


class Patience:
    """Of one lane. For one thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since: dict[tuple[str, For], float] = {}

    def begin(self, who: str, what: For) -> None:
        """Wait from now on."""
        self._since[who, what] = self._monotonic()

    def waited_s(self, who: str, what: For) -> float:
        """The seconds since the wait began; the first question begins it."""
        return self._monotonic() - self._since.setdefault((who, what), self._monotonic())

    def end(self, who: str, what: For) -> None:
        """It came: nothing is waited for."""
        self._since.pop((who, what), None)

    def keep_only(self, alive: Collection[str]) -> None:
        """Forget the waits of all others."""
        self._since = {key: since for key, since in self._since.items() if key[0] in alive}
