"""Rules on institutional tag categories, tags and associations.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import lookup, rule, stage
from canvas_sis_csv.rules.when import blank, not_starting

INSTITUTIONAL_TAG_CATEGORY = (
    stage(
        "feature",
        rule(
            "institutional_tag_category.not_enabled",
            "Institutional tags are not enabled for this account",
            "Switch institutional tags on for the account, or leave the file out.",
        ),
    ),
    stage(
        "first",
        rule(
            "institutional_tag_category.missing_id",
            "No category_id given for an institutional tag category",
            "Give every row a category_id.",
            blank("category_id"),
        ),
        rule(
            "institutional_tag_category.missing_name",
            "No name given for institutional tag category {category_id}",
            "Give the category a name.",
            blank("name"),
        ),
        rule(
            "institutional_tag_category.missing_status",
            "No status given for institutional tag category {category_id}",
            "Give the status active or deleted.",
            blank("status"),
        ),
        rule(
            "institutional_tag_category.bad_status",
            'Improper status "{status}" for institutional tag category {category_id}',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "model",
        rule(
            "institutional_tag_category.invalid",
            "An institutional tag category did not pass validation (category: {category_id}, error: {model_errors})",
            "Canvas refuses the category for the reason in the message; correct it.",
        ),
    ),
)

INSTITUTIONAL_TAG = (
    stage(
        "first",
        rule(
            "institutional_tag.missing_id",
            "No institutional_tag_id given for an institutional tag",
            "Give every row an institutional_tag_id.",
            blank("institutional_tag_id"),
        ),
        rule(
            "institutional_tag.missing_category",
            "No category_id given for institutional tag {institutional_tag_id}",
            "Say in category_id which category the tag belongs to.",
            blank("category_id"),
        ),
        rule(
            "institutional_tag.missing_name",
            "No name given for institutional tag {institutional_tag_id}",
            "Give the tag a name.",
            blank("name"),
        ),
        rule(
            "institutional_tag.missing_description",
            "No description given for institutional tag {institutional_tag_id}",
            "Give the tag a description; unlike for categories it is required.",
            blank("description"),
        ),
        rule(
            "institutional_tag.missing_status",
            "No status given for institutional tag {institutional_tag_id}",
            "Give the status active or deleted.",
            blank("status"),
        ),
        rule(
            "institutional_tag.bad_status",
            'Improper status "{status}" for institutional tag {institutional_tag_id}',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "institutional_tag.unknown_category",
            'Category with id "{category_id}" didn\'t exist for institutional tag {institutional_tag_id}',
            "Import the category first (categories go before tags in one import), or correct category_id.",
        ),
        rule(
            "institutional_tag.invalid",
            "An institutional tag did not pass validation (tag: {institutional_tag_id}, error: {model_errors})",
            "Canvas refuses the tag for the reason in the message; correct it.",
        ),
    ),
)

INSTITUTIONAL_TAG_ASSOCIATION = (
    stage(
        "first",
        rule(
            "institutional_tag_association.missing_tag",
            "No institutional_tag_id given for an institutional tag association",
            "Give every row an institutional_tag_id.",
            blank("institutional_tag_id"),
        ),
        rule(
            "institutional_tag_association.missing_user",
            "No user_id given for institutional tag association with tag {institutional_tag_id}",
            "Give every row a user_id.",
            blank("user_id"),
        ),
        rule(
            "institutional_tag_association.missing_status",
            "No status given for institutional tag association (tag: {institutional_tag_id}, user: {user_id})",
            "Give the status active or deleted.",
            blank("status"),
        ),
        rule(
            "institutional_tag_association.bad_status",
            'Improper status "{status}" for institutional tag association (tag: {institutional_tag_id}, user: '
            "{user_id})",
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "institutional_tag_association.unknown_user",
            'User with sis_user_id "{user_id}" didn\'t exist for institutional tag association with tag '
            "{institutional_tag_id}",
            "Import the user first (users go before associations in one import), or correct user_id.",
        ),
        lookup(
            "institutional_tag_association.unknown_tag",
            'Institutional tag with id "{institutional_tag_id}" didn\'t exist',
            "Import the tag first (tags go before associations in one import), or correct institutional_tag_id.",
        ),
        rule(
            "institutional_tag_association.invalid",
            "An institutional tag association did not pass validation (tag: {institutional_tag_id}, user: "
            "{user_id}, error: {model_errors})",
            "Canvas refuses the association for the reason in the message; correct it.",
        ),
    ),
)
