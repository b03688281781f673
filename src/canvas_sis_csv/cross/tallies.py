"""What is said once for a file and column, however many rows show it.

Room: pure, remembers one entry for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.notes import RENAMED
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.types.csv_type import Kind


@dataclass(slots=True)
class Note:
    """What to say at the end about one column of one file, and the first row that showed it."""

    file: str
    number: int
    line: int
    hit: Hit


@dataclass(slots=True)
class _Tally:
    number: int
    line: int
    kind: Kind
    first: str
    count: int = 0


class Tallies:
    """Counts rows by code, file and column."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, str], _Tally] = {}

    def add(
        self, code: str, file: str, column: str, kind: Kind, id_: str, place: Callable[[], tuple[int, int]]
    ) -> None:
        """One more row; `place` gives its number and line, and is asked only of the first."""
        key = (code, file, column)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(*place(), kind, id_)
        tally.count += 1

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        for (code, file, column), tally in self._tallies.items():
            rows = f"{tally.count:,} rows" if tally.count > 1 else "1 row"
            values = {"rows": rows, "column": column, "kind": tally.kind.called, "first": tally.first}
            known = Knowable.IMPORT if code == RENAMED.code else Knowable.DATABASE
            yield Note(file, tally.number, tally.line, Hit(code, values, column, known))
