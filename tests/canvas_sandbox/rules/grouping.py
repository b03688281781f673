"""Rules on groups, differentiation tags and institutional tags."""

from __future__ import annotations

from tests.canvas_sandbox.rules.case import TWO, Case, one
from tests.support.sandbox_engine import csv

CATEGORIES = "group_category_id,account_id,course_id,category_name,status"
GROUPS = "group_id,group_category_id,account_id,course_id,name,status"
MEMBERS = "group_id,user_id,status"
TAG_SETS = "tag_set_id,course_id,set_name,status"
TAGS = "tag_id,tag_set_id,course_id,name,status"
TAG_MEMBERS = "tag_id,user_id,status"
PLACES = {
    "accounts": [
        {"account_id": "a", "canvas_id": 501},
        {"account_id": "off", "canvas_id": 502},
        {"account_id": "below", "canvas_id": 503, "parent": "off"},
        {"account_id": "gone", "deleted": True},
    ],
    "tags_disabled_accounts": ["off"],
    "courses": [
        {"course_id": "c1", "account_id": "a"},
        {"course_id": "c2", "account_id": "off"},
        {"course_id": "c3", "account_id": "a"},
        {"course_id": "c4", "account_id": "below"},
        {"course_id": "lost", "deleted": True},
    ],
    "users": TWO["users"],
}
_OFF = "Differentiation Tags are not enabled for Account {}."

GROUPING = (
    Case(
        "group_category.unknown_account",
        "deleted ones do not count",
        one(CATEGORIES, "k1,no,,K,active", "k2,gone,,K,active"),
        [
            (2, 'Account with id "no" didn\'t exist for group category k1'),
            (3, 'Account with id "gone" didn\'t exist for group category k2'),
        ],
        PLACES,
    ),
    Case(
        "group_category.unknown_course",
        "deleted ones do not count",
        one(CATEGORIES, "k1,,no,K,active", "k2,,lost,K,active"),
        [
            (2, 'Course with id "no" didn\'t exist for group category k1'),
            (3, 'Course with id "lost" didn\'t exist for group category k2'),
        ],
        PLACES,
    ),
    Case(
        "group_category.cannot_move",
        "with groups in it; blank is the root account",
        one(CATEGORIES, "full,,,Full,active", "free,,,Free,active", "full,,c1,Full,active"),
        [(2, "Cannot move group category full because it has groups in it.")],
        {
            **PLACES,
            "group_categories": [
                {"group_category_id": "full", "ctx": ["c", "c1"], "in_use": True},
                {"group_category_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"group_categories": 2},
    ),
    Case(
        "group_category.invalid",
        "a second name in one context, not in two; of an unchanged one nothing is said",
        one(
            CATEGORIES,
            "k1,,c1,K,active",
            "k2,,c1,K,deleted",
            "k3,,c3,K,active",
            "k1,,c1,K,deleted",
            "k2,,c1,K,active",
            "k1,,c1,K,active",
        ),
        [
            (
                3,
                "A group category did not pass validation (group category: k2, error: Name K is already in use.)",
            )
        ],
        PLACES,
        counts={"group_categories": 5},
    ),
    Case(
        "group_category.invalid",
        "a reserved name, a long one",
        one(CATEGORIES, "k1,,c1,Student Groups,active", "k2,,,Student Groups,active", f"k3,,,{'x' * 256},active"),
        [
            (
                2,
                "A group category did not pass validation (group category: k1, error:"
                " Name Student Groups is a reserved name.)",
            ),
            (
                4,
                "A group category did not pass validation (group category: k3, error:"
                " Name Enter a shorter category name)",
            ),
        ],
        PLACES,
        counts={"group_categories": 1},
    ),
    Case(
        "group.unknown_account",
        "deleted ones do not count",
        one(GROUPS, "g,,gone,,G,available"),
        [(2, "Account with sis id gone didn't exist for group g.")],
        PLACES,
    ),
    Case(
        "group.unknown_course",
        "deleted ones do not count",
        one(GROUPS, "g,,,lost,G,available"),
        [(2, "Course with sis id lost didn't exist for group g.")],
        PLACES,
    ),
    Case(
        "group.unknown_category_in_account",
        "one of another context",
        one(GROUPS, "g,k,a,,G,available"),
        [(2, "Group Category k didn't exist in account a for group g.")],
        {**PLACES, "group_categories": [{"group_category_id": "k", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group.unknown_category_in_course",
        "one of another context",
        one(GROUPS, "g,k,,c1,G,available"),
        [(2, "Group Category k didn't exist in course c1 for group g.")],
        {**PLACES, "group_categories": [{"group_category_id": "k", "ctx": ["a", "a"]}]},
    ),
    Case(
        "group.unknown_category",
        "a tag set is none",
        one(GROUPS, "g1,no,,,G,available", "g2,set,,,G,available"),
        [
            (2, "Group Category no didn't exist for group g1."),
            (3, "Group Category set didn't exist for group g2."),
        ],
        {**PLACES, "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group.cannot_move",
        "to or from a course with members; between accounts it may",
        one(GROUPS, "g1,,a,,G,available", "g2,,a,,G,available", "g2,,,c1,G,available", "g1,,,,G,available"),
        [
            (2, "Cannot move group g1 because it has group_memberships."),
            (4, "Cannot move group g2 because it has group_memberships."),
        ],
        {
            **PLACES,
            "groups": [
                {"group_id": "g1", "ctx": ["c", "c1"], "members": True},
                {"group_id": "g2", "ctx": ["a", None], "members": True},
            ],
        },
        counts={"groups": 2},
    ),
    Case(
        "group_membership.unknown_user",
        "tested before the group; a deleted login is one",
        one(MEMBERS, "no,no,accepted", "g,gone,accepted"),
        [(2, "User no didn't exist for group user")],
        {
            "users": [{"user_id": "gone", "login_id": "x", "deleted": True}],
            "groups": [{"group_id": "g", "ctx": ["a", None]}],
        },
        counts={"group_memberships": 1},
    ),
    Case(
        "group_membership.unknown_group",
        "a tag is none",
        one(MEMBERS, "t,u1,accepted"),
        [(2, "Group t didn't exist for group user")],
        {**PLACES, "tags": [{"tag_id": "t", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group_membership.not_enrolled",
        "a deleted enrollment is none, a finished one is",
        one(MEMBERS, "g,u1,accepted", "g,u1,deleted", "g,u2,accepted"),
        [
            (2, "User u1 doesn't have an enrollment in the course of group g."),
            (3, "User u1 doesn't have an enrollment in the course of group g."),
        ],
        {
            **PLACES,
            "enrollments": [["c1", "u1", "deleted"], ["c1", "u2", "completed"]],
            "groups": [{"group_id": "g", "ctx": ["c", "c1"]}],
        },
        counts={"group_memberships": 1},
    ),
    Case(
        "differentiation_tag_set.unknown_course",
        "tested before the feature",
        one(TAG_SETS, "s,lost,S,active"),
        [(2, 'Course with id "lost" didn\'t exist for differentiation tag set s')],
        PLACES,
    ),
    Case(
        "differentiation_tag_set.not_enabled",
        "in the account, or in one above",
        one(TAG_SETS, "s1,c2,S,active", "s2,c4,S,active", "s3,c1,S,active"),
        [(2, _OFF.format(502)), (3, _OFF.format(503))],
        PLACES,
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag_set.cannot_move",
        "with tags in it",
        one(TAG_SETS, "full,c3,S,active", "free,c3,S,active"),
        [(2, "Cannot move differentiation tag set full because it has tags in it.")],
        {
            **PLACES,
            "tag_sets": [
                {"tag_set_id": "full", "ctx": ["c", "c1"], "in_use": True},
                {"tag_set_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag_set.invalid",
        "a second name in one course; a group category's name does not matter",
        {
            "categories.csv": csv(CATEGORIES, "k,,c1,S,active"),
            "feed.csv": csv(TAG_SETS, "s1,c1,S,active", "s2,c1,S,active"),
        },
        [
            (
                3,
                "A differentiation tag set did not pass validation (differentiation tag set: s2,"
                " error: Name S is already in use.)",
            )
        ],
        PLACES,
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag.unknown_course",
        "tested before everything else",
        one(TAGS, "t,no,lost,T,available"),
        [(2, "Course with sis id lost didn't exist for differentiation tag t.")],
        PLACES,
    ),
    Case(
        "differentiation_tag.not_enabled",
        "in the course's account, the set's, or the tag's own",
        one(TAGS, "t1,no,c2,T,available", "t2,set,,T,available", "old,,,T,available"),
        [(2, _OFF.format(502)), (3, _OFF.format(502)), (4, _OFF.format(502))],
        {
            **PLACES,
            "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c2"]}],
            "tags": [{"tag_id": "old", "ctx": ["c", "c2"]}],
        },
    ),
    Case(
        "differentiation_tag.unknown_set_in_course",
        "a set of another course",
        one(TAGS, "t,set,c1,T,available"),
        [(2, "Differentiation Tag Set set didn't exist in course c1 for differentiation tag t.")],
        {**PLACES, "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c3"]}]},
    ),
    Case(
        "differentiation_tag.unknown_set",
        "no set at all",
        one(TAGS, "t,no,,T,available"),
        [(2, "Differentiation Tag Set no didn't exist for differentiation tag t.")],
        PLACES,
    ),
    Case(
        "differentiation_tag.missing_context",
        "a new one needs a set or a course, an old one not",
        one(TAGS, "new,,,T,available", "old,,,T,available", "new,,c1,T,available"),
        [
            (
                2,
                "No tag_set_id or course_id given for differentiation tag new. At least one is required for new tags.",
            )
        ],
        {**PLACES, "tags": [{"tag_id": "old", "ctx": ["c", "c1"]}]},
        counts={"differentiation_tags": 2},
    ),
    Case(
        "differentiation_tag.cannot_move",
        "with members",
        one(TAGS, "full,,c3,T,available", "free,,c3,T,available"),
        [(2, "Cannot move differentiation tag full because it has differentiation_tag_memberships.")],
        {
            **PLACES,
            "tags": [
                {"tag_id": "full", "ctx": ["c", "c1"], "members": True},
                {"tag_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"differentiation_tags": 1},
    ),
    Case(
        "differentiation_tag_membership.unknown_user",
        "tested before the tag",
        one(TAG_MEMBERS, "no,no,accepted"),
        [(2, "User no didn't exist for differentiation tag user")],
        PLACES,
    ),
    Case(
        "differentiation_tag_membership.unknown_tag",
        "a group is none",
        one(TAG_MEMBERS, "g,u1,accepted"),
        [(2, "Differentiation tag g didn't exist for differentiation tag user")],
        {**PLACES, "groups": [{"group_id": "g", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "differentiation_tag_membership.not_enrolled",
        "tested before the feature",
        one(TAG_MEMBERS, "t,u1,accepted"),
        [(2, "User u1 doesn't have an enrollment in the course of differentiation tag t.")],
        {**PLACES, "tags": [{"tag_id": "t", "ctx": ["c", "c2"]}]},
    ),
    Case(
        "differentiation_tag_membership.not_enabled",
        "for an enrolled user",
        one(TAG_MEMBERS, "t,u1,accepted"),
        [(2, _OFF.format(502))],
        {**PLACES, "enrollments": [["c2", "u1"]], "tags": [{"tag_id": "t", "ctx": ["c", "c2"]}]},
    ),
    Case(
        "institutional_tag.unknown_category",
        "categories of the same upload count",
        {
            "categories.csv": csv("category_id,name,status", "k,K,active"),
            "feed.csv": csv(
                "institutional_tag_id,category_id,name,description,status", "t1,no,T,D,active", "t2,k,T,D,active"
            ),
        },
        [(2, 'Category with id "no" didn\'t exist for institutional tag t1')],
        features=["institutional_tags"],
        counts={"institutional_tags": 1},
    ),
    Case(
        "institutional_tag_association.unknown_user",
        "tested before the tag",
        one("institutional_tag_id,user_id,status", "no,no,active"),
        [(2, 'User with sis_user_id "no" didn\'t exist for institutional tag association with tag no')],
        features=["institutional_tags"],
    ),
    Case(
        "institutional_tag_association.unknown_tag",
        "for a user that is there",
        one("institutional_tag_id,user_id,status", "no,u1,active", "t,u1,active"),
        [(2, 'Institutional tag with id "no" didn\'t exist')],
        {**TWO, "institutional_tags": ["t"]},
        features=["institutional_tags"],
        counts={"institutional_tag_associations": 1},
    ),
)
