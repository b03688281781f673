"""Importers of admins, observers and results of grade publishing.

Room: as run.py. Source: Canvas's public source (the importers of these types).
"""

from __future__ import annotations

from canvas_sandbox.engine.importers.base import Importer, status_of
from canvas_sandbox.engine.schema import ROOT_ACCOUNT
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row


class AdminImporter(Importer):
    """Admins of accounts."""

    type = "admin"
    counted_as = "admins"

    def load(self, row: Row) -> bool:
        """See Importer."""
        account_id = self._account(row)
        role_id = self._role(row)
        # `root_account` names another Canvas that this one trusts; there is none, so its users are not known here.
        login = None if row.get("root_account") else self.run.login(row.get("user_id"), active=True)
        if login is None:
            raise self.skip("unknown_user")
        state = status_of(row).strip()
        # Only at the top: in a sub-account nobody locks himself out.
        if state == "deleted" and account_id == ROOT_ACCOUNT and self.run.is_runner(login["user_id"]):
            raise self.skip("remove_self")
        self._save(account_id, login["user_id"], role_id, state)
        return True

    def _account(self, row: Row) -> int:
        if row.get("account_id") is None:
            return ROOT_ACCOUNT
        account = self.run.account(row.get("account_id"), active=True)
        if account is None:
            raise self.skip("unknown_account")
        account_id: int = account["id"]
        return account_id

    def _role(self, row: Row) -> int:
        sql = "SELECT id FROM roles WHERE {} = ? AND state = 'active' AND base_type = 'AccountMembership' ORDER BY id"
        role: int | None = None
        role_id, name = row.get("role_id"), row.get("role")
        if role_id is not None:
            role = self.db.value(sql.format("CAST(id AS TEXT)"), (role_id,))
        # A role_id that is unknown falls back on the name, without a word.
        if role is None and name is not None:
            role = self.db.value(sql.format("name"), (name,))
        if role is None:
            raise self.skip("bad_role" if name is not None else "bad_role_id")
        return role

    def _save(self, account_id: int, user_id: int, role_id: int, state: str) -> None:
        """Make, restore or remove the admin; one that SIS did not make cannot be removed."""
        sql = "SELECT * FROM admins WHERE account_id = ? AND user_id = ? AND role_id = ?"
        key = (account_id, user_id, role_id)
        known = self.db.first(sql if state == "active" else f"{sql} AND sis_import_id IS NOT NULL", key)
        if known is not None:
            self.records.change("admins", known, {"state": state})
        elif state == "active":
            self.records.create(
                "admins", {"account_id": account_id, "user_id": user_id, "role_id": role_id, "state": state}
            )


class UserObserverImporter(Importer):
    """Links between observers and the students they observe."""

    type = "user_observer"
    counted_as = "user_observers"

    def load(self, row: Row) -> bool:
        """See Importer."""
        observer = self.run.login(row.get("observer_id"), active=True)
        if observer is None:
            raise self.skip("unknown_observer")
        student = self.run.login(row.get("student_id"), active=True)
        if student is None:
            raise self.skip("unknown_student")
        # The ids differ, or the row would not have come here: two logins of one person.
        if observer["user_id"] == student["user_id"]:
            raise self.skip("self")
        self._save(observer, student, status_of(row))
        return True

    def _save(self, observer: Record, student: Record, state: str) -> None:
        key = (observer["user_id"], student["user_id"])
        link = self.db.first("SELECT * FROM observers WHERE observer_id = ? AND student_id = ?", key)
        if state == "deleted" and (link is None or link["state"] == "deleted"):
            raise self.skip("delete_missing")
        if link is None:
            self.records.create("observers", {"observer_id": key[0], "student_id": key[1], "state": state})
        else:
            self.records.change("observers", link, {"state": state})


class GradePublishingImporter(Importer):
    """What an SIS answers to published grades."""

    type = "grade_publishing_results"
    counted_as = "grade_publishing_results"

    def load(self, row: Row) -> bool:
        """See Importer."""
        enrollment = self.db.first("SELECT id FROM enrollments WHERE id = ?", (row.get("enrollment_id"),))
        if enrollment is None:
            raise self.skip("unknown_enrollment")
        status = (row.get("grade_publishing_status") or "").lower()
        self.db.update("enrollments", enrollment["id"], {"grade_status": status, "grade_message": row.get("message")})
        return True
