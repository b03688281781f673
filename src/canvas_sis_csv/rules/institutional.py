"""Rules on institutional tag categories, tags and associations.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import lookup, rule, stage
from canvas_sis_csv.rules.when import blank, not_starting

INSTITUTIONAL_TAG_CATEGORY = (
    stage("feature", rule("institutional_tag_category.not_enabled")),
    stage(
        "first",
        rule("institutional_tag_category.missing_id", blank("category_id")),
        rule("institutional_tag_category.missing_name", blank("name")),
        rule("institutional_tag_category.missing_status", blank("status")),
        rule("institutional_tag_category.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("model", rule("institutional_tag_category.invalid")),
)

INSTITUTIONAL_TAG = (
    stage(
        "first",
        rule("institutional_tag.missing_id", blank("institutional_tag_id")),
        rule("institutional_tag.missing_category", blank("category_id")),
        rule("institutional_tag.missing_name", blank("name")),
        rule("institutional_tag.missing_description", blank("description")),
        rule("institutional_tag.missing_status", blank("status")),
        rule("institutional_tag.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("database", lookup("institutional_tag.unknown_category"), rule("institutional_tag.invalid")),
)

INSTITUTIONAL_TAG_ASSOCIATION = (
    stage(
        "first",
        rule("institutional_tag_association.missing_tag", blank("institutional_tag_id")),
        rule("institutional_tag_association.missing_user", blank("user_id")),
        rule("institutional_tag_association.missing_status", blank("status")),
        rule("institutional_tag_association.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("institutional_tag_association.unknown_user"),
        lookup("institutional_tag_association.unknown_tag"),
        rule("institutional_tag_association.invalid"),
    ),
)
