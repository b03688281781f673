"""What a feed says about how its inbox is watched; the configuration's feeds answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MOVED_SETTLE_S = 0.1
"""A rename is one step: what was moved in is whole, as far as its sender knows."""
LOCAL_SETTLE_S = 1.0
UNSURE_SETTLE_S = 5.0
SHARE_SETTLE_S = 10.0
"""Longer than shares usually cache sizes and times."""


class Settings(Protocol):
    """The keys of a feed that concern watching; meanings and defaults as documented for config.yaml. Seconds."""

    @property
    def watch(self) -> str:
        """`auto`, `events` or `poll`."""

    @property
    def poll_s(self) -> float: ...
    @property
    def settle_s(self) -> float | str:
        """Seconds, or `auto`."""

    @property
    def done_suffix(self) -> str | None: ...
    @property
    def combine(self) -> bool: ...
    @property
    def combine_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How long what must stand still, in seconds."""

    settle_s: float
    looks: int
    trust: bool
    """Whether a file that was closed or moved in has settled at once."""
    share: bool
    """Inode numbers do not count there: a file may get a new one at any time."""
    unsure_s: float = 0.0
    """For a file of which nobody can say whether its writer closed it."""
    unheard_s: float = 300.0
    """For one whose writer would have been heard closing it, and was not."""
    moved_s: float = MOVED_SETTLE_S
    again_s: float = 1.0
    """How often what does not settle is read again."""
    empty_s: float = 60.0
    cut_off_s: float = 10.0
    longest_pause_s: float = 60.0


def rules_for(settle_s: float | str, *, share: bool) -> Rules:
    """The rules for a `settle_s` as configured, on a local disk or a share."""
    usual = SHARE_SETTLE_S if share else LOCAL_SETTLE_S
    chosen = usual if isinstance(settle_s, str) or settle_s <= 0 else float(settle_s)
    trust = not isinstance(settle_s, str) and settle_s <= 0
    looks = 3 if share and isinstance(settle_s, str) else 2
    unsure = UNSURE_SETTLE_S if isinstance(settle_s, str) else 0.0
    moved = min(MOVED_SETTLE_S, chosen)
    return Rules(chosen, looks, trust, share, unsure_s=unsure, moved_s=moved, again_s=5.0 if share else 1.0)
