"""Importers of accounts, terms, abstract courses and changes of SIS ids.

Room: as run.py. Source: Canvas's public source (the importers of these types).
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine.importers.base import Importer, active_or_deleted, status_of
from canvas_sandbox.engine.run import date_span
from canvas_sandbox.engine.schema import DEFAULT_TERM, DEFAULT_TERM_NAME, ROOT_ACCOUNT
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row
from canvas_sis_csv.rules.cells import REMOVE


class AccountImporter(Importer):
    """Accounts: a parent must be there before its children."""

    type = "account"
    counted_as = "accounts"

    def load(self, row: Row) -> bool:
        """See Importer."""
        parent = self._parent(row)
        account = self.run.account(row.get("account_id"))
        if account is None and not self.passes(row, "new"):
            return False
        state = self._state(row, account)
        self._refuse_loop(account, parent)
        if not self.passes(row, "model"):
            return False
        self._refuse_integration(row, account)
        values = {"parent_id": parent, "integration_id": row.get("integration_id"), "state": state}
        if row.get("name"):
            values["name"] = row.get("name")
        if account is None:
            self.records.create("accounts", {**values, "sis_id": row.get("account_id")})
        else:
            self.records.change("accounts", account, values)
        return True

    def _parent(self, row: Row) -> int:
        sis_id = row.get("parent_account_id")
        if sis_id is None:
            return ROOT_ACCOUNT
        parent = self.run.account(sis_id)
        if parent is None:
            raise self.skip("unknown_parent")
        if parent["state"] == "deleted":
            raise self.skip("parent_deleted")
        parent_id: int = parent["id"]
        return parent_id

    def _state(self, row: Row, account: Record | None) -> str:
        # The words are looked for anywhere: `inactive` activates an account that is there (Canvas's public source).
        status = status_of(row)
        if "active" in status:
            return "active"
        if "deleted" in status:
            if account is not None:
                self._refuse_delete(account["id"])
            return "deleted"
        return str(account["state"]) if account is not None else "active"

    def _refuse_delete(self, account_id: int) -> None:
        if self.db.first("SELECT 1 FROM accounts WHERE parent_id = ? AND state <> 'deleted'", (account_id,)):
            raise self.skip("delete_has_subaccounts")
        if self.db.first("SELECT 1 FROM courses WHERE account_id = ? AND state <> 'deleted'", (account_id,)):
            raise self.skip("delete_has_courses")

    def _refuse_loop(self, account: Record | None, parent: int) -> None:
        if account is None or account["parent_id"] == parent or self.records.is_stuck("accounts", account, "parent_id"):
            return
        if any(above["id"] == account["id"] for above in self.run.account_chain(parent)):
            raise self.skip("loop")

    def _refuse_integration(self, row: Row, account: Record | None) -> None:
        integration_id = row.get("integration_id")
        if self.run.is_integration_taken("accounts", integration_id, account):
            # Other models put `Integration` before it once more; this one's message has no such prefix.
            raise self.skip("invalid", model_error=f'Integration ID "{integration_id}" is already in use')


class TermImporter(Importer):
    """Terms and their date overrides."""

    type = "term"
    counted_as = "terms"

    def load(self, row: Row) -> bool:
        """See Importer."""
        term = self.db.by_sis_id("terms", row.get("term_id"))
        override = row.get("date_override_enrollment_type")
        if override is not None and term is None:
            raise self.skip("override_unknown_term")
        if not self.passes(row, "override"):
            return False
        if override is not None and term is not None:
            self._override(term, override, row)
        else:
            self._save(term, row)
        return True

    def _override(self, term: Record, override: str, row: Row) -> None:
        start, end = date_span(row)
        key = (term["id"], override)
        # Whether it is set anew or removed.
        self.db.execute("DELETE FROM term_overrides WHERE term_id = ? AND type = ?", key)
        if active_or_deleted(row) == "active":
            self.db.execute("INSERT INTO term_overrides VALUES (?, ?, ?, ?)", (*key, start, end))
        self.records.touch("terms", term["id"])

    def _save(self, term: Record | None, row: Row) -> None:
        start, end = date_span(row)
        values = {
            "name": row.get("name"),
            "integration_id": row.get("integration_id"),
            "state": active_or_deleted(row),
            "start_at": start,
            "end_at": end,
        }
        self._validate(term, row, str(values["state"]))
        if term is None:
            self.records.create("terms", {**values, "sis_id": row.get("term_id")})
        else:
            self.records.change("terms", term, values)

    def _validate(self, term: Record | None, row: Row, state: str) -> None:
        error = self._undeletable(term, row) if state == "deleted" else None
        integration_id = row.get("integration_id")
        if self.run.is_integration_taken("terms", integration_id, term):
            error = f'Integration Integration ID "{integration_id}" is already in use'
        if error is not None:
            raise self.skip("invalid", model_errors=error)

    def _undeletable(self, term: Record | None, row: Row) -> str | None:
        """Why Canvas would not delete the term; a term that is deleted already is not asked about."""
        if term is not None and term["state"] == "deleted":
            return None
        keeps_name = term is not None and self.records.is_stuck("terms", term, "name")
        name = term["name"] if keeps_name and term is not None else row.get("name")
        if name == DEFAULT_TERM_NAME:
            return "Workflow state Cannot delete the default term"
        sql = "SELECT 1 FROM courses WHERE term_id = ? AND state <> 'deleted'"
        if term is not None and self.db.first(sql, (term["id"],)):
            return "Workflow state Cannot delete a term with active courses"
        return None


class AbstractCourseImporter(Importer):
    """Abstract courses: unknown terms and accounts are passed over in silence."""

    type = "abstract_course"
    counted_as = "abstract_courses"

    def load(self, row: Row) -> bool:
        """See Importer."""
        term = self.db.by_sis_id("terms", row.get("term_id"))
        account = self.run.account(row.get("account_id")) or self.run.account(row.get("fallback_account_id"))
        known = self.db.by_sis_id("abstract_courses", row.get("abstract_course_id"))
        values: dict[str, Any] = {
            "short_name": row.get("short_name"),
            "name": row.get("long_name"),
            "state": active_or_deleted(row),
        }
        if term or known is None:
            values["term_id"] = term["id"] if term else DEFAULT_TERM
        if account or known is None:
            values["account_id"] = account["id"] if account else ROOT_ACCOUNT
        if known is None:
            self.records.create("abstract_courses", {**values, "sis_id": row.get("abstract_course_id")})
        else:
            self.records.change("abstract_courses", known, values)
        return True


_TABLES = {
    "user": "logins",
    "course": "courses",
    "section": "sections",
    "term": "terms",
    "account": "accounts",
    "group": "groups",
    "group_category": "group_categories",
}


class ChangeSisIdImporter(Importer):
    """New SIS and integration ids for what Canvas has already."""

    type = "change_sis_id"
    counted_as = "change_sis_ids"

    def load(self, row: Row) -> bool:
        """See Importer."""
        kind = (row.get("type") or "").strip().lower()
        self._refuse_taken(kind, row)
        thing = self._find(kind, row)
        values: dict[str, str | None] = {}
        if row.get("new_id"):
            values["sis_id"] = row.get("new_id")
        if new_integration := row.get("new_integration_id"):
            values["integration_id"] = None if new_integration == REMOVE else new_integration
        # Past the writing hand on purpose: an id is no field that a person could have made stick, nor a state.
        self.db.update(_TABLES[kind], thing["id"], values)
        self.records.touch(_TABLES[kind], thing["id"])
        return True

    def _lookup(self, kind: str, column: str, value: str | None) -> Record | None:
        if value is None:
            return None
        # Tags lie in the tables of groups, but Canvas looks for groups alone.
        no_tags = " AND is_tag = 0" if kind.startswith("group") else ""
        sql = f"SELECT * FROM {_TABLES[kind]} WHERE {column} = ?{no_tags}"  # noqa: S608 - our own names
        return self.db.first(sql, (value,))

    def _refuse_taken(self, kind: str, row: Row) -> None:
        if self._lookup(kind, "sis_id", row.get("new_id")):
            column = "sis_user_id" if kind == "user" else "sis_source_id"
            raise self.skip("new_id_taken", type=kind, column=column)
        integration_id = row.get("new_integration_id")
        if kind != "group_category" and self._lookup(kind, "integration_id", integration_id):
            raise self.skip("new_integration_taken", type=kind)

    def _find(self, kind: str, row: Row) -> Record:
        old_id, old_integration = row.get("old_id"), row.get("old_integration_id")
        by_id = self._lookup(kind, "sis_id", old_id)
        by_integration = self._lookup(kind, "integration_id", old_integration) if old_integration else None
        if old_id and old_integration and _id(by_id) != _id(by_integration):
            raise self.skip("mismatch", type=kind)
        thing = by_id if old_id else by_integration
        if thing is None:
            raise self.skip("old_id_missing" if old_id else "old_integration_missing", type=kind)
        return thing


def _id(row: Record | None) -> int | None:
    return None if row is None else row["id"]
