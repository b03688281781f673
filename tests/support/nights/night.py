"""What a night is: what the SIS drops, after which nights before, under which options, and what shall come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from tests.support.nights.school import Files, School


class Kind(StrEnum):
    """What shall come of a night."""

    BAD = "bad"
    """Stopped before Canvas sees it."""
    UNSEEN = "unseen"
    """Bad, and at default settings not to be told from a good one: the documentation says so."""
    GOOD = "good"
    """Imported without a question."""


@dataclass(frozen=True)
class Week:
    """The school on the days before tonight, and what it really looks like tonight."""

    first: School
    before: School
    last: School
    today: School

    @property
    def days(self) -> tuple[School, ...]:
        """Those that were exported and accepted."""
        return self.first, self.before, self.last


@dataclass(frozen=True)
class Past:
    """A feed with a history: which nights went well before tonight."""

    name: str
    week: Week
    nights: tuple[Files, ...]
    """What was dropped and imported, one night after the other."""
    feed: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the feed, beside those of its folders."""


Drops = Callable[[Week], Files | Sequence[Files]]


@dataclass(frozen=True, kw_only=True)
class Night:
    """One night of the library. `name` is that of the function that makes it."""

    name: str
    kind: Kind
    past: str
    """The name of a `Past`."""
    drops: Drops
    tells: str
    """What came, in half a sentence for the table."""
    codes: frozenset[str] = frozenset()
    """What may be the first reason to hold a bad night: the code of a guard, or of a finding about a whole file."""
    culprit: str = ""
    """The file that must be held."""
    instead: str = ""
    """Of an unseen night: what becomes of it, and what helps."""
    age: timedelta = timedelta(0)
    """How long ago the files were written."""

    def evenings(self, week: Week) -> Sequence[Files]:
        """What is dropped, one night after the other; of most there is one."""
        files = self.drops(week)
        return [files] if isinstance(files, Mapping) else files


_LIBRARY: dict[str, Night] = {}


def nights(kind: Kind | None = None) -> list[Night]:
    """The library, or one kind of it, in the order of its files."""
    return [night for night in _LIBRARY.values() if kind in (None, night.kind)]


def bad(
    culprit: str, codes: str | Set[str], tells: str, *, past: str = "plain", age: timedelta = timedelta(0)
) -> Callable[[Drops], Drops]:
    """A night whose file `culprit` must be held, by one of `codes`."""
    wanted = frozenset({codes} if isinstance(codes, str) else codes)

    def enter(drops: Drops) -> Drops:
        return _enter(drops, kind=Kind.BAD, past=past, tells=tells, codes=wanted, culprit=culprit, age=age)

    return enter


def unseen(tells: str, instead: str, *, past: str = "plain") -> Callable[[Drops], Drops]:
    """A bad night that passes at default settings."""

    def enter(drops: Drops) -> Drops:
        return _enter(drops, kind=Kind.UNSEEN, past=past, tells=tells, instead=instead)

    return enter


def good(tells: str, *, past: str = "plain", age: timedelta = timedelta(0)) -> Callable[[Drops], Drops]:
    """A night on which everything must be imported."""

    def enter(drops: Drops) -> Drops:
        return _enter(drops, kind=Kind.GOOD, past=past, tells=tells, age=age)

    return enter


def _enter(drops: Drops, **values: Any) -> Drops:
    name = drops.__name__.strip("_")
    assert name not in _LIBRARY, f"two nights are called {name}"
    _LIBRARY[name] = Night(name=name, drops=drops, **values)
    return drops


def ordinary_nights(days: Sequence[School]) -> tuple[Files, ...]:
    """What is dropped on `days`: everything on the first, then what is exported every night."""
    first, *others = days
    return {**first.files(("accounts", "terms")), **first.files()}, *(day.files() for day in others)
