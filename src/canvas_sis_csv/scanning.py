"""The grammar of Canvas's CSV parser, exactly: what a record is, and what makes a file malformed.

Room: pure; works on text in memory and keeps nothing. Source: the behaviour of Ruby's `CSV` in its strict mode with
the row separator found automatically, as measured and as its public source says it:

- the row separator is whatever the first line end of the file is (LF, CRLF or CR), even inside quotes;
- a cell is empty, or bare (no quote, comma, CR or LF in it), or quoted (quotes in it doubled);
- after a cell comes a comma, the row separator or the end of the file, and nothing else, not even a space;
- a line with nothing on it is no record; a line of `""` is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from canvas_sis_csv.cell_text import MASK, CellText
from canvas_sis_csv.decoding import count_lines
from canvas_sis_csv.refusal import MALFORMED_CSV, FileRefused

# Possessive where text repeats: no file, however broken, makes a pattern go over it twice.
_BARE = re.compile(r'[^",\r\n]*')
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_FIRST_LINE_END = re.compile(r"\r\n|\r|\n")
_EXCERPT = 30


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells (None where nothing, not even quotes, was written) and where it starts in the text."""

    cells: tuple[str | None, ...]
    start: int
    end: int


@dataclass(eq=False)
class Malformed(Exception):
    """The grammar is broken at `position` of the scanned text, for the reason `why`."""

    position: int
    why: str


def find_separator(text: str) -> str | None:
    """The row separator that the first line end of `text` makes; None when there is no line end."""
    line_end = _FIRST_LINE_END.search(text)
    return line_end.group() if line_end else None


def scan(text: str, separator: str, start: int = 0, *, blank: bool = False) -> Iterator[Record]:
    """The records of `text`, which ends where a record ends; lines with nothing on them are left out unless `blank`.

    Raises Malformed when the iteration gets to a breach of the grammar, and not before.
    """
    position = start
    while position < len(text):
        record = _scan_record(text, separator, position)
        if blank or record.cells != (None,):
            yield record
        position = record.end


def _scan_record(text: str, separator: str, start: int) -> Record:
    cells: list[str | None] = []
    position = start
    while True:
        cell, position = _scan_cell(text, position)
        cells.append(cell)
        if text.startswith(",", position):
            position += 1
        elif text.startswith(separator, position):
            return Record(tuple(cells), start, position + len(separator))
        elif position == len(text):
            return Record(tuple(cells), start, position)
        else:
            raise Malformed(position, _reason(text, position, separator))


def cell_spans(text: str, start: int) -> list[tuple[int, int]]:
    """Begin and end of each cell, quotes included, of the record that begins at `start`; Malformed if it breaks."""
    spans: list[tuple[int, int]] = []
    position = start
    while True:
        _, end = _scan_cell(text, position)
        spans.append((position, end))
        if not text.startswith(",", end):
            return spans
        position = end + 1


def _scan_cell(text: str, position: int) -> tuple[str | None, int]:
    if text.startswith('"', position):
        quoted = _QUOTED.match(text, position)
        if quoted is None:
            raise Malformed(position, "this quote is never closed")
        return quoted.group(1).replace('""', '"'), quoted.end()
    end = _BARE.match(text, position).end()  # type: ignore[union-attr]  # matches the empty text too
    return (text[position:end] or None), end


def _reason(text: str, position: int, separator: str) -> str:
    """Why a cell cannot end at `position`."""
    if text[position] == '"' and text[position - 1 : position] == "=":
        return 'there is a quote behind an equals sign, as spreadsheets write ="00123"; export the plain value'
    if text[position] == '"':
        return "there is a quote inside a cell that does not begin with one"
    line_end = _FIRST_LINE_END.match(text, position)
    if line_end is None:
        return "there is something between a closing quote and the comma"
    names = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
    return f"the first line of the file ends with {names[separator]}, this one with {names[line_end.group()]}"


_ANY_CELL = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)'
_WHOLE = {
    separator: re.compile(f"(?:{_ANY_CELL}(?:,|{separator}))*+(?:{_ANY_CELL})?+") for separator in ("\n", "\r\n", "\r")
}


def is_harmless(text: str, separator: str) -> bool:
    """Whether `text` follows the grammar: the same verdict as scanning all of it, many times faster."""
    if '"' in text:
        whole = _WHOLE[separator].match(text)
        return whole is not None and whole.end() == len(text)
    # Without quotes nothing can be wrong but a line end of another kind.
    if separator == "\n":
        return "\r" not in text
    if separator == "\r":
        return "\n" not in text
    return text.count("\r") == text.count("\r\n") == text.count("\n")


_ALL_QUOTED = {separator: re.compile(f'(?:"[^"]*+"(?:,|{separator}))*+') for separator in ("\n", "\r\n", "\r")}


def without_quotes(text: str, separator: str) -> str | None:
    """The same records without quotes and with LF between them, for a text that can do without; else None.

    Such a text follows the grammar; every cell of it is quoted and has no quote, comma or line end in it. The last
    two are told by counting: one comma or line end for each pair of quotes is all that stands between cells.
    """
    quoted = _ALL_QUOTED[separator].match(text)
    if quoted is None or quoted.end() != len(text):
        return None
    crs = text.count("\r") if separator == "\r\n" else 0
    # A table is several times as fast as `replace`, but for ASCII only.
    signs = '"\r' if crs else '"'
    if text.isascii():
        plain = text.translate(dict.fromkeys(map(ord, signs)))
    else:
        plain = text.replace('"', "").replace("\r", "") if crs else text.replace('"', "")
    cells = (len(text) - crs - len(plain)) // 2
    if separator == "\r":
        plain = plain.replace("\r", "\n")
    ends = plain.count("\n")
    if plain.count(",") + ends != cells or crs not in (0, ends) or "\r" in plain:
        return None
    # A row of one empty quoted cell is a row, but the empty line it would leave is none.
    return None if plain.startswith("\n") or "\n\n" in plain else plain


def place_of(text: str, position: int, line: int) -> tuple[int, int]:
    """Line and column (both from 1, as an editor counts) of a position in a text whose first line is `line`."""
    before = text[:position]
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    return line + count_lines(before), position - start + 1


def refuse(text: str, malformed: Malformed, line: int) -> FileRefused:
    """The refusal of a file for a breach of the grammar in this piece of it, whose first line is `line`."""
    position = malformed.position
    at_line, column = place_of(text, position, line)
    before = _FIRST_LINE_END.split(text[max(0, position - _EXCERPT) : position])[-1]
    after = _FIRST_LINE_END.split(text[position : position + _EXCERPT])[0]
    return FileRefused(
        MALFORMED_CSV, malformed.why, line=at_line, column=column, excerpt=CellText(before + after, MASK)
    )
