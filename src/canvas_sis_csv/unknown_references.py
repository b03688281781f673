"""Ids that a drop names, does not bring itself, and that no earlier accepted file brought either.

Room: asks `KnownIds`. Kinds of which the drop brings rows itself are the business of cross/: here are the others, a
nightly file of enrollments alone, say. Nothing of it is certain, so one note is made for each file and column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.cross.tallies import Note, Tallies
from canvas_sis_csv.drop import KnownIds
from canvas_sis_csv.types import CsvType, Registry
from canvas_sis_csv.types.csv_type import Reference


class UnknownReferences:
    """The unknown ids of one drop. `types` are those of its files."""

    def __init__(self, known: KnownIds, types: Collection[str], registry: Registry) -> None:
        self._known = known
        self._brought = {kind for kind, bringers in registry.bringers.items() if not bringers.isdisjoint(types)}
        self._tallies = Tallies()

    def look(self, type_: CsvType, chunk: Chunk, file: str) -> None:
        """Note the ids in these rows that are known not to be there."""
        for reference in type_.references:
            if chunk.has(reference.column) and reference.kind.name not in self._brought:
                self._look_at(reference, chunk, file)

    def _look_at(self, reference: Reference, chunk: Chunk, file: str) -> None:
        kind, column = reference.kind, reference.column
        values = chunk.values(column)
        unknown = {id_ for id_ in set(values) if id_ and self._known.has(kind.name, id_) is False}
        if not unknown:
            return
        for index, id_ in enumerate(values):
            if id_ in unknown and (reference.when is None or reference.when.holds(chunk.row(index))):
                self._tallies.add(f"note.undefined_{kind.name}", file, column, kind, id_, chunk.place_of(index))

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        return self._tallies.notes()
