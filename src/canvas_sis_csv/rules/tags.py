"""Rules on differentiation tag sets, tags and their members.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.groups import GROUP_STATUSES
from canvas_sis_csv.rules.rule import Known, lookup, rule, stage
from canvas_sis_csv.rules.when import blank, not_starting

DIFFERENTIATION_TAG_SET = (
    stage(
        "first",
        rule("differentiation_tag_set.missing_id", blank("tag_set_id")),
        rule("differentiation_tag_set.missing_name", blank("set_name")),
        rule("differentiation_tag_set.missing_status", blank("status")),
        rule("differentiation_tag_set.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("context", rule("differentiation_tag_set.missing_course", blank("course_id"))),
    stage(
        "database",
        lookup("differentiation_tag_set.unknown_course"),
        rule("differentiation_tag_set.not_enabled"),
        rule("differentiation_tag_set.cannot_move"),
        rule("differentiation_tag_set.invalid", known=Known.FILE_SOMETIMES),
    ),
)

DIFFERENTIATION_TAG = (
    stage(
        "first",
        rule("differentiation_tag.missing_id", blank("tag_id")),
        rule("differentiation_tag.missing_name", blank("name")),
        rule("differentiation_tag.bad_status", not_starting("status", *GROUP_STATUSES)),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("differentiation_tag.unknown_course"),
        rule("differentiation_tag.not_enabled"),
        lookup("differentiation_tag.unknown_set_in_course"),
        lookup("differentiation_tag.unknown_set"),
    ),
    stage(
        "new",
        rule("differentiation_tag.missing_context", blank("tag_set_id", "course_id"), known=Known.DATABASE_OR_NONE),
        given="the tag does not exist yet",
    ),
    stage("model", rule("differentiation_tag.cannot_move"), rule("differentiation_tag.invalid")),
)

DIFFERENTIATION_TAG_MEMBERSHIP = (
    stage(
        "first",
        rule("differentiation_tag_membership.missing_tag", blank("tag_id")),
        rule("differentiation_tag_membership.missing_user", blank("user_id")),
        rule("differentiation_tag_membership.bad_status", not_starting("status", "accepted", "deleted")),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("differentiation_tag_membership.unknown_user"),
        lookup("differentiation_tag_membership.unknown_tag"),
        lookup("differentiation_tag_membership.not_enrolled"),
        rule("differentiation_tag_membership.not_enabled"),
        rule("differentiation_tag_membership.invalid"),
    ),
)
