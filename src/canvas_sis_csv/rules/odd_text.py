"""Text that was spoiled before it came here: lost letters, UTF-8 read as something else, control characters.

Room: pure. What is said here of single values holds for every cell: names, titles and ids.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

_NAMES = {
    "\0": "NUL",
    "\x07": "a bell",
    "\x08": "a backspace",
    "\x1a": "^Z, an old end-of-file sign",
    "\x1b": "an escape",
    "\x1c": "a file separator",
    "\x1d": "a group separator",
    "\x1e": "a record separator",
    "\x1f": "a unit separator",
    "\x7f": "DEL",
    "\u00a0": "a no-break space",
    "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width non-joiner",
    "\u200d": "a zero-width joiner",
    "\u200e": "a left-to-right mark",
    "\u200f": "a right-to-left mark",
    "\u202f": "a narrow no-break space",
    "\u2060": "a word joiner",
    "\ufeff": "a byte-order mark",
}


def sign_name(sign: str) -> str:
    """An invisible character as people may know it, with its number."""
    number = f"U+{ord(sign):04X}"
    return f"{_NAMES[sign]}, {number}" if sign in _NAMES else number


_CONTROLS = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f"
_CONTROL = re.compile(f"[{_CONTROLS}]")

# The bytes of UTF-8 as Windows-1252 or Latin-1 shows them.
_BYTE_OF = {chr(byte): byte for byte in range(0x80, 0x100)}
for _byte in range(0x80, 0x100):
    _BYTE_OF.setdefault(bytes([_byte]).decode("cp1252", "ignore") or chr(_byte), _byte)


def _class_of(first: int, last: int) -> str:
    return "[" + "".join(re.escape(sign) for sign, byte in _BYTE_OF.items() if first <= byte <= last) + "]"


_NEXT = _class_of(0x80, 0xBF)
_TWO, _THREE, _FOUR = _class_of(0xC2, 0xDF), _class_of(0xE0, 0xEF), _class_of(0xF0, 0xF4)
_TWICE = re.compile(f"(?:{_TWO}{_NEXT}|{_THREE}{_NEXT}{{2}}|{_FOUR}{_NEXT}{{3}})+")
_CLOSING = "\u00bb\u201d\u2019\u203a\u201c\u2018"
_LIKELY_ALONE = "\u00c2\u00c3\u00c4\u00c5"
"""What begins a letter of a western language that was encoded twice: one such pair is enough to tell."""

ODD_TEXT = re.compile(f"[{_CONTROLS}{REPLACEMENT}]|{_class_of(0xC2, 0xF4)}{_NEXT}")
"""Stands somewhere in every text that `spoiled` says something about."""


def spoiled(value: str | None) -> tuple[str, str] | None:
    """A cell whose letters were lost or garbled before it came here, or that holds a control character."""
    if value is None or (value.isascii() and value.isprintable()):
        return None
    if "\0" in value:
        return "advice.null_character", ""
    if REPLACEMENT in value:
        return "advice.replacement_character", ""
    undone = encoded_once(value)
    if undone is not None:
        return "advice.double_encoded", undone
    control = _CONTROL.search(value)
    return ("advice.control_character", sign_name(control.group())) if control else None


def encoded_once(text: str) -> str | None:
    """The text as it was before its UTF-8 was taken for Windows-1252 or Latin-1, once or more; None if it never was."""
    undone = text
    # Three times is the most that was seen in the field.
    for _ in range(3):
        before, undone = undone, _undone(undone)
        if undone == before:
            break
    return None if undone == text else undone


def _undone(text: str) -> str:
    """The text with what was encoded twice encoded once."""
    if not any(map(_is_told_by, _TWICE.finditer(text))):
        return text
    # Where there is nothing else beyond ASCII, all of it was encoded twice, if any was.
    if _TWICE.sub("", text).isascii():
        return _TWICE.sub(lambda match: _meant(match) or match.group(), text)
    return _TWICE.sub(lambda match: _meant(match) or "" if _is_told_by(match) else match.group(), text)


def _meant(match: re.Match[str]) -> str | None:
    try:
        return bytes(_BYTE_OF[sign] for sign in match.group()).decode()
    except UnicodeDecodeError:
        return None


def _is_told_by(match: re.Match[str]) -> bool:
    meant = _meant(match)
    before, after = match.string[: match.start()], match.string[match.end() : match.end() + 1]
    return meant is not None and _is_plausible(match.group(), meant, before, after)


def _is_plausible(written: str, meant: str, before: str, after: str) -> bool:
    """Whether so much nonsense stands for so much sense."""
    if any("\x80" <= sign < "\xa0" for sign in meant):
        return False
    if len(meant) > 1 or written[0] in _LIKELY_ALONE:
        is_western = written[0] in _LIKELY_ALONE
        if not is_western and not all(sign.isalpha() or not sign.isprintable() for sign in meant):
            return _is_typographic(meant)
        # A capital letter that ends a word in quotes: „Å“, «IRMÃ».
        at_end = written[-1] in _CLOSING and not after.isalpha()
        if len(meant) == 1 and at_end and not before[-1:].islower():
            return False
        return not (len(before) > 1 and before[-2:].isupper() and meant[0].islower())
    return _is_typographic(meant)


def _is_typographic(text: str) -> bool:
    return all("\u2010" <= sign <= "\u2026" or sign in "\u20ac\u2122" for sign in text)
