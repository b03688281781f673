"""The sandbox's pages for people: what is in this Canvas, and what the imports said. Read-only, no script."""

from __future__ import annotations

from collections.abc import Callable

from sisdrop.sandbox.http.message import Request, Response
from sisdrop.sandbox.lookups import Lookups
from sisdrop.sandbox.shapes import ApiUser
from sisdrop.sandbox.store import Store

Show = Callable[[Request, tuple[str, ...]], Response]


class Pages:
    """The pages."""

    def __init__(self, store: Store, lookups: Lookups, user_of: Callable[[int], ApiUser]) -> None:
        self._store = store
        self._lookups = lookups
        self._user_of = user_of

    def table(self) -> list[tuple[str, Show]]:
        """Path patterns and pages."""
        return []
