"""Which encoding a file that is not UTF-8 probably is in, and the same text as UTF-8.

Room: reads a stream it is given. A guess stays a guess: it is offered to a person, never acted on by itself.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.refusal import FileRefused

WESTERN = "cp1252"
"""What Excel and most student systems write when they do not write UTF-8, in America and western Europe."""

_SAMPLE_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
# Š Œ Ž š œ ž Ÿ Ð Þ ð þ × ÷: in Windows-1252 they are rare, in its neighbours these bytes are common letters.
_RARE_IN_WESTERN = frozenset(b"\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xd0\xde\xf0\xfe\xd7\xf7")
# € … ‘ ’ “ ” • – — ™, a no-break space and the like.
_SIGNS_IN_WESTERN = frozenset(b"\x80\x85\x91\x92\x93\x94\x96\x97\x99\xa0\xa9\xae\xb0\xb7\xba\xaa")
_NAMES = {"cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "utf-16": "UTF-16"}


def likely_encoding(stream: BinaryIO, offset: int = 0) -> str | None:
    """Python's name of the likely encoding of a seekable stream; None when nothing fits.

    `offset` is where its first byte stands that is not UTF-8: the sample is taken there.
    """
    if wide := wide_encoding(stream):
        return wide
    # From a little before, so that a letter in two bytes is not cut.
    stream.seek(max(0, offset - 200))
    sample = stream.read(_SAMPLE_BYTES)
    if is_western(sample):
        return WESTERN
    # Rarer ones take frequencies of letters in many languages to tell apart. The import takes a tenth of a second.
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else None


def wide_encoding(stream: BinaryIO) -> str | None:
    """The encoding of a file in two or four bytes a letter, which shows in its first ones; None for any other.

    Plain letters in UTF-16 without a byte-order mark are valid UTF-8, with a NUL after each.
    """
    stream.seek(0)
    return wide_by_start(stream.read(4))


def wide_by_start(start: bytes) -> str | None:
    """The same by a file's first four bytes."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if len(start) < 4:
        return None
    # UTF-16 shows itself by the NULs between ASCII letters.
    if start[1] == start[3] == 0 and start[0] and start[2]:
        return "utf-16-le"
    return "utf-16-be" if start[0] == start[2] == 0 and start[1] and start[3] else None


def first_invalid_byte(stream: BinaryIO) -> int | None:
    """Where a seekable stream stops being UTF-8, in bytes; None when it never does."""
    try:
        for _ in text_blocks(stream):
            pass
    except FileRefused as refused:
        return refused.offset
    return None


def shown_name(encoding: str) -> str:
    """The encoding as people know it."""
    plain = encoding.replace("_", "-")
    return _NAMES.get(plain, plain.upper() if plain.startswith(("utf", "iso")) else plain)


def converted(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The text of a stream as UTF-8 without a byte-order mark, from its beginning; line ends stay as they are.

    Raises UnicodeDecodeError when it is not in that encoding, LookupError for an encoding nobody knows.
    """
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    while data := stream.read(_BLOCK_BYTES):
        text = decoder.decode(data)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        yield text.encode()
    yield decoder.decode(b"", final=True).encode()


def is_western(sample: bytes) -> bool:
    """Whether the bytes beyond ASCII make sense as single accented letters and typographic signs among plain ones."""
    for match in _NOT_ASCII.finditer(sample):
        run = match.group()
        # Western words have at most two accented letters in a row.
        if len(run) > 2 or any(byte in _RARE_IN_WESTERN for byte in run):
            return False
        if any(byte < 0xC0 and byte not in _SIGNS_IN_WESTERN for byte in run):
            return False
    return True
