"""Words for what is wrong: what was expected, and how a value is shown.

Room: pure. What looks like a secret is never shown.
"""

from __future__ import annotations

import re
from typing import Any


class Expected(ValueError):
    """A value is not what is expected here; `problems` adds what it got instead."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"expected {what}")


_SECRET = re.compile(r"[0-9]+~|[A-Za-z0-9_\-]{40,}|://[^/]*@")


def shown(value: Any) -> str:
    """`value` as it may stand in an error: short, on one line, and nothing that looks like a token or a password."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str() if is_secret(value):
            return "text (not shown: it looks like a secret)"
        case str():
            safe = "".join(char if char.isprintable() else "?" for char in value)
            return f'"{safe[:59]}…"' if len(safe) > 60 else f'"{safe}"'
        case list() | tuple():
            return "a list"
        case dict():
            return "a group of keys"
        case _:
            return "something else"


def is_secret(text: str) -> bool:
    """Whether `text` looks like a token, or an address with a password in it."""
    return _SECRET.search(text) is not None
