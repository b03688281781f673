"""Rules on ids, accounts, terms and abstract courses.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.cells import is_bad_date
from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import among, blank, cell, given, longer_than, not_among, not_exactly, not_starting

OVERRIDES = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")

CHANGE_SIS_ID = (
    stage(
        "first",
        rule("change_sis_id.missing_type", blank("type")),
        rule("change_sis_id.missing_old", blank("old_id", "old_integration_id")),
        rule("change_sis_id.missing_new", blank("new_id", "new_integration_id")),
        rule(
            "change_sis_id.bad_type",
            not_among("type", "user", "course", "section", "term", "account", "group", "group_category"),
            lowered=("type",),
        ),
        rule(
            "change_sis_id.group_category_integration",
            among("type", "group_category") & (given("old_integration_id") | given("new_integration_id")),
        ),
    ),
    stage(
        "database",
        rule("change_sis_id.new_id_taken", lowered=("type",)),
        rule("change_sis_id.new_integration_taken", known=Known.DATABASE_OR_NONE, lowered=("type",)),
        rule("change_sis_id.mismatch", lowered=("type",)),
        rule("change_sis_id.old_id_missing", lowered=("type",)),
        rule("change_sis_id.old_integration_missing", lowered=("type",)),
    ),
)

ACCOUNT = (
    stage("first", rule("account.missing_id", blank("account_id")), drops_deletes=True),
    stage("parent", lookup("account.unknown_parent"), rule("account.parent_deleted", known=Known.FILE_SOMETIMES)),
    stage(
        "new",
        rule("account.missing_name", blank("name"), known=Known.DATABASE_OR_NONE),
        rule("account.bad_status", not_starting("status", "active", "deleted"), known=Known.DATABASE_OR_NONE),
        given="the account does not exist yet",
    ),
    stage(
        "guards",
        rule("account.delete_has_subaccounts", known=Known.FILE_SOMETIMES),
        # Accounts go before courses, so courses that this import deletes still count.
        rule("account.delete_has_courses"),
        rule("account.loop", known=Known.FILE_SOMETIMES),
    ),
    stage(
        "model", refused("account.invalid", (longer_than("name", 255), "Name is too long (maximum is 255 characters)"))
    ),
)

TERM = (
    stage(
        "first",
        rule("term.bad_date", (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)), row_is="kept"),
        rule("term.missing_id", blank("term_id")),
        rule("term.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("term", lookup("term.override_unknown_term")),
    stage(
        "override",
        rule(
            "term.bad_override_type",
            given("date_override_enrollment_type") & not_exactly("date_override_enrollment_type", *OVERRIDES),
        ),
        rule("term.missing_name", blank("name", "date_override_enrollment_type")),
    ),
    stage("model", rule("term.invalid")),
)

ABSTRACT_COURSE = (
    stage(
        "first",
        rule("abstract_course.missing_id", blank("abstract_course_id")),
        rule("abstract_course.missing_short_name", blank("short_name")),
        rule("abstract_course.missing_long_name", blank("long_name")),
        rule("abstract_course.bad_status", not_starting("status", "active", "deleted")),
    ),
)
