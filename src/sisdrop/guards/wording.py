"""Numbers and names as the guards' sentences have them."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 3
"""Names and ids in a sentence; the plan has more of them."""


def exceeds(part: int, whole: int, limit: float | None) -> bool:
    """Whether `part` is more than `limit` percent of `whole`; exactly as much is not more, and None is never."""
    return limit is not None and whole > 0 and 100 * part > limit * whole


def percent(part: int, whole: int, limit: float) -> str:
    """How much of `whole` `part` is, as exactly as it takes to see that it is over the limit: `38 %`, `20.04 %`."""
    texts = [f"{100 * part / whole:.{digits}f}" for digits in range(6)]
    return f"{next((text for text in texts if float(text) > limit), texts[-1])} %"


def setting(key: str, value: float) -> str:
    """The key that sets a limit, and what it is set to."""
    return f"hold.{key} is {value:g}"


def listed(names: Sequence[str], count: int | None = None) -> str:
    """The first names, and how many more there are: `a.csv, b.csv, c.csv and 4 more`."""
    shown = list(names[:SHOWN])
    more = (len(names) if count is None else count) - len(shown)
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""
