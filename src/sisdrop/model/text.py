"""Numbers and spans of time as people read them."""

from __future__ import annotations


def plural(count: int, word: str) -> str:
    """`count` with its word: `1 row`, `1,200 rows`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """A span of time for people: `45 seconds`, `12 minutes`."""
    return plural(round(seconds), "second") if seconds < 120 else plural(round(seconds / 60), "minute")


def sentence(text: str) -> str:
    """`text` with one full stop behind it, unless it ends as a sentence already."""
    stripped = text.rstrip()
    return stripped if stripped.endswith((".", "?", "!", "…")) else f"{stripped}."
