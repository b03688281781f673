"""Two users who want one login or one integration id, and second logins of the wrong person.

Room: pure, remembers. Source: Canvas's public source (its user importer). A row's own login record is found by SIS id,
else by login name among the active ones; an integration id also belongs to a deleted record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sisdrop.sis_csv.rules.cross.ids import Ids, Links, knowable
from sisdrop.sis_csv.rules.rule import Hit
from sisdrop.sis_csv.rules.when import Row

CANVAS_PROVIDER = "canvas"


class People:
    """What the upload has said about users and their logins so far."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._renames = bool(options.get("update_sis_id_if_login_claimed"))
        self.ids = Ids()
        self._login = Links()
        self._holder = Links()
        self._canvas_only = Ids()
        self._integration = Links()
        self._integration_holder = Links()
        self.more_logins: set[str] = set()
        """Users to whom a login was added: deleting one of their logins does not delete the person."""

    def by_integration(self, integration_id: str | None) -> str | None:
        """The user who has this integration id."""
        return self._integration_holder.get(integration_id)

    def check_user(self, row: Row, file: int) -> Hit | None:
        """The clash of this user row with an earlier one."""
        user, key = row.get("user_id") or "", _login_key(row.get("login_id"))
        status = status_of(row)
        holder = self._login_holder(key, row.get("authentication_provider_id"))
        other = self._integration_clash(row, user, holder) if status != "deleted" else None
        if other:
            return self._claimed("user.integration_id_claimed", row, other, file, "integration_id")
        if holder and holder != user and self._is_claimed(user, key, status):
            return self._claimed("user.login_claimed", row, holder, file, "login_id")
        return None

    def _is_claimed(self, user: str, key: str, status: str) -> bool:
        """Whether the login of another user is refused to `user` for certain, whatever the database says of `user`."""
        if user in self.ids:
            return status != "deleted" or self._login.get(user) != key
        return status != "deleted" and not self._renames

    def _login_holder(self, key: str, provider: str | None) -> str | None:
        """The user whose active login this is. Providers other than Canvas's own only the database knows."""
        holder = self._holder.get(key)
        if holder is None or provider is None:
            return holder
        return holder if provider == CANVAS_PROVIDER and holder in self._canvas_only else None

    def _integration_clash(self, row: Row, user: str, login_holder: str | None) -> str | None:
        """Another user who certainly has the row's integration id, and is not the one the row is taken to be."""
        other = self.by_integration(row.get("integration_id"))
        if other is None or other == user:
            return None
        taken_for = user if user in self.ids else login_holder
        return None if other == taken_for else other

    def _claimed(self, code: str, row: Row, other: str, file: int, column: str) -> Hit:
        values = {"other_user_id": other, "user_id": row.get("user_id")}
        return Hit(code, values, column, knowable(file, self.ids.file(other)))

    def check_login(self, row: Row, file: int) -> Hit | None:
        """The clash of this login row with a user or login of the upload."""
        if row.get("root_account"):
            return None
        user, login = row.get("user_id") or "", row.get("login_id") or ""
        holder = self._login_holder(_login_key(login), row.get("authentication_provider_id"))
        other = self._integration_clash(row, user, holder)
        if other:
            return self._claimed("login.integration_id_claimed", row, other, file, "integration_id")
        taken = user if user in self.ids else holder
        if taken:
            values = {"user_id": user, "login_id": login}
            return Hit("login.taken", values, "user_id", knowable(file, self.ids.file(taken)))
        wrong = self._mismatch(row)
        if wrong:
            values = {"user_id": user}
            return Hit("login.existing_mismatch", values, "existing_user_id", knowable(file, self.ids.file(wrong)))
        return None

    def _mismatch(self, row: Row) -> str | None:
        """A user of the upload who has one of the `existing_` ids and certainly not the other."""
        user, integration = row.get("existing_user_id"), row.get("existing_integration_id")
        if not user or not integration:
            return None
        known = self._integration.get(user)
        if self.ids.is_active(user) and known and known != integration:
            return user
        other = self.by_integration(integration)
        return other if other and other != user and self.ids.is_active(other) else None

    def learn_user(self, row: Row, file: int) -> None:
        """Canvas took the user row."""
        user, deleted = row.get("user_id") or "", status_of(row) == "deleted"
        self._set_login(user, row, holds=not deleted)
        if not deleted or (user in self.ids and self.ids.is_active(user)):
            self._set_integration(user, row.get("integration_id"))
        self.ids.say(user, file, active=not deleted)

    def learn_login(self, row: Row, file: int) -> None:
        """Canvas took the login row, if it found the person; of that one can be certain only with the upload's own."""
        person = row.get("existing_user_id") or self.by_integration(row.get("existing_integration_id"))
        if person:
            self.more_logins.add(person)
        if person and self.ids.is_active(person) and not row.get("existing_canvas_user_id"):
            user = row.get("user_id") or ""
            self._set_login(user, row, holds=True)
            self._set_integration(user, row.get("integration_id"))
            self.ids.say(user, file)

    def _set_login(self, user: str, row: Row, *, holds: bool) -> None:
        key, provider = _login_key(row.get("login_id")), row.get("authentication_provider_id")
        before = self._login.get(user)
        if before:
            self._holder.drop(before, user)
        if self._renames and holds:
            self._take_over(key, user)
        self._canvas_only.forget(user)
        self._login.put(user, key)
        if holds and provider in (None, CANVAS_PROVIDER):
            self._holder.put(key, user)
            if provider:
                self._canvas_only.say(user, 0)

    def _take_over(self, key: str, user: str) -> None:
        """With `update_sis_id_if_login_claimed`, the login's holder may just have become `user`: nothing is certain."""
        holder = self._holder.get(key)
        if holder and holder != user:
            self.ids.forget(holder)
            self._integration_holder.drop(self._integration.get(holder), holder)
            self._integration.drop(holder)

    def _set_integration(self, user: str, integration: str | None) -> None:
        """A blank one keeps what was there."""
        if integration:
            self._integration_holder.drop(self._integration.get(user), user)
            self._integration.put(user, integration)
            self._integration_holder.put(integration, user)


def _login_key(login: str | None) -> str:
    """Two logins that differ in case only are one to every version of Canvas; newer ones see more alike."""
    return (login or "").lower()


def status_of(row: Row) -> str:
    """The status of a user row as Canvas understands it: a longer word that begins with a good one is `active`."""
    status = (row.get("status") or "").lower()
    return status if status in ("suspended", "deleted") else "active"
