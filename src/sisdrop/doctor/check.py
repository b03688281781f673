"""One thing that was looked at, and how it stands.

Room: words of this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How one thing stands."""

    OK = "ok"
    WARN = "warn"
    """It works; somebody should know."""
    FAIL = "fail"
    """It does not work, or will not."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `about` what, one sentence, and what to `do` (empty when nothing is to be done)."""

    status: CheckStatus
    about: str
    text: str
    do: str = ""
    of_canvas: bool = False
    """Canvas was asked, or had to be: a failure means that it cannot be reached or refuses."""


def ok(about: str, text: str) -> Check:
    """All is well."""
    return Check(CheckStatus.OK, about, text)


def warn(about: str, text: str, do: str = "") -> Check:
    """It works, and somebody should know."""
    return Check(CheckStatus.WARN, about, text, do)


def fail(about: str, text: str, do: str, *, of_canvas: bool = False) -> Check:
    """It does not work."""
    return Check(CheckStatus.FAIL, about, text, do, of_canvas)
