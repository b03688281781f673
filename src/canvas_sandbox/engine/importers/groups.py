"""Importers of group categories, groups and their members; and of differentiation tags, which Canvas keeps as groups.

Room: as run.py. Source: Canvas's public source (the importers of these types, one for both kinds of each).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.importers.base import Importer, active_or_deleted
from canvas_sandbox.engine.schema import ROOT_ACCOUNT
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.reading import Row


class Context(NamedTuple):
    """What a group belongs to: an account (`a`) or a course (`c`)."""

    kind: str
    id: int
    account_id: int
    """The account itself, or the course's."""


ROOT = Context("a", ROOT_ACCOUNT, ROOT_ACCOUNT)

_RESERVED = {"a": ("Imported Groups",), "c": ("Student Groups", "Imported Groups")}
"""Names of categories that Canvas makes itself."""

_LONGEST_NAME = 255
"""A string column of Canvas's database."""


class _Grouping(Importer):
    """What categories and groups of both kinds share."""

    is_tag = 0

    def context_of(self, row: Row) -> Context | None:
        """The account or course the row names, both of which must be there; None when it names none."""
        # Tags belong to courses only; an `account_id` in their files is a column like any unknown one.
        if (account_id := row.get("account_id")) is not None and not self.is_tag:
            account = self.run.account(account_id, active=True)
            if account is None:
                raise self.skip("unknown_account")
            return Context("a", account["id"], account["id"])
        if (course_id := row.get("course_id")) is not None:
            course = self.run.course(course_id, active=True)
            if course is None:
                raise self.skip("unknown_course")
            return Context("c", course["id"], course["account_id"])
        return None

    def context_in(self, item: Record) -> Context:
        """The context a category or group has."""
        if item["context"] == "a":
            return Context("a", item["context_id"], item["context_id"])
        account_id = self.db.value("SELECT account_id FROM courses WHERE id = ?", (item["context_id"],))
        return Context("c", item["context_id"], account_id or ROOT_ACCOUNT)

    def find(self, table: str, sis_id: str | None) -> Record | None:
        """The category or group of this importer's kind with this SIS id."""
        sql = f"SELECT * FROM {table} WHERE is_tag = ? AND sis_id = ?"  # noqa: S608 - our own table names
        return self.db.first(sql, (self.is_tag, sis_id))

    def refuse_disabled(self, account_id: int) -> None:
        """Differentiation tags are off in the account, or in one above it."""
        if not all(account["tags_on"] for account in self.run.account_chain(account_id)):
            raise self.skip("not_enabled", canvas_account_id=account_id)


class GroupCategoryImporter(_Grouping):
    """Group categories."""

    type = "group_category"
    counted_as = "group_categories"
    id_column = "group_category_id"
    name_column = "category_name"

    def load(self, row: Row) -> bool:
        """See Importer."""
        if not self.passes(row, "context"):
            return False
        context = self.context_of(row) or ROOT
        self.refuse_context(context)
        category = self.find("group_categories", row.get(self.id_column))
        if category is not None and self.context_in(category) != context:
            sql = "SELECT 1 FROM groups WHERE category_id = ? AND state <> 'deleted'"
            if self.db.first(sql, (category["id"],)):
                raise self.skip("cannot_move")
        self._save(row, category, context)
        return True

    def refuse_context(self, context: Context) -> None:
        """Room for what only tag sets ask."""

    def _save(self, row: Row, category: Record | None, context: Context) -> None:
        name, state = row.get(self.name_column), active_or_deleted(row)
        self._refuse_name(str(name), category, context)
        values: dict[str, Any] = {"name": name, "state": state, "context": context.kind, "context_id": context.id}
        if category is None:
            sis_id = row.get(self.id_column)
            self.records.create("group_categories", {**values, "is_tag": self.is_tag, "sis_id": sis_id})
        else:
            self.records.change("group_categories", category, values)

    def _refuse_name(self, name: str, category: Record | None, context: Context) -> None:
        """What Canvas's model says of a name; of one that does not change it says nothing."""
        if category is not None and category["name"] == name:
            return
        sql = """SELECT 1 FROM group_categories WHERE context_id = ? AND context = ? AND is_tag = ? AND name = ?
                 AND state <> 'deleted' AND id IS NOT ?"""
        key = (context.id, context.kind, self.is_tag, name, category["id"] if category else None)
        if name in _RESERVED[context.kind]:
            raise self.skip("invalid", model_errors=f"Name {name} is a reserved name.")
        if self.db.first(sql, key):
            raise self.skip("invalid", model_errors=f"Name {name} is already in use.")
        if len(name) > _LONGEST_NAME:
            raise self.skip("invalid", model_errors="Name Enter a shorter category name")


class TagSetImporter(GroupCategoryImporter):
    """Differentiation tag sets, which belong to courses only."""

    type = "differentiation_tag_set"
    counted_as = "differentiation_tag_sets"
    id_column = "tag_set_id"
    name_column = "set_name"
    is_tag = 1

    def refuse_context(self, context: Context) -> None:
        """See the class above."""
        self.refuse_disabled(context.account_id)


class GroupImporter(_Grouping):
    """Groups."""

    type = "group"
    counted_as = "groups"
    id_column = "group_id"

    def load(self, row: Row) -> bool:
        """See Importer."""
        if not self.passes(row, "context"):
            return False
        named = self.context_of(row)
        category = self._category(row, named)
        group = self.find("groups", row.get("group_id"))
        # The category decides, then what the row names, then what the group has.
        context = self.context_in(category) if category is not None else named
        if context is None:
            context = self.context_in(group) if group is not None else ROOT
        self._refuse_move(group, context)
        if not self.passes(row, "model"):
            return False
        self.save(row, group, context, category["id"] if category is not None else None)
        return True

    def _category(self, row: Row, context: Context | None) -> Record | None:
        category_id = row.get("group_category_id")
        if category_id is None:
            return None
        category = self.find("group_categories", category_id)
        if category is None or category["state"] == "deleted" or context not in (None, self.context_in(category)):
            where = {"a": "_in_account", "c": "_in_course"}[context.kind] if context else ""
            raise self.skip(f"unknown_category{where}")
        return category

    def _refuse_move(self, group: Record | None, context: Context) -> None:
        if group is None:
            return
        before = self.context_in(group)
        # Between two accounts a group may move with its members; into, out of or between courses it may not, as they
        # would have to be enrolled there.
        moves = (before.kind, before.id) != (context.kind, context.id)
        if moves and "c" in (before.kind, context.kind) and self.has_members(group):
            raise self.skip("cannot_move")

    def has_members(self, group: Record) -> bool:
        """Whether the group has memberships that are not deleted."""
        sql = "SELECT 1 FROM memberships WHERE group_id = ? AND state <> 'deleted'"
        return self.db.first(sql, (group["id"],)) is not None

    def save(self, row: Row, group: Record | None, context: Context, category_id: int | None) -> None:
        """Make or change the group; only the word `deleted` in small letters deletes."""
        state = "deleted" if row.get("status") == "deleted" else "available"
        values: dict[str, Any] = {
            "name": row.get("name"),
            "state": state,
            "context": context.kind,
            "context_id": context.id,
        }
        if category_id is not None:
            values["category_id"] = category_id
        if group is None:
            sis_id = row.get(self.id_column)
            self.records.create("groups", {**values, "is_tag": self.is_tag, "sis_id": sis_id})
        else:
            self.records.change("groups", group, values)
            if state == "deleted":
                cascade.group_deleted(self.records, group["id"])


class TagImporter(GroupImporter):
    """Differentiation tags."""

    type = "differentiation_tag"
    counted_as = "differentiation_tags"
    id_column = "tag_id"
    is_tag = 1

    def load(self, row: Row) -> bool:
        """See Importer."""
        named = self.context_of(row)
        if named is not None:
            self.refuse_disabled(named.account_id)
        tag_set = self._set(row, named)
        tag = self.find("groups", row.get("tag_id"))
        context = self.context_in(tag_set) if tag_set is not None else named
        if context is None and tag is not None:
            context = self.context_in(tag)
        if context is None:
            self.passes(row, "new")
            return False
        self.refuse_disabled(context.account_id)
        self._refuse_move(tag, context)
        self.save(row, tag, context, self._set_id(row, tag, tag_set, context))
        return True

    def _set(self, row: Row, context: Context | None) -> Record | None:
        set_id = row.get("tag_set_id")
        if set_id is None:
            return None
        tag_set = self.find("group_categories", set_id)
        if tag_set is None or tag_set["state"] == "deleted" or context not in (None, self.context_in(tag_set)):
            raise self.skip("unknown_set_in_course" if context else "unknown_set")
        return tag_set

    def _set_id(self, row: Row, tag: Record | None, tag_set: Record | None, context: Context) -> int | None:
        """The tag's set; one of its own, with its name, for a tag that has none."""
        if tag_set is not None:
            set_id: int = tag_set["id"]
            return set_id
        if tag is not None and tag["category_id"] is not None:
            own_set_id: int = tag["category_id"]
            return own_set_id
        state = "deleted" if row.get("status") == "deleted" else "active"
        values = {"name": row.get("name"), "context": context.kind, "context_id": context.id, "state": state}
        return self.db.insert("group_categories", {**values, "is_tag": 1, "sis_import_id": self.run.job.id})


class GroupMembershipImporter(_Grouping):
    """Members of groups."""

    type = "group_membership"
    counted_as = "group_memberships"
    group_column = "group_id"
    unknown_group = "unknown_group"

    def load(self, row: Row) -> bool:
        """See Importer."""
        login = self.run.login(row.get("user_id"))
        if login is None:
            raise self.skip("unknown_user")
        group = self.find("groups", row.get(self.group_column))
        if group is None:
            raise self.skip(self.unknown_group)
        context = self.context_in(group)
        # Groups of accounts take anybody.
        if context.kind == "c" and not cascade.is_enrolled(self.db, login["user_id"], context.id):
            raise self.skip("not_enrolled")
        self.refuse_context(context)
        self._save(group["id"], login["user_id"], row)
        return True

    def refuse_context(self, context: Context) -> None:
        """Room for what only tags ask."""

    def _save(self, group_id: int, user_id: int, row: Row) -> None:
        state = "accepted" if "accepted" in (row.get("status") or "").lower() else "deleted"
        # A user may have left and joined again: the membership that counts comes first.
        sql = "SELECT * FROM memberships WHERE group_id = ? AND user_id = ? ORDER BY state <> 'accepted' LIMIT 1"
        known = self.db.first(sql, (group_id, user_id))
        if known is None:
            self.records.create("memberships", {"group_id": group_id, "user_id": user_id, "state": state})
        else:
            self.records.change("memberships", known, {"state": state})


class TagMembershipImporter(GroupMembershipImporter):
    """Users with a differentiation tag."""

    type = "differentiation_tag_membership"
    counted_as = "differentiation_tag_memberships"
    group_column = "tag_id"
    unknown_group = "unknown_tag"
    is_tag = 1

    def refuse_context(self, context: Context) -> None:
        """See the class above."""
        self.refuse_disabled(context.account_id)
