"""Rules on ids, accounts, terms, courses, sections and cross-listings."""

from __future__ import annotations

from tests.canvas_sandbox.rules.case import SECTIONS, TWO, Case, one
from tests.support.sandbox_engine import csv

IDS = "old_id,new_id,old_integration_id,new_integration_id,type"
ACCOUNTS = "account_id,parent_account_id,name,status"
TERMS = "term_id,name,status,start_date,end_date,date_override_enrollment_type"
COURSES = (
    "course_id,short_name,long_name,account_id,term_id,status,blueprint_course_id,abstract_course_id,integration_id"
)


STRUCTURE = (
    Case(
        "change_sis_id.new_id_taken",
        "by another user",
        one(IDS, "u1,u2,,,user"),
        [(2, "A new_id, 'u2', referenced an existing user and the user with sis_user_id 'u1' was not updated")],
        TWO,
    ),
    Case(
        "change_sis_id.new_id_taken",
        "by a deleted course, the type in capitals",
        one(IDS, "c1,c2,,,COURSE"),
        [(2, "A new_id, 'c2', referenced an existing course and the course with sis_source_id 'c1' was not updated")],
        {"courses": [{"course_id": "c1"}, {"course_id": "c2", "deleted": True}]},
    ),
    Case(
        "change_sis_id.new_integration_taken",
        "by another user",
        one(IDS, ",,i1,i2,user"),
        [
            (
                2,
                "A new_integration_id, 'i2', referenced an existing user"
                " and the user with integration_id 'i1' was not updated",
            )
        ],
        {
            "users": [
                {"user_id": "u1", "login_id": "one", "integration_id": "i1"},
                {"user_id": "u2", "login_id": "two", "integration_id": "i2"},
            ]
        },
    ),
    Case(
        "change_sis_id.mismatch",
        "one of the two ids is unknown",
        one(IDS, "u1,u9,i9,,user"),
        [(2, "An old_id, 'u1', referenced a different user than the old_integration_id, 'i9'")],
        TWO,
    ),
    *(
        Case(
            "change_sis_id.old_id_missing",
            type_,
            one(IDS, f"x,y,,,{type_}"),
            [(2, f"An old_id, 'x', referenced a non-existent {type_} and was not changed.")],
        )
        for type_ in ("account", "term", "course", "section", "group", "group_category", "user")
    ),
    Case(
        "change_sis_id.old_integration_missing",
        "term",
        one(IDS, ",y,x,,term"),
        [(2, "An old_integration_id, 'x', referenced a non-existent term and was not changed.")],
    ),
    Case(
        "account.unknown_parent",
        "nowhere",
        one(ACCOUNTS, "a,b,A,active"),
        [(2, "Parent account didn't exist for a")],
        counts={"accounts": 0},
    ),
    Case(
        "account.parent_deleted",
        "whatever the row's status",
        one(ACCOUNTS, "a,gone,A,deleted"),
        [
            (
                2,
                "Cannot restore sub_account with ID: a because parent_account with ID: gone has been deleted.",
            )
        ],
        {"accounts": [{"account_id": "gone", "deleted": True}, {"account_id": "a"}]},
    ),
    Case(
        "account.missing_name",
        "a new one, though an existing one needs none",
        one(ACCOUNTS, "old,,,active", "new,,,active"),
        [(3, "No name given for account new, skipping")],
        {"accounts": [{"account_id": "old"}]},
        counts={"accounts": 1},
    ),
    Case(
        "account.bad_status",
        "a new one, though an existing one takes any",
        one(ACCOUNTS, "old,,Old,paused", "new,,New,paused"),
        [(3, 'Improper status "paused" for account new, skipping')],
        {"accounts": [{"account_id": "old"}]},
        counts={"accounts": 1},
    ),
    Case(
        "account.delete_has_subaccounts",
        "until they are deleted",
        one(ACCOUNTS, "top,,,deleted", "sub,top,,deleted", "top,,,deleted"),
        [(2, "Cannot delete the sub_account with ID: top because it has active sub accounts.")],
        {"accounts": [{"account_id": "top"}, {"account_id": "sub", "parent": "top"}]},
        counts={"accounts": 2},
    ),
    Case(
        "account.delete_has_courses",
        "deleted courses do not count",
        one(ACCOUNTS, "full,,,deleted", "empty,,,deleted"),
        [(2, "Cannot delete the sub_account with ID: full because it has active courses.")],
        {
            "accounts": [{"account_id": "full"}, {"account_id": "empty"}],
            "courses": [
                {"course_id": "c1", "account_id": "full"},
                {"course_id": "c2", "account_id": "empty", "deleted": True},
            ],
        },
        counts={"accounts": 1},
    ),
    Case(
        "account.loop",
        "below itself, and itself",
        one(ACCOUNTS, "top,low,,active", "top,top,,active"),
        [
            (2, "Setting account top's parent to low would create a loop"),
            (3, "Setting account top's parent to top would create a loop"),
        ],
        {
            "accounts": [
                {"account_id": "top"},
                {"account_id": "mid", "parent": "top"},
                {"account_id": "low", "parent": "mid"},
            ]
        },
    ),
    Case(
        "term.override_unknown_term",
        "an earlier row can make the term, a later one not",
        one(TERMS, "t,,active,,,StudentEnrollment", "t,Term,active,,,", "t,,active,,,StudentEnrollment"),
        [(2, "Cannot set date override on non-existent term")],
        counts={"terms": 2},
    ),
    Case(
        "term.invalid",
        "active courses",
        one(TERMS, "full,Full,deleted,,,", "free,Free,deleted,,,"),
        [
            (
                2,
                "A term did not pass validation (term: full / Full, error:"
                " Workflow state Cannot delete a term with active courses)",
            )
        ],
        {
            "terms": [{"term_id": "full"}, {"term_id": "free"}],
            "courses": [
                {"course_id": "c1", "term_id": "full"},
                {"course_id": "c2", "term_id": "free", "deleted": True},
            ],
        },
        counts={"terms": 1},
    ),
    Case(
        "term.invalid",
        "the default term's name",
        one(TERMS, "t,Default Term,deleted,,,"),
        [
            (
                2,
                "A term did not pass validation (term: t / Default Term, error:"
                " Workflow state Cannot delete the default term)",
            )
        ],
    ),
    Case(
        "course.unknown_account",
        "a known fallback account helps",
        one(
            "course_id,short_name,long_name,account_id,fallback_account_id,status",
            "c1,C,C,no,,active",
            "c2,C,C,no,a,active",
        ),
        [(2, 'Account not found "no" for course c1')],
        {"accounts": [{"account_id": "a"}]},
        counts={"courses": 1},
    ),
    Case(
        "course.account_deleted",
        "an existing course cannot come back into it, nor go on in it; a new one goes to the root account",
        one(COURSES, "c1,C,C,gone,,active,,,", "c2,C,C,,,deleted,,,", "c3,C,C,gone,,active,,,", "c1,C,C,a,,active,,,"),
        [
            (2, "Cannot restore course c1 because the associated account gone is deleted"),
            (3, "Cannot restore course c2 because the associated account gone is deleted"),
        ],
        {
            "accounts": [{"account_id": "gone", "deleted": True}, {"account_id": "a"}],
            "courses": [
                {"course_id": "c1", "account_id": "gone", "deleted": True},
                {"course_id": "c2", "account_id": "gone"},
            ],
        },
        counts={"courses": 2},
    ),
    Case(
        "course.unknown_abstract",
        "the course is saved",
        one(COURSES, "c1,,,,,active,,no,", "c2,,,,,active,,yes,"),
        [(None, "unknown abstract course id no, ignoring abstract course reference")],
        {"abstract_courses": ["yes"]},
        counts={"courses": 2},
    ),
    Case(
        "course.invalid",
        "an integration id that another course has",
        one(COURSES, "c1,C,C,,,active,,,i", "c2,C,C,,,active,,,i"),
        [
            (
                3,
                'A course did not pass validation (course: c2 / C, error: Integration Integration ID "i"'
                " is already in use)",
            )
        ],
        counts={"courses": 1},
    ),
    Case(
        "course.blueprint_unknown",
        "no course, or none that is a blueprint",
        one(COURSES, "c1,C,C,,,active,no,,", "c2,C,C,,,active,plain,,", "c3,C,C,,,deleted,no,,"),
        [
            (None, 'Unknown blueprint course "no" for course "c1"'),
            (None, 'Unknown blueprint course "plain" for course "c2"'),
        ],
        {"courses": [{"course_id": "plain"}]},
        counts={"courses": 3},
    ),
    Case(
        "course.blueprint_is_blueprint",
        "a blueprint cannot follow another",
        one(COURSES, "b2,B,B,,,active,b1,,"),
        [(None, 'Cannot associate course "b2" - is a blueprint course')],
        {"courses": [{"course_id": "b1"}, {"course_id": "b2"}], "blueprints": ["b1", "b2"]},
        counts={"courses": 1},
    ),
    Case(
        "course.blueprint_other",
        "until it is dissociated",
        {
            "1.csv": csv(COURSES, "c,C,C,,,active,b1,,", "c,C,C,,,active,b2,,"),
            "2.csv": csv(COURSES, "c,C,C,,,active,dissociate,,"),
            "feed.csv": csv(COURSES, "c,C,C,,,active,b2,,"),
        },
        [(None, 'Cannot associate course "c" - is associated to another blueprint course')],
        {
            "courses": [{"course_id": "b1"}, {"course_id": "b2"}],
            "blueprints": ["b1", "b2"],
            "blueprint_children": {"c": "b1"},
        },
        counts={"courses": 4},
    ),
    Case(
        "course.blueprint_account",
        "the course must be in the blueprint's account or below",
        one(COURSES, "high,C,C,,,active,b,,", "low,C,C,below,,active,b,,"),
        [(None, 'Cannot associate course "high" - is not in the same or lower account as the blueprint course')],
        {
            "accounts": [{"account_id": "a"}, {"account_id": "below", "parent": "a"}],
            "courses": [{"course_id": "b", "account_id": "a"}],
            "blueprints": ["b"],
        },
        counts={"courses": 2},
    ),
    Case(
        "course.invalid",
        "the date that is kept lies after the one that comes",
        {
            "1.csv": csv("course_id,short_name,long_name,status,start_date", "c1,C,C,active,2026-08-01"),
            "feed.csv": csv("course_id,short_name,long_name,status,end_date", "c1,C,C,active,2026-07-01"),
        },
        [
            (
                2,
                "A course did not pass validation (course: c1 / C, error:"
                " Conclude at End date cannot be before start date)",
            )
        ],
        counts={"courses": 1},
    ),
    Case(
        "account.invalid",
        "an integration id that another account has",
        one(f"{ACCOUNTS},integration_id", "a,,A,active,i", "b,,B,active,i"),
        [(3, 'Integration ID "i" is already in use')],
        counts={"accounts": 1},
    ),
    Case(
        "term.invalid",
        "an integration id that another term has",
        one("term_id,name,status,integration_id", "t1,One,active,i", "t2,Two,active,i"),
        [
            (
                3,
                "A term did not pass validation (term: t2 / Two, error:"
                ' Integration Integration ID "i" is already in use)',
            )
        ],
        counts={"terms": 1},
    ),
    Case(
        "section.unknown_course",
        "tested before the name of a new one",
        one(SECTIONS, "s,no,,deleted,"),
        [(2, "Section s references course no which doesn't exist")],
    ),
    Case(
        "section.missing_name",
        "a new one, even when it is deleted",
        one(SECTIONS, "new,c,,deleted,", "old,c,,deleted,"),
        [(2, "No name given for section new in course c")],
        {"courses": [{"course_id": "c"}], "sections": [{"section_id": "old", "course_id": "c"}]},
        counts={"sections": 1},
    ),
    Case(
        "section.invalid",
        "an integration id that another section has",
        one(SECTIONS, "s1,c,One,active,i", "s2,c,Two,active,i"),
        [
            (
                3,
                "A section did not pass validation (section: s2 / Two, course: c, error:"
                ' Integration INTEGRATRION ID "i" is already in use)',
            )
        ],
        {"courses": [{"course_id": "c"}]},
        counts={"sections": 1},
    ),
    Case(
        "xlist.unknown_section",
        "for a cross-listing and for its end",
        one("xlist_course_id,section_id,status", "x,no,active", "x,no,deleted"),
        [
            (2, "A cross-listing referenced a non-existent section no"),
            (3, "A cross-listing referenced a non-existent section no"),
        ],
    ),
)
