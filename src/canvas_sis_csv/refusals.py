"""Why Canvas drops a file, for the person who has to mend it: what the file is, where it breaks, what to do.

Room: reads the stream it is given.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.contents import page_of
from canvas_sis_csv.encoding import likely_encoding, shown_name, wide_encoding
from canvas_sis_csv.lookalike import TOP_LINES, describe_header
from canvas_sis_csv.mending import Survey, Wrong, survey
from canvas_sis_csv.refusal import UNKNOWN_HEADERS, FileRefused
from canvas_sis_csv.signatures import HEAD_BYTES, signature_of
from canvas_sis_csv.text import listed
from canvas_sis_csv.types import Registry

_TOP_BYTES = 1 << 14
_LINE_END = re.compile(r"\r\n|\r|\n")
_SHOWN = 8
"""Lines that are named."""


def explain(refused: FileRefused, stream: BinaryIO, name: str, hint: str, registry: Registry) -> CellText:
    """What is said of a refused file called `name`; `hint` is what the rule has to say about any such file."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    signature = signature_of(head)
    # Neither a place in it nor how to mend a CSV helps who has to save it as one first.
    what = signature.sentence if signature else page_of(head)
    if what:
        return CellText.plain(what)
    parts: list[CellText | str] = []
    if refused.code == UNKNOWN_HEADERS:
        described = describe_header(refused.header, _top_of(stream), registry)
        parts.append(described)
        # What is said of all such files is for those of which nothing better can be said.
        hint = "" if described else hint
    else:
        parts.append(_place_of(refused))
        if refused.line is not None and refused.line <= TOP_LINES:
            # What stands above a header may be what breaks the grammar.
            parts.append(describe_header((), _top_of(stream), registry))
    encoding = wide_encoding(stream)
    if encoding is None and refused.offset is not None:
        seen = survey(stream)
        if seen.is_mostly_utf8:
            return CellText.joined([*parts, _but_for_some(seen, name)])
        encoding = likely_encoding(stream, refused.offset)
    if encoding:
        parts.append(f"It looks like {shown_name(encoding)}: `sisdrop convert {name}` writes a UTF-8 copy.")
    return CellText.joined([*parts, hint])


def _top_of(stream: BinaryIO) -> list[str]:
    """The first lines, from the first one on that is not empty."""
    stream.seek(0)
    text = stream.read(_TOP_BYTES).decode("utf-8", "replace").removeprefix("\ufeff").lstrip("\r\n")
    return _LINE_END.split(text)[:TOP_LINES]


def _place_of(refused: FileRefused) -> CellText:
    says = f"Line {refused.line}, column {refused.column}: {refused.why}"
    if not refused.excerpt:
        return CellText.plain(f"{says}.")
    return CellText(f"{says} ({refused.excerpt.revealed()}).", f"{says}.")


_SAYS = {
    Wrong.ENCODING: "in another encoding",
    Wrong.CUT: "with a cell that was cut in the middle of a character",
    Wrong.SURROGATES: "in CESU-8, where some databases and Java programs write a character as two halves",
    Wrong.TWICE: "turned into UTF-8 twice",
}


def _but_for_some(seen: Survey, name: str) -> str:
    total = f"{seen.count:,} line{'' if seen.count == 1 else 's'}"
    kinds = [f"{_SAYS[wrong]}: {_numbers(seen, wrong)}" for wrong in Wrong if seen.counts[wrong]]
    mend = f"`sisdrop convert {name}` writes a copy in which only these cells are changed, and shows each of them."
    return f"The file is UTF-8 but for {total} ({'; '.join(kinds)}). {mend}"


def _numbers(seen: Survey, wrong: Wrong) -> str:
    lines = [str(number) for number in seen.lines[wrong]]
    count = seen.counts[wrong]
    return f"{'line' if count == 1 else 'lines'} {listed(lines, _SHOWN, total=count)}"
