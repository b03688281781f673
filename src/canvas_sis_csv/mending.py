"""Text that is UTF-8 but for some rows: which rows, what is wrong with them, and what was probably meant.

Room: works on lines it is given, and on a stream. Nothing that is valid UTF-8 is touched, but for letters that were
encoded twice. Every cell is mended by itself, as rows may come from systems of different encodings.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO

from canvas_sis_csv.encoding import WESTERN, is_western
from canvas_sis_csv.rules.odd_text import encoded_once

LONGEST_LINE = 1 << 20
_KEPT = 20
_SAMPLE_BYTES = 1 << 16

_CELL = re.compile(rb'[^,;\t"\r\n]+')
_SURROGATES = re.compile(rb"(?:\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf])+")
_CUT = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_VALID = re.compile(
    rb"(?:[\xc3-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3})"
)
_GUESSES = ("cp1252", "cp850", "mac_roman", "cp1250")


class Wrong(StrEnum):
    """What is wrong with a cell."""

    ENCODING = "in another encoding"
    CUT = "cut in the middle of a character"
    SURROGATES = "in CESU-8"
    TWICE = "turned into UTF-8 twice"


@dataclass(slots=True)
class Survey:
    """The lines of a file that are not UTF-8, and how many others hold UTF-8 of more than one byte."""

    valid: int = 0
    count: int = 0
    lines: dict[Wrong, list[int]] = field(default_factory=dict)
    """The first lines by what is wrong with them."""
    counts: Counter[Wrong] = field(default_factory=Counter)
    sample: bytes = b""
    """Cells in another encoding, a space between."""
    scripts: set[str] = field(default_factory=set)
    """Which scripts beyond Latin the valid lines are written in, by their names in Unicode."""
    foreign: bytes = b""
    """Those of them that are in no western encoding, for guessing at it."""

    @property
    def is_mostly_utf8(self) -> bool:
        """Whether the file is UTF-8 but for some rows.

        In single-byte encodings of the West, no name happens to be valid UTF-8; in those of East Asia, some do.
        """
        if not self.counts[Wrong.ENCODING]:
            return self.count > 0
        if is_western(self.sample):
            return self.valid > 0
        return self.valid * 10 > self.count


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that was mended. `before` shows invalid bytes as `\\xE9`."""

    line: int
    before: str
    after: str
    wrong: Wrong


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a seekable stream from its beginning, line ends and all; lines of a megabyte and more in parts."""
    stream.seek(0)
    rest = b""
    while data := stream.read(LONGEST_LINE):
        rest += data
        *whole, rest = _split(rest)
        yield from whole
        if len(rest) > LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _split(data: bytes) -> list[bytes]:
    """The lines in the data, and the rest behind the last line end, which may be empty."""
    ends = [match.end() for match in re.finditer(rb"\r\n|\n|\r(?=[^\n])", data)]
    starts = [0, *ends]
    return [data[start:end] for start, end in zip(starts, [*ends, len(data)], strict=True)]


def survey(stream: BinaryIO) -> Survey:
    """Go through a file and note which of its lines are not UTF-8."""
    seen = Survey()
    for number, line in enumerate(lines_of(stream), 1):
        if line.isascii():
            continue
        try:
            text = line.decode()
            seen.valid += 1
            if seen.valid < _KEPT * _KEPT:
                seen.scripts |= _scripts_of(text)
        except UnicodeDecodeError:
            _note(seen, number, line)
    return seen


def _note(seen: Survey, number: int, line: bytes) -> None:
    seen.count += 1
    kinds: dict[Wrong, None] = {}
    for cell in _CELL.findall(line):
        wrong = what_is_wrong(cell)
        if wrong is None:
            seen.scripts |= _scripts_of(cell.decode())
            continue
        kinds[wrong] = None
        if wrong is Wrong.ENCODING and len(seen.sample) < _SAMPLE_BYTES:
            seen.sample += cell + b" "
            if is_foreign(cell):
                seen.foreign += cell + b" "
    for wrong in kinds:
        seen.counts[wrong] += 1
        lines = seen.lines.setdefault(wrong, [])
        if len(lines) < _KEPT:
            lines.append(number)


def what_is_wrong(cell: bytes) -> Wrong | None:
    """What makes a cell invalid UTF-8; None when it is valid."""
    try:
        cell.decode()
    except UnicodeDecodeError:
        pass
    else:
        return None
    if _SURROGATES.search(cell) and _is_utf8(_SURROGATES.sub(b"", cell)):
        return Wrong.SURROGATES
    return Wrong.CUT if _is_cut(cell) else Wrong.ENCODING


def is_foreign(cell: bytes) -> bool:
    """Whether an invalid cell is in no western encoding: there, accented letters stand among plain ones."""
    return not is_western(cell) and max(map(len, _NOT_ASCII.findall(cell))) > 2


def _is_cut(cell: bytes) -> bool:
    """Whether the cell ends in the middle of a character, and could not end so in a western encoding."""
    cut = _CUT.search(cell)
    if cut is None or not _is_utf8(cell[: cut.start()]):
        return False
    before, tail = cell[: cut.start()].decode(), cut.group()
    if len(tail) > 1:
        # Two of the three bytes of a typographic apostrophe, which is the likeliest of all.
        return not is_western(tail) or tail == b"\xe2\x80"
    # A capital letter with an accent at the end of a word of small ones; é and the like need others like them before.
    return before[-1:].islower() if tail < b"\xe0" else bool(re.search(r"[\u0800-\uffff]\Z", before))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class Mender:
    """Mends the lines of a file; ask for the cells that were changed after each, as there may be many.

    `guess` is the likely encoding of cells that are in none of the western ones, None when nothing fits. `is_named`:
    somebody named it, so it is that of all cells that are not UTF-8.
    """

    def __init__(self, guess: str | None, scripts: Iterable[str] = (), *, is_named: bool = False) -> None:
        """`scripts` are those in which the rest of the file is written."""
        self._guess = guess
        self._scripts = tuple(sorted(scripts))
        self._is_named = is_named
        self._changes: list[Change] = []
        self.left: list[int] = []
        """Lines in which something could not be mended: those are no UTF-8 still."""

    def taken(self) -> list[Change]:
        """The cells that were changed since this was asked last, in order."""
        changes, self._changes = self._changes, []
        return changes

    def mended(self, number: int, line: bytes) -> bytes:
        """The line, number `number` of its file, with its cells mended."""
        if line.isascii():
            return line
        return _CELL.sub(lambda match: self._cell(number, match.group()), line)

    def _cell(self, number: int, cell: bytes) -> bytes:
        if cell.isascii():
            return cell
        wrong = what_is_wrong(cell)
        text = self._text(cell, wrong)
        if text is None:
            self.left.append(number)
            return cell
        # Invalid cells may have been encoded twice as well, but nobody could tell that from their letters.
        undone = encoded_once(text) if wrong is None else None
        if undone is not None:
            wrong, text = Wrong.TWICE, undone
        if wrong is not None:
            self._changes.append(Change(number, cell.decode("utf-8", "backslashreplace"), text, wrong))
        return text.encode()

    def _text(self, cell: bytes, wrong: Wrong | None) -> str | None:
        match wrong:
            case None | Wrong.TWICE:
                return cell.decode()
            case Wrong.SURROGATES:
                return _SURROGATES.sub(_joined, cell).decode()
            case Wrong.CUT:
                return _CUT.sub(b"", cell).decode()
            case Wrong.ENCODING:
                return self._decoded(cell)

    def _decoded(self, cell: bytes) -> str | None:
        """What the cell says in its likeliest encoding; what is UTF-8 in it stays."""
        if self._is_named and self._guess:
            return _decoded(cell, self._guess)
        if is_foreign(cell):
            pairs = [(script, each) for script in self._scripts for each in _ENCODINGS.get(script, ())]
            fitting = (text for script, each in pairs if (text := _decoded(cell, each)) and _is_in(text, script))
            whole = next(fitting, None) or (_decoded(cell, self._guess) if self._guess else None)
            if whole is not None:
                return whole
        if is_western(cell):
            return _decoded(cell, WESTERN)
        texts = [text for guess in _GUESSES if (text := _decoded(cell, guess)) is not None]
        return max(texts, key=_likelihood, default=None)


_ENCODINGS = {
    "CYRILLIC": ("cp1251", "koi8-r", "cp866"),
    "GREEK": ("cp1253",),
    "ARABIC": ("cp1256",),
    "HEBREW": ("cp1255",),
    "THAI": ("cp874",),
    "HANGUL": ("cp949",),
    "CJK": ("gb18030", "big5", "shift_jis"),
    "HIRAGANA": ("shift_jis", "euc-jp"),
    "KATAKANA": ("shift_jis", "euc-jp"),
}


def _scripts_of(text: str) -> set[str]:
    return {unicodedata.name(sign, "").partition(" ")[0] for sign in set(text) if sign > "\u036f" and sign.isalpha()}


def _is_in(text: str, script: str) -> bool:
    """Whether all letters beyond ASCII are of one script, and stand as in names: a capital, then small ones."""
    letters = [sign for sign in text if sign > "\x7f"]
    of_script = all(unicodedata.name(sign, "").startswith(script) for sign in letters)
    return of_script and (text.istitle() or text.isupper() or text.upper() == text.lower())


def _joined(match: re.Match[bytes]) -> bytes:
    pairs = match.group().decode("utf-8", "surrogatepass")
    return pairs.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()


def _decoded(cell: bytes, encoding: str) -> str | None:
    """The cell's text, valid UTF-8 in it as it is and all else in `encoding`; None when that cannot be.

    Encodings of several bytes a letter are for whole cells.
    """
    text, at = "", 0
    try:
        if not _is_single(encoding):
            return cell.decode(encoding)
        for match in _VALID.finditer(cell):
            text += cell[at : match.start()].decode(encoding) + match.group().decode()
            at = match.end()
        return text + cell[at:].decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_single(encoding: str) -> bool:
    """Whether a letter is one byte in this encoding."""
    try:
        return all(len(bytes([byte]).decode(encoding, "replace")) == 1 for byte in (0x41, 0xC1, 0xE9)) and (
            len(b"\xc1\xe9".decode(encoding, "replace")) == 2
        )
    except LookupError:
        return False


def _likelihood(text: str) -> int:
    """How much a text looks like a name: accented letters of the right case, no signs among letters."""
    score = 0
    for place, sign in enumerate(text):
        if sign < "\x80":
            continue
        before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
        if sign.isalpha():
            score += 2 if sign <= "\u00ff" or sign in "ŒœŠšŽžŸ" else 1
            small = before.islower() or (not before.isupper() and after.islower() and before.isalpha())
            if small and sign.isupper():
                score -= 4
            if before.isupper() and after.isupper() and sign.islower():
                score -= 4
        elif sign in "\u2019\u2018\u2013\u2014":
            score += 1
        else:
            score -= 3
    return score
