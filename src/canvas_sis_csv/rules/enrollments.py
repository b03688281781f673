"""Rules on enrollments and on results of grade publishing.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.cells import is_bad_date
from canvas_sis_csv.rules.rule import Known, lookup, rule, stage
from canvas_sis_csv.rules.when import blank, cell, given, not_among, not_starting

ENROLLMENT = (
    stage(
        "first",
        rule(
            "enrollment.bad_date",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)) & given("course_id"),
            row_is="kept",
        ),
        rule(
            "enrollment.bad_date_section",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)) & blank("course_id"),
            row_is="kept",
        ),
        rule("enrollment.missing_context", blank("course_id", "section_id")),
        rule("enrollment.missing_user", blank("user_id", "user_integration_id")),
        rule("enrollment.bad_status", not_starting("status", "active", "deleted", "completed", "inactive")),
        drops_deletes=True,
    ),
    stage(
        "context",
        rule("enrollment.no_usable_login"),
        lookup("enrollment.unknown_user"),
        lookup("enrollment.unknown_context"),
        lookup("enrollment.unknown_section"),
        lookup("enrollment.unknown_course"),
        rule("enrollment.section_course_unrelated", known=Known.IMPORT_SOMETIMES),
    ),
    # A row without any role is certain; else the account's roles decide.
    stage("role", rule("enrollment.bad_role", blank("role", "role_id", "root_account"), known=Known.DATABASE)),
    stage(
        "rules",
        rule("enrollment.blueprint_student"),
        rule("enrollment.blueprint_observer"),
        lookup("enrollment.unknown_associated_user"),
        lookup("enrollment.unknown_temp_source"),
        rule("enrollment.deleted_user", known=Known.IMPORT_SOMETIMES, row_is="partial"),
        rule("enrollment.deleted_login_kept_deleted"),
        rule("enrollment.deleted_login_other_active", row_is="kept"),
        rule("enrollment.invalid", known=Known.IMPORT_SOMETIMES),
        rule("enrollment.save_conflict"),
    ),
)

GRADE_PUBLISHING_RESULTS = (
    stage(
        "first",
        rule("grade_publishing_results.missing_id", blank("enrollment_id")),
        rule("grade_publishing_results.missing_status", blank("grade_publishing_status")),
        rule("grade_publishing_results.bad_status", not_among("grade_publishing_status", "published", "error")),
    ),
    stage("database", rule("grade_publishing_results.unknown_enrollment")),
)
