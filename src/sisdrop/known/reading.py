"""The rows of a file that was imported, by the thousand.

Room: reads members it is given. What Canvas would drop whole has no rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from canvas_sis_csv import Member
from canvas_sis_csv.chunks import Chunk, chunks
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.pieces import pieces
from canvas_sis_csv.reading import FileRefused, survey
from canvas_sis_csv.repeats import find_repeats
from canvas_sis_csv.row import column_places
from canvas_sis_csv.types import CANVAS


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its type, and its rows in their order."""

    type: str
    chunks: Iterator[Chunk]


@contextmanager
def opened(member: Member, *, numbered: bool) -> Iterator[Table | None]:
    """The file's rows while the block lasts; None when Canvas drops it, or when it is empty.

    With `numbered`, rows have the numbers that messages about them have: those of Canvas's copy without repeated
    lines, where it makes one. Raises what opening and reading the member raises.
    """
    stream = member.open()
    try:
        try:
            file = survey(text_blocks(stream), CANVAS.features)
        except FileRefused:
            file = None
        if file is None or file.type is None or file.header is None:
            yield None
            return
        repeats = find_repeats(stream) if numbered else None
        blocks = repeats.blocks(stream) if repeats else text_blocks(stream)
        yield Table(file.type, chunks(pieces(blocks), column_places(file.header), len(file.header)))
    finally:
        stream.close()
