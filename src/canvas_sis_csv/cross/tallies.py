"""What is said once for a file and column, however many rows show it.

Room: pure, remembers one entry for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.advice import RENAMED
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.types.csv_type import Kind


@dataclass(slots=True)
class Note:
    """What to say at the end about one column of one file, and the first row that showed it."""

    file: str
    number: int
    line: int
    hit: Hit


class Tallies:
    """Counts rows by code, file and column."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._first: dict[tuple[str, str, str], tuple[tuple[int, int], Kind, str]] = {}

    def add(
        self, code: str, file: str, column: str, kind: Kind, id_: str, place: Callable[[], tuple[int, int]]
    ) -> None:
        """One more row; `place` gives its number and line, and is asked only of the first."""
        key = (code, file, column)
        if key not in self._first:
            self._first[key] = place(), kind, id_
        self._counts[key] += 1

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        for (code, file, column), count in self._counts.items():
            place, kind, first = self._first[code, file, column]
            rows = f"{count:,} rows" if count > 1 else "1 row"
            values = {"rows": rows, "column": column, "kind": kind.called, "first": first}
            known = Knowable.IMPORT if code == RENAMED.code else Knowable.DATABASE
            yield Note(file, *place, Hit(code, values, column, known))
