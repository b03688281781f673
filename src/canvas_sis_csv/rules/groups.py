"""Rules on group categories, groups and their members.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import blank, given, longer_than, not_starting

GROUP_CATEGORY = (
    stage(
        "first",
        rule(
            "group_category.missing_id",
            "No sis_id given for a group category",
            "Give every row a group_category_id.",
            blank("group_category_id"),
        ),
        rule(
            "group_category.missing_name",
            "No name given for group category {group_category_id}",
            "Give the category a category_name.",
            blank("category_name"),
        ),
        rule(
            "group_category.missing_status",
            "No status given for group category {group_category_id}",
            "Give the status active or deleted.",
            blank("status"),
        ),
        rule(
            "group_category.bad_status",
            'Improper status "{status}" for group category {group_category_id}, skipping',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "context",
        rule(
            "group_category.two_contexts",
            "Only one context is allowed and both course_id and account_id where provided for group category "
            "{group_category_id}.",
            "A category belongs to an account or to a course: clear one of the two.",
            given("account_id", "course_id"),
        ),
    ),
    stage(
        "database",
        lookup(
            "group_category.unknown_account",
            'Account with id "{account_id}" didn\'t exist for group category {group_category_id}',
            "Import the account first, or correct account_id; blank is the root account.",
        ),
        lookup(
            "group_category.unknown_course",
            'Course with id "{course_id}" didn\'t exist for group category {group_category_id}',
            "Import the course first, or correct course_id.",
        ),
        rule(
            "group_category.cannot_move",
            "Cannot move group category {group_category_id} because it has groups in it.",
            "Move or delete its groups first, or leave the category where it is.",
        ),
        rule(
            "group_category.invalid",
            "A group category did not pass validation (group category: {group_category_id}, error: {model_errors})",
            "Give the category a name that no other one of this account or course has.",
            known=Known.FILE_SOMETIMES,
        ),
    ),
)

GROUP_STATUSES = ("available", "closed", "completed", "deleted")

GROUP = (
    stage(
        "first",
        rule("group.missing_id", "No group_id given for a group.", "Give every row a group_id.", blank("group_id")),
        rule("group.missing_name", "No name given for group {group_id}.", "Give the group a name.", blank("name")),
        rule(
            "group.bad_status",
            'Improper status "{status}" for group {group_id}.',
            "Use available or deleted.",
            not_starting("status", *GROUP_STATUSES),
        ),
        drops_deletes=True,
    ),
    stage(
        "context",
        rule(
            "group.two_contexts",
            "Only one context is allowed and both course_id and account_id where provided for group {group_id}.",
            "A group belongs to an account or to a course: clear one of the two.",
            given("account_id", "course_id"),
        ),
    ),
    stage(
        "database",
        lookup(
            "group.unknown_account",
            "Account with sis id {account_id} didn't exist for group {group_id}.",
            "Import the account first, or correct account_id; blank is the root account.",
        ),
        lookup(
            "group.unknown_course",
            "Course with sis id {course_id} didn't exist for group {group_id}.",
            "Import the course first, or correct course_id.",
        ),
        lookup(
            "group.unknown_category_in_account",
            "Group Category {group_category_id} didn't exist in account {account_id} for group {group_id}.",
            "The category must belong to the same account. Correct group_category_id or account_id.",
        ),
        lookup(
            "group.unknown_category_in_course",
            "Group Category {group_category_id} didn't exist in course {course_id} for group {group_id}.",
            "The category must belong to the same course. Correct group_category_id or course_id.",
        ),
        lookup(
            "group.unknown_category",
            "Group Category {group_category_id} didn't exist for group {group_id}.",
            "Import the group category first, or correct group_category_id.",
        ),
        rule(
            "group.cannot_move",
            "Cannot move group {group_id} because it has group_memberships.",
            "Remove its members first, or leave the group where it is.",
        ),
    ),
    stage(
        "model",
        refused(
            "group.invalid",
            "A group did not pass validation (group: {group_id}, error: {model_errors})",
            "Shorten the name to 255 characters.",
            (longer_than("name", 255), "Name is too long (maximum is 255 characters)"),
        ),
    ),
)

GROUP_MEMBERSHIP = (
    stage(
        "first",
        rule(
            "group_membership.missing_group",
            "No group_id given for a group user",
            "Give every row a group_id.",
            blank("group_id"),
        ),
        rule(
            "group_membership.missing_user",
            "No user_id given for a group user",
            "Give every row a user_id.",
            blank("user_id"),
        ),
        rule(
            "group_membership.bad_status",
            'Improper status "{status}" for a group user',
            "Use accepted or deleted.",
            not_starting("status", "accepted", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "group_membership.unknown_user",
            "User {user_id} didn't exist for group user",
            "Import the user first (users go before memberships in one import), or correct user_id.",
        ),
        lookup(
            "group_membership.unknown_group",
            "Group {group_id} didn't exist for group user",
            "Import the group first (groups go before memberships in one import), or correct group_id.",
        ),
        lookup(
            "group_membership.not_enrolled",
            "User {user_id} doesn't have an enrollment in the course of group {group_id}.",
            "Enroll the user into the group's course first; in one import enrollments go before memberships.",
        ),
        rule(
            "group_membership.invalid",
            "A group user did not pass validation (user: {user_id}, group: {group_id}, error: {model_errors})",
            "Canvas refuses the membership for the reason in the message; correct it.",
        ),
    ),
)
