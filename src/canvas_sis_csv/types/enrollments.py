"""Enrollments, and results of grade publishing.

Room: data; the rules on their rows are in rules/enrollments.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules import enrollments as rules
from canvas_sis_csv.rules.people import NO_ROOT_ACCOUNT
from canvas_sis_csv.rules.when import blank, starting
from canvas_sis_csv.types.columns import ROOT_ACCOUNT
from canvas_sis_csv.types.courses import COURSE_ID, SECTION_ID
from canvas_sis_csv.types.csv_type import OPTIONAL, Column, CsvType, HeaderTest, Reference, Shadow, optional, required
from canvas_sis_csv.types.people import USER_ID, USER_INTEGRATION_ID

ENROLLMENT = CsvType(
    name="enrollment",
    header=HeaderTest(any_of=(("course_id", "section_id"), ("user_id", "user_integration_id"))),
    columns=(
        Column("course_id", "this or section_id"),
        Column("section_id", "this or course_id"),
        Column("user_id", "this or user_integration_id"),
        Column("user_integration_id", "this or user_id", "wins over user_id"),
        Column(
            "role",
            "this or role_id",
            "student, teacher, ta, observer, designer, or a role's exact name",
            diagnoses.role,
        ),
        Column("role_id", "this or role", "looked at first"),
        required(
            "status",
            "active, inactive, completed, deleted or deleted_last_completed",
            diagnoses.status(
                *diagnoses.ENROLLMENT_STATUSES, effect=diagnoses.enrollment_effect, also=("deleted_last_completed",)
            ),
            (*diagnoses.ENROLLMENT_STATUSES, "deleted_last_completed"),
        ),
        Column("associated_user_id", OPTIONAL, "whom an observer observes"),
        Column("start_date", OPTIONAL, "takes effect only together with end_date"),
        Column("end_date", OPTIONAL, "takes effect only together with start_date"),
        *optional("limit_section_privileges", "notify", "temporary_enrollment_source_user_id"),
        ROOT_ACCOUNT,
    ),
    stages=rules.ENROLLMENT,
    identifying=(
        "course_id",
        "section_id",
        "user_id",
        "user_integration_id",
        "role",
        "role_id",
        "associated_user_id",
        "temporary_enrollment_source_user_id",
    ),
    # With both given, Canvas looks at the integration id and at the role id. Both say who and what it is, and exports
    # that begin to give them as well go on to mean the same enrollments.
    key=(
        ("section_id", "course_id"),
        ("user_id", "user_integration_id"),
        ("role", "role_id"),
        ("associated_user_id",),
    ),
    fills=(COURSE_ID.name, SECTION_ID.name),
    ends=lambda status: status.lower().startswith("completed"),
    shuts=lambda status: status.lower().startswith("inactive"),
    references=(
        Reference("user_id", USER_ID, blank("user_integration_id") & NO_ROOT_ACCOUNT),
        Reference("user_integration_id", USER_INTEGRATION_ID, NO_ROOT_ACCOUNT),
        Reference("course_id", COURSE_ID),
        Reference("section_id", SECTION_ID),
        Reference("associated_user_id", USER_ID, starting("role", "observer")),
        Reference("temporary_enrollment_source_user_id", USER_ID),
    ),
    shadows=(
        Shadow("differentiation_tag_membership", "course_id", ("tag_id",)),
        Shadow("group_membership", "course_id", ("group_id",)),
    ),
)

GRADE_PUBLISHING_RESULTS = CsvType(
    name="grade_publishing_results",
    header=HeaderTest(all_of=("enrollment_id", "grade_publishing_status")),
    columns=(
        required("enrollment_id", "Canvas's own enrollment id"),
        required("grade_publishing_status", "exactly published or error", words=("published", "error")),
        *optional("message"),
    ),
    stages=rules.GRADE_PUBLISHING_RESULTS,
    key=(("enrollment_id",),),
)
