"""What a text is that bears a CSV's name and is none: a web page, JSON or XML, mostly an error in place of an export.

Room: pure.
"""

from __future__ import annotations

import re

_PAGES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(rb"(?i)<(?:!--|(?:!doctype html|html|head|body|title|meta|script|div|p|pre|h\d|table|form)\b)"),
        "a web page, probably an error or a login page that was saved in the export's place. "
        "Open the export's address in a browser, or look for the error in the system it comes from.",
    ),
    (
        re.compile(rb"<(?:\?xml|[A-Za-z_][\w:.-]*[\s/>])"),
        "XML. Export a CSV instead; if it is an error message, look in the system it comes from.",
    ),
    (
        re.compile(rb'\{\s*(?:"|\})|\[\s*(?:\{|\[|\]|"[^"]*"\s*[,\]])'),
        "JSON. Export a CSV instead; if it is an error message, look in the system it comes from.",
    ),
)


def page_of(start: bytes) -> str | None:
    """A sentence on what a text that begins like this is, and what to do; None when it may be a CSV.

    Nothing of the file is in the sentence.
    """
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for page, name in _PAGES:
        if page.match(text):
            return f"This is {name}"
    return None
