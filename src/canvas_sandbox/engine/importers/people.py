"""Importers of users and of additional logins.

Room: as run.py. Source: Canvas's public source (its user importer, which does both).
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.importers.base import Importer, status_of
from canvas_sandbox.engine.names import infer_name, infer_sortable_name, login_key
from canvas_sandbox.engine.run import Skip
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row
from canvas_sis_csv.rules.cells import REMOVE
from canvas_sis_csv.rules.people import UNKNOWN_USER_TYPE

_STATUSES = frozenset({"active", "suspended", "deleted"})
_SHORTEST_PASSWORD = 8
_LONGEST_NAME = 255


class UserImporter(Importer):
    """Users, each with one login, and the e-mail address that SIS knows."""

    type = "user"
    counted_as = "users"
    batch = 100

    def load(self, row: Row) -> bool:
        """See Importer."""
        if not self.passes(row, "unicode"):
            return False
        by_login = self.find_by_login(row)
        # A login without a SIS id is taken over by the first row that has its login_id: so people whom somebody made
        # by hand become SIS's.
        login = self.run.login(row.get("user_id")) or by_login
        status = effective_status(row)
        self.refuse_claimed_integration(row, login, status)
        if login is not None:
            self._refuse_claimed_login(row, login, by_login, status)
            if status == "deleted" and not self._delete(row, login):
                return False
        self.refuse_unknown_provider(row)
        return self._save(row, login, status)

    def find_by_login(self, row: Row) -> Record | None:
        """The login that has the row's login_id and is not deleted: with the row's provider, or with any."""
        sql = "SELECT * FROM logins WHERE unique_key = ? AND state <> 'deleted'"
        provider = row.get("authentication_provider_id")
        key = login_key(str(row.get("login_id")))
        if provider is None:
            return self.db.first(f"{sql} ORDER BY id LIMIT 1", (key,))
        known = provider if self.knows_provider(provider) else None
        return self.db.first(f"{sql} AND provider IS ? ORDER BY id LIMIT 1", (key, known))

    def knows_provider(self, provider: str) -> bool:
        """Whether the account has this authentication provider; every account has Canvas's own."""
        return provider == "canvas" or self.db.first("SELECT 1 FROM providers WHERE name = ?", (provider,)) is not None

    def refuse_claimed_integration(self, row: Row, login: Record | None, status: str) -> None:
        """Somebody else's login has the row's integration id."""
        integration_id = row.get("integration_id")
        if integration_id is None or status == "deleted":
            return
        holder = self.db.first("SELECT * FROM logins WHERE integration_id = ?", (integration_id,))
        if holder is not None and (login is None or holder["id"] != login["id"]):
            raise self._claimed("integration_id_claimed", holder)

    def _claimed(self, code: str, holder: Record) -> Exception:
        if holder["sis_id"] is not None:
            return self.skip(code, other_user_id=holder["sis_id"])
        return self.skip(f"{code}_canvas", canvas_id=holder["user_id"])

    def _refuse_claimed_login(self, row: Row, login: Record, by_login: Record | None, status: str) -> None:
        user_id = row.get("user_id")
        renamed = self.run.options.get("update_sis_id_if_login_claimed")
        if login["sis_id"] is not None and login["sis_id"] != user_id and not renamed:
            raise self._claimed("login_claimed", login)
        if by_login is None or by_login["id"] == login["id"]:
            return
        if status != "deleted" or login["unique_key"] != by_login["unique_key"]:
            raise self._claimed("login_claimed", by_login)

    def _delete(self, row: Row, login: Record) -> bool:
        """Prepare the deletion of a user; False when nothing is left to do."""
        user_id = login["user_id"]
        if self.run.is_runner(user_id):
            raise self.skip("remove_self")
        if login["state"] == "deleted":
            return False
        sql = """SELECT 1 FROM logins WHERE user_id = ? AND state <> 'deleted' AND sis_id IS NOT ? AND id <> ?"""
        if self.db.first(sql, (user_id, row.get("user_id"), login["id"])) is None:
            # Somebody who can still sign in with another login keeps courses, groups and rights.
            cascade.last_login_deleted(self.records, user_id)
        return True

    def refuse_unknown_provider(self, row: Row) -> None:
        """The account has no such authentication provider."""
        provider = row.get("authentication_provider_id")
        if provider is not None and not self.knows_provider(provider):
            raise self.skip("unknown_auth_provider")

    def _save(self, row: Row, login: Record | None, status: str) -> bool:
        user = self.db.by_id("users", login["user_id"]) if login else None
        names = self._names(row, user)
        if len(names["name"]) > _LONGEST_NAME:
            raise self.skip("save_failed", model_error="Name is too long (maximum is 255 characters)")
        if not self.passes(row, "save"):
            return False
        self.refuse_invalid_login(row, login)
        if user is None:
            # Any word in `canvas_password_notification` counts as yes, `false` included.
            notified = row.get("email") and row.get("canvas_password_notification")
            invited = notified and row.get("authentication_provider_id") == "canvas"
            user_id = self.db.insert("users", {"state": "pre_registered" if invited else "registered", **names})
        else:
            user_id = user["id"]
            # Most rows change no name: that is found out more cheaply here than in `change`.
            if user["stuck"] or any(user[column] != value for column, value in names.items()):
                self.records.change("users", user, names)
        login_id = self.save_login(row, login, user_id, status)
        # Too late to refuse the row: user and login stay, it only does not count.
        if not self.passes(row, "email"):
            return False
        self.save_email(row, user_id, login_id, status)
        return True

    def _names(self, row: Row, user: Record | None) -> dict[str, Any]:
        values: dict[str, Any] = {"name": infer_name(row, user["name"] if user else None)}
        values["sortable_name"] = infer_sortable_name(row, user["sortable_name"] if user else None, values["name"])
        if row.get("short_name"):
            values["short_name"] = row.get("short_name")
        if pronouns := row.get("pronouns"):
            values["pronouns"] = None if pronouns == REMOVE else pronouns
        return values

    def refuse_invalid_login(self, row: Row, login: Record | None) -> None:
        """What Canvas's model of a login says to values that no rule on the row alone covers."""
        password = row.get("password")
        # A password is taken as long as there is none; afterwards the column is passed over, its rules too.
        takes_password = login is None or not login["has_password"]
        if password and takes_password and len(password) < _SHORTEST_PASSWORD:
            raise self.skip("save_failed", model_error="Password too_short")
        if UNKNOWN_USER_TYPE.holds(row):
            raise self.skip("save_failed", model_error="Declared user type is not included in the list")

    def save_login(self, row: Row, login: Record | None, user_id: int, status: str) -> int:
        """Make or change the login; its id."""
        login_id = str(row.get("login_id"))
        values: dict[str, Any] = {
            "sis_id": row.get("user_id"),
            "unique_id": login_id,
            "unique_key": login_key(login_id),
            "provider": row.get("authentication_provider_id"),
            "state": status,
        }
        if integration_id := row.get("integration_id"):
            values["integration_id"] = integration_id
        if row.get("password") or row.get("ssha_password"):
            values["has_password"] = 1
        if declared := row.get("declared_user_type"):
            values["declared_user_type"] = None if declared == REMOVE else declared
        if login is None:
            return self.records.create("logins", {**values, "user_id": user_id})
        self.records.change("logins", login, values)
        changed_id: int = login["id"]
        return changed_id

    def save_email(self, row: Row, user_id: int, login_id: int, status: str) -> None:
        """Give the user the row's address: SIS's own channel is changed, or one that has the address is taken."""
        address = row.get("email")
        if address is None:
            return
        key = address.lower()
        sql = "SELECT channels.* FROM logins JOIN channels ON channels.id = channel_id WHERE logins.id = ?"
        own = self.db.first(sql, (login_id,))
        sql = """SELECT * FROM channels WHERE user_id = ? AND address_key = ? AND id IS NOT ?
                 ORDER BY state = 'retired', id LIMIT 1"""
        other = self.db.first(sql, (user_id, key, own["id"] if own else None))
        # The person has given the address already: that channel becomes SIS's, and the old one of SIS is retired.
        if own is not None and other is not None:
            self.records.change("channels", own, {"state": "retired"})
            own = None
        values = {
            "login_id": login_id,
            "address": address,
            "address_key": key,
            "state": "retired" if status == "deleted" else "active",
        }
        channel = own or other
        if channel is None:
            channel_id = self.records.create("channels", {**values, "user_id": user_id})
        else:
            channel_id = channel["id"]
            self.records.change("channels", channel, values)
        self.db.execute(
            "UPDATE logins SET channel_id = ?1 WHERE id = ?2 AND channel_id IS NOT ?1", (channel_id, login_id)
        )


class LoginImporter(UserImporter):
    """Additional logins of users who are there already."""

    type = "login"
    counted_as = "logins"

    def load(self, row: Row) -> bool:
        """See Importer."""
        if not self.passes(row, "unicode"):
            return False
        login = self.run.login(row.get("user_id")) or self.find_by_login(row)
        self.refuse_claimed_integration(row, login, "active")
        if login is not None:
            raise self.skip("taken")
        if row.get("root_account") is not None:
            return False
        user_id = self._existing(row)["user_id"]
        self.refuse_unknown_provider(row)
        if not self.passes(row, "save"):
            return False
        self.refuse_invalid_login(row, None)
        login_id = self.save_login(row, None, user_id, "active")
        if not self.passes(row, "email"):
            return False
        self.save_email(row, user_id, login_id, "active")
        return True

    def _claimed(self, code: str, holder: Record) -> Exception:
        if holder["sis_id"] is not None:
            return super()._claimed(code, holder)
        # Logins have no rule of their own for a holder without SIS id; Canvas says the users' text.
        return Skip(f"user.{code}_canvas", canvas_id=holder["user_id"])

    def _existing(self, row: Row) -> Record:
        wanted = {
            "sis_id": row.get("existing_user_id"),
            "integration_id": row.get("existing_integration_id"),
            "user_id": row.get("existing_canvas_user_id"),
        }
        given = {column: value for column, value in wanted.items() if value is not None}
        login = None
        for column, value in given.items():
            sql = f"SELECT * FROM logins WHERE {column} = ? AND state <> 'deleted'"  # noqa: S608 - our own names
            login = login or self.db.first(sql, (value,))
        if login is None:
            raise self.skip("existing_not_found")
        if any(str(login[column]) != value for column, value in given.items()):
            raise self.skip("existing_mismatch")
        return login


def effective_status(row: Row) -> str:
    """The status a row has in effect: a longer word that only begins with a valid one means active."""
    status = status_of(row)
    return status if status in _STATUSES else "active"
