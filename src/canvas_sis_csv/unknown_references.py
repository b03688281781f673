"""Ids that a drop names, does not bring itself, and that no earlier accepted file brought either.

Room: asks `KnownIds`. Notes are for kinds of which the drop brings no rows itself (those are the business of cross/): a
nightly file of enrollments alone, say. Nothing of it is certain, so one note is made for each file and column. The rows
that name something unknown are counted beside that, of every kind in `COUNTED`: a file of which most rows do is a file
of another system.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.cross.tallies import Note, Tallies
from canvas_sis_csv.drop import KnownIds
from canvas_sis_csv.model import UnknownRows
from canvas_sis_csv.types import CsvType, Registry
from canvas_sis_csv.types.csv_type import Reference

COUNTED = frozenset({"user", "course", "section", "account", "term"})
"""The kinds of which rows that name an unknown one are counted."""

ENOUGH = 20
"""So many ids of a kind must accepted files have brought before one that they did not bring means anything."""


@dataclass(slots=True)
class _Tally:
    """What was counted of one file."""

    of: int = 0
    rows: int = 0
    undecided: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)


class UnknownReferences:
    """The unknown ids of one drop. `types` are those of its files.

    `missing` tells which ids of a kind the drop itself has not brought so far; it is asked only of kinds that types of
    the drop bring.
    """

    def __init__(
        self,
        known: KnownIds,
        types: Collection[str],
        registry: Registry,
        missing: Callable[[str, Set[str]], Set[str]],
    ) -> None:
        self._known = known
        self._missing = missing
        self._brought = {kind for kind, bringers in registry.bringers.items() if not bringers.isdisjoint(types)}
        named = {reference.kind.name for type_ in types for reference in registry[type_].references}
        self._counted = {kind for kind in COUNTED & named if known.count(kind, ENOUGH) >= ENOUGH}
        self._tallies = Tallies()
        self._by_file: dict[str, _Tally] = {}

    def look(self, type_: CsvType, chunk: Chunk, file: str) -> None:
        """Note the ids in these rows that are known not to be there, and count the rows.

        To be called when the drop's own ids of the chunk are known.
        """
        unknown: dict[str, set[int]] = defaultdict(set)
        undecided: set[int] = set()
        for reference in type_.references:
            kind = reference.kind.name
            if chunk.has(reference.column) and (kind in self._counted or kind not in self._brought):
                self._look_at(reference, chunk, file, unknown[kind], undecided)
        if self._counted.isdisjoint(reference.kind.name for reference in type_.references):
            return
        counted = {kind: unknown[kind] for kind in self._counted if unknown[kind]}
        rows = set().union(*counted.values())
        tally = self._by_file.setdefault(file, _Tally())
        tally.of += chunk.size - len(chunk.blank)
        tally.rows += len(rows)
        tally.undecided += len(undecided - rows)
        tally.by_kind.update({kind: len(each) for kind, each in counted.items()})

    def _look_at(self, reference: Reference, chunk: Chunk, file: str, unknown: set[int], undecided: set[int]) -> None:
        """Gather the rows that name an unknown id here, and those of which it cannot be said yet."""
        kind, column = reference.kind, reference.column
        values = chunk.values(column)
        absent, open_ = self._ask(kind.name, set(values) - {""})
        if not absent and not open_:
            return
        for index, id_ in enumerate(values):
            is_absent = id_ in absent
            if not is_absent and id_ not in open_:
                continue
            if reference.when is not None and not reference.when.holds(chunk.row(index)):
                continue
            (unknown if is_absent else undecided).add(index)
            if is_absent and kind.name not in self._brought:
                self._tallies.add(f"note.undefined_{kind.name}", file, column, kind, id_, chunk.place_of(index))

    def _ask(self, kind: str, named: Set[str]) -> tuple[Set[str], Set[str]]:
        """Of the ids named, those that are unknown, and those of which it cannot be said yet."""
        if kind in self._brought:
            named = self._missing(kind, named)
        has = self._known.has
        missed = [(id_, answer) for id_ in named if (answer := has(kind, id_)) is not True]
        absent = {id_ for id_, answer in missed if answer is False}
        # Asked last: that there is something unread may turn out while ids are looked up.
        is_open = bool(missed) and kind in self._counted and self._known.may_come(kind)
        return absent, {id_ for id_, answer in missed if answer is None} if is_open else frozenset()

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        return self._tallies.notes()

    def rows(self) -> Mapping[str, UnknownRows]:
        """What was counted, by file; files that name nothing of a kind that counts are not there."""
        return {
            file: UnknownRows(tally.rows, tally.of, dict(tally.by_kind), tally.undecided)
            for file, tally in self._by_file.items()
        }
