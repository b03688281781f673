"""From bytes to text, as Canvas does it: strict UTF-8, a byte-order mark at the very start taken off.

Room: reads a stream it is given; bounded memory. Canvas tests the raw bytes before it parses anything, so an invalid
byte anywhere in a file outweighs everything else that is wrong with it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from sisdrop.sis_csv.refusal import INVALID_UTF8, FileRefused

BLOCK_BYTES = 1 << 20
"""How much is read at a time."""

_BYTES_LINE_END = re.compile(rb"\r\n|\r|\n")
_EXCERPT_BYTES = 40


def count_lines(text: str) -> int:
    """How many line ends an editor sees in `text`: LF, CRLF and lone CR each count as one."""
    feeds = text.count("\n")
    if "\r" in text:
        feeds += text.count("\r") - text.count("\r\n")
    return feeds


def text_blocks(stream: BinaryIO) -> Iterator[str]:
    """The stream's text, block by block, from where the stream stands to its end.

    A CRLF is never split between two blocks. Raises FileRefused(file.invalid_utf8) at the first invalid byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    held = ""
    first = True
    seen = _Place()
    while data := stream.read(BLOCK_BYTES):
        text = held + _decode(decoder, data, seen)
        held = ""
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text.endswith("\r"):
            text, held = text[:-1], "\r"
        if text:
            yield text
    last = held + _decode(decoder, b"", seen, final=True)
    if last:
        yield last


class _Place:
    """How far decoding has come, so that the line of an invalid byte can be told without keeping what was read."""

    def __init__(self) -> None:
        self.lines = 0
        self.column = 0
        """Characters of the current line before the block."""
        self.ends_in_cr = False


def _decode(decoder: codecs.IncrementalDecoder, data: bytes, seen: _Place, *, final: bool = False) -> str:
    pending: bytes = decoder.getstate()[0]
    try:
        text = decoder.decode(data, final)
    except UnicodeDecodeError as error:
        raise _invalid(pending + data, error, seen) from None
    _advance(seen, text)
    return text


def _advance(seen: _Place, text: str) -> None:
    if not text:
        return
    seen.lines += count_lines(text) - (seen.ends_in_cr and text[0] == "\n")
    start = max(text.rfind("\n"), text.rfind("\r")) + 1
    seen.column = len(text) - start + (0 if start else seen.column)
    seen.ends_in_cr = text[-1] == "\r"


def _invalid(data: bytes, error: UnicodeDecodeError, seen: _Place) -> FileRefused:
    """The refusal for the first invalid byte of `data`, which follows what was `seen`."""
    start = error.start
    before = data[:start]
    _advance(seen, before.decode("utf-8"))
    around = _BYTES_LINE_END.split(before[-_EXCERPT_BYTES:])[-1], _BYTES_LINE_END.split(data[start : start + 20])[0]
    excerpt = (around[0] + around[1]).decode("utf-8", "backslashreplace")
    cut_off = error.reason == "unexpected end of data"
    why = "the file ends inside a character" if cut_off else f"byte 0x{data[start]:02X} is not UTF-8 here"
    return FileRefused(INVALID_UTF8, why, line=seen.lines + 1, column=seen.column + 1, excerpt=excerpt)
