"""Data rows by the thousand: a piece of a file held by column, so that clean rows cost next to nothing.

Room: works on pieces it is given. Whoever looks at a chunk asks for whole columns; a `Row` is made only of a row that
something is to be said about. Both ways give the very same values (a property test holds them together).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat

from canvas_sis_csv.pieces import Piece
from canvas_sis_csv.row import Columns, Row
from canvas_sis_csv.rules.odd_text import ODD_TEXT
from canvas_sis_csv.values import STRIPPED, UNICODE_SPACES, clean

# Where one of these stands, some cell may begin or end with white space.
_EDGE_SPACES = (" ,", ", ", " \n", "\n ", '" ', ' "')
# White space, too, and so rare that where they stand does not matter.
_CONTROLS = "\0\t\v\f"
_LONG = 255
_PRINTABLE = b"\n" + bytes(range(32, 127))


class Chunk:
    """Some consecutive data rows of a file, rows of nothing but blanks among them.

    `number` is the first row's number as Canvas counts.
    """

    def __init__(self, piece: Piece, start: int, columns: Columns, width: int, number: int) -> None:
        self.columns = columns
        self.number = number
        self._piece = piece
        self._start = start
        text = piece.unquoted(start)
        if text is None:
            text = piece.text[start:]
        # Rows end in LF, but for line ends inside quotes, which stay.
        self._text = text if not text or text.endswith(("\n", "\r")) else text + "\n"
        self.width = width
        self._cleaned: dict[str, list[str]] = {}
        self._only: dict[str, str | None] = {}
        self._has_blank: dict[str, bool] = {}
        self._distinct: dict[str, frozenset[str]] = {}

    @cached_property
    def size(self) -> int:
        """How many rows there are, those of nothing but blanks included."""
        return self._cells.size

    @property
    def is_ascii(self) -> bool:
        """Whether there is nothing but ASCII in the chunk."""
        return self._text.isascii()

    @cached_property
    def is_printable(self) -> bool:
        """Whether there are nothing but printable ASCII characters and line ends in the chunk."""
        # Many times as fast as asking each character.
        return self._text.isascii() and not self._text.encode().translate(None, _PRINTABLE)

    @cached_property
    def is_clean(self) -> bool:
        """Whether no cell of the chunk can be one that was spoiled before it came here."""
        return self.is_printable or ODD_TEXT.search(self._text) is None

    @cached_property
    def is_short(self) -> bool:
        """Whether it is plain that no cell has more than 255 characters, without looking at any cell."""
        if '"' in self._text:
            return False
        text, at = self._text, 0
        # From the end of one cell to that of the last one that ends within so many characters.
        while len(text) - at > _LONG:
            end = text.rfind(",", at, at + _LONG + 1)
            end = end if end >= 0 else text.rfind("\n", at, at + _LONG + 1)
            if end < 0:
                return False
            at = end + 1
        return True

    @cached_property
    def plain_lines(self) -> list[str] | None:
        """The rows as they are written, where nothing is to be done to any of them; else None.

        No cell has quotes or white space around it, and there are as many cells as if every row had those of the
        header. This costs a fraction of taking rows apart.
        """
        if '"' in self._text or self._cleaner is not None:
            return None
        lines = self._text.split("\n")
        # Behind the last line end there is nothing, and empty lines are no rows.
        lines.pop()
        if "" in lines:
            lines = list(filter(None, lines))
        return lines if self._text.count(",") == len(lines) * (self.width - 1) else None

    def has_sign(self, sign: str) -> bool:
        """Whether this character stands anywhere in the chunk."""
        return sign in self._text

    def has(self, column: str) -> bool:
        """Whether the file has such a column."""
        return column in self.columns

    def values(self, column: str) -> Sequence[str]:
        """The column's values, trimmed, blank ones as an empty text; the file must have the column."""
        cleaned = self._cleaned.get(column)
        if cleaned is None:
            written = self._cells.column(self.columns[column])
            cleaned = self._cleaned[column] = self._cleaner(written) if self._cleaner else written
        return cleaned

    def only(self, column: str) -> str | None:
        """The one value that stands in every row of the column; None when there are several, or no rows."""
        if column not in self._only:
            values = self.values(column)
            # Counting one value is faster than a set of all of them.
            same = bool(values) and values.count(values[0]) == len(values)
            self._only[column] = values[0] if same else None
        return self._only[column]

    def distinct(self, column: str) -> frozenset[str]:
        """The different values of the column."""
        if column not in self._distinct:
            only = self.only(column)
            self._distinct[column] = frozenset(self.values(column) if only is None else (only,))
        return self._distinct[column]

    def has_blank(self, column: str) -> bool:
        """Whether any value of the column is blank."""
        if column not in self._has_blank:
            self._has_blank[column] = "" in self.values(column)
        return self._has_blank[column]

    def uneven(self) -> Iterator[int]:
        """The rows that have not as many cells as the header."""
        return self._cells.uneven(self.width)

    def written(self, index: int) -> Sequence[str]:
        """The cells of a row as they are written, not trimmed."""
        return self._cells.row(index)

    def row(self, index: int) -> Row:
        """One row, from 0."""
        written = self._cells.row(index)
        # In a tidy chunk there is nothing to clean: an empty cell is the only blank one.
        tidy = self._cleaner is None
        cells = tuple([cell or None for cell in written]) if tidy else tuple(map(clean, written))
        return Row(self.columns, cells, self.number + index, lambda: self.line(index))

    def line(self, index: int) -> int:
        """The line a row begins on, as an editor counts."""
        first, lines = self._piece.line_at(self._start), self._lines
        return first + index if lines is None else lines[index]

    def place_of(self, index: int) -> Callable[[], tuple[int, int]]:
        """Asks for the number of a row as Canvas counts, and for its line."""
        return lambda: (self.number + index, self.line(index))

    @cached_property
    def blank(self) -> frozenset[int]:
        """The rows that hold nothing but blanks; Canvas skips them without a word."""
        # Column by column, as hardly any file has a row that is blank in the first few.
        suspects: Iterable[int] = range(self.size)
        for column in self.columns:
            if not self.has_blank(column):
                return frozenset()
            values = self.values(column)
            suspects = [index for index in suspects if not values[index]]
            if not suspects:
                return frozenset()
        return frozenset(index for index in suspects if not any(map(clean, self._cells.row(index))))

    @cached_property
    def _cells(self) -> _Flat | _Ragged:
        return _cells(self._text, self._piece, self._start, self.width)

    @cached_property
    def _lines(self) -> list[int] | None:
        """The line of each row; None when every row is one line, one after the other."""
        if self._text.count("\n") == self.size and '"' not in self._text:
            return None
        return [self._piece.line_at(record.start) for record in self._piece.records(self._start)]

    @cached_property
    def _cleaner(self) -> Callable[[list[str]], list[str]] | None:
        """How cells of this chunk are cleaned: not at all, of ASCII white space, or of all there is."""
        if not self._text.isascii() and any(space in self._text for space in UNICODE_SPACES):
            return lambda written: [clean(cell) or "" for cell in written]
        return (lambda written: list(map(str.strip, written, repeat(STRIPPED)))) if self._is_untidy() else None

    def _is_untidy(self) -> bool:
        text = self._text
        if any(sign in text for sign in _CONTROLS):
            return True
        # A single character is found much faster than two: most files have no space at all.
        if " " in text and (text.startswith(" ") or any(edge in text for edge in _EDGE_SPACES)):
            return True
        # Line ends inside quotes are white space, too.
        return '"' in text and ("\r" in text or text.count("\n") != self.size)


class _Flat:
    """Cells of rows that all are `width` cells long, in one list: each row's cells and then its line end."""

    def __init__(self, cells: list[str], width: int) -> None:
        self._list = cells
        self._step = width + 1
        self.size = len(cells) // self._step

    def column(self, place: int) -> list[str]:
        # One slice makes a column of a thousand rows: this is what makes clean files fast.
        return self._list[place : self.size * self._step : self._step]

    def uneven(self, width: int) -> Iterator[int]:
        return iter(())

    def row(self, index: int) -> Sequence[str]:
        start = index * self._step
        return self._list[start : start + self._step - 1]


class _Ragged:
    """Cells of rows of any length."""

    def __init__(self, rows: list[list[str]]) -> None:
        self._rows = rows
        self.size = len(rows)

    def column(self, place: int) -> list[str]:
        return [row[place] if place < len(row) else "" for row in self._rows]

    def uneven(self, width: int) -> Iterator[int]:
        lengths = list(map(len, self._rows))
        if set(lengths) != {width}:
            yield from (place for place, length in enumerate(lengths) if length != width)

    def row(self, index: int) -> Sequence[str]:
        return self._rows[index]


def _cells(text: str, piece: Piece, start: int, width: int) -> _Flat | _Ragged:
    if '"' in text:
        # The piece's grammar is checked, and where it holds the standard parser reads cells exactly as Canvas does.
        try:
            # A line with nothing on it is no record: the parser makes an empty list of it.
            return _Ragged(list(filter(None, csv.reader(io.StringIO(text, newline="")))))
        except csv.Error:  # a cell beyond its limit
            return _Ragged([[cell or "" for cell in record.cells] for record in piece.records(start)])
    # The line end becomes a cell of its own: where it stands proves the length of every row at once.
    flat = text.replace("\n", ",\n,").split(",")
    rows, rest = divmod(len(flat), width + 1)
    if rest == 1 and rows == text.count("\n") and flat[width :: width + 1] == ["\n"] * rows:
        return _Flat(flat, width)
    return _Ragged(list(map(str.split, filter(None, text.split("\n")), repeat(","))))


def chunks(pieces: Iterable[Piece], columns: Columns, width: int, *, numbered: bool = True) -> Iterator[Chunk]:
    """The data rows of a file whose pieces have passed the check; the first record, its header, is left out.

    `width` is the number of cells of the header. Chunks that are not `numbered` know neither number nor line of their
    rows, and some may have no rows: for that, no row has been taken apart yet.
    """
    number, seen_header = 2, False
    for piece in pieces:
        start = 0
        if not seen_header:
            header = next(piece.records(), None)
            if header is None:
                continue
            seen_header, start = True, header.end
        chunk = Chunk(piece, start, columns, width, number)
        if not numbered:
            yield chunk
        elif chunk.size:
            number += chunk.size
            yield chunk
