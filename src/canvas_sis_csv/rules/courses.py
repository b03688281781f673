"""Rules on courses, sections and cross-listings.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from dataclasses import replace

from canvas_sis_csv.rules.cells import is_bad_course_date, is_bad_date, is_end_before_start
from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import blank, cell, given, longer_than, not_among, not_starting, starting, together

END_BEFORE_START = together(("start_date", "end_date"), is_end_before_start)

COURSE_STATUSES = ("active", "deleted", "completed", "unpublished", "published")

COURSE = (
    stage(
        "first",
        rule(
            "course.bad_date",
            "Bad date format for course {course_id}",
            "Write dates as 2026-08-24 or 2026-08-24T00:00:00Z, or <delete> to remove one. The course was "
            "imported with this date empty.",
            (cell("start_date", is_bad_course_date) | cell("end_date", is_bad_course_date)),
            row_is="kept",
        ),
        rule("course.missing_id", "No course_id given for a course", "Give every row a course_id.", blank("course_id")),
        rule(
            "course.missing_short_name",
            "No short_name given for course {course_id}",
            "Give the course a short_name (its course code).",
            blank("short_name", "abstract_course_id"),
        ),
        rule(
            "course.missing_long_name",
            "No long_name given for course {course_id}",
            "Give the course a long_name (its title).",
            blank("long_name", "abstract_course_id"),
        ),
        rule(
            "course.bad_status",
            'Improper status "{status}" for course {course_id}',
            "Use active, published, unpublished, completed or deleted.",
            not_starting("status", *COURSE_STATUSES),
        ),
        rule(
            "course.bad_format",
            'Invalid course_format "{course_format}" for course {course_id}',
            "Use online, on_campus, blended or not_set, or leave it blank.",
            given("course_format") & not_starting("course_format", "online", "on_campus", "blended", "not_set"),
        ),
        rule(
            "course.bad_grade_passback",
            'Invalid grade_passback_setting "{grade_passback_setting}" for course {course_id}',
            "Use nightly_sync, disabled or not_set, or leave it blank.",
            given("grade_passback_setting")
            & not_among("grade_passback_setting", "nightly_sync", "disabled", "not_set"),
        ),
        drops_deletes=True,
    ),
    stage(
        "account",
        lookup(
            "course.unknown_account",
            'Account not found "{account_id}" for course {course_id}',
            "Import the account first (accounts go before courses in one import), or correct account_id; blank is "
            "the root account.",
        ),
        rule(
            "course.account_deleted",
            "Cannot restore course {course_id} because the associated account {account_id} is deleted",
            "Restore the account, or put the course into another one with account_id.",
        ),
        rule(
            "course.unknown_abstract",
            "unknown abstract course id {abstract_course_id}, ignoring abstract course reference",
            "The course was imported without it. Import the abstract course first, or correct abstract_course_id.",
            known=Known.DATABASE_OR_NONE,
            row_is="kept",
            numbered=False,
        ),
    ),
    stage(
        "model",
        refused(
            "course.invalid",
            "A course did not pass validation (course: {course_id} / {short_name}, error: {model_errors})",
            "Shorten short_name and long_name to 255 characters; see that the end date is not before the start date.",
            (longer_than("long_name", 255), "Name is too long (maximum is 255 characters)"),
            (longer_than("short_name", 255), "Course code is too long (maximum is 255 characters)"),
            (END_BEFORE_START, "Conclude at End date cannot be before start date"),
        ),
        rule(
            "course.template_invalid",
            "A (templated) course did not pass validation (course: {course_id} / {short_name}, error: {model_errors})",
            "A course cross-listed from this one has invalid values of its own; correct it in Canvas.",
        ),
    ),
    stage(
        "blueprint",
        rule(
            "course.blueprint_unknown",
            'Unknown blueprint course "{blueprint_course_id}" for course "{course_id}"',
            "The course was imported without it. Use the SIS id of a course that is a blueprint in Canvas, or "
            "dissociate.",
            row_is="kept",
            numbered=False,
        ),
        rule(
            "course.blueprint_is_blueprint",
            'Cannot associate course "{course_id}" - is a blueprint course',
            "The course was imported. A blueprint course cannot follow another one: clear blueprint_course_id.",
            row_is="kept",
            numbered=False,
        ),
        rule(
            "course.blueprint_other",
            'Cannot associate course "{course_id}" - is associated to another blueprint course',
            "The course was imported. Send dissociate for it first, then the new blueprint_course_id.",
            row_is="kept",
            numbered=False,
        ),
        rule(
            "course.blueprint_account",
            'Cannot associate course "{course_id}" - is not in the same or lower account as the blueprint course',
            "The course was imported. The blueprint must be in the course's account or in one above it.",
            row_is="kept",
            numbered=False,
        ),
    ),
)

NAME_OF_ACTIVE = rule(
    "section.missing_name",
    "No name given for section {section_id} in course {course_id}",
    "Give the section a name; only the deletion of an existing section needs none.",
    blank("name") & starting("status", "active"),
)
NAME_OF_NEW = replace(NAME_OF_ACTIVE, when=blank("name"), knowable=Known.DATABASE)

SECTION = (
    stage(
        "first",
        rule(
            "section.bad_date",
            "Bad date format for section {section_id}",
            "Write dates as 2026-08-24 or 2026-08-24T00:00:00Z. The section was imported with this date empty.",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)),
            row_is="kept",
        ),
        rule(
            "section.missing_id",
            "No section_id given for a section in course {course_id}",
            "Give every row a section_id. If these were meant as enrollments, remove the column name.",
            blank("section_id"),
        ),
        rule(
            "section.missing_course_id",
            "No course_id given for a section {section_id}",
            "Say in course_id which course the section belongs to.",
            blank("course_id"),
        ),
        NAME_OF_ACTIVE,
        rule(
            "section.bad_status",
            'Improper status "{status}" for section {section_id} in course {course_id}',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "course",
        lookup(
            "section.unknown_course",
            "Section {section_id} references course {course_id} which doesn't exist",
            "Import the course first (courses go before sections in one import), or correct course_id.",
        ),
    ),
    stage(
        "new",
        NAME_OF_NEW,
        given="the section does not exist yet",
    ),
    stage(
        "model",
        refused(
            "section.invalid",
            "A section did not pass validation (section: {section_id} / {name}, course: {course_id}, error: "
            "{model_errors})",
            "See that the end date is not before the start date, the name has at most 255 characters, and the "
            "integration_id is not taken.",
            (longer_than("name", 255), "Name is too long (maximum is 255 characters)"),
            (END_BEFORE_START, "End at End date cannot be before start date"),
        ),
    ),
)

XLIST = (
    stage(
        "first",
        rule(
            "xlist.missing_course_id",
            "No xlist_course_id given for a cross-listing",
            "Give the course that the section shall appear in.",
            blank("xlist_course_id"),
        ),
        rule(
            "xlist.missing_section_id",
            "No section_id given for a cross-listing",
            "Give the section_id of the section to cross-list.",
            blank("section_id"),
        ),
        rule(
            "xlist.bad_status",
            'Improper status "{status}" for a cross-listing',
            "Use active or deleted, nothing after it.",
            not_among("status", "active", "deleted"),
        ),
    ),
    stage(
        "section",
        lookup(
            "xlist.unknown_section",
            "A cross-listing referenced a non-existent section {section_id}",
            "Import the section first (sections go before cross-listings in one import), or correct section_id.",
        ),
        rule(
            "xlist.active_failed",
            "An active cross-listing failed: {reason}",
            "Canvas could not move the section. Look at the section and both courses in Canvas.",
        ),
        rule(
            "xlist.deleted_failed",
            "A deleted cross-listing failed: {reason}",
            "Canvas could not move the section back. Look at the section and both courses in Canvas.",
        ),
    ),
)
