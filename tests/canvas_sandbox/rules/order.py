"""Rows that each fail at one of Canvas's questions, in the order in which Canvas asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Order:
    """`rows` are a row and what Canvas says to it, nothing when it takes it silently."""

    name: str
    header: str
    rows: Sequence[tuple[str, ...]]
    state: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Sequence[str] = ()
