"""What Canvas makes of one cell: trimmed, and nothing when only white space is left.

Room: pure. Source: Canvas's public source (its field converter is Ruby's `strip`, then Rails' `presence`).
"""

from __future__ import annotations

import re

STRIPPED = "\0\t\n\v\f\r "
"""What Ruby's `strip` takes off both ends: ASCII white space and NUL. A no-break space stays."""

UNICODE_SPACES = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""White space beyond ASCII. A cell of nothing else is blank too; zero-width characters are not among them."""

_NOT_BLANK = re.compile(f"[^\t\n\v\f\r {UNICODE_SPACES}]")


def clean(text: str | None) -> str | None:
    """The cell's value as Canvas sees it: trimmed, None when blank."""
    if not text:
        return None
    trimmed = text.strip(STRIPPED)
    return trimmed if trimmed and _NOT_BLANK.search(trimmed) else None
