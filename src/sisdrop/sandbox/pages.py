"""The sandbox's pages for people: what is in this Canvas, and what the imports said. Read-only, no script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sisdrop.sandbox.http.message import Request, Response
from sisdrop.sandbox.shapes import ApiUser
from sisdrop.sandbox.store import Store

Show = Callable[[Request, tuple[str, ...]], Response]


class Pages:
    """The pages."""

    def __init__(self, store: Store, engine: Any, user_of: Callable[[int], ApiUser]) -> None:
        self._store = store
        self._engine = engine
        self._user_of = user_of

    def table(self) -> list[tuple[str, Show]]:
        """Path patterns and pages."""
        return []
