"""Every rule that one row decides: a row that it hits, and the nearest one that it leaves alone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.row_rules import is_skipped_delete, row_hits, stage_hits
from canvas_sis_csv.rules.when import ANY_CELL, Clause
from canvas_sis_csv.types import CANVAS, TYPES


class Line:
    """A row of named values, as the rules see one."""

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self.values = {name: value or None for name, value in values.items()}

    @property
    def cells(self) -> Sequence[str | None]:
        return tuple(self.values.values())

    def get(self, column: str) -> str | None:
        return self.values.get(column)


CLEAN: dict[str, dict[str, str]] = {
    "change_sis_id": {"old_id": "A1", "new_id": "A2", "type": "user"},
    "account": {"account_id": "ART", "parent_account_id": "", "name": "Arts", "status": "active"},
    "term": {"term_id": "T1", "name": "Autumn", "status": "active", "start_date": "2026-08-24"},
    "abstract_course": {"abstract_course_id": "AB", "short_name": "A", "long_name": "Abstract", "status": "active"},
    "course": {"course_id": "C1", "short_name": "C", "long_name": "Course", "status": "active"},
    "section": {"section_id": "S1", "course_id": "C1", "name": "One", "status": "active"},
    "xlist": {"xlist_course_id": "X1", "section_id": "S1", "status": "active"},
    "user": {
        "user_id": "u1",
        "login_id": "una",
        "full_name": "Una",
        "email": "una@larkspur.example",
        "status": "active",
    },
    "login": {"user_id": "u1b", "login_id": "una.b", "existing_user_id": "u1"},
    "enrollment": {"course_id": "C1", "user_id": "u1", "section_id": "S1", "role": "student", "status": "active"},
    "admin": {"user_id": "u1", "account_id": "ART", "role": "AccountAdmin", "status": "active"},
    "group_category": {"group_category_id": "K1", "category_name": "Kind", "status": "active", "account_id": "ART"},
    "differentiation_tag_set": {"tag_set_id": "DS", "course_id": "C1", "set_name": "Set", "status": "active"},
    "group": {"group_id": "G1", "name": "Group", "status": "available", "account_id": "ART"},
    "differentiation_tag": {"tag_id": "DT", "tag_set_id": "DS", "name": "Tag", "status": "available"},
    "group_membership": {"group_id": "G1", "user_id": "u1", "status": "accepted"},
    "differentiation_tag_membership": {"tag_id": "DT", "user_id": "u1", "status": "accepted"},
    "institutional_tag_category": {"category_id": "KAT", "name": "Cohorts", "status": "active"},
    "institutional_tag": {
        "institutional_tag_id": "IT",
        "category_id": "KAT",
        "name": "First",
        "description": "First years",
        "status": "active",
    },
    "institutional_tag_association": {"institutional_tag_id": "IT", "user_id": "u1", "status": "active"},
    "grade_publishing_results": {"enrollment_id": "903", "grade_publishing_status": "published"},
    "user_observer": {"observer_id": "o1", "student_id": "u1", "status": "active"},
}

Change = dict[str, str]
L101, L100, L256, L255 = "x" * 101, "x" * 100, "x" * 256, "x" * 255

EXAMPLES: list[tuple[str, Change, str, Change]] = [
    # code, what to change in the clean row, Canvas's text, the nearest change without this message
    ("change_sis_id.missing_type", {"type": ""}, "No type given for change_sis_id", {"type": "User"}),
    (
        "change_sis_id.missing_old",
        {"old_id": ""},
        "No old_id or old_integration_id given for change_sis_id",
        {"old_id": "", "old_integration_id": "I1"},
    ),
    (
        "change_sis_id.missing_new",
        {"new_id": ""},
        "No new_id or new_integration_id given for change_sis_id",
        {"new_id": "", "new_integration_id": "<delete>"},
    ),
    ("change_sis_id.bad_type", {"type": "Enrollment"}, "Invalid type 'enrollment' for change_sis_id", {"type": "TERM"}),
    (
        "change_sis_id.group_category_integration",
        {"type": "Group_Category", "new_integration_id": "I2"},
        "Group categories should not have integration IDs.",
        {"type": "group", "new_integration_id": "I2"},
    ),
    ("account.missing_id", {"account_id": ""}, "No account_id given for an account", {"name": "", "status": "odd"}),
    ("account.invalid", {"name": L256}, "Name is too long (maximum is 255 characters)", {"name": L255}),
    ("term.bad_date", {"end_date": "2026-13-05"}, "Bad date format for term T1", {"end_date": "TBD"}),
    ("term.missing_id", {"term_id": ""}, "No term_id given for a term", {}),
    (
        "term.bad_status",
        {"status": "Activated"},
        'Improper status "Activated" for term T1',
        {"status": "Actively"},
    ),
    (
        "term.bad_override_type",
        {"date_override_enrollment_type": "studentenrollment"},
        "Invalid date_override_enrollment_type",
        {"date_override_enrollment_type": "StudentEnrollment"},
    ),
    (
        "term.missing_name",
        {"name": ""},
        "No name given for term T1",
        {"name": "", "date_override_enrollment_type": "TaEnrollment"},
    ),
    (
        "abstract_course.missing_id",
        {"abstract_course_id": ""},
        "No abstract_course_id given for an abstract course",
        {},
    ),
    ("abstract_course.missing_short_name", {"short_name": ""}, "No short_name given for abstract course AB", {}),
    ("abstract_course.missing_long_name", {"long_name": ""}, "No long_name given for abstract course AB", {}),
    (
        "abstract_course.bad_status",
        {"status": "inactive"},
        'Improper status "inactive" for abstract course AB',
        {"status": "DELETED"},
    ),
    ("course.bad_date", {"start_date": "02/28/2026"}, "Bad date format for course C1", {"start_date": "<delete>"}),
    ("course.missing_id", {"course_id": ""}, "No course_id given for a course", {}),
    (
        "course.missing_short_name",
        {"short_name": ""},
        "No short_name given for course C1",
        {"short_name": "", "abstract_course_id": "AB"},
    ),
    (
        "course.missing_long_name",
        {"long_name": ""},
        "No long_name given for course C1",
        {"long_name": "", "abstract_course_id": "AB"},
    ),
    (
        "course.bad_status",
        {"status": "available"},
        'Improper status "available" for course C1',
        {"status": "Published"},
    ),
    (
        "course.bad_format",
        {"course_format": "hybrid"},
        'Invalid course_format "hybrid" for course C1',
        {"course_format": "ON_CAMPUS"},
    ),
    (
        "course.bad_grade_passback",
        {"grade_passback_setting": "nightly"},
        'Invalid grade_passback_setting "nightly" for course C1',
        {"grade_passback_setting": "Nightly_Sync"},
    ),
    (
        "course.invalid",
        {"short_name": L256, "start_date": "2026-09-01", "end_date": "2026-08-01"},
        f"A course did not pass validation (course: C1 / {L256}, error: Course code is too long (maximum is 255"
        " characters),Conclude at End date cannot be before start date)",
        {"short_name": L255, "start_date": "2026-08-01", "end_date": "2026-08-01"},
    ),
    ("section.bad_date", {"end_date": "2026-13-01"}, "Bad date format for section S1", {"end_date": "2026-12-01"}),
    ("section.missing_id", {"section_id": ""}, "No section_id given for a section in course C1", {}),
    ("section.missing_course_id", {"course_id": ""}, "No course_id given for a section S1", {}),
    (
        "section.missing_name",
        {"name": ""},
        "No name given for section S1 in course C1",
        {"name": "", "status": "deleted"},
    ),
    (
        "section.bad_status",
        {"status": "inactive", "name": ""},
        'Improper status "inactive" for section S1 in course C1',
        {"status": "ACTIVE"},
    ),
    (
        "section.invalid",
        {"start_date": "2026-09-01", "end_date": "2026-08-01"},
        "A section did not pass validation (section: S1 / One, course: C1, error: End at End date cannot be before"
        " start date)",
        {"start_date": "2026-09-01", "end_date": "<delete>"},
    ),
    ("xlist.missing_course_id", {"xlist_course_id": ""}, "No xlist_course_id given for a cross-listing", {}),
    ("xlist.missing_section_id", {"section_id": ""}, "No section_id given for a cross-listing", {}),
    (
        "xlist.bad_status",
        {"status": "actively"},
        'Improper status "actively" for a cross-listing',
        {"status": "Deleted"},
    ),
    (
        "user.null_character",
        {"full_name": "U\0na", "user_id": ""},
        "Some of the fields contain NULL character",
        {"full_name": "U\x01na"},
    ),
    ("user.missing_id", {"user_id": "", "login_id": ""}, "No user_id given for a user", {}),
    ("user.missing_login", {"login_id": ""}, "No login_id given for user u1", {}),
    ("user.missing_status", {"status": ""}, "No status given for user u1", {"status": "suspended"}),
    ("user.bad_status", {"status": "inactive"}, "Improper status for user u1", {"status": "active_now"}),
    (
        "user.login_bad_unicode",
        {"login_id": "una\ufffd"},
        "Invalid Unicode characters in login_id 'una\ufffd'; skipping",
        {"login_id": "ünä"},
    ),
    (
        "user.login_invalid",
        {"login_id": "u\x01na"},
        "Could not save the user with user_id: 'u1'. Invalid login_id: 'u\x01na'",
        {"login_id": "u na"},
    ),
    (
        "user.save_failed",
        {"login_id": L101},
        "Could not save the user with user_id: 'u1'. Unknown reason: Unique ID is too long (maximum is 100 characters)",
        {"login_id": L100},
    ),
    (
        "user.save_failed",
        {"declared_user_type": "Student"},
        "Could not save the user with user_id: 'u1'. Unknown reason: Declared user type is not included in the list",
        {"declared_user_type": "student_other"},
    ),
    (
        "user.save_failed",
        {"login_id": L101, "full_name": L256},
        "Could not save the user with user_id: 'u1'. Unknown reason: Name is too long (maximum is 255 characters)",
        {"full_name": L255, "declared_user_type": "<delete>"},
    ),
    (
        "user.bad_email",
        {"email": "Una <una@larkspur.example>"},
        "The email address associated with user 'u1' is invalid (email: 'Una <una@larkspur.example>')",
        {"email": "una@localhost"},
    ),
    ("login.missing_id", {"user_id": ""}, "No user_id given for a user", {}),
    ("login.missing_login", {"login_id": ""}, "No login_id given for user u1b", {}),
    (
        "login.missing_existing",
        {"existing_user_id": ""},
        "No existing user provided for login with SIS ID u1b",
        {"existing_user_id": "", "existing_canvas_user_id": "77"},
    ),
    (
        "login.login_invalid",
        {"login_id": "u\x01na"},
        "Could not save the user with user_id: 'u1b'. Invalid login_id: 'u\x01na'",
        {"login_id": "u\x01na", "root_account": "partner.example"},
    ),
    (
        "login.save_failed",
        {"login_id": L101},
        "Could not save the user with user_id: 'u1b'. Unknown reason: "
        "Unique ID is too long (maximum is 100 characters)",
        {"login_id": L101, "root_account": "partner.example"},
    ),
    (
        "login.bad_email",
        {"email": "None"},
        "The email address associated with user 'u1b' is invalid (email: 'None')",
        {"email": "a@b", "root_account": "partner.example"},
    ),
    (
        "enrollment.bad_date",
        {"start_date": "2026-13-01"},
        "Bad date format for user u1 in course C1",
        {"start_date": "n/a"},
    ),
    (
        "enrollment.bad_date_section",
        {"course_id": "", "end_date": "2026-45-01"},
        "Bad date format for user u1 in section S1",
        {"end_date": "2026-45-01"},
    ),
    (
        "enrollment.missing_context",
        {"course_id": "", "section_id": ""},
        "No course_id or section_id given for an enrollment",
        {"course_id": ""},
    ),
    (
        "enrollment.missing_user",
        {"user_id": ""},
        "No user_id given for an enrollment",
        {"user_id": "", "user_integration_id": "I1"},
    ),
    (
        "enrollment.bad_status",
        {"status": "half-active"},
        'Improper status "half-active" for an enrollment',
        {"status": "deleted_last_completed"},
    ),
    ("enrollment.bad_role", {"role": ""}, 'Improper role "" for an enrollment', {"role": "", "role_id": "12"}),
    ("admin.missing_user", {"user_id": ""}, "No user_id given for admin", {}),
    ("admin.missing_status", {"status": ""}, "No status given for admin", {"status": "Active"}),
    (
        "admin.missing_role",
        {"role": "", "status": "odd"},
        "No role_id or role given for admin",
        {"role": "", "role_id": "4"},
    ),
    ("admin.bad_status", {"status": "paused"}, "Invalid status paused for admin", {"status": "DELETED"}),
    ("group_category.missing_id", {"group_category_id": ""}, "No sis_id given for a group category", {}),
    ("group_category.missing_name", {"category_name": ""}, "No name given for group category K1", {}),
    ("group_category.missing_status", {"status": ""}, "No status given for group category K1", {}),
    (
        "group_category.bad_status",
        {"status": "blurred"},
        'Improper status "blurred" for group category K1, skipping',
        {"status": "Deleted"},
    ),
    (
        "group_category.two_contexts",
        {"course_id": "C1"},
        "Only one context is allowed and both course_id and account_id where provided for group category K1.",
        {"course_id": "C1", "account_id": ""},
    ),
    ("differentiation_tag_set.missing_id", {"tag_set_id": ""}, "No sis_id given for a differentiation tag set", {}),
    ("differentiation_tag_set.missing_name", {"set_name": ""}, "No name given for differentiation tag set DS", {}),
    ("differentiation_tag_set.missing_status", {"status": ""}, "No status given for differentiation tag set DS", {}),
    (
        "differentiation_tag_set.bad_status",
        {"status": "blurred"},
        'Improper status "blurred" for differentiation tag set DS, skipping',
        {"status": "Active"},
    ),
    (
        "differentiation_tag_set.missing_course",
        {"course_id": ""},
        "No course_id given for differentiation tag set DS",
        {},
    ),
    ("group.missing_id", {"group_id": ""}, "No group_id given for a group.", {}),
    ("group.missing_name", {"name": ""}, "No name given for group G1.", {}),
    ("group.bad_status", {"status": "active"}, 'Improper status "active" for group G1.', {"status": "Closed"}),
    (
        "group.two_contexts",
        {"course_id": "C1"},
        "Only one context is allowed and both course_id and account_id where provided for group G1.",
        {"course_id": "C1", "account_id": ""},
    ),
    (
        "group.invalid",
        {"name": L256},
        "A group did not pass validation (group: G1, error: Name is too long (maximum is 255 characters))",
        {"name": L255},
    ),
    ("differentiation_tag.missing_id", {"tag_id": ""}, "No tag_id given for a differentiation tag.", {}),
    ("differentiation_tag.missing_name", {"name": ""}, "No name given for differentiation tag DT.", {"tag_set_id": ""}),
    (
        "differentiation_tag.bad_status",
        {"status": "active"},
        'Improper status "active" for differentiation tag DT.',
        {"status": "completed"},
    ),
    ("group_membership.missing_group", {"group_id": ""}, "No group_id given for a group user", {}),
    ("group_membership.missing_user", {"user_id": ""}, "No user_id given for a group user", {}),
    (
        "group_membership.bad_status",
        {"status": "maybe"},
        'Improper status "maybe" for a group user',
        {"status": "Accepted"},
    ),
    (
        "differentiation_tag_membership.missing_tag",
        {"tag_id": ""},
        "No tag_id given for a differentiation tag user",
        {},
    ),
    (
        "differentiation_tag_membership.missing_user",
        {"user_id": ""},
        "No user_id given for a differentiation tag user",
        {},
    ),
    (
        "differentiation_tag_membership.bad_status",
        {"status": "active"},
        'Improper status "active" for a differentiation tag user',
        {"status": "deleted"},
    ),
    (
        "institutional_tag_category.missing_id",
        {"category_id": ""},
        "No category_id given for an institutional tag category",
        {},
    ),
    (
        "institutional_tag_category.missing_name",
        {"name": ""},
        "No name given for institutional tag category KAT",
        {"description": ""},
    ),
    (
        "institutional_tag_category.missing_status",
        {"status": ""},
        "No status given for institutional tag category KAT",
        {},
    ),
    (
        "institutional_tag_category.bad_status",
        {"status": "blurred"},
        'Improper status "blurred" for institutional tag category KAT',
        {"status": "Deleted"},
    ),
    (
        "institutional_tag.missing_id",
        {"institutional_tag_id": ""},
        "No institutional_tag_id given for an institutional tag",
        {},
    ),
    ("institutional_tag.missing_category", {"category_id": ""}, "No category_id given for institutional tag IT", {}),
    ("institutional_tag.missing_name", {"name": ""}, "No name given for institutional tag IT", {}),
    ("institutional_tag.missing_description", {"description": ""}, "No description given for institutional tag IT", {}),
    ("institutional_tag.missing_status", {"status": ""}, "No status given for institutional tag IT", {}),
    (
        "institutional_tag.bad_status",
        {"status": "blurred"},
        'Improper status "blurred" for institutional tag IT',
        {"status": "Active"},
    ),
    (
        "institutional_tag_association.missing_tag",
        {"institutional_tag_id": ""},
        "No institutional_tag_id given for an institutional tag association",
        {},
    ),
    (
        "institutional_tag_association.missing_user",
        {"user_id": ""},
        "No user_id given for institutional tag association with tag IT",
        {},
    ),
    (
        "institutional_tag_association.missing_status",
        {"status": ""},
        "No status given for institutional tag association (tag: IT, user: u1)",
        {},
    ),
    (
        "institutional_tag_association.bad_status",
        {"status": "blurred"},
        'Improper status "blurred" for institutional tag association (tag: IT, user: u1)',
        {"status": "Active"},
    ),
    ("grade_publishing_results.missing_id", {"enrollment_id": ""}, "No enrollment_id given", {}),
    (
        "grade_publishing_results.missing_status",
        {"grade_publishing_status": ""},
        "No grade_publishing_status given for enrollment 903",
        {},
    ),
    (
        "grade_publishing_results.bad_status",
        {"grade_publishing_status": "errors"},
        'Improper grade_publishing_status "errors" for enrollment 903',
        {"grade_publishing_status": "Error"},
    ),
    ("user_observer.missing_observer", {"observer_id": ""}, "No observer_id given for a user observer", {}),
    ("user_observer.missing_student", {"student_id": ""}, "No user_id given for a user observer", {}),
    (
        "user_observer.self",
        {"observer_id": "u1", "status": "odd"},
        "Can't observe yourself user u1",
        {"observer_id": "U1"},
    ),
    (
        "user_observer.bad_status",
        {"status": "actively"},
        'Improper status "actively" for a user_observer',
        {"status": "Active"},
    ),
]


def said(type_: str, change: Mapping[str, str], *, skip_deletes: bool = False) -> list[tuple[str, str]]:
    hits = row_hits(CANVAS[type_], Line({**CLEAN[type_], **change}), skip_deletes=skip_deletes)
    return [(hit.code, RULES[hit.code].text(**hit.values)) for hit in hits]


@pytest.mark.parametrize("type_", TYPES)
def test_a_clean_row_has_no_hit(type_: str) -> None:
    assert said(type_, {}) == []


@pytest.mark.parametrize(("code", "change", "text", "near"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_a_rule_hits_its_row_with_canvas_s_text(code: str, change: Change, text: str, near: Change) -> None:
    assert (code, text) in said(code.split(".")[0], change)


@pytest.mark.parametrize(("code", "change", "text", "near"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_a_rule_leaves_the_nearest_good_row_alone(code: str, change: Change, text: str, near: Change) -> None:
    assert code not in [found for found, _ in said(code.split(".")[0], near)]


def test_every_rule_that_a_row_decides_has_its_examples() -> None:
    decided = {
        rule.code
        for type_ in CANVAS.types
        for stage in type_.stages
        for rule in stage.rules
        if rule.when and not stage.given
    }
    assert decided == {example[0] for example in EXAMPLES}
    by_book = {code for code, rule in RULES.items() if rule.knowable == "row" and code.split(".")[0] in CANVAS}
    assert by_book <= decided


ORDER: list[tuple[str, Change, list[str]]] = [
    ("user", {"user_id": "", "login_id": "w\0x", "status": ""}, ["user.null_character"]),
    ("user", {"user_id": "", "login_id": "", "status": ""}, ["user.missing_id"]),
    ("user", {"login_id": "u\x01\ufffd", "email": "no"}, ["user.login_bad_unicode"]),
    ("user", {"login_id": "\x01" * 101, "email": "no"}, ["user.login_invalid"]),
    (
        "term",
        {"start_date": "2026-13-01", "end_date": "2026-14-01", "name": ""},
        ["term.bad_date", "term.missing_name"],
    ),
    ("term", {"start_date": "2026-13-01", "term_id": "", "status": ""}, ["term.bad_date", "term.missing_id"]),
    ("course", {"status": "no", "course_format": "no", "grade_passback_setting": "no"}, ["course.bad_status"]),
    ("section", {"section_id": "", "course_id": "", "name": "", "status": ""}, ["section.missing_id"]),
    ("section", {"start_date": "2026-13-01", "end_date": "2020-01-01"}, ["section.bad_date"]),
    ("admin", {"status": "", "role": ""}, ["admin.missing_status"]),
    ("admin", {"status": "odd", "role": ""}, ["admin.missing_role"]),
    ("group", {"status": "odd", "course_id": "C1"}, ["group.bad_status"]),
    ("enrollment", {"course_id": "", "section_id": "", "user_id": "", "status": ""}, ["enrollment.missing_context"]),
    (
        "change_sis_id",
        {"type": "group_category", "old_id": "", "new_integration_id": "I"},
        ["change_sis_id.missing_old"],
    ),
    ("user_observer", {"observer_id": "", "student_id": "", "status": ""}, ["user_observer.missing_observer"]),
]


@pytest.mark.parametrize(("type_", "change", "codes"), ORDER)
def test_canvas_s_order_decides_what_a_row_with_several_faults_hears(
    type_: str, change: Change, codes: list[str]
) -> None:
    assert [code for code, _ in said(type_, change)] == codes


def test_a_remark_that_keeps_the_row_does_not_end_it() -> None:
    assert [code for code, _ in said("enrollment", {"start_date": "2026-13-01", "status": "odd"})] == [
        "enrollment.bad_date",
        "enrollment.bad_status",
    ]


def test_a_hit_names_the_column_to_look_at() -> None:
    hit = next(row_hits(CANVAS["course"], Line({**CLEAN["course"], "status": "odd"})))
    assert (hit.column, hit.knowable) == ("status", Knowable.ROW)


def test_a_nul_anywhere_in_the_row_is_found_even_below_no_header() -> None:
    assert [code for code, _ in said("user", {"": "a\0b"})] == ["user.null_character"]


DELETABLE = set(TYPES) - {"change_sis_id", "abstract_course", "xlist", "login", "grade_publishing_results"}


@pytest.mark.parametrize("type_", TYPES)
def test_skip_deletes_drops_deleting_rows_of_the_types_that_honour_it(type_: str) -> None:
    row = Line({**CLEAN[type_], "status": "Deleted"})
    assert is_skipped_delete(CANVAS[type_], row) == (type_ in DELETABLE)
    assert not is_skipped_delete(CANVAS[type_], Line(CLEAN[type_]))


def test_skip_deletes_silences_what_canvas_would_ask_later_and_nothing_before() -> None:
    assert said("user", {"status": "deleted", "email": "no"}, skip_deletes=True) == []
    assert [code for code, _ in said("user", {"status": "deleted", "email": "no"})] == ["user.bad_email"]
    assert [code for code, _ in said("user", {"status": "deleted", "login_id": ""}, skip_deletes=True)] == [
        "user.missing_login"
    ]


def test_a_stage_that_depends_on_the_database_runs_only_when_asked_for() -> None:
    nameless = Line({**CLEAN["account"], "name": "", "status": "inactive"})
    assert list(row_hits(CANVAS["account"], nameless)) == []
    assert [hit.code for hit in stage_hits(CANVAS["account"], "new", nameless)] == ["account.missing_name"]
    deleting = Line({**CLEAN["section"], "name": "", "status": "deleted"})
    assert [hit.code for hit in stage_hits(CANVAS["section"], "new", deleting)] == ["section.missing_name"]
    tag = Line({**CLEAN["differentiation_tag"], "tag_set_id": ""})
    assert [hit.code for hit in stage_hits(CANVAS["differentiation_tag"], "new", tag)] == [
        "differentiation_tag.missing_context"
    ]


def test_one_stage_alone_says_only_its_own() -> None:
    row = Line({**CLEAN["group"], "name": L256, "course_id": "C1"})
    assert [hit.code for hit in stage_hits(CANVAS["group"], "first", row)] == []
    assert [hit.code for hit in stage_hits(CANVAS["group"], "context", row)] == ["group.two_contexts"]
    assert [hit.code for hit in stage_hits(CANVAS["group"], "model", row)] == ["group.invalid"]


def test_an_unknown_stage_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(stage_hits(CANVAS["group"], "nonsense", Line(CLEAN["group"])))


COLUMNS = {
    type_: sorted(
        {*CLEAN[type_]}
        | {name for code, bad, _, near in EXAMPLES if code.split(".")[0] == type_ for name in (*bad, *near)}
    )
    for type_ in TYPES
}
VALUES = sorted(
    {value for _, change, _, near in EXAMPLES for value in (*change.values(), *near.values())}
    | {value for row in CLEAN.values() for value in row.values()}
)


def may_be_hit(type_: str, row: Line) -> bool:
    """What the fast path knows without the row: its single values, and the conditions on several columns."""
    for column, suspicious in CANVAS[type_].value_checks:
        if any(map(suspicious, row.cells if column == ANY_CELL else [row.get(column)])):
            return True
    return any(fires(clause, row) for clause in CANVAS[type_].joint_checks)


def fires(clause: Clause, row: Line) -> bool:
    values = [row.get(column) for column in clause.columns]
    fit = all(test(value) for test, value in zip(clause.tests, values, strict=True))
    return fit and (clause.joint is None or clause.joint(*values))


@pytest.mark.parametrize("type_", TYPES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_column_tests_foretell_every_hit(type_: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        change = {chance.choice(COLUMNS[type_]): chance.choice(VALUES) for _ in range(chance.randint(0, 4))}
        row = Line({**CLEAN[type_], **change})
        assert may_be_hit(type_, row) == bool(list(row_hits(CANVAS[type_], row))), change


@pytest.mark.parametrize("type_", TYPES)
def test_a_clean_row_stays_on_the_fast_path(type_: str) -> None:
    assert not may_be_hit(type_, Line(CLEAN[type_]))
