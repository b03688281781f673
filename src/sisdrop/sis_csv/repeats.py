"""Lines that repeat: with a hundred or more of them Canvas imports a copy of the file without the repeats.

Room: reads streams it is given. Before anything else Canvas reads each CSV once; when at least `THRESHOLD` lines are
exact repeats of others (cell by cell, lines with nothing on them and the header included), only the last of each is
kept, and the copy is called `<name>_deduplicated.csv` in messages, its rows numbered anew. Source: Canvas's public
source. A file whose quoting begins behind a byte-order mark cannot be read that way and is left as it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import compress
from typing import BinaryIO

from sisdrop.sis_csv.decoding import count_lines, starts_with_bom, text_blocks
from sisdrop.sis_csv.pieces import Piece, pieces

THRESHOLD = 100
MAX_LINES = 1 << 25
"""Repeats are not looked for in files of more lines than this: Canvas, which holds the whole file in memory for it,
would hardly survive such a file, and eight bytes a line are kept here."""

_SHARE = 1 << 20
"""Hashes compared at a time."""


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
            out = []
            for record in piece.records(blank=True):
                text = piece.text[record.start : record.end]
                out.append(text if self._kept[at] else piece.separator * count_lines(text))
                at += 1
            yield "".join(out)


def deduplicated_name(name: str) -> str:
    """What Canvas calls the copy without repeats."""
    return name[: -len(".csv")] + "_deduplicated.csv" if name.lower().endswith(".csv") else name


def find_repeats(stream: BinaryIO) -> Repeats | None:
    """What Canvas leaves out of the file in this seekable stream; None when it makes no copy.

    The file must have passed `survey`. One byte per record is kept.
    """
    if _repeated(_line_keys(stream)) < THRESHOLD:
        return None
    keys = _record_keys(stream)
    if keys is None or _repeated([keys]) < THRESHOLD:
        return None
    return Repeats(_last_of_each(keys))


def _line_keys(stream: BinaryIO) -> Iterator[array[int]]:
    """A hash of each line without its quotes: records that are equal have equal lines."""
    yield from (_hashes(piece) for piece in pieces(text_blocks(stream)))


def _hashes(piece: Piece) -> array[int]:
    lines = piece.text.replace('"', "").split(piece.separator)
    if not lines[-1]:
        lines.pop()
    return array("q", map(hash, lines))


def _record_keys(stream: BinaryIO) -> array[int] | None:
    """A hash of each record, empty ones included; None for a file Canvas cannot read this way."""
    bom = starts_with_bom(stream)
    keys = array("q")
    for piece in pieces(text_blocks(stream)):
        for cells in _cells_of(piece):
            if bom and not keys:
                if piece.text.startswith('"'):
                    return None
                cells = ("\ufeff" + (cells[0] or ""), *cells[1:])
            keys.append(hash(cells))
    return keys


def _cells_of(piece: Piece) -> Iterator[tuple[str | None, ...]]:
    return (record.cells for record in piece.records(blank=True))


def _repeated(keys: Iterable[array[int]]) -> int:
    """How many of the keys repeat an earlier one; 0 when there are too many keys to say."""
    everything = array("q")
    for some in keys:
        everything.extend(some)
        if len(everything) > MAX_LINES:
            return 0
    distinct = sum(len(set(compress(everything, share))) for share in _shares(everything))
    return len(everything) - distinct


def _shares(keys: array[int]) -> Iterator[bytes]:
    """Selections that part the keys by one of their bytes: equal ones are in one share, and each share is small."""
    count = min(256, 1 + len(keys) // _SHARE)
    lowest = bytes(memoryview(keys).cast("B")[:: keys.itemsize])
    for share in range(count):
        yield lowest.translate(bytes(byte % count == share for byte in range(256)))


def _last_of_each(keys: array[int]) -> bytearray:
    """For each key 1 when it is the last of its kind, else 0."""
    kept = bytearray(len(keys))
    for share in _shares(keys):
        last = dict(zip(compress(keys, share), compress(range(len(keys)), share), strict=True))
        for place in last.values():
            kept[place] = 1
    return kept
