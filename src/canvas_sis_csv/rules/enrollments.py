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
            "Bad date format for user {user_id} in course {course_id}",
            "Write dates as 2026-08-24 or 2026-08-24T00:00:00Z. The enrollment was imported without this date.",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)) & given("course_id"),
            row_is="kept",
        ),
        rule(
            "enrollment.bad_date_section",
            "Bad date format for user {user_id} in section {section_id}",
            "Write dates as 2026-08-24 or 2026-08-24T00:00:00Z. The enrollment was imported without this date.",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)) & blank("course_id"),
            row_is="kept",
        ),
        rule(
            "enrollment.missing_context",
            "No course_id or section_id given for an enrollment",
            "Give a course_id or a section_id.",
            blank("course_id", "section_id"),
        ),
        rule(
            "enrollment.missing_user",
            "No user_id given for an enrollment",
            "Give a user_id (or user_integration_id).",
            blank("user_id", "user_integration_id"),
        ),
        rule(
            "enrollment.bad_status",
            'Improper status "{status}" for an enrollment',
            "Use active, inactive, completed, deleted or deleted_last_completed.",
            not_starting("status", "active", "deleted", "completed", "inactive"),
        ),
        drops_deletes=True,
    ),
    stage(
        "context",
        rule(
            "enrollment.no_usable_login",
            "User {root_account}:{user_id} does not have a usable login for this account",
            "The user of the other account has no login that works here.",
        ),
        lookup(
            "enrollment.unknown_user",
            "User not found for enrollment (User ID: {user_id}, Course ID: {course_id}, Section ID: {section_id})",
            "Import the user first (users go before enrollments in one import), or correct the id.",
        ),
        lookup(
            "enrollment.unknown_context",
            "Neither course nor section existed for user enrollment (Course ID: {course_id}, Section ID: "
            "{section_id}, User ID: {user_id})",
            "Import the course or section first, or correct the ids.",
        ),
        lookup(
            "enrollment.unknown_section",
            "An enrollment referenced a non-existent section {section_id}",
            "Import the section first (sections go before enrollments in one import), or correct section_id.",
        ),
        lookup(
            "enrollment.unknown_course",
            "An enrollment referenced a non-existent course {course_id}",
            "Import the course first, or correct course_id.",
        ),
        rule(
            "enrollment.section_course_unrelated",
            "An enrollment listed a section ({section_id}) and a course ({course_id}) that are unrelated for user "
            "({user_id})",
            "The section belongs to another course. Correct one of the two ids, or leave course_id blank.",
            known=Known.IMPORT_SOMETIMES,
        ),
    ),
    stage(
        "role",
        rule(
            "enrollment.bad_role",
            'Improper role "{role}" for an enrollment',
            "Use student, teacher, ta, observer, designer, or the exact name of an active role of the account.",
            blank("role", "role_id", "root_account"),
            known=Known.DATABASE,
        ),
    ),
    stage(
        "rules",
        rule(
            "enrollment.blueprint_student",
            'Student enrollment for "{user_id}" not allowed in blueprint course "{course_id}"',
            "Blueprint courses hold no students. Enroll into the course that follows the blueprint.",
        ),
        rule(
            "enrollment.blueprint_observer",
            'Observer enrollment for "{user_id}" not allowed in blueprint course "{course_id}"',
            "Blueprint courses hold no observers. Enroll into the course that follows the blueprint.",
        ),
        lookup(
            "enrollment.unknown_associated_user",
            "An enrollment referenced a non-existent associated user {associated_user_id}",
            "Import the observed student first, or correct associated_user_id.",
        ),
        lookup(
            "enrollment.unknown_temp_source",
            "An enrollment referenced a non-existent temporary enrollment source user "
            "{temporary_enrollment_source_user_id}",
            "Import that user first, or correct temporary_enrollment_source_user_id.",
        ),
        rule(
            "enrollment.deleted_user",
            "Attempted enrolling of deleted user {user_id} in course {course_id}",
            "The user is deleted, so the enrollment was stored as deleted. Import the user as active, or leave "
            "the row out.",
            known=Known.IMPORT_SOMETIMES,
            row_is="partial",
        ),
        rule(
            "enrollment.deleted_login_kept_deleted",
            "Attempted enrolling with deleted sis login {login_id} in course {course_id}",
            "The user's SIS login is deleted, so the enrollment stays deleted. Import the user as active, or "
            "leave the row out.",
        ),
        rule(
            "enrollment.deleted_login_other_active",
            "Enrolled a user {user_id} in course {course_id}, but referenced a deleted sis login",
            "The enrollment was made. Use the SIS id of the user's active login in later files.",
            row_is="kept",
        ),
        rule(
            "enrollment.invalid",
            "An enrollment did not pass validation (course: {course_id}, section: {section_id}, user: {user_id}, "
            "role: {role}, error: {model_errors})",
            "Canvas refuses the enrollment; often the section is deleted. Restore it, or leave the row out.",
            known=Known.IMPORT_SOMETIMES,
        ),
        rule(
            "enrollment.save_conflict",
            "An enrollment failed to save (course: {course_id}, section: {section_id}, user: {user_id}, role: "
            "{role}, error: {model_errors})",
            "Two changes met in Canvas. Send the row again.",
        ),
    ),
)

GRADE_PUBLISHING_RESULTS = (
    stage(
        "first",
        rule(
            "grade_publishing_results.missing_id",
            "No enrollment_id given",
            "Give Canvas's own id of the enrollment.",
            blank("enrollment_id"),
        ),
        rule(
            "grade_publishing_results.missing_status",
            "No grade_publishing_status given for enrollment {enrollment_id}",
            "Give published or error.",
            blank("grade_publishing_status"),
        ),
        rule(
            "grade_publishing_results.bad_status",
            'Improper grade_publishing_status "{grade_publishing_status}" for enrollment {enrollment_id}',
            "Use published or error.",
            not_among("grade_publishing_status", "published", "error"),
        ),
    ),
    stage(
        "database",
        rule(
            "grade_publishing_results.unknown_enrollment",
            "Enrollment {enrollment_id} doesn't exist",
            "Use Canvas's own id of an enrollment in this account.",
        ),
    ),
)
