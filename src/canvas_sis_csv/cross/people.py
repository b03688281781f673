"""Two users who want one login or one integration id, and second logins of the wrong person.

Room: pure, remembers. Source: Canvas's public source (its user importer). A row's own login record is found by SIS id,
else by login name among the active ones; an integration id also belongs to a deleted record.
"""

from __future__ import annotations

from canvas_sis_csv.cross.ids import LIMIT, Ids, Links, knowable
from canvas_sis_csv.cross.persons import are_two, person_of
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row

CANVAS_PROVIDER = "canvas"


class People:
    """What the upload has said about users and their logins so far."""

    def __init__(self, *, renames: bool) -> None:
        """`renames`: a row whose login another user has gives that user its own SIS id (an import option)."""
        self._renames = renames
        self.ids = Ids()
        self._login = Links()
        self._holder = Links()
        self._provider = Links()
        self._doubts = Ids()
        self._integration = Links()
        self._integration_holder = Links()
        self.more_logins: set[str] = set()
        """Users to whom a login was added: deleting one of their logins does not delete the person."""
        self._persons: dict[str, bytes] = {}
        self._of_shared_ids: dict[str, set[bytes]] = {}

    @property
    def lost(self) -> int:
        """How many people are overwritten by rows that give their id to somebody else."""
        return sum(len(persons) - 1 for persons in self._of_shared_ids.values())

    def by_integration(self, integration_id: str | None) -> str | None:
        """The user who has this integration id."""
        return self._integration_holder.get(integration_id)

    def check_user(self, row: Row, file: int) -> Hit | None:
        """The clash of this user row with an earlier one."""
        user, key = row.get("user_id") or "", _login_key(row.get("login_id"))
        status = status_of(row)
        if self._wants_doubtful(row):
            return None
        holder = self._login_holder(key, row.get("authentication_provider_id"))
        other = self._integration_clash(row, user, holder) if status != "deleted" else None
        if other:
            return self._claimed("user.integration_id_claimed", row, other, file, "integration_id")
        # Whether the login of another user is refused for certain, whatever the database says of this one.
        if user in self.ids:
            is_claimed = status != "deleted" or self._login.get(user) != key
        else:
            is_claimed = status != "deleted" and not self._renames
        if holder and holder != user and is_claimed:
            return self._claimed("user.login_claimed", row, holder, file, "login_id")
        return None

    def other_person(self, row: Row, file: int) -> Hit | None:
        """The row gives an id to another person than an earlier one; Canvas takes that without a word."""
        user = row.get("user_id") or ""
        before = self._persons.get(user)
        if before is None or status_of(row) == "deleted" or not are_two(before, person_of(row)):
            return None
        return Hit("advice.other_person", {"user_id": user}, "user_id", knowable(file, self.ids.file(user)))

    def _learn_person(self, user: str, row: Row) -> None:
        person, before = person_of(row), self._persons.get(user)
        if before is not None and are_two(before, person):
            self._of_shared_ids.setdefault(user, {before}).add(person)
        if before is not None or len(self._persons) < LIMIT:
            self._persons[user] = person

    def _login_holder(self, key: str, provider: str | None) -> str | None:
        """The user whose active login this is; a row without a provider means that of any provider."""
        holder = self._holder.get(_place(key, provider))
        return holder or (None if provider else self._holder.get(_place(key, CANVAS_PROVIDER)))

    def _is_sure(self, other: str, provider: str | None) -> bool:
        """Whether the other user is there for certain, or both rows fail for the same unknown provider."""
        return self._provider.get(other) in (None, CANVAS_PROVIDER, provider)

    def _integration_clash(self, row: Row, user: str, login_holder: str | None) -> str | None:
        """Another user who certainly has the row's integration id, and is not the one the row is taken to be."""
        other = self.by_integration(row.get("integration_id"))
        if other is None or other == user:
            return None
        taken_for = user if user in self.ids else login_holder
        return other if other != taken_for and self._is_sure(other, row.get("authentication_provider_id")) else None

    def _claimed(self, code: str, row: Row, other: str, file: int, column: str) -> Hit:
        values = {"other_user_id": other, "user_id": row.get("user_id")}
        return Hit(code, values, column, knowable(file, self.ids.file(other)))

    def check_login(self, row: Row, file: int) -> Hit | None:
        """The clash of this login row with a user or login of the upload."""
        if row.get("root_account") or self._wants_doubtful(row):
            return None
        user, login = row.get("user_id") or "", row.get("login_id") or ""
        holder = self._login_holder(_login_key(login), row.get("authentication_provider_id"))
        other = self._integration_clash(row, user, holder)
        if other:
            return self._claimed("login.integration_id_claimed", row, other, file, "integration_id")
        taken = user if user in self.ids else holder
        if taken and self._is_sure(taken, row.get("authentication_provider_id")):
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
        """Canvas took the user row, if the database does not know better."""
        user, deleted = row.get("user_id") or "", status_of(row) == "deleted"
        if deleted:
            self._persons.pop(user, None)
        else:
            self._learn_person(user, row)
        if self.is_deleted_already(row):
            return
        # Whether the row wants what another user of the upload has, or may have, without a certain refusal.
        login_holder = self._login_holder(_login_key(row.get("login_id")), row.get("authentication_provider_id"))
        holders = (login_holder, self.by_integration(row.get("integration_id")))
        if self._wants_doubtful(row) or any(who is not None and who != user for who in holders):
            self._doubt(row, user, login_holder)
            return
        # Whether Canvas has this user, and so keeps the integration id with it, only the database knows.
        if deleted and user not in self.ids and row.get("integration_id"):
            self._doubts.say(_integration_doubt(row.get("integration_id") or ""), 0)
        self._set_login(user, row, holds=not deleted)
        if not deleted or (user in self.ids and self.ids.is_active(user)):
            self._set_integration(user, row.get("integration_id"))
        self.ids.say(user, file, active=not deleted)

    def is_deleted_already(self, row: Row) -> bool:
        """The row deletes a user whom an earlier row deleted: Canvas does nothing, and says nothing more."""
        return status_of(row) == "deleted" and self.ids.is_deleted(row.get("user_id") or "")

    def _wants_doubtful(self, row: Row) -> bool:
        """Whether nobody knows who has the row's login or integration id."""
        return len(self._doubts) > 0 and any(want in self._doubts for want in _wants(row))

    def _doubt(self, row: Row, user: str, login_holder: str | None) -> None:
        """Whether the row was taken is not certain: then neither is what it wanted, nor what the user had."""
        for want in _wants(row):
            self._doubts.say(want, 0)
        self._forget(user)
        if login_holder and self._renames:
            self._forget(login_holder)

    def _forget(self, user: str) -> None:
        """Nothing is certain about this user any more."""
        had = self._login.get(user), self._integration.get(user)
        if had[0]:
            self._doubts.say(_place(had[0], self._provider.get(user)), 0)
        if had[1]:
            self._doubts.say(_integration_doubt(had[1]), 0)
        self._release(user)
        self._login.drop(user)
        self._integration_holder.drop(had[1], user)
        self._integration.drop(user)
        self.ids.forget(user)

    def learn_login(self, row: Row, file: int) -> None:
        """Canvas took the login row, if it found the person; of that one can be certain only with the upload's own."""
        integration = row.get("existing_integration_id")
        person = row.get("existing_user_id") or self.by_integration(integration)
        if not person:
            return
        self.more_logins.add(person)
        proven = integration in (None, self._integration.get(person)) and not row.get("existing_canvas_user_id")
        if proven and self.ids.is_active(person):
            user = row.get("user_id") or ""
            self._set_login(user, row, holds=True)
            self._set_integration(user, row.get("integration_id"))
            self.ids.say(user, file)

    def _set_login(self, user: str, row: Row, *, holds: bool) -> None:
        key, provider = _login_key(row.get("login_id")), row.get("authentication_provider_id")
        self._release(user)
        self._login.put(user, key)
        if provider:
            self._provider.put(user, provider)
        if holds:
            self._holder.put(_place(key, provider), user)

    def _release(self, user: str) -> None:
        """The user's login as it was is free."""
        before = self._login.get(user)
        if before:
            self._holder.drop(_place(before, self._provider.get(user)), user)
        self._provider.drop(user)

    def _set_integration(self, user: str, integration: str | None) -> None:
        """A blank one keeps what was there."""
        if integration:
            self._integration_holder.drop(self._integration.get(user), user)
            self._integration.put(user, integration)
            self._integration_holder.put(integration, user)


def _place(key: str, provider: str | None) -> str:
    """Where a login is unique: in its provider; whether there is one of that name, only the database knows."""
    return f"{key}\n{provider}" if provider else key


def _integration_doubt(integration: str) -> str:
    """An integration id as it stands among the doubts beside places of logins."""
    return f"{integration}\n\n"


def _wants(row: Row) -> list[str]:
    """What the row wants for itself alone: a login in its place, and an integration id."""
    key, provider = _login_key(row.get("login_id")), row.get("authentication_provider_id")
    places = [_place(key, provider)] if provider else [key, _place(key, CANVAS_PROVIDER)]
    integration = row.get("integration_id")
    return [*places, _integration_doubt(integration)] if integration else places


def _login_key(login: str | None) -> str:
    """Two logins that differ in case only are one to every version of Canvas; newer ones see more alike."""
    return (login or "").lower()


def status_of(row: Row) -> str:
    """The status of a user row as Canvas understands it: a longer word that begins with a good one is `active`."""
    status = (row.get("status") or "").lower()
    return status if status in ("suspended", "deleted") else "active"
