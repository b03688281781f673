"""Importers of institutional tag categories, tags and associations.

Room: as run.py. Source: Canvas's public source (the importers of these types).
"""

from __future__ import annotations

from typing import Any

from canvas_sandbox.engine.importers.base import Importer, active_or_deleted
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row


class _Named(Importer):
    """What categories and tags share: a row found by its SIS id, made or changed."""

    def save(self, table: str, sis_id: str | None, row: Row, more: dict[str, Any]) -> None:
        """Make or change the category or tag of this id."""
        values = {
            "name": row.get("name"),
            "description": row.get("description"),
            "state": active_or_deleted(row),
            **more,
        }
        known = self.db.by_sis_id(table, sis_id)
        if known is None:
            self.records.create(table, {**values, "sis_id": sis_id})
        else:
            self.records.change(table, known, values)


class InstitutionalTagCategoryImporter(_Named):
    """Institutional tag categories."""

    type = "institutional_tag_category"
    counted_as = "institutional_tag_categories"

    def load(self, row: Row) -> bool:
        """See Importer."""
        self.save("institutional_tag_categories", row.get("category_id"), row, {})
        return True


class InstitutionalTagImporter(_Named):
    """Institutional tags."""

    type = "institutional_tag"
    counted_as = "institutional_tags"

    def load(self, row: Row) -> bool:
        """See Importer."""
        category = self.db.by_sis_id("institutional_tag_categories", row.get("category_id"))
        if category is None:
            raise self.skip("unknown_category")
        self.save("institutional_tags", row.get("institutional_tag_id"), row, {"category_id": category["id"]})
        return True


class InstitutionalTagAssociationImporter(Importer):
    """Users with an institutional tag."""

    type = "institutional_tag_association"
    counted_as = "institutional_tag_associations"
    batch = 1000  # Canvas's public source; it moves these messages behind those of the first checks

    def load(self, row: Row) -> bool:
        """See Importer."""
        login = self.run.login(row.get("user_id"))
        if login is None:
            raise self.skip("unknown_user")
        tag = self.db.by_sis_id("institutional_tags", row.get("institutional_tag_id"))
        if tag is None:
            raise self.skip("unknown_tag")
        self._save(tag, login, active_or_deleted(row))
        return True

    def _save(self, tag: Record, login: Record, state: str) -> None:
        key = (tag["id"], login["user_id"])
        sql = "SELECT * FROM institutional_tag_associations WHERE tag_id = ? AND user_id = ?"
        known = self.db.first(sql, key)
        if known is None:
            values = {"tag_id": key[0], "user_id": key[1], "state": state}
            self.records.create("institutional_tag_associations", values)
        else:
            self.records.change("institutional_tag_associations", known, {"state": state})
