"""What preflight, comparison and guards say to a night: in memory, with the feed's settings at their defaults.

It asks what the importer's check asks, without folders, journal and Canvas; `campaign.py` tries the whole.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, partial
from pathlib import Path

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.comparison import compare
from canvas_sis_csv.model import FileFacts
from canvas_sis_csv.types import ORDER
from sisdrop.config import parse
from sisdrop.guards import Accepted, Case, Dated, LastAccepted, Staleness, Tripped, all_tripped, staleness
from sisdrop.model import series_of
from tests.support.nights.night import Night, Past
from tests.support.nights.pasts import past, zip_of
from tests.support.nights.school import Files, inside

TONIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
UNREADABLE = "unreadable"
"""Stands where a code does for a drop that is filed under failed without being sent, and puts the queue on hold."""


@dataclass(frozen=True)
class Dropped:
    """A file as it was dropped, and when it was written."""

    name: str
    content: bytes
    at: datetime

    @property
    def is_set(self) -> bool:
        """Whether it is a zip, or a folder (whose content here is a zip of it)."""
        return not self.name.endswith(".csv")

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """What it holds, by name: the members of a zip, or itself."""
        return {name: Member(name, len(text), partial(io.BytesIO, text)) for name, text in self.files.items()}

    @cached_property
    def files(self) -> Files:
        """The contents of its members."""
        if not self.is_set:
            return {self.name: self.content}
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @cached_property
    def facts(self) -> tuple[FileFacts, ...]:
        """Type and rows of each of its CSVs."""
        return preflight(self.members.values()).files

    @property
    def dated(self) -> Dated:
        return Dated(self.name, int(self.at.timestamp() * 1e9), hashlib.sha256(self.content).hexdigest())

    @property
    def day(self) -> str:
        return self.at.date().isoformat()

    def of_type(self, type_: str) -> list[Member]:
        """Its files of a CSV type."""
        return [self.members[facts.name] for facts in self.facts if facts.type == type_]

    def rows(self, type_: str) -> int:
        """How many rows they have."""
        return sum(facts.rows for facts in self.facts if facts.type == type_)

    @cached_property
    def ids(self) -> Mapping[str, frozenset[str]]:
        """The ids that its rows bring, by type."""
        texts = [
            (facts.type, self.files[facts.name].decode("utf-8-sig", "replace")) for facts in self.facts if facts.type
        ]
        return {
            type_: frozenset(row.get(f"{type_}_id") or "" for row in csv.DictReader(io.StringIO(text)))
            for type_, text in texts
        }

    def is_like(self, other: Dropped) -> bool:
        """Whether it is of the other's series: by name, or both are sets."""
        return self.is_set == other.is_set and (self.is_set or series_of(self.name) == series_of(other.name))


def as_drops(files: Files) -> Files:
    """Contents by the name of the drop; what stands in a folder together, as a zip."""
    names = dict.fromkeys(name.partition("/")[0] for name in files)
    return {name: files[name] if name in files else zip_of(inside(name, files)) for name in names}


def dropped(files: Files, at: datetime) -> list[Dropped]:
    """A night's files, in the order in which Canvas must have them."""
    drops = [Dropped(name, content, at) for name, content in as_drops(files).items()]
    if len(drops) == 1:
        return drops  # of one, nobody has asked for its type yet
    return sorted(drops, key=lambda drop: min((ORDER[facts.type] for facts in drop.facts if facts.type), default=0))


class Brought:
    """The ids that accepted files brought, and of which tonight's may bring more; `canvas_sis_csv.KnownIds`."""

    def __init__(self, accepted: Mapping[str, Set[str]], tonight: Sequence[Dropped]) -> None:
        self._accepted = accepted
        self._tonight = tonight

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - the protocol's word
        if id in self._accepted.get(kind, ()):
            return True
        return None if any(id in drop.ids.get(kind, ()) for drop in self._tonight) else False

    def count(self, kind: str, at_most: int) -> int:
        return min(len(self._accepted.get(kind, ())), at_most)

    def may_come(self, kind: str) -> bool:
        return False


def _united(drops: Iterable[Dropped]) -> Mapping[str, frozenset[str]]:
    """The ids that drops bring, by type."""
    ids: dict[str, frozenset[str]] = {}
    for drop in drops:
        for type_, brought in drop.ids.items():
            ids[type_] = ids.get(type_, frozenset()) | brought
    return ids


@cache
def _accepted_in(name: str) -> tuple[tuple[Dropped, ...], Mapping[str, frozenset[str]]]:
    """What a past has imported, and the ids of it; read once."""
    feed = past(name)
    many = len(feed.nights)
    drops = tuple(
        drop for number, files in enumerate(feed.nights) for drop in dropped(files, TONIGHT - (many - number) * DAY)
    )
    return drops, _united(drops)


class Record:
    """A feed and what it has accepted."""

    def __init__(self, feed: Past) -> None:
        keys = {"canvas": {"url": "https://school.example", "token": {"env": "T"}}, "feeds": {"nightly": feed.feed}}
        self._feed = parse(json.dumps(keys).encode(), Path("/srv/config.yaml")).feeds["nightly"]
        accepted, self._ids = _accepted_in(feed.name)
        self._accepted = list(accepted)

    def accept(self, drops: Sequence[Dropped]) -> None:
        """These were imported."""
        self._accepted.extend(drops)
        self._ids = _united(self._accepted)

    def ask(self, drop: Dropped, tonight: Sequence[Dropped]) -> tuple[Tripped, ...]:
        """What would hold a drop of tonight; the first reason first."""
        if not drop.content.strip():
            # Said where the drop is read, before anybody is asked about its rows.
            return (Tripped(UNREADABLE, f"{drop.name} is empty: it holds no header and no rows."),)
        options = self._feed.options_for((drop.name,))
        found = preflight(drop.members.values(), options=options, known=Brought(self._ids, tonight))
        earlier = [before for before in self._accepted if drop.is_like(before)]
        last = _last_by_type(drop, earlier)
        befores = [member for type_, before in last.items() for member in before.of_type(type_)]
        now = [drop.members[facts.name] for facts in found.files if facts.type]
        is_full = self._feed.contents == "full"
        case = Case(
            files=found.files,
            findings=found.findings,
            counts=found.counts,
            refused=found.refused,
            empty=found.empty,
            unknown=found.unknown,
            options=options,
            hold_level=self._feed.hold.findings,
            hold_over=self._feed.hold.findings_over,
            checked=self._feed.check,
            contents=self._feed.contents,
            hold=self._feed.hold.thresholds,
            comparisons=compare(befores, now, full=is_full),
            against={type_: LastAccepted(each.name, each.day, each.rows(type_)) for type_, each in last.items()},
            staleness=_staleness(drop, earlier),
        )
        return all_tripped(case)


def _last_by_type(drop: Dropped, earlier: Sequence[Dropped]) -> Mapping[str, Dropped]:
    """The last accepted one: that of the name, or for a set, the last with a file of the type."""
    if not drop.is_set:
        return {facts.type: before for before in earlier[-1:] for facts in before.facts if facts.type}
    types = {facts.type for facts in drop.facts}
    return {facts.type: before for before in earlier for facts in before.facts if facts.type in types and facts.type}


def _staleness(drop: Dropped, earlier: Sequence[Dropped]) -> Staleness | None:
    twins = [before for before in earlier[:-1] if before.content == drop.content]
    twin = Accepted(f"drop of {twins[-1].day}", twins[-1].name, twins[-1].day) if twins else None
    return staleness(drop.dated, earlier[-1].dated if earlier else None, twin)


def verdicts(night: Night) -> list[tuple[str, tuple[Tripped, ...]]]:
    """What is said to each file of a night, by name, in the order in which they would be sent."""
    week = past(night.past).week
    record = Record(past(night.past))
    told: list[tuple[str, tuple[Tripped, ...]]] = []
    drops: Sequence[Dropped] = ()
    for number, files in enumerate(night.evenings(week)):
        if drops:
            record.accept(drops)
        drops = dropped(files, TONIGHT + number * DAY - night.age)
        told += [(drop.name, record.ask(drop, drops)) for drop in drops]
    return told


def reasons(night: Night) -> tuple[Tripped, ...]:
    """What holds the culprit of a bad night."""
    return next(tripped for name, tripped in verdicts(night) if name == night.culprit)
