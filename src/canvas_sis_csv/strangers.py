"""Ids that a drop names, does not bring itself, and that no earlier accepted file brought either.

Room: asks `KnownIds`. Kinds of which the drop brings rows itself are the business of rules/cross: here are the others,
a nightly file of enrollments alone, say. Nothing of it is certain, so one note is made for each file and column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.drop import KnownIds
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules import Hit
from canvas_sis_csv.rules.cross import Note
from canvas_sis_csv.rules.cross.references import REFERENCES, Reference, bringers
from canvas_sis_csv.rules.notes import NAMES


@dataclass(slots=True)
class _Tally:
    number: int
    line: int
    first: str
    count: int = 0


class Strangers:
    """The unknown ids of one drop. `types` are those of its files."""

    def __init__(self, known: KnownIds, types: Collection[str]) -> None:
        self._known = known
        self._types = frozenset(types)
        self._tallies: dict[tuple[str, str, str], _Tally] = {}

    def look(self, type_: str, chunk: Chunk, file: str) -> None:
        """Note the ids in these rows that are known not to be there."""
        for reference in REFERENCES.get(type_, ()):
            if chunk.has(reference.column) and bringers(reference.kind).isdisjoint(self._types):
                self._look_at(reference, chunk, file)

    def _look_at(self, reference: Reference, chunk: Chunk, file: str) -> None:
        values = chunk.values(reference.column)
        unknown = {id_ for id_ in set(values) if id_ and self._known.has(reference.kind, id_) is False}
        if not unknown:
            return
        for index, id_ in enumerate(values):
            if id_ in unknown and (reference.when is None or reference.when.holds(chunk.row(index))):
                self._count(reference, chunk, index, id_, file)

    def _count(self, reference: Reference, chunk: Chunk, index: int, id_: str, file: str) -> None:
        key = (file, reference.column, reference.kind)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(chunk.number + index, chunk.line(index), id_)
        tally.count += 1

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        for (file, column, kind), tally in self._tallies.items():
            rows = f"{tally.count:,} rows" if tally.count > 1 else "1 row"
            values = {"rows": rows, "column": column, "kind": NAMES[kind], "first": tally.first}
            hit = Hit(f"note.undefined_{kind}", values, column, Knowable.DATABASE)
            yield Note(file, tally.number, tally.line, hit)
