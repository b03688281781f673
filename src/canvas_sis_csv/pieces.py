"""A file cut into pieces of whole records, in bounded memory whatever the file looks like.

Room: works on text blocks it is given. A piece is about one block; a record that is longer than `MAX_RECORD` (an
unclosed quote at the top of a large file, a gigabyte on one line) is followed to its end for the grammar's sake and
then handed on cut, each cell of it to `MAX_CELL`: what is cut off is text no rule could use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from canvas_sis_csv.decoding import count_lines
from canvas_sis_csv.refusal import MALFORMED_CSV, FileRefused
from canvas_sis_csv.scanning import (
    Malformed,
    Record,
    find_separator,
    is_harmless,
    place_of,
    refuse,
    scan,
    without_quotes,
)

MAX_RECORD = 1 << 20
"""Characters of a record longer than this that are kept."""

MAX_CELL = 1 << 16
"""Characters of one cell of such a record that are kept, so that the cells behind a long one are."""

_BARE_CELLS = re.compile(r'(?:[^",\r\n]*+,)*+')
_BARE = re.compile(r'[^",\r\n]*+')
_IN_QUOTES = re.compile(r'(?:[^"]++|"")*+')


class Piece:
    """Some whole records. Every line end outside quotes is expected to be `separator`; `line` is its first line."""

    __slots__ = ("_with_lf", "line", "separator", "text")

    def __init__(self, text: str, separator: str, line: int) -> None:
        self.text = text
        self.separator = separator
        self.line = line
        self._with_lf: str | None = None

    def check(self) -> None:
        """Raise FileRefused(file.malformed_csv) when the grammar is broken in this piece."""
        if '"' in self.text:
            self._with_lf = without_quotes(self.text, self.separator)
            fine = self._with_lf is not None or is_harmless(self.text, self.separator)
        elif self.separator == "\r\n":
            fine = self._take_out_crs()
        else:
            fine = is_harmless(self.text, self.separator)
        if not fine:
            # Scanning finds the place of the breach, and raises there.
            for _ in self.records():
                pass

    def _take_out_crs(self) -> bool:
        """Take the CRs out, which tells whether each was followed by LF, and no LF stood alone."""
        with_lf = self.text.replace("\r\n", "\n")
        if "\r" in with_lf or with_lf.count("\n") != len(self.text) - len(with_lf):
            return False
        self._with_lf = with_lf
        return True

    def unquoted(self, start: int) -> str | None:
        """The text from `start` without quotes and with LF for row separators; None if it needs its quotes.

        The piece must have passed the check.
        """
        if self._with_lf is not None and not start:
            return self._with_lf
        text = self.text[start:] if start else self.text
        if '"' in text:
            return without_quotes(text, self.separator)
        return text if self.separator == "\n" else text.replace(self.separator, "\n")

    def records(self, start: int = 0, *, blank: bool = False) -> Iterator[Record]:
        """The piece's records, one by one, lines with nothing on them only if `blank`.

        Raises FileRefused where the grammar is broken, and not before.
        """
        try:
            yield from scan(self.text, self.separator, start, blank=blank)
        except Malformed as malformed:
            raise refuse(self.text, malformed, self.line) from None

    def count_lines(self) -> int:
        """How many lines end in the piece, as an editor counts; less work once it is checked."""
        if self._with_lf is not None:
            return self._with_lf.count("\n")
        # Outside quotes every line end is a separator, and its last character is in it once.
        return count_lines(self.text) if '"' in self.text else self.text.count(self.separator[-1])

    @property
    def last_line(self) -> int:
        """Its last line, as an editor counts."""
        return self.line + self.count_lines() - self.text.endswith(("\n", "\r"))

    def line_at(self, position: int) -> int:
        """The line, as an editor counts, of a position in the piece's text."""
        return self.line + count_lines(self.text[:position])


def pieces(blocks: Iterable[str]) -> Iterator[Piece]:
    """The pieces of a file's text blocks, unchecked but for records too long to be kept.

    The row separator is the file's first line end. Raises what reading the blocks raises, and
    FileRefused(file.malformed_csv) for a breach of the grammar in a record that is too long to be kept.
    """
    source = iter(blocks)
    separator: str | None = None
    carry, line = "", 1
    for block in source:
        text = carry + block
        # Blocks never end inside a CRLF, so what this one shows is the whole line end.
        separator = separator or find_separator(block)
        end = _last_end(text, separator)
        if end:
            piece = Piece(text[:end], separator or "\n", line)
            yield piece
            line += piece.count_lines()
            carry = text[end:]
        elif len(text) > MAX_RECORD:
            # No record has ended for so long (an open quote, a gigantic line): it must not be held in memory.
            long = _LongRecord(separator, line)
            carry = long.follow(text, source)
            yield Piece(long.kept(), long.separator or "\n", line)
            separator, line = long.separator, long.line
        else:
            carry = text
    if carry:
        yield Piece(carry, separator or "\n", line)


def _last_end(text: str, separator: str | None) -> int:
    """Where the last whole record of `text`, which begins with a record, ends; 0 when there is none.

    Outside quotes is where an even number of quotes went before. In a text that breaks the grammar the answer may
    lie anywhere behind the breach.
    """
    if separator is None:
        return 0
    place = text.rfind(separator)
    quotes = text.count('"', 0, max(place, 0))
    while place >= 0 and quotes % 2:
        earlier = text.rfind(separator, 0, text.rfind('"', 0, place))
        quotes -= text.count('"', max(earlier, 0), place)
        place = earlier
    return place + len(separator) if place >= 0 else 0


class _LongRecord:
    """Follows one record, block by block, to its end."""

    def __init__(self, separator: str | None, line: int) -> None:
        self.separator = separator
        self.line = line
        """The line of the text now at hand; in the end, that of the text after the record."""
        self._column = 1
        self._kept: list[str] = []
        self._room = MAX_RECORD
        self._room_in_cell = MAX_CELL
        self._step = self._at_cell
        self._text = ""
        self._at = 0
        self._done = False
        self._opened: FileRefused | None = None

    def follow(self, text: str, more: Iterator[str]) -> str:
        """Go through the record that begins with `text`; return what follows it of the last block read."""
        self._take(text)
        while not self._done:
            if self._at < len(self._text):
                self._step()
                continue
            block = next(more, None)
            if block is None:
                self._end_of_file()
                return ""
            self._leave()
            self.separator = self.separator or find_separator(block)
            self._take(block)
        rest = self._text[self._at :]
        self.line += count_lines(self._text[: self._at])
        return rest

    def kept(self) -> str:
        """The record, its cells and itself cut to what is kept, and closed so that it is a record by itself."""
        text = "".join(self._kept)
        # A quote left open by the cut would swallow the record's end.
        quote = '"' if text.count('"') % 2 else ""
        return text + quote + (self.separator or "\n")

    def _pass(self, end: int) -> None:
        """Go on to `end`, past signs between cells or whole short cells."""
        self._keep(self._text[self._at : end])
        self._at = end

    def _pass_in_cell(self, end: int) -> None:
        """Go on to `end` within a cell. What is kept of a quoted one never ends between two quotes that mean one."""
        part = self._text[self._at : min(end, self._at + self._room_in_cell)]
        part = part[: len(part) - part.count('"') % 2]
        self._room_in_cell -= len(part)
        self._keep(part)
        self._at = end

    def _keep(self, part: str) -> None:
        part = part[: self._room]
        self._room -= len(part)
        self._kept.append(part)

    def _take(self, text: str) -> None:
        self._text, self._at = text, 0

    def _leave(self) -> None:
        """Count the block at hand as passed."""
        start = max(self._text.rfind("\n"), self._text.rfind("\r")) + 1
        self._column = len(self._text) - start + (1 if start else self._column)
        self.line += count_lines(self._text)

    def _at_cell(self) -> None:
        self._pass(_match(_BARE_CELLS, self._text, self._at))
        self._room_in_cell = MAX_CELL
        if self._text.startswith('"', self._at):
            self._opened = self._refusal("this quote is never closed")
            self._pass(self._at + 1)
            self._step = self._in_quotes
        elif self._at < len(self._text):
            self._step = self._in_bare_cell

    def _in_bare_cell(self) -> None:
        self._pass_in_cell(_match(_BARE, self._text, self._at))
        if self._at < len(self._text):
            self._end_of_cell()

    def _in_quotes(self) -> None:
        self._pass_in_cell(_match(_IN_QUOTES, self._text, self._at))
        if self._at < len(self._text):
            self._pass(self._at + 1)
            self._step = self._after_quote

    def _after_quote(self) -> None:
        if self._text.startswith('"', self._at):
            self._pass(self._at + 1)
            self._step = self._in_quotes
        else:
            self._end_of_cell()

    def _end_of_cell(self) -> None:
        separator = self.separator or "\n"
        if self._text.startswith(",", self._at):
            self._pass(self._at + 1)
            self._step = self._at_cell
        elif self._text.startswith(separator, self._at):
            self._at += len(separator)
            self._done = True
        else:
            raise self._refusal("a cell does not end where it should: a stray quote, or another kind of line end")

    def _end_of_file(self) -> None:
        self._leave()
        if self._step == self._in_quotes and self._opened:
            raise self._opened

    def _refusal(self, why: str) -> FileRefused:
        line, column = place_of(self._text, self._at, self.line)
        if line == self.line:
            column += self._column - 1
        return FileRefused(MALFORMED_CSV, why, line=line, column=column)


def _match(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
