"""Reading a CSV the way Canvas reads it: the rows it would import, their values and their numbers.

Room: reads a stream it is given, in bounded memory. `read_csv` is for whoever handles rows one by one (the sandbox);
`survey` and `chunks` are for whoever handles a million of them (the preflight). Source: Canvas's public source (its
parser options and base importer) and the public SIS CSV page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from canvas_sis_csv.cell_text import MASK, CellText
from canvas_sis_csv.classify import classify
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.refusal import INVALID_UTF8, MALFORMED_CSV, UNKNOWN_HEADERS, FileRefused
from canvas_sis_csv.row import Row, column_places
from canvas_sis_csv.scanning import Record
from canvas_sis_csv.types import CANVAS, Registry
from canvas_sis_csv.values import clean

__all__ = ["INVALID_UTF8", "MALFORMED_CSV", "UNKNOWN_HEADERS", "CsvFile", "FileRefused", "Row", "read_csv"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a whole file says: nothing in it makes Canvas drop it.

    `header` holds the first record's cells as written, `type` what they make the file; both are None for a file
    without records, which Canvas ignores silently. `header_again` is true when the header's text occurs once more.
    """

    type: str | None = None
    header: tuple[str | None, ...] | None = None
    header_again: bool = False


class Reading:
    """One pass over a file's text: first what its header says, then its pieces, each checked.

    Making one reads up to the header; going through `pieces` reads the rest. Both raise FileRefused, for the reason
    that comes first in Canvas: invalid UTF-8 anywhere, then a malformed header, an unknown one, then a malformed row.
    """

    def __init__(self, blocks: Iterator[str], features: Collection[str] = (), registry: Registry = CANVAS) -> None:
        self.seen = Survey()
        """What the file is, as far as it was gone through: until its end, it may still turn out to be refused."""
        self._blocks = blocks
        self._parts = pieces(blocks)
        self._first: Piece | None = None
        self._header_text = ""
        with self._invalid_utf8_first():
            self._read_header(features, registry)

    def pieces(self) -> Iterator[Piece]:
        """The pieces from the one that holds the header on; to be gone through once."""
        with self._invalid_utf8_first():
            if self._first is None:
                return
            # So far only its header was scanned.
            self._first.check()
            yield self._first
            for piece in self._parts:
                piece.check()
                if self._header_text in piece.text:
                    self.seen = replace(self.seen, header_again=True)
                yield piece

    def survey(self) -> Survey:
        """Go through what is left of the file and say what it is."""
        for _ in self.pieces():
            pass
        return self.seen

    def _read_header(self, features: Collection[str], registry: Registry) -> None:
        for piece in self._parts:
            header = next(piece.records(), None)
            if header is None:
                continue
            self._first, self._header_text = piece, piece.text[header.start : header.end]
            again = self._header_text in piece.text[header.end :]
            self.seen = Survey(_type_of(header, piece, features, registry), header.cells, again)
            return

    @contextmanager
    def _invalid_utf8_first(self) -> Iterator[None]:
        """Invalid UTF-8 further down outweighs what was found: before a file is refused, the rest of it is read."""
        try:
            yield
        except FileRefused:
            # Reading the blocks decodes them, which raises for the invalid byte instead.
            for _ in self._blocks:
                pass
            raise


def survey(blocks: Iterator[str], features: Collection[str] = (), registry: Registry = CANVAS) -> Survey:
    """Read a file's text to its end and say what the file is. Raises FileRefused, see Reading."""
    return Reading(blocks, features, registry).survey()


def _type_of(header: Record, piece: Piece, features: Collection[str], registry: Registry) -> str:
    type_ = classify(header.cells, features, registry)
    if type_ is None:
        raise FileRefused(
            UNKNOWN_HEADERS,
            "no CSV type has this header",
            line=piece.line_at(header.start),
            column=1,
            excerpt=CellText(piece.text[header.start : header.start + 200].partition("\n")[0].rstrip("\r"), MASK),
            header=header.cells,
        )
    return type_


class CsvFile:
    """A file that Canvas would take. `type` is None when there is nothing in it: then it has no rows either."""

    def __init__(self, stream: BinaryIO, survey: Survey) -> None:
        self._stream = stream
        self.type = survey.type
        self.header: tuple[str, ...] = tuple((name or "").lower() for name in survey.header or ())
        """The column names as rows know them: lower-cased, spaces kept; empty ones are no column."""
        self._columns = column_places(self.header)

    def rows(self) -> Iterator[Row]:
        """The rows Canvas would import, in the file's order; rows of nothing but blanks are counted and left out.

        Reads the stream from its beginning; may be called again, but not while an earlier call is still under way.
        """
        records = ((record, piece) for piece in pieces(text_blocks(self._stream)) for record in piece.records())
        for number, (record, piece) in enumerate(records, start=1):
            if number == 1:
                continue
            cells = tuple(map(clean, record.cells))
            # A row of blanks is counted, and is none.
            if any(cells):
                yield Row(self._columns, cells, number, partial(piece.line_at, record.start))


def read_csv(stream: BinaryIO, features: Collection[str] = ()) -> CsvFile:
    """The file in this stream as Canvas would read it; the stream must be seekable and stay open while rows are read.

    The whole stream is read and checked before this returns. `features` are the account features that are on.
    Raises FileRefused (`file.invalid_utf8`, `file.malformed_csv`, `file.unknown_headers`) when Canvas would drop it.
    """
    return CsvFile(stream, survey(text_blocks(stream), features))
