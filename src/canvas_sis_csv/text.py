"""Text for people: on one line of any terminal or log, and with one full stop at its end.

Room: pure; for whoever shows what other people wrote (names of files, cells, messages).
"""

from __future__ import annotations

from collections.abc import Iterable


def printable(text: str) -> str:
    """`text` on one line that disturbs nothing: what is not printable is shown escaped.

    Names of files may hold line breaks, control characters and bytes of other encodings (as surrogates).
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def sentence(text: str) -> str:
    """`text` with a full stop, unless it ends as a sentence already does."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def listed(items: Iterable[str], most: int, *, sep: str = ", ", total: int | None = None) -> str:
    """The items one after the other, no more than `most` of them, and how many more there are.

    `total` is how many there are, where `items` are only the first of them.
    """
    everything = list(items)
    shown, count = everything[:most], len(everything) if total is None else total
    return sep.join(shown) + (f" and {count - len(shown):,} more" if count > len(shown) else "")
