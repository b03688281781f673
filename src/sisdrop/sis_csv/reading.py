"""Reading a CSV the way Canvas reads it: the rows it would import, their values and their numbers.

Room: reads a stream it is given, in bounded memory. `read_csv` is for whoever handles rows one by one (the sandbox);
`survey` and `chunks` are for whoever handles a million of them (the preflight). Source: Canvas's public source (its
parser options and base importer) and the public SIS CSV page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sisdrop.sis_csv.classify import classify
from sisdrop.sis_csv.decoding import text_blocks
from sisdrop.sis_csv.pieces import Piece, pieces
from sisdrop.sis_csv.refusal import INVALID_UTF8, MALFORMED_CSV, UNKNOWN_HEADERS, FileRefused
from sisdrop.sis_csv.scanning import Record
from sisdrop.sis_csv.values import clean

__all__ = ["INVALID_UTF8", "MALFORMED_CSV", "UNKNOWN_HEADERS", "CsvFile", "FileRefused", "Row", "read_csv"]

Columns = dict[str, int]
"""Where each column stands; the first of two with one name."""


def column_places(header: Sequence[str | None]) -> Columns:
    """Where each column of a header stands. Names are lower-cased and nothing else: a space in one is part of it."""
    places: Columns = {}
    for place, name in enumerate(header):
        if name:
            places.setdefault(name.lower(), place)
    return places


class Row:
    """One data row.

    `number` counts as Canvas does (the header is 1; empty lines do not count, lines of commas do), `line` as an
    editor does. `cells` are all values, those below no header included: trimmed, None when blank.
    """

    __slots__ = ("_columns", "_line", "cells", "number")

    def __init__(
        self, columns: Columns, cells: tuple[str | None, ...], number: int, line: int | Callable[[], int]
    ) -> None:
        self._columns = columns
        self._line = line
        self.cells = cells
        self.number = number

    @property
    def line(self) -> int:
        """The line the row begins on, as an editor counts."""
        if not isinstance(self._line, int):
            self._line = self._line()
        return self._line

    def get(self, column: str) -> str | None:
        """The value below this header; None when it is blank, the row too short, or there is no such column."""
        place = self._columns.get(column)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def has(self, column: str) -> bool:
        """Whether the file has such a column."""
        return column in self._columns

    def __repr__(self) -> str:
        return f"Row({self.number}, {self.cells})"


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a whole file says: nothing in it makes Canvas drop it.

    `header` holds the first record's cells as written, `type` what they make the file; both are None for a file
    without records, which Canvas ignores silently.
    """

    type: str | None
    header: tuple[str | None, ...] | None


def survey(
    stream: BinaryIO, features: Collection[str] = (), watch: Callable[[Piece, int], None] | None = None
) -> Survey:
    """Read the stream to its end and say what the file is.

    `watch` is shown every piece with the position where its data rows begin (the search for repeated lines needs it).
    Raises FileRefused, for the reason that comes first in Canvas: invalid UTF-8 anywhere, then a malformed header,
    an unknown one, then a malformed row.
    """
    blocks = text_blocks(stream)
    try:
        return _survey(blocks, features, watch)
    except FileRefused:
        # Invalid UTF-8 further down outweighs what was found: read on.
        for _ in blocks:
            pass
        raise


def _survey(blocks: Iterable[str], features: Collection[str], watch: Callable[[Piece, int], None] | None) -> Survey:
    header: Record | None = None
    kind: str | None = None
    for piece in pieces(blocks):
        start = 0
        if header is None:
            header = next(piece.records(), None)
            if header is not None:
                start = header.end
                kind = _kind(header, piece, features)
        piece.check()
        if watch:
            watch(piece, start)
    return Survey(kind, header.cells if header else None)


def _kind(header: Record, piece: Piece, features: Collection[str]) -> str:
    kind = classify(header.cells, features)
    if kind is None:
        line = piece.line_at(header.start)
        excerpt = piece.text[header.start : header.start + 200].splitlines()
        raise FileRefused(UNKNOWN_HEADERS, "no CSV type has this header", line=line, column=1, excerpt=excerpt[0])
    return kind


class CsvFile:
    """A file that Canvas would take. `type` is None when there is nothing in it: then it has no rows either."""

    def __init__(self, stream: BinaryIO, found: Survey) -> None:
        self._stream = stream
        self.type = found.type
        self.header: tuple[str, ...] = tuple((name or "").lower() for name in found.header or ())
        """The column names as rows know them: lower-cased, spaces kept; empty ones are no column."""
        self._columns = column_places(self.header)

    def rows(self) -> Iterator[Row]:
        """The rows Canvas would import, in the file's order; rows of nothing but blanks are counted and left out.

        Reads the stream from its beginning; may be called again, but not while an earlier call is still under way.
        """
        self._stream.seek(0)
        records = ((record, piece) for piece in pieces(text_blocks(self._stream)) for record in piece.records())
        for number, (record, piece) in enumerate(records, start=1):
            if number == 1:
                continue
            cells = tuple(map(clean, record.cells))
            if any(cells):
                yield Row(self._columns, cells, number, _line_of(piece, record))


def _line_of(piece: Piece, record: Record) -> Callable[[], int]:
    return lambda: piece.line_at(record.start)


def read_csv(stream: BinaryIO, features: Collection[str] = ()) -> CsvFile:
    """The file in this stream as Canvas would read it; the stream must be seekable and stay open while rows are read.

    The whole stream is read and checked before this returns. `features` are the account features that are on.
    Raises FileRefused (`file.invalid_utf8`, `file.malformed_csv`, `file.unknown_headers`) when Canvas would drop it.
    """
    stream.seek(0)
    return CsvFile(stream, survey(stream, features))
