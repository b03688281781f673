"""What a step answers: what it changes, and when to come again."""

from __future__ import annotations

from dataclasses import dataclass

from sisdrop.model import Transition


@dataclass(frozen=True, slots=True)
class Again:
    """At once: there is more to do."""


@dataclass(frozen=True, slots=True)
class Wait:
    """In so many seconds (before the clock's scale)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Idle:
    """When something else changes: a person's word, a new drop, the next start."""


When = Again | Wait | Idle


@dataclass(frozen=True, slots=True)
class Step:
    """A step taken. `transition` is None when it changes nothing (more)."""

    transition: Transition | None
    when: When = Again()
