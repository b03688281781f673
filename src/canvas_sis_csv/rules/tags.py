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
        rule(
            "differentiation_tag_set.missing_id",
            "No sis_id given for a differentiation tag set",
            "Give every row a tag_set_id.",
            blank("tag_set_id"),
        ),
        rule(
            "differentiation_tag_set.missing_name",
            "No name given for differentiation tag set {tag_set_id}",
            "Give the tag set a set_name.",
            blank("set_name"),
        ),
        rule(
            "differentiation_tag_set.missing_status",
            "No status given for differentiation tag set {tag_set_id}",
            "Give the status active or deleted.",
            blank("status"),
        ),
        rule(
            "differentiation_tag_set.bad_status",
            'Improper status "{status}" for differentiation tag set {tag_set_id}, skipping',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "context",
        rule(
            "differentiation_tag_set.missing_course",
            "No course_id given for differentiation tag set {tag_set_id}",
            "Say in course_id which course the tag set belongs to.",
            blank("course_id"),
        ),
    ),
    stage(
        "database",
        lookup(
            "differentiation_tag_set.unknown_course",
            'Course with id "{course_id}" didn\'t exist for differentiation tag set {tag_set_id}',
            "Import the course first, or correct course_id.",
        ),
        rule(
            "differentiation_tag_set.not_enabled",
            "Differentiation Tags are not enabled for Account {canvas_account_id}.",
            "Switch differentiation tags on for the account, or leave these rows out.",
        ),
        rule(
            "differentiation_tag_set.cannot_move",
            "Cannot move differentiation tag set {tag_set_id} because it has tags in it.",
            "Move or delete its tags first, or leave the set where it is.",
        ),
        rule(
            "differentiation_tag_set.invalid",
            "A differentiation tag set did not pass validation (differentiation tag set: {tag_set_id}, error: "
            "{model_errors})",
            "Give the set a name that no other one of this course has.",
            known=Known.FILE_SOMETIMES,
        ),
    ),
)

DIFFERENTIATION_TAG = (
    stage(
        "first",
        rule(
            "differentiation_tag.missing_id",
            "No tag_id given for a differentiation tag.",
            "Give every row a tag_id.",
            blank("tag_id"),
        ),
        rule(
            "differentiation_tag.missing_name",
            "No name given for differentiation tag {tag_id}.",
            "Give the tag a name.",
            blank("name"),
        ),
        rule(
            "differentiation_tag.bad_status",
            'Improper status "{status}" for differentiation tag {tag_id}.',
            "Use available or deleted.",
            not_starting("status", *GROUP_STATUSES),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "differentiation_tag.unknown_course",
            "Course with sis id {course_id} didn't exist for differentiation tag {tag_id}.",
            "Import the course first, or correct course_id.",
        ),
        rule(
            "differentiation_tag.not_enabled",
            "Differentiation Tags are not enabled for Account {canvas_account_id}.",
            "Switch differentiation tags on for the account, or leave these rows out.",
        ),
        lookup(
            "differentiation_tag.unknown_set_in_course",
            "Differentiation Tag Set {tag_set_id} didn't exist in course {course_id} for differentiation tag {tag_id}.",
            "The set must belong to the same course. Correct tag_set_id or course_id.",
        ),
        lookup(
            "differentiation_tag.unknown_set",
            "Differentiation Tag Set {tag_set_id} didn't exist for differentiation tag {tag_id}.",
            "Import the tag set first, or correct tag_set_id.",
        ),
    ),
    stage(
        "new",
        rule(
            "differentiation_tag.missing_context",
            "No tag_set_id or course_id given for differentiation tag {tag_id}. At least one is required for new tags.",
            "A new tag needs a tag_set_id or a course_id.",
            blank("tag_set_id", "course_id"),
            known=Known.DATABASE_OR_NONE,
        ),
        given="the tag does not exist yet",
    ),
    stage(
        "model",
        rule(
            "differentiation_tag.cannot_move",
            "Cannot move differentiation tag {tag_id} because it has differentiation_tag_memberships.",
            "Remove its members first, or leave the tag where it is.",
        ),
        rule(
            "differentiation_tag.invalid",
            "A differentiation tag did not pass validation (differentiation_tag: {tag_id}, error: {model_errors})",
            "Canvas refuses the tag for the reason in the message; correct it.",
        ),
    ),
)

DIFFERENTIATION_TAG_MEMBERSHIP = (
    stage(
        "first",
        rule(
            "differentiation_tag_membership.missing_tag",
            "No tag_id given for a differentiation tag user",
            "Give every row a tag_id.",
            blank("tag_id"),
        ),
        rule(
            "differentiation_tag_membership.missing_user",
            "No user_id given for a differentiation tag user",
            "Give every row a user_id.",
            blank("user_id"),
        ),
        rule(
            "differentiation_tag_membership.bad_status",
            'Improper status "{status}" for a differentiation tag user',
            "Use accepted or deleted.",
            not_starting("status", "accepted", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "differentiation_tag_membership.unknown_user",
            "User {user_id} didn't exist for differentiation tag user",
            "Import the user first (users go before memberships in one import), or correct user_id.",
        ),
        lookup(
            "differentiation_tag_membership.unknown_tag",
            "Differentiation tag {tag_id} didn't exist for differentiation tag user",
            "Import the tag first (tags go before memberships in one import), or correct tag_id.",
        ),
        lookup(
            "differentiation_tag_membership.not_enrolled",
            "User {user_id} doesn't have an enrollment in the course of differentiation tag {tag_id}.",
            "Enroll the user into the tag's course first; in one import enrollments go before memberships.",
        ),
        rule(
            "differentiation_tag_membership.not_enabled",
            "Differentiation Tags are not enabled for Account {canvas_account_id}.",
            "Switch differentiation tags on for the account, or leave these rows out.",
        ),
        rule(
            "differentiation_tag_membership.invalid",
            "A differentiation tag user did not pass validation (user: {user_id}, differentiation tag: {tag_id}, "
            "error: {model_errors})",
            "Canvas refuses the membership for the reason in the message; correct it.",
        ),
    ),
)
