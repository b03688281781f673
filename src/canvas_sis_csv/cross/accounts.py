"""The tree of accounts as the upload builds it: loops, parents that are deleted, deleted accounts with sub-accounts.

Room: pure, remembers. Source: Canvas's public source (its account importer).
"""

from __future__ import annotations

from collections import Counter

from canvas_sis_csv.cross.ids import Ids, Links, knowable
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row, not_starting

_BAD_FOR_NEW = not_starting("status", "active", "deleted")


class Accounts:
    """Accounts that the upload certainly made or touched, each with the parent a row gave it."""

    def __init__(self) -> None:
        self.ids = Ids()
        self._parent = Links()
        self._active_children: Counter[str] = Counter()

    def check(self, row: Row, file: int) -> Hit | None:
        """The clash of this account row with earlier ones, in Canvas's order."""
        account, parent = row.get("account_id") or "", row.get("parent_account_id")
        values = {"account_id": account, "parent_account_id": parent}
        if parent and self.ids.is_deleted(parent):
            sure = knowable(file, self.ids.file(parent))
            return Hit("account.parent_deleted", values, "parent_account_id", sure)
        if is_deleting(row) and self._active_children[account] > 0:
            return Hit("account.delete_has_subaccounts", values, "status", knowable(file, self.ids.file(account)))
        chain = self._chain(parent) if parent and account in self.ids else []
        if account in chain:
            sure = knowable(file, *map(self.ids.file, chain))
            return Hit("account.loop", values, "parent_account_id", sure)
        return None

    def _chain(self, account: str) -> list[str]:
        """The account and those above it, as far as the upload knows; empty when it does not know the account."""
        chain: list[str] = []
        above: str | None = account if account in self.ids else None
        while above and above not in chain:
            chain.append(above)
            above = self._parent.get(above)
        return chain

    def learn(self, row: Row, file: int) -> None:
        """Canvas took the row, if it found a name and status for a new account."""
        account, parent = row.get("account_id") or "", row.get("parent_account_id")
        if parent and parent not in self.ids:
            # Only the database knows whether there is such a parent.
            self.doubt(row, file)
            return
        if account not in self.ids and (not row.get("name") or _BAD_FOR_NEW.holds(row)):
            return
        self._move(account, parent, active=not is_deleting(row))
        self.ids.say(account, file, active=not is_deleting(row))

    def _move(self, account: str, parent: str | None, *, active: bool) -> None:
        before = self._parent.get(account)
        if before and self.ids.is_active(account):
            self._active_children[before] -= 1
        if not parent:
            self._parent.drop(account)
            return
        self._parent.put(account, parent)
        self._active_children[parent] += active

    def doubt(self, row: Row, file: int) -> None:
        """A row with a parent that only the database knows may or may not have been taken."""
        account = row.get("account_id") or ""
        if account in self.ids:
            self._move(account, None, active=False)
            self.ids.forget(account)


def is_deleting(row: Row) -> bool:
    """Whether the row deletes an account: `active` anywhere in the status wins over `deleted`."""
    status = (row.get("status") or "").lower()
    return "deleted" in status and "active" not in status
