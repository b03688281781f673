"""The token as it may come back to us, and the one place where it is taken out again.

Room: pure. Servers, proxies and error pages echo what they were sent, in their own spelling. Whatever comes over the
wire passes through `Secrets` before anybody reads it, so that nothing made of it later (an exception, a log line, the
journal, a result) can hold the token.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence

MASK = "[token]"
"""What stands in the token's place: plain enough to leave JSON, HTML, a header or an address as they were."""
MIN_SECRET = 8
"""A shorter text is no token of Canvas (they have some seventy characters), and would be found in every answer."""


class Secrets:
    """The secrets that were sent, and how to take them out of what comes back. Only grows; shows none of them."""

    def __init__(self) -> None:
        self._added: set[str] = set()
        self._spelled: tuple[_Spelled, ...] = ()

    def __repr__(self) -> str:
        return f"Secrets({len(self._added)})"

    def add(self, secret: str) -> None:
        """From now on `secret` is masked. Those it replaces stay masked: a late answer may still name them."""
        if len(secret) < MIN_SECRET or secret in self._added:
            return
        self._added.add(secret)
        itself = _Spelled([_spellings(char) for char in secret], re.IGNORECASE)
        # Base64 is letters and digits, which nobody spells otherwise: cheaper to look for.
        encoded = [[_spellings(char) if char in "+/-_" else char.encode() for char in form] for form in _base64(secret)]
        self._spelled = (*self._spelled, itself, *map(_Spelled, encoded))

    def mask(self, data: bytes) -> bytes:
        """`data` without any of the secrets, however they are spelled. What holds NUL bytes comes back as UTF-8."""
        if b"\0" in data:
            # UTF-16 or UTF-32, which the reader of JSON would understand as well.
            data = data.decode(json.detect_encoding(data), "replace").encode()
        for spelled in self._spelled:
            data = spelled.masked_in(data)
        return data

    def mask_text(self, text: str) -> str:
        """`text` without any of the secrets, however they are spelled."""
        return self.mask(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


class _Spelled:
    """A secret by its characters, each a pattern of the ways to spell it."""

    def __init__(self, characters: Sequence[bytes], flags: int = 0) -> None:
        # Half of it is masked too, with what follows of it: an answer that was cut off may end anywhere.
        half = max(MIN_SECRET, len(characters) // 2)
        # Any character may have backslashes before it: a text quoted in a text.
        self._begin = re.compile(rb"\\*".join(characters[:half]), flags)
        self._rest = [rb"\\*" + character for character in characters[half:]]
        self._flags = flags

    def masked_in(self, data: bytes) -> bytes:
        kept, end = b"", 0
        while begin := self._begin.search(data, end):
            kept += data[end : begin.start()] + MASK.encode()
            end = begin.end()
            for spelling in self._rest:
                # Compiled here, as few answers ever hold a secret.
                following = re.compile(spelling, self._flags).match(data, end)
                if following is None:
                    break
                end = following.end()
        return kept + data[end:]


def _spellings(char: str) -> bytes:
    """One character of a secret: as it is, or as addresses, JSON and HTML may spell it, each perhaps twice."""
    code, named = ord(char), html.escape(char)
    spellings = [
        re.escape(char),
        rf"%(?:25)*{code:02x}",
        rf"\\+(?:u00|x){code:02x}",
        rf"&(?:amp;)*#(?:0*{code}|x0*{code:x});",
        *([re.escape(named)] if named != char else []),
    ]
    return f"(?:{'|'.join(spellings)})".encode()


def _base64(secret: str) -> set[str]:
    """What base64 makes of `secret` wherever it stands in the text that was encoded (`Bearer …`, `user:…`).

    Six bits a letter: the letters that also hold bits of what stands around it are left out.
    """
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        form = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        forms |= {form, form.translate(str.maketrans("+/", "-_"))}
    return forms
