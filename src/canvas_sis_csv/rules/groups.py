"""Rules on group categories, groups and their members.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import blank, given, longer_than, not_starting

GROUP_CATEGORY = (
    stage(
        "first",
        rule("group_category.missing_id", blank("group_category_id")),
        rule("group_category.missing_name", blank("category_name")),
        rule("group_category.missing_status", blank("status")),
        rule("group_category.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("context", rule("group_category.two_contexts", given("account_id", "course_id"))),
    stage(
        "database",
        lookup("group_category.unknown_account"),
        lookup("group_category.unknown_course"),
        rule("group_category.cannot_move"),
        rule("group_category.invalid", known=Known.FILE_SOMETIMES),
    ),
)

GROUP_STATUSES = ("available", "closed", "completed", "deleted")

GROUP = (
    stage(
        "first",
        rule("group.missing_id", blank("group_id")),
        rule("group.missing_name", blank("name")),
        rule("group.bad_status", not_starting("status", *GROUP_STATUSES)),
        drops_deletes=True,
    ),
    stage("context", rule("group.two_contexts", given("account_id", "course_id"))),
    stage(
        "database",
        lookup("group.unknown_account"),
        lookup("group.unknown_course"),
        lookup("group.unknown_category_in_account"),
        lookup("group.unknown_category_in_course"),
        lookup("group.unknown_category"),
        rule("group.cannot_move"),
    ),
    stage(
        "model", refused("group.invalid", (longer_than("name", 255), "Name is too long (maximum is 255 characters)"))
    ),
)

GROUP_MEMBERSHIP = (
    stage(
        "first",
        rule("group_membership.missing_group", blank("group_id")),
        rule("group_membership.missing_user", blank("user_id")),
        rule("group_membership.bad_status", not_starting("status", "accepted", "deleted")),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("group_membership.unknown_user"),
        lookup("group_membership.unknown_group"),
        lookup("group_membership.not_enrolled"),
        rule("group_membership.invalid"),
    ),
)
