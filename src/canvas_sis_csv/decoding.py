"""From bytes to text, as Canvas does it: strict UTF-8, a byte-order mark at the very start taken off.

Room: reads a stream it is given; bounded memory. Canvas tests the raw bytes before it parses anything, so an invalid
byte anywhere in a file outweighs everything else that is wrong with it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from canvas_sis_csv.cell_text import MASK, CellText
from canvas_sis_csv.refusal import INVALID_UTF8, FileRefused

BLOCK_BYTES = 1 << 16
"""How much is read at a time: as many cells as fit into a processor's cache, which makes all that follows faster."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_EXCERPT_BYTES = 40


def count_lines(text: str) -> int:
    """How many line ends an editor sees in `text`: LF, CRLF and lone CR each count as one."""
    feeds = text.count("\n")
    if "\r" in text:
        feeds += text.count("\r") - text.count("\r\n")
    return feeds


def starts_with_bom(stream: BinaryIO) -> bool:
    """Whether the file in this seekable stream begins with a byte-order mark."""
    stream.seek(0)
    return stream.read(3) == codecs.BOM_UTF8


def text_blocks(stream: BinaryIO) -> Iterator[str]:
    """The text of a seekable stream, block by block, from its beginning to its end.

    A CRLF is never split between two blocks. Raises FileRefused(file.invalid_utf8) at the first invalid byte.
    """
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    held, done = "", 0
    while data := stream.read(BLOCK_BYTES):
        text = held + _decode(decoder, data, stream, done)
        held = ""
        if not done:
            # Anywhere else the mark is a character like others.
            text = text.removeprefix("\ufeff")
        done += len(data)
        if text.endswith("\r"):
            text, held = text[:-1], "\r"
        if text:
            yield text
    last = held + _decode(decoder, b"", stream, done, final=True)
    if last:
        yield last


def _decode(
    decoder: codecs.IncrementalDecoder, data: bytes, stream: BinaryIO, done: int, *, final: bool = False
) -> str:
    # What the block before left over of a character cut in two.
    pending: bytes = decoder.getstate()[0]
    try:
        return decoder.decode(data, final)
    except UnicodeDecodeError as error:
        offset = done - len(pending) + error.start
        cut_off = error.reason == "unexpected end of data"
    # Not inside the handler: the decoder's own words are no part of the refusal.
    raise _invalid(stream, offset, cut_off=cut_off)


def _invalid(stream: BinaryIO, offset: int, *, cut_off: bool) -> FileRefused:
    """The refusal for the invalid byte at `offset`; the file is read again up to there to tell the line."""
    line, before = _place_of(stream, offset)
    after = stream.read(_EXCERPT_BYTES)
    why = "the file ends inside a character" if cut_off else f"byte 0x{after[0]:02X} is not UTF-8 here"
    excerpt = before[-_EXCERPT_BYTES:] + _LINE_END.split(after)[0]
    column = len(before.decode("utf-8", "replace")) + 1
    shown = excerpt.decode("utf-8", "backslashreplace")
    return FileRefused(INVALID_UTF8, why, line=line, column=column, excerpt=CellText(shown, MASK), offset=offset)


def _place_of(stream: BinaryIO, offset: int) -> tuple[int, bytes]:
    """The line of a byte, and what stands before it on that line (the last block of it, when the line is longer)."""
    stream.seek(0)
    line, before, left = 1, b"", offset
    while left > 0 and (data := stream.read(min(left, BLOCK_BYTES))):
        left -= len(data)
        *passed, rest = _LINE_END.split(before + data)
        line += len(passed)
        before = rest[-BLOCK_BYTES:]
    return line, before
