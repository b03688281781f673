"""The 22 CSV types of Canvas, in the order in which it classifies and imports them, and what identifies their rows.

Room: words and tables; touches nothing. Source: Canvas's public source (its list of importers and each importer's
identifying fields).
"""

from __future__ import annotations

from types import MappingProxyType

TYPES: tuple[str, ...] = (
    "change_sis_id",
    "account",
    "term",
    "abstract_course",
    "course",
    "section",
    "xlist",
    "user",
    "login",
    "enrollment",
    "admin",
    "group_category",
    "differentiation_tag_set",
    "group",
    "differentiation_tag",
    "group_membership",
    "differentiation_tag_membership",
    "institutional_tag_category",
    "institutional_tag",
    "institutional_tag_association",
    "grade_publishing_results",
    "user_observer",
)
"""Classification tries them in this order, and all files of one type are imported before the next type."""

ORDER = MappingProxyType({name: place for place, name in enumerate(TYPES)})
"""A type's place in the import order, from 0."""

INSTITUTIONAL_TAGS = "institutional_tags"
"""The account feature without which the three institutional tag types are not recognised."""

FEATURE_OF = MappingProxyType(
    dict.fromkeys(
        ("institutional_tag_category", "institutional_tag", "institutional_tag_association"), INSTITUTIONAL_TAGS
    )
)
"""The account feature a type needs; types that are always recognised are absent."""

IDENTIFYING: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "change_sis_id": ("old_id", "old_integration_id"),
        "account": ("account_id",),
        "term": ("term_id",),
        "abstract_course": (),
        "course": ("course_id",),
        "section": ("section_id",),
        "xlist": ("section_id",),
        "user": ("user_id",),
        "login": ("user_id",),
        "enrollment": (
            "course_id",
            "section_id",
            "user_id",
            "user_integration_id",
            "role",
            "role_id",
            "associated_user_id",
            "temporary_enrollment_source_user_id",
        ),
        "admin": ("user_id", "account_id"),
        "group_category": ("group_id",),
        "differentiation_tag_set": ("tag_set_id",),
        "group": ("group_id",),
        "differentiation_tag": ("tag_id",),
        "group_membership": ("group_id", "user_id"),
        "differentiation_tag_membership": ("tag_id", "user_id"),
        "institutional_tag_category": ("category_id",),
        "institutional_tag": ("institutional_tag_id",),
        "institutional_tag_association": ("institutional_tag_id", "user_id"),
        "grade_publishing_results": (),
        "user_observer": ("observer_id",),
    }
)
"""The columns by which diffing tells rows apart. That group categories list `group_id` is Canvas's own; abstract
courses and grade publishing results list none, so Canvas cannot diff them."""
