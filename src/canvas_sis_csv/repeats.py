"""Lines that repeat: with a hundred or more of them Canvas imports a copy of the file without the repeats.

Room: reads streams it is given. Before anything else Canvas reads each CSV once; when at least `THRESHOLD` lines are
exact repeats of others (cell by cell, lines with nothing on them and the header included), only the last of each is
kept, and the copy is called `<name>_deduplicated.csv` in messages, its rows numbered anew. Source: Canvas's public
source. A file whose quoting begins behind a byte-order mark cannot be read that way and is left as it is.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from itertools import compress
from typing import BinaryIO

from canvas_sis_csv.decoding import count_lines, starts_with_bom, text_blocks
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.shares import Scattered, shares

THRESHOLD = 100
MAX_LINES = 1 << 25
"""Repeats are not looked for in files of more lines than this: Canvas, which holds the whole file in memory for it,
would hardly survive such a file, and eight bytes a line are kept here."""

_SPECIAL = re.compile(r'[",\r\n]')


class Repeats:
    """Which records of a file Canvas's copy leaves out."""

    def __init__(self, kept: bytearray) -> None:
        self._kept = kept

    def blocks(self, stream: BinaryIO) -> Iterator[str]:
        """The file's text as Canvas's copy has it.

        Every record that is left out leaves empty lines in its place: they count for nothing in Canvas, and the
        records that stay keep the line numbers they have in the file.
        """
        at = 0
        for piece in pieces(text_blocks(stream)):
            texts = _written(piece)
            kept = self._kept[at : at + len(texts)]
            at += len(texts)
            if all(kept):
                yield piece.text
                continue
            end = piece.separator
            left = (text if keep else end * count_lines(text) for text, keep in zip(texts, kept, strict=True))
            yield "".join(left)


def _written(piece: Piece) -> list[str]:
    """The text of each record of a piece, empty ones included, row separator and all."""
    if '"' in piece.text:
        return [piece.text[record.start : record.end] for record in piece.records(blank=True)]
    lines = piece.text.split(piece.separator)
    last = lines.pop()
    return [line + piece.separator for line in lines] + ([last] if last else [])


def deduplicated_name(name: str) -> str:
    """What Canvas calls the copy without repeats."""
    return name[: -len(".csv")] + "_deduplicated.csv" if name.lower().endswith(".csv") else name


def find_repeats(stream: BinaryIO) -> Repeats | None:
    """What Canvas leaves out of the file in this seekable stream; None when it makes no copy.

    The file must have passed `survey`. One byte per record is kept.
    """
    # A hash of each line without its quotes comes first, as it is cheap: records that are equal have equal lines.
    lines = (_lines(piece.text.replace('"', ""), piece.separator) for piece in pieces(text_blocks(stream)))
    if _repeated(map(hash, some) for some in lines) < THRESHOLD:
        return None
    keys = _record_keys(stream)
    # Lines are no records where there are quotes: what repeated line by line is counted anew.
    if keys is None or _repeated([keys]) < THRESHOLD:
        return None
    return Repeats(_last_of_each(keys))


def _lines(text: str, separator: str) -> list[str]:
    lines = text.split(separator)
    if not lines[-1]:
        lines.pop()
    return lines


def _record_keys(stream: BinaryIO) -> array[int] | None:
    """A hash of each record, empty ones included; None for a file Canvas cannot read this way."""
    bom = starts_with_bom(stream)
    keys = array("q")
    for piece in pieces(text_blocks(stream)):
        # Equal records must be equal texts.
        if '"' in piece.text:
            canonical = [",".join(map(canonical_cell, record.cells)) for record in piece.records(blank=True)]
        else:
            canonical = _lines(piece.text, piece.separator)
        if bom and not keys:
            if piece.text.startswith('"'):
                return None
            # To Canvas the mark is part of the first cell here.
            canonical[0] = "\ufeff" + canonical[0]
        keys.extend(map(hash, canonical))
    return keys


def canonical_cell(cell: str | None) -> str:
    """The cell as it must be written: nothing at all, and nothing but quotes, are two things to the parser."""
    if cell is None:
        return ""
    if not cell or _SPECIAL.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _repeated(keys: Iterable[Iterable[int]]) -> int:
    """How many of the keys repeat an earlier one; 0 when there are too many keys to say."""
    everything = Scattered()
    for some in keys:
        everything.add(some)
        # Better no copy than no memory: nothing is said of repeats then.
        if len(everything) > MAX_LINES:
            return 0
    return everything.count_repeated()


def _last_of_each(keys: array[int]) -> bytearray:
    """For each key 1 when it is the last of its kind, else 0."""
    kept = bytearray(len(keys))
    for share in shares(keys):
        last = dict(zip(compress(keys, share), compress(range(len(keys)), share), strict=True))
        for place in last.values():
            kept[place] = 1
    return kept
