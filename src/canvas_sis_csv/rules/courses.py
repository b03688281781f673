"""Rules on courses, sections and cross-listings.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.cells import is_bad_course_date, is_bad_date, is_end_before_start
from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import blank, cell, given, longer_than, not_among, not_starting, starting, together

END_BEFORE_START = together(("start_date", "end_date"), is_end_before_start)

COURSE_STATUSES = ("active", "deleted", "completed", "unpublished", "published")

COURSE = (
    stage(
        "first",
        rule(
            # Dates are read first: a row may be remarked on here and still be refused below.
            "course.bad_date",
            (cell("start_date", is_bad_course_date) | cell("end_date", is_bad_course_date)),
            row_is="kept",
        ),
        rule("course.missing_id", blank("course_id")),
        rule("course.missing_short_name", blank("short_name", "abstract_course_id")),
        rule("course.missing_long_name", blank("long_name", "abstract_course_id")),
        rule("course.bad_status", not_starting("status", *COURSE_STATUSES)),
        rule(
            "course.bad_format",
            given("course_format") & not_starting("course_format", "online", "on_campus", "blended", "not_set"),
        ),
        rule(
            "course.bad_grade_passback",
            given("grade_passback_setting")
            & not_among("grade_passback_setting", "nightly_sync", "disabled", "not_set"),
        ),
        drops_deletes=True,
    ),
    stage(
        "account",
        lookup("course.unknown_account"),
        rule("course.account_deleted"),
        rule("course.unknown_abstract", known=Known.DATABASE_OR_NONE, row_is="kept", numbered=False),
    ),
    stage(
        "model",
        refused(
            "course.invalid",
            (longer_than("long_name", 255), "Name is too long (maximum is 255 characters)"),
            (longer_than("short_name", 255), "Course code is too long (maximum is 255 characters)"),
            (END_BEFORE_START, "Conclude at End date cannot be before start date"),
        ),
        rule("course.template_invalid"),
    ),
    stage(
        "blueprint",
        rule("course.blueprint_unknown", row_is="kept", numbered=False),
        rule("course.blueprint_is_blueprint", row_is="kept", numbered=False),
        rule("course.blueprint_other", row_is="kept", numbered=False),
        rule("course.blueprint_account", row_is="kept", numbered=False),
    ),
)

NAME_OF_ACTIVE = rule("section.missing_name", blank("name") & starting("status", "active"))
NAME_OF_NEW = rule("section.missing_name", blank("name"), known=Known.DATABASE)
"""Only the deletion of an existing section needs no name."""

SECTION = (
    stage(
        "first",
        rule("section.bad_date", (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)), row_is="kept"),
        rule("section.missing_id", blank("section_id")),
        rule("section.missing_course_id", blank("course_id")),
        NAME_OF_ACTIVE,
        rule("section.bad_status", not_starting("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage("course", lookup("section.unknown_course")),
    stage("new", NAME_OF_NEW, given="the section does not exist yet"),
    stage(
        "model",
        refused(
            "section.invalid",
            (longer_than("name", 255), "Name is too long (maximum is 255 characters)"),
            (END_BEFORE_START, "End at End date cannot be before start date"),
        ),
    ),
)

XLIST = (
    stage(
        "first",
        rule("xlist.missing_course_id", blank("xlist_course_id")),
        rule("xlist.missing_section_id", blank("section_id")),
        rule("xlist.bad_status", not_among("status", "active", "deleted")),
    ),
    stage("section", lookup("xlist.unknown_section"), rule("xlist.active_failed"), rule("xlist.deleted_failed")),
)
