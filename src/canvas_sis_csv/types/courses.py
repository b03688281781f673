"""Courses, sections and cross-listings.

Room: data; the rules on their rows are in rules/courses.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import courses as rules
from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules.when import blank
from canvas_sis_csv.types.columns import ACTIVE, DATES, INTEGRATION
from canvas_sis_csv.types.csv_type import (
    OPTIONAL,
    Column,
    CsvType,
    Definition,
    HeaderTest,
    Kind,
    Reference,
    Shadow,
    deletes_unless_active,
    never_deletes,
    optional,
    required,
)
from canvas_sis_csv.types.structure import ABSTRACT_COURSE_ID, ACCOUNT_ID, TERM_ID

COURSE_ID = Kind("course", "a course")
SECTION_ID = Kind("section", "a section")

COURSE = CsvType(
    name="course",
    header=HeaderTest(all_of=("course_id", "short_name")),
    columns=(
        required("course_id", "up to 255 characters"),
        Column("short_name", "required unless abstract_course_id is given", "up to 255 characters"),
        Column("long_name", "required unless abstract_course_id is given", "up to 255 characters"),
        Column("account_id", OPTIONAL, "an unknown one refuses the row, unless fallback_account_id is known"),
        Column("fallback_account_id", OPTIONAL),
        Column("term_id", OPTIONAL, "an unknown one gives the default or previous term, without a message"),
        required(
            "status",
            "active, published, unpublished, completed or deleted",
            diagnoses.status(*rules.COURSE_STATUSES, effect=diagnoses.course_effect),
            rules.COURSE_STATUSES,
        ),
        Column(
            "start_date",
            OPTIONAL,
            "2026-08-24 or 2026-08-24T00:00:00Z; <delete> removes it",
            diagnoses.course_date,
        ),
        Column("end_date", OPTIONAL, "as start_date, and not before it", diagnoses.course_date),
        Column(
            "course_format",
            OPTIONAL,
            "online, on_campus, blended or not_set",
            words=("online", "on_campus", "blended", "not_set"),
        ),
        Column("abstract_course_id", OPTIONAL),
        Column("blueprint_course_id", OPTIONAL, "SIS id of a blueprint course, or dissociate"),
        Column(
            "grade_passback_setting",
            OPTIONAL,
            "nightly_sync, disabled or not_set; blank clears it",
            words=("nightly_sync", "disabled", "not_set"),
        ),
        *optional("homeroom_course", "friendly_name"),
        Column("integration_id", OPTIONAL, "unique; blank keeps it"),
    ),
    stages=rules.COURSE,
    identifying=("course_id",),
    key=(("course_id",),),
    defines=(Definition("course_id", COURSE_ID),),
    references=(
        Reference("account_id", ACCOUNT_ID, blank("fallback_account_id")),
        Reference("term_id", TERM_ID, is_soft=True),
        Reference("abstract_course_id", ABSTRACT_COURSE_ID, is_soft=True),
    ),
    shadows=(Shadow("section", "short_name", ("section_id",)),),
    # Unlike elsewhere, `active` in the same word does not save the course.
    deletes=lambda status: "deleted" in status.lower(),
    ends=lambda status: status.lower().startswith("completed"),
)

SECTION = CsvType(
    name="section",
    header=HeaderTest(all_of=("section_id", "name")),
    columns=(
        required("section_id", "up to 255 characters"),
        required("course_id"),
        Column("name", "required but for deleting an existing section", "up to 255 characters"),
        ACTIVE,
        *DATES,
        INTEGRATION,
    ),
    stages=rules.SECTION,
    identifying=("section_id",),
    key=(("section_id",),),
    defines=(Definition("section_id", SECTION_ID),),
    references=(Reference("course_id", COURSE_ID),),
    shadows=(
        Shadow("enrollment", "name", ("user_id", "user_integration_id", "role", "role_id", "associated_user_id")),
    ),
)

XLIST = CsvType(
    name="xlist",
    header=HeaderTest(all_of=("xlist_course_id", "section_id")),
    columns=(
        required("xlist_course_id", "made when it is not there"),
        required("section_id", "must be there"),
        required("status", "exactly active or deleted", words=("active", "deleted")),
    ),
    stages=rules.XLIST,
    identifying=("section_id",),
    key=(("section_id",),),
    defines=(Definition("xlist_course_id", COURSE_ID),),
    references=(Reference("section_id", SECTION_ID),),
    deletes=never_deletes,
    # Neither section nor course goes: the section goes back to its own course.
    takes_away=deletes_unless_active,
)
