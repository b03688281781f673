"""What the rows of an upload have said about ids so far, in little memory.

Room: dictionaries with a bound. One entry per id: which file said it last, and whether that made it active.
"""

from __future__ import annotations

from collections.abc import Set

from canvas_sis_csv.model import Knowable

LIMIT = 2_000_000
"""Ids of one kind that are remembered, about 150 bytes each; more are not learned, so nothing is said about them."""


class Ids:
    """Ids of one kind. `full` is true when some could not be remembered: then absence proves nothing."""

    __slots__ = ("_limit", "_said", "full")

    def __init__(self, limit: int = LIMIT) -> None:
        self._said: dict[str, int] = {}
        self._limit = limit
        self.full = False

    def __contains__(self, id_: str) -> bool:
        return id_ in self._said

    def __len__(self) -> int:
        return len(self._said)

    def say(self, id_: str, file: int, *, active: bool = True) -> None:
        """File number `file` says that this id is there, or that it is deleted."""
        if id_ in self._said or len(self._said) < self._limit:
            # File and state in one small number: a tuple would double what an id takes.
            self._said[id_] = file << 1 | active
        else:
            self.full = True

    def is_active(self, id_: str) -> bool:
        """Whether the last row about it left it active; False when no row was about it."""
        return bool(self._said.get(id_, 0) & 1)

    def is_deleted(self, id_: str) -> bool:
        """Whether the last row about it deleted it; False when no row was about it."""
        return not self._said.get(id_, 1) & 1

    def has_all(self, ids: Set[str]) -> bool:
        """Whether rows were about all of these."""
        return ids <= self._said.keys()

    def missing(self, ids: Set[str]) -> Set[str]:
        """Those of these that no row was about; none when some could not be remembered."""
        return frozenset() if self.full or self.has_all(ids) else {id_ for id_ in ids if id_ not in self._said}

    def file(self, id_: str) -> int | None:
        """Number of the file that spoke of it last."""
        state = self._said.get(id_)
        return None if state is None else state >> 1

    def forget(self, id_: str) -> None:
        """Nothing is certain about this id any more."""
        self._said.pop(id_, None)


class Links:
    """One value for each id (a user's login, a section's course)."""

    __slots__ = ("_limit", "_value")

    def __init__(self, limit: int = LIMIT) -> None:
        self._value: dict[str, str] = {}
        self._limit = limit

    def get(self, id_: str | None) -> str | None:
        """The value, None when none is known."""
        return None if id_ is None else self._value.get(id_)

    def put(self, id_: str, value: str) -> None:
        """Remember the value."""
        if id_ in self._value or len(self._value) < self._limit:
            self._value[id_] = value

    def drop(self, id_: str | None, value: str | None = None) -> None:
        """Forget the id's value, or only if it is still this one."""
        if id_ is not None and (value is None or self._value.get(id_) == value):
            self._value.pop(id_, None)


def knowable(file: int, *others: int | None) -> Knowable:
    """A clash of rows of one file is known from the file, else from the whole upload."""
    return Knowable.FILE if all(other == file for other in others) else Knowable.IMPORT
