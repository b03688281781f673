"""What is treacherous about a whole column of a file, and not about any value of it alone.

Room: pure, counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from canvas_sis_csv.advice import id_columns
from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.odd_ids import NO_PERSONS, is_float, is_fraction
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.types import CsvType


@dataclass(slots=True)
class _Floats:
    rows: int = 0
    others: int = 0
    fractions: int = 0
    first: str = ""


class ColumnAdvice:
    """Counts, chunk by chunk, ids that a program took for numbers with decimals (`123.0`)."""

    def __init__(self, type_: CsvType) -> None:
        self._floats = {name: _Floats() for name in id_columns(type_)}

    def look(self, chunk: Chunk) -> None:
        """Count the values of a chunk."""
        for name, floats in self._floats.items():
            if not chunk.has(name) or not chunk.size:
                continue
            values = chunk.values(name)
            # A column of floats shows it nearly everywhere.
            some = values[0], values[len(values) // 2], values[-1]
            if any(map(is_float, some)):
                found = [value for value in values if is_float(value)]
                floats.first = floats.first or next(iter(found), "")
                floats.rows += len(found)
                rest = [value for value in values if value and value not in NO_PERSONS]
                floats.others += len(rest) - len(found)
                floats.fractions += sum(map(is_fraction, rest))
            else:
                floats.others += len(values) - (values.count("") if "" in some else 0)

    def hits(self) -> Iterator[Hit]:
        """What to say at the end of the file. Numbers of sections may be 101.0 where there is a 101.1 as well."""
        for name, floats in self._floats.items():
            if floats.rows > floats.others and not floats.fractions:
                rows = f"{floats.rows:,} rows" if floats.rows > 1 else "1 row"
                values = {"column": name, "rows": rows, "first": floats.first}
                yield Hit("advice.float_ids", values, name, Knowable.FILE)
