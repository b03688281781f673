"""Ids that a drop uses without defining them, and ids that it uses after renaming them.

Room: pure, remembers. Nothing here is certain: Canvas may well have what the drop does not define. So it is asked only
of kinds that the drop brings itself, and told once for each file and column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from typing import Protocol

from canvas_sis_csv.cross.ids import Ids
from canvas_sis_csv.cross.tallies import Note, Tallies
from canvas_sis_csv.rules.advice import RENAMED
from canvas_sis_csv.rules.when import Row
from canvas_sis_csv.types import CsvType, Registry
from canvas_sis_csv.types.csv_type import Kind

RENAMES = "change_sis_id"
"""The one type whose rows give other things new ids."""

Column = Callable[[str], Sequence[str]]
"""Gives the values of a column of many rows, in their order: trimmed, "" when blank; empty when there is no column."""


class NumberedRow(Row, Protocol):
    """A row that knows its place."""

    @property
    def number(self) -> int:
        """As Canvas counts."""
        ...

    @property
    def line(self) -> int:
        """As an editor counts."""
        ...


class References:
    """The ids a drop has defined so far, and those it used without. `types` are those of its files, by name."""

    def __init__(self, registry: Registry) -> None:
        self.types: Collection[str] = ()
        self._registry = registry
        self._defined: dict[str, Ids] = {kind: Ids() for kind in registry.kinds}
        self._renamed: dict[str, set[str]] = {}
        self._tallies = Tallies()

    def _is_brought(self, kind: str) -> bool:
        """Whether rows of the drop may define ids of this kind."""
        return not self._registry.bringers[kind].isdisjoint(self.types)

    def is_plausible(self, kind: str, id_: str) -> bool:
        """Whether an id is there as far as the drop tells: a row has certainly made it, or none makes such things."""
        return self._defined[kind].is_active(id_) or not self._is_brought(kind)

    def is_founded(self, type_: CsvType, row: Row) -> bool:
        """Whether all that Canvas must find for this row is plausibly there."""
        return all(
            self.is_plausible(reference.kind.name, id_)
            for reference in type_.references
            if not reference.is_soft and (id_ := row.get(reference.column))
            if reference.when is None or reference.when.holds(row)
        )

    def use(self, type_: CsvType, row: NumberedRow, file: str) -> None:
        """Note what the row names and no row has defined; only kinds are asked for that types of the drop bring."""
        for reference in type_.references:
            id_ = row.get(reference.column)
            if id_ is None or (reference.when and not reference.when.holds(row)):
                continue
            kind = reference.kind
            self._note_renamed(kind, reference.column, id_, row, file)
            ids = self._defined[kind.name]
            # When there were more ids than are remembered, absence proves nothing.
            if id_ not in ids and not ids.full and self._is_brought(kind.name):
                code = f"note.undefined_{kind.name}"
                self._tallies.add(code, file, reference.column, kind, id_, lambda: (row.number, row.line))

    def uses_nothing_new(self, type_: CsvType, column: Column) -> bool:
        """Whether `use` would note nothing about any row of these columns."""
        for reference in type_.references:
            kind = reference.kind.name
            named = set(column(reference.column)) - {""}
            if not named.isdisjoint(self._renamed.get(kind, ())):
                return False
            ids = self._defined[kind]
            if self._is_brought(kind) and not ids.full and not ids.has_all(named):
                return False
        return True

    def missing(self, kind: str, ids: Set[str]) -> Set[str]:
        """Those of these ids that no row has defined so far, as far as is remembered."""
        return self._defined[kind].missing(ids)

    def define(self, type_: CsvType, row: NumberedRow, file: str, number: int, *, certainly: bool) -> None:
        """The row was taken, or may have been: its ids are there from now on."""
        if type_.name == RENAMES:
            self._rename((row.get("type") or "").lower(), row.get("old_id"), row.get("new_id"))
        for definition in type_.defines:
            id_ = row.get(definition.column)
            if id_:
                self._note_renamed(definition.kind, definition.column, id_, row, file)
                self._defined[definition.kind.name].say(id_, number, active=certainly)

    def _rename(self, kind: str, old: str | None, new: str | None) -> None:
        if old and new and kind in self._defined:
            self._renamed.setdefault(kind, set()).add(old)
            self._renamed[kind].discard(new)
            # Whatever was renamed is there, under its new id.
            self._defined[kind].say(new, 0)

    def _note_renamed(self, kind: Kind, column: str, id_: str, row: NumberedRow, file: str) -> None:
        if id_ in self._renamed.get(kind.name, ()):
            self._tallies.add(RENAMED.code, file, column, kind, id_, lambda: (row.number, row.line))

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        return self._tallies.notes()
