"""Questions to the engine's database that pages and GETs ask beyond the engine's own views.

Room: read-only; each call over a connection of its own.
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine.views import Views

Found = dict[str, Any]
EVERYTHING = 1_000_000_000
"""A page that holds all there is."""


class Lookups(Views):
    """The engine's views, and a few more."""

    def user_by_id(self, user_id: int) -> Found | None:
        """The login (the first one) of the user with this Canvas id, None without a SIS login."""
        sql = "SELECT sis_id FROM logins WHERE user_id = ? AND sis_id IS NOT NULL ORDER BY id LIMIT 1"
        login = self._one(sql, (user_id,))
        return self.user(login["sis_id"]) if login else None

    def root_account(self) -> Found:
        """The root account."""
        return self.accounts()[0]

    def accounts_below(self, account_id: int) -> set[int]:
        """The ids of an account and all accounts below it."""
        children: dict[int | None, list[int]] = {}
        for account in self.accounts():
            children.setdefault(account["parent_id"], []).append(account["id"])
        found, open_ids = set[int](), [account_id]
        while open_ids:
            current = open_ids.pop()
            if current not in found:
                found.add(current)
                open_ids.extend(children.get(current, ()))
        return found
