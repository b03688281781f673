"""The lines that findings are about, and where in them the value stands.

Room: reads a file that has passed the survey, once, and keeps only what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from canvas_sis_csv.decoding import count_lines, text_blocks
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.row import Columns, column_places
from canvas_sis_csv.scanning import cell_spans

LONGEST = 2_000
"""Characters of a line that are kept."""

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `begin` and `end` say where in `text` the value stands, None when none was asked for.

    `begin == end` is the place of a value that is missing.
    """

    text: str
    begin: int | None = None
    end: int | None = None


Spot = tuple[int, str | None]
"""A line, by number as an editor counts, and the column to find in it, None = none."""


def find_lines(stream: BinaryIO, wanted: Iterable[Spot]) -> dict[Spot, Line]:
    """The wanted lines; one is found once for each column that is asked for.

    A line of a record of several lines is the record's first one. The stream must be seekable.
    """
    lines: dict[Spot, Line] = {}
    # The first line stands last, where it is taken off.
    left = sorted(set(wanted), key=lambda spot: spot[0], reverse=True)
    columns: Columns | None = None
    for piece in pieces(text_blocks(stream)):
        if not left:
            break
        if columns is None and (header := next(piece.records(), None)):
            columns = column_places(header.cells)
        last = piece.line + count_lines(piece.text) - piece.text.endswith(("\n", "\r"))
        while left and left[-1][0] <= last:
            number, column = spot = left.pop()
            lines[spot] = _line(piece, number, columns or {}, column)
    return lines


def _line(piece: Piece, number: int, columns: Columns, column: str | None) -> Line:
    # Line ends of any kind count.
    ends = _LINE_END.finditer(piece.text)
    before = next(islice(ends, number - piece.line - 1, None), None) if number > piece.line else None
    start = before.end() if before else 0 if number == piece.line else len(piece.text)
    text = piece.text[start : start + LONGEST].splitlines()
    shown = text[0] if text else ""
    if column is None:
        return Line(shown)
    spans, place = cell_spans(piece.text, start), columns.get(column)
    # A record that has no such cell is marked behind its end.
    begin, end = spans[place] if place is not None and place < len(spans) else (spans[-1][1], spans[-1][1])
    return Line(shown, min(begin - start, len(shown)), min(end - start, len(shown)))
