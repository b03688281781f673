"""One small import for a rule that needs Canvas's database: what Canvas holds, what comes in, what Canvas says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.sandbox_engine import csv


@dataclass(frozen=True)
class Case:
    """`says` are (row, text) of the last file; None for a message without row number."""

    code: str
    name: str
    files: Mapping[str, str]
    says: Sequence[tuple[int | None, str]]
    state: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """What is counted; proves whether the row was imported in spite of the message."""

    def __str__(self) -> str:
        return f"{self.code}: {self.name}"


def one(*lines: str) -> dict[str, str]:
    """An upload of one file."""
    return {"feed.csv": csv(*lines)}


TWO = {"users": [{"user_id": "u1", "login_id": "one"}, {"user_id": "u2", "login_id": "two"}]}
"""Two users."""

KNOWN = {
    "users": [
        {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
        {"user_id": "u2", "login_id": "two", "canvas_id": 72},
        {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
    ],
    "canvas_logins": [{"login_id": "local", "canvas_id": 4411}],
}
"""Two users, one that is deleted, and a login without SIS id."""

SECTIONS = "section_id,course_id,name,status,integration_id"
