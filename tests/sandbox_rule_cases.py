"""One small import for every rule that needs Canvas's database: what Canvas holds, what comes in, what Canvas says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox_engine import csv


@dataclass(frozen=True)
class Case:
    """`says` are (row, text) of the last file; None for a message without row number."""

    code: str
    name: str
    files: Mapping[str, str]
    says: Sequence[tuple[int | None, str]]
    state: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """What is counted; proves whether the row was imported in spite of the message."""

    def __str__(self) -> str:
        return f"{self.code}: {self.name}"


def one(*lines: str) -> dict[str, str]:
    """An upload of one file."""
    return {"feed.csv": csv(*lines)}


IDS = "old_id,new_id,old_integration_id,new_integration_id,type"
ACCOUNTS = "account_id,parent_account_id,name,status"
TERMS = "term_id,name,status,start_date,end_date,date_override_enrollment_type"
COURSES = (
    "course_id,short_name,long_name,account_id,term_id,status,blueprint_course_id,abstract_course_id,integration_id"
)
SECTIONS = "section_id,course_id,name,status,integration_id"
TWO = {"users": [{"user_id": "u1", "login_id": "one"}, {"user_id": "u2", "login_id": "two"}]}

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
                'A course did not pass validation (course: c2 / C, error: Integration INTEGRATION ID "i"'
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
                ' Integration INTEGRATION ID "i" is already in use)',
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

USERS = "user_id,login_id,full_name,status,integration_id,authentication_provider_id,email"
LOGINS = "user_id,login_id,existing_user_id,existing_integration_id,existing_canvas_user_id,root_account,integration_id"
ADMINS = "user_id,account_id,role_id,role,status,root_account"
OBSERVERS = "observer_id,student_id,status"
KNOWN = {
    "users": [
        {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
        {"user_id": "u2", "login_id": "two", "canvas_id": 72},
        {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
    ],
    "canvas_logins": [{"login_id": "local", "canvas_id": 4411}],
}

PEOPLE = (
    Case(
        "user.login_claimed",
        "without case, by an active login only",
        one(USERS, "u9,ONE,N,active,,,", "u8,away,N,active,,,"),
        [
            (
                2,
                "An existing Canvas user with the SIS ID u1 has already claimed u9's user_id requested login"
                " information, skipping",
            )
        ],
        KNOWN,
        counts={"users": 1},
    ),
    Case(
        "user.login_claimed",
        "by another login than the user's own",
        one(USERS, "u1,two,N,active,,,", "u1,two,N,deleted,,,"),
        [
            (
                2,
                "An existing Canvas user with the SIS ID u2 has already claimed u1's user_id requested login"
                " information, skipping",
            ),
            (
                3,
                "An existing Canvas user with the SIS ID u2 has already claimed u1's user_id requested login"
                " information, skipping",
            ),
        ],
        KNOWN,
    ),
    Case(
        "user.login_claimed",
        "not when SIS ids follow claimed logins",
        one(USERS, "u9,one,N,active,,,"),
        [],
        KNOWN,
        {"update_sis_id_if_login_claimed": True},
        counts={"users": 1},
    ),
    Case(
        "user.login_claimed_canvas",
        "a login without SIS id, while the user has another",
        one(USERS, "u1,local,N,active,,,", "u9,local,N,active,,,"),
        [
            (
                2,
                "An existing Canvas user with the Canvas ID 4411 has already claimed u1's user_id requested login"
                " information, skipping",
            )
        ],
        KNOWN,
        counts={"users": 1},
    ),
    Case(
        "user.integration_id_claimed",
        "tested before the login, and not for a deletion",
        one(USERS, "u9,two,N,active,i1,,", "u2,two,N,deleted,i1,,"),
        [(2, "An existing Canvas user with the SIS ID u1 has already claimed u9's requested integration_id, skipping")],
        KNOWN,
        counts={"users": 1},
    ),
    Case(
        "user.remove_self",
        "the one who runs the import",
        one(USERS, "u1,one,N,deleted,,,", "u2,two,N,deleted,,,"),
        [(2, "Can't remove yourself user_id 'u1'")],
        {**KNOWN, "runs_as": "u1"},
        counts={"users": 1},
    ),
    Case(
        "user.unknown_auth_provider",
        "Canvas's own is always there",
        one(USERS, "u8,l8,N,active,,saml,", "u9,l9,N,active,,canvas,", "u7,l7,N,active,,google,"),
        [(2, "unrecognized authentication provider saml for u8, skipping")],
        {"auth_providers": ["google"]},
        counts={"users": 2},
    ),
    Case(
        "login.integration_id_claimed",
        "tested before the login",
        one(LOGINS, "u9,one,u1,,,,i1"),
        [(2, "An existing Canvas user with the SIS ID u1 has already claimed u9's requested integration_id, skipping")],
        {
            "users": [
                {"user_id": "u1", "login_id": "first", "integration_id": "i1"},
                {"user_id": "u3", "login_id": "one"},
            ]
        },
    ),
    Case(
        "login.taken",
        "the SIS id, or the login",
        one(LOGINS, "u2,new,u1,,,,", "u9,TWO,u1,,,,", "gone,new,u1,,,,"),
        [
            (2, "An existing Canvas user with the SIS ID u2 or login of new already exists, skipping"),
            (3, "An existing Canvas user with the SIS ID u9 or login of TWO already exists, skipping"),
            (4, "An existing Canvas user with the SIS ID gone or login of new already exists, skipping"),
        ],
        KNOWN,
    ),
    Case(
        "login.existing_not_found",
        "a deleted login does not count, a row of another root account says nothing",
        one(LOGINS, "u9,nine,gone,,,,", "u8,eight,,no,,,", "u7,seven,,,12,,", "u6,six,no,,,elsewhere,"),
        [
            (2, "Could not find the existing user for login with SIS ID u9, skipping"),
            (3, "Could not find the existing user for login with SIS ID u8, skipping"),
            (4, "Could not find the existing user for login with SIS ID u7, skipping"),
        ],
        KNOWN,
        counts={"logins": 0},
    ),
    Case(
        "login.existing_mismatch",
        "every id given must be that of one login",
        one(LOGINS, "u9,nine,u1,,72,,", "u8,eight,u1,i1,71,,"),
        [
            (
                2,
                "An existing user does not match existing user ids provided for login with SIS ID u9, skipping",
            )
        ],
        KNOWN,
        counts={"logins": 1},
    ),
    Case(
        "login.unknown_auth_provider",
        "as for users",
        one("user_id,login_id,existing_user_id,authentication_provider_id", "u9,nine,u1,ldap"),
        [(2, "unrecognized authentication provider ldap for u9, skipping")],
        KNOWN,
    ),
    Case(
        "admin.unknown_account",
        "deleted ones do not count",
        one(ADMINS, "u1,gone,,AccountAdmin,active,", "u1,no,,AccountAdmin,active,"),
        [(2, "Invalid account_id given for admin"), (3, "Invalid account_id given for admin")],
        {**TWO, "accounts": [{"account_id": "gone", "deleted": True}]},
    ),
    Case(
        "admin.bad_role",
        "an id that fits goes before a name that does not",
        one(ADMINS, "u1,,,Wizard,active,", "u1,,901,Wizard,active,", "u1,,no,Dean,active,", "u1,,,student,active,"),
        [(2, "Invalid role 'Wizard' for admin"), (5, "Invalid role 'student' for admin")],
        {**TWO, "admin_roles": ["901", "Dean"], "custom_roles": ["student"]},
        counts={"admins": 2},
    ),
    Case(
        "admin.bad_role_id",
        "unknown, and a role of courses",
        one(ADMINS, "u1,,no,,active,", "u1,,3,,active,"),
        [(2, "Invalid role_id 'no' for admin"), (3, "Invalid role_id '3' for admin")],
        TWO,
    ),
    Case(
        "admin.unknown_user",
        "nobody, a deleted login, somebody of another root account",
        one(ADMINS, "no,,,AccountAdmin,active,", "gone,,,AccountAdmin,active,", "u1,,,AccountAdmin,active,far"),
        [
            (2, "Invalid or unknown user_id 'no' for admin"),
            (3, "Invalid or unknown user_id 'gone' for admin"),
            (4, "Invalid or unknown user_id 'u1' for admin"),
        ],
        KNOWN,
    ),
    Case(
        "admin.remove_self",
        "only from the root account",
        one(ADMINS, "u1,,,AccountAdmin,deleted,", "u1,a,,AccountAdmin,deleted,"),
        [(2, "Can't remove yourself user_id 'u1'")],
        {**KNOWN, "accounts": [{"account_id": "a"}], "runs_as": "u1"},
        counts={"admins": 1},
    ),
    Case(
        "user_observer.unknown_observer",
        "a deleted login does not count",
        one(OBSERVERS, "gone,u1,active", "no,also-no,active"),
        [
            (2, "An observer referenced a non-existent user gone"),
            (3, "An observer referenced a non-existent user no"),
        ],
        KNOWN,
    ),
    Case(
        "user_observer.unknown_student",
        "a deleted login does not count",
        one(OBSERVERS, "u1,gone,active"),
        [(2, "A student referenced a non-existent user gone")],
        KNOWN,
    ),
    Case(
        "user_observer.self",
        "two logins of one user",
        {
            "logins.csv": csv("user_id,login_id,existing_user_id", "u1b,oneb,u1"),
            "feed.csv": csv(OBSERVERS, "u1,u1b,active"),
        },
        [(2, "Can't observe yourself user u1b")],
        KNOWN,
    ),
    Case(
        "user_observer.delete_missing",
        "never there, and deleted before",
        one(OBSERVERS, "u2,u1,deleted", "u1,u2,deleted", "u1,u2,Deleted", "u1,u2,active"),
        [
            (2, "Can't delete a non-existent observer for observer: u2, student: u1"),
            (4, "Can't delete a non-existent observer for observer: u1, student: u2"),
        ],
        {**KNOWN, "observer_links": [["u1", "u2"]]},
        counts={"user_observers": 2},
    ),
)

ENROLLMENTS = "course_id,section_id,user_id,role,status,role_id,associated_user_id,temporary_enrollment_source_user_id"
CAMPUS = {
    "courses": [{"course_id": "c1"}, {"course_id": "c2"}, {"course_id": "b"}, {"course_id": "gone", "deleted": True}],
    "sections": [{"section_id": "s1", "course_id": "c1"}, {"section_id": "s2", "course_id": "c2"}],
    "blueprints": ["b"],
    "users": KNOWN["users"],
}
_NEITHER = "Neither course nor section existed for user enrollment (Course ID: {}, Section ID: {}, User ID: u1)"

ENROLLMENT = (
    Case(
        "enrollment.unknown_user",
        "tested before course and section",
        one(
            "course_id,section_id,user_id,user_integration_id,role,status",
            "no,,u9,,student,active",
            "c1,s1,u1,i9,student,active",
            "c1,,,i1,student,active",
        ),
        [
            (2, "User not found for enrollment (User ID: u9, Course ID: no, Section ID: )"),
            (3, "User not found for enrollment (User ID: u1, Course ID: c1, Section ID: s1)"),
        ],
        CAMPUS,
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.unknown_context",
        "and the section's own message once a course is remembered",
        one(
            ENROLLMENTS,
            "no,,u1,student,active,,,",
            ",no,u1,student,active,,,",
            "c1,,u1,student,active,,,",
            ",no,u1,student,active,,,",
            ",no,u1,student,active,,,",
        ),
        [
            (2, _NEITHER.format("no", "")),
            (3, _NEITHER.format("", "no")),
            (5, "An enrollment referenced a non-existent section no"),
            (6, _NEITHER.format("", "no")),
        ],
        CAMPUS,
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.unknown_section",
        "in a course that is there",
        one(ENROLLMENTS, "c1,no,u1,student,active,,,"),
        [(2, "An enrollment referenced a non-existent section no")],
        CAMPUS,
    ),
    Case(
        "enrollment.unknown_course",
        "with a section that is there",
        one(ENROLLMENTS, "no,s1,u1,student,active,,,"),
        [(2, "An enrollment referenced a non-existent course no")],
        CAMPUS,
    ),
    Case(
        "enrollment.section_course_unrelated",
        "unless it was cross-listed from there",
        {
            "xlists.csv": csv("xlist_course_id,section_id,status", "c1,s2,active"),
            "feed.csv": csv(
                ENROLLMENTS, "c2,s1,u1,student,active,,,", "c2,s2,u1,student,active,,,", "c1,s2,u2,student,active,,,"
            ),
        },
        [(2, "An enrollment listed a section (s1) and a course (c2) that are unrelated for user (u1)")],
        CAMPUS,
        counts={"enrollments": 2},
    ),
    Case(
        "enrollment.bad_role",
        "unknown words, ids and blanks; an admin's role",
        one(
            ENROLLMENTS,
            "c1,,u1,teachers,active,,,",
            "c1,,u1,,active,999,,",
            "c1,,u1,AccountAdmin,active,,,",
            "c1,,u1,lab partner,active,999,,",
            "c1,,u1,TEACHER,active,,,",
            "c1,,u1,Students,active,,,",
            "c1,,u1,DesignerEnrollment,active,,,",
        ),
        [
            (2, 'Improper role "teachers" for an enrollment'),
            (3, 'Improper role "" for an enrollment'),
            (4, 'Improper role "AccountAdmin" for an enrollment'),
        ],
        {**CAMPUS, "custom_roles": ["lab partner"]},
        counts={"enrollments": 4},
    ),
    Case(
        "enrollment.blueprint_student",
        "a role that amounts to a student; the course named by its SIS id",
        one(ENROLLMENTS, "b,,u1,lab partner,active,,,", "b,,u1,designer,active,,,"),
        [(2, 'Student enrollment for "u1" not allowed in blueprint course "b"')],
        {**CAMPUS, "custom_roles": ["lab partner"]},
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.blueprint_observer",
        "tested before the observed user",
        one(ENROLLMENTS, "b,,u1,observer,active,,no,"),
        [(2, 'Observer enrollment for "u1" not allowed in blueprint course "b"')],
        CAMPUS,
    ),
    Case(
        "enrollment.unknown_associated_user",
        "asked of observers only",
        one(ENROLLMENTS, "c1,,u1,observer,active,,no,", "c1,,u1,ta,active,,no,"),
        [(2, "An enrollment referenced a non-existent associated user no")],
        CAMPUS,
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.unknown_temp_source",
        "whatever the role",
        one(ENROLLMENTS, "c1,,u1,teacher,active,,,no", "c1,,u1,teacher,active,,,u2"),
        [(2, "An enrollment referenced a non-existent temporary enrollment source user no")],
        CAMPUS,
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.deleted_user",
        "stored as deleted; the next time the login is named",
        one(ENROLLMENTS, "c1,,gone,student,active,,,", "c1,,gone,student,active,,,", "c2,,gone,student,inactive,,,"),
        [
            (2, "Attempted enrolling of deleted user gone in course c1"),
            (3, "Attempted enrolling with deleted sis login away in course c1"),
        ],
        CAMPUS,
        counts={"enrollments": 2},
    ),
    Case(
        "enrollment.deleted_login_kept_deleted",
        "whatever the row's status",
        one(ENROLLMENTS, "c1,,gone,student,completed,,,"),
        [(2, "Attempted enrolling with deleted sis login away in course c1")],
        {**CAMPUS, "enrollments": [["c1", "gone", "deleted"]]},
        counts={"enrollments": 0},
    ),
    Case(
        "enrollment.deleted_login_other_active",
        "the enrollment is made",
        one(ENROLLMENTS, "c1,,q,student,active,,,"),
        [(2, "Enrolled a user q in course c1, but referenced a deleted sis login")],
        {**CAMPUS, "users": [{"user_id": "q", "login_id": "q", "deleted": True, "other_active": True}]},
        counts={"enrollments": 1},
    ),
    Case(
        "enrollment.invalid",
        "the section is deleted; a deletion does not mind",
        {
            "sections.csv": csv(SECTIONS, "s1,c1,,deleted,"),
            "feed.csv": csv(ENROLLMENTS, "c1,s1,u1,student,active,,,", "c1,s1,u2,student,deleted,,,"),
        },
        [
            (
                2,
                "An enrollment did not pass validation (course: c1, section: s1, user: u1, role: student, error:"
                " An enrollment did not pass validation (course: c1, section: s1,"
                " Course section is not a valid section)",
            )
        ],
        CAMPUS,
        counts={"enrollments": 1},
    ),
    Case(
        "grade_publishing_results.unknown_enrollment",
        "by Canvas's own id",
        one("enrollment_id,grade_publishing_status", "903,published", "905,error", "x,error"),
        [(3, "Enrollment 905 doesn't exist"), (4, "Enrollment x doesn't exist")],
        {"enrollment_ids": ["903"]},
        counts={"grade_publishing_results": 1},
    ),
)

CATEGORIES = "group_category_id,account_id,course_id,category_name,status"
GROUPS = "group_id,group_category_id,account_id,course_id,name,status"
MEMBERS = "group_id,user_id,status"
TAG_SETS = "tag_set_id,course_id,set_name,status"
TAGS = "tag_id,tag_set_id,course_id,name,status"
TAG_MEMBERS = "tag_id,user_id,status"
PLACES = {
    "accounts": [
        {"account_id": "a", "canvas_id": 501},
        {"account_id": "off", "canvas_id": 502},
        {"account_id": "below", "canvas_id": 503, "parent": "off"},
        {"account_id": "gone", "deleted": True},
    ],
    "tags_disabled_accounts": ["off"],
    "courses": [
        {"course_id": "c1", "account_id": "a"},
        {"course_id": "c2", "account_id": "off"},
        {"course_id": "c3", "account_id": "a"},
        {"course_id": "c4", "account_id": "below"},
        {"course_id": "lost", "deleted": True},
    ],
    "users": TWO["users"],
}
_OFF = "Differentiation Tags are not enabled for Account {}."

GROUPING = (
    Case(
        "group_category.unknown_account",
        "deleted ones do not count",
        one(CATEGORIES, "k1,no,,K,active", "k2,gone,,K,active"),
        [
            (2, 'Account with id "no" didn\'t exist for group category k1'),
            (3, 'Account with id "gone" didn\'t exist for group category k2'),
        ],
        PLACES,
    ),
    Case(
        "group_category.unknown_course",
        "deleted ones do not count",
        one(CATEGORIES, "k1,,no,K,active", "k2,,lost,K,active"),
        [
            (2, 'Course with id "no" didn\'t exist for group category k1'),
            (3, 'Course with id "lost" didn\'t exist for group category k2'),
        ],
        PLACES,
    ),
    Case(
        "group_category.cannot_move",
        "with groups in it; blank is the root account",
        one(CATEGORIES, "full,,,Full,active", "free,,,Free,active", "full,,c1,Full,active"),
        [(2, "Cannot move group category full because it has groups in it.")],
        {
            **PLACES,
            "group_categories": [
                {"group_category_id": "full", "ctx": ["c", "c1"], "in_use": True},
                {"group_category_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"group_categories": 2},
    ),
    Case(
        "group_category.invalid",
        "a second name in one context, not in two",
        one(CATEGORIES, "k1,,c1,K,active", "k2,,c1,K,active", "k3,,c3,K,active", "k1,,c1,K,deleted", "k2,,c1,K,active"),
        [
            (
                3,
                "A group category did not pass validation (group category: k2, error: Name K is already in use.)",
            )
        ],
        PLACES,
        counts={"group_categories": 4},
    ),
    Case(
        "group.unknown_account",
        "deleted ones do not count",
        one(GROUPS, "g,,gone,,G,available"),
        [(2, "Account with sis id gone didn't exist for group g.")],
        PLACES,
    ),
    Case(
        "group.unknown_course",
        "deleted ones do not count",
        one(GROUPS, "g,,,lost,G,available"),
        [(2, "Course with sis id lost didn't exist for group g.")],
        PLACES,
    ),
    Case(
        "group.unknown_category_in_account",
        "one of another context",
        one(GROUPS, "g,k,a,,G,available"),
        [(2, "Group Category k didn't exist in account a for group g.")],
        {**PLACES, "group_categories": [{"group_category_id": "k", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group.unknown_category_in_course",
        "one of another context",
        one(GROUPS, "g,k,,c1,G,available"),
        [(2, "Group Category k didn't exist in course c1 for group g.")],
        {**PLACES, "group_categories": [{"group_category_id": "k", "ctx": ["a", "a"]}]},
    ),
    Case(
        "group.unknown_category",
        "a tag set is none",
        one(GROUPS, "g1,no,,,G,available", "g2,set,,,G,available"),
        [
            (2, "Group Category no didn't exist for group g1."),
            (3, "Group Category set didn't exist for group g2."),
        ],
        {**PLACES, "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group.cannot_move",
        "to or from a course with members; between accounts it may",
        one(GROUPS, "g1,,a,,G,available", "g2,,a,,G,available", "g2,,,c1,G,available", "g1,,,,G,available"),
        [
            (2, "Cannot move group g1 because it has group_memberships."),
            (4, "Cannot move group g2 because it has group_memberships."),
        ],
        {
            **PLACES,
            "groups": [
                {"group_id": "g1", "ctx": ["c", "c1"], "members": True},
                {"group_id": "g2", "ctx": ["a", None], "members": True},
            ],
        },
        counts={"groups": 2},
    ),
    Case(
        "group_membership.unknown_user",
        "tested before the group; a deleted login is one",
        one(MEMBERS, "no,no,accepted", "g,gone,accepted"),
        [(2, "User no didn't exist for group user")],
        {
            "users": [{"user_id": "gone", "login_id": "x", "deleted": True}],
            "groups": [{"group_id": "g", "ctx": ["a", None]}],
        },
        counts={"group_memberships": 1},
    ),
    Case(
        "group_membership.unknown_group",
        "a tag is none",
        one(MEMBERS, "t,u1,accepted"),
        [(2, "Group t didn't exist for group user")],
        {**PLACES, "tags": [{"tag_id": "t", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "group_membership.not_enrolled",
        "a deleted enrollment is none, a finished one is",
        one(MEMBERS, "g,u1,accepted", "g,u1,deleted", "g,u2,accepted"),
        [
            (2, "User u1 doesn't have an enrollment in the course of group g."),
            (3, "User u1 doesn't have an enrollment in the course of group g."),
        ],
        {
            **PLACES,
            "enrollments": [["c1", "u1", "deleted"], ["c1", "u2", "completed"]],
            "groups": [{"group_id": "g", "ctx": ["c", "c1"]}],
        },
        counts={"group_memberships": 1},
    ),
    Case(
        "differentiation_tag_set.unknown_course",
        "tested before the feature",
        one(TAG_SETS, "s,lost,S,active"),
        [(2, 'Course with id "lost" didn\'t exist for differentiation tag set s')],
        PLACES,
    ),
    Case(
        "differentiation_tag_set.not_enabled",
        "in the account, or in one above",
        one(TAG_SETS, "s1,c2,S,active", "s2,c4,S,active", "s3,c1,S,active"),
        [(2, _OFF.format(502)), (3, _OFF.format(503))],
        PLACES,
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag_set.cannot_move",
        "with tags in it",
        one(TAG_SETS, "full,c3,S,active", "free,c3,S,active"),
        [(2, "Cannot move differentiation tag set full because it has tags in it.")],
        {
            **PLACES,
            "tag_sets": [
                {"tag_set_id": "full", "ctx": ["c", "c1"], "in_use": True},
                {"tag_set_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag_set.invalid",
        "a second name in one course; a group category's name does not matter",
        {
            "categories.csv": csv(CATEGORIES, "k,,c1,S,active"),
            "feed.csv": csv(TAG_SETS, "s1,c1,S,active", "s2,c1,S,active"),
        },
        [
            (
                3,
                "A differentiation tag set did not pass validation (differentiation tag set: s2,"
                " error: Name S is already in use.)",
            )
        ],
        PLACES,
        counts={"differentiation_tag_sets": 1},
    ),
    Case(
        "differentiation_tag.unknown_course",
        "tested before everything else",
        one(TAGS, "t,no,lost,T,available"),
        [(2, "Course with sis id lost didn't exist for differentiation tag t.")],
        PLACES,
    ),
    Case(
        "differentiation_tag.not_enabled",
        "in the course's account, the set's, or the tag's own",
        one(TAGS, "t1,no,c2,T,available", "t2,set,,T,available", "old,,,T,available"),
        [(2, _OFF.format(502)), (3, _OFF.format(502)), (4, _OFF.format(502))],
        {
            **PLACES,
            "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c2"]}],
            "tags": [{"tag_id": "old", "ctx": ["c", "c2"]}],
        },
    ),
    Case(
        "differentiation_tag.unknown_set_in_course",
        "a set of another course",
        one(TAGS, "t,set,c1,T,available"),
        [(2, "Differentiation Tag Set set didn't exist in course c1 for differentiation tag t.")],
        {**PLACES, "tag_sets": [{"tag_set_id": "set", "ctx": ["c", "c3"]}]},
    ),
    Case(
        "differentiation_tag.unknown_set",
        "no set at all",
        one(TAGS, "t,no,,T,available"),
        [(2, "Differentiation Tag Set no didn't exist for differentiation tag t.")],
        PLACES,
    ),
    Case(
        "differentiation_tag.missing_context",
        "a new one needs a set or a course, an old one not",
        one(TAGS, "new,,,T,available", "old,,,T,available", "new,,c1,T,available"),
        [
            (
                2,
                "No tag_set_id or course_id given for differentiation tag new. At least one is required for new tags.",
            )
        ],
        {**PLACES, "tags": [{"tag_id": "old", "ctx": ["c", "c1"]}]},
        counts={"differentiation_tags": 2},
    ),
    Case(
        "differentiation_tag.cannot_move",
        "with members",
        one(TAGS, "full,,c3,T,available", "free,,c3,T,available"),
        [(2, "Cannot move differentiation tag full because it has differentiation_tag_memberships.")],
        {
            **PLACES,
            "tags": [
                {"tag_id": "full", "ctx": ["c", "c1"], "members": True},
                {"tag_id": "free", "ctx": ["c", "c1"]},
            ],
        },
        counts={"differentiation_tags": 1},
    ),
    Case(
        "differentiation_tag_membership.unknown_user",
        "tested before the tag",
        one(TAG_MEMBERS, "no,no,accepted"),
        [(2, "User no didn't exist for differentiation tag user")],
        PLACES,
    ),
    Case(
        "differentiation_tag_membership.unknown_tag",
        "a group is none",
        one(TAG_MEMBERS, "g,u1,accepted"),
        [(2, "Differentiation tag g didn't exist for differentiation tag user")],
        {**PLACES, "groups": [{"group_id": "g", "ctx": ["c", "c1"]}]},
    ),
    Case(
        "differentiation_tag_membership.not_enrolled",
        "tested before the feature",
        one(TAG_MEMBERS, "t,u1,accepted"),
        [(2, "User u1 doesn't have an enrollment in the course of differentiation tag t.")],
        {**PLACES, "tags": [{"tag_id": "t", "ctx": ["c", "c2"]}]},
    ),
    Case(
        "differentiation_tag_membership.not_enabled",
        "for an enrolled user",
        one(TAG_MEMBERS, "t,u1,accepted"),
        [(2, _OFF.format(502))],
        {**PLACES, "enrollments": [["c2", "u1"]], "tags": [{"tag_id": "t", "ctx": ["c", "c2"]}]},
    ),
    Case(
        "institutional_tag.unknown_category",
        "categories of the same upload count",
        {
            "categories.csv": csv("category_id,name,status", "k,K,active"),
            "feed.csv": csv(
                "institutional_tag_id,category_id,name,description,status", "t1,no,T,D,active", "t2,k,T,D,active"
            ),
        },
        [(2, 'Category with id "no" didn\'t exist for institutional tag t1')],
        features=["institutional_tags"],
        counts={"institutional_tags": 1},
    ),
    Case(
        "institutional_tag_association.unknown_user",
        "tested before the tag",
        one("institutional_tag_id,user_id,status", "no,no,active"),
        [(2, 'User with sis_user_id "no" didn\'t exist for institutional tag association with tag no')],
        features=["institutional_tags"],
    ),
    Case(
        "institutional_tag_association.unknown_tag",
        "for a user that is there",
        one("institutional_tag_id,user_id,status", "no,u1,active", "t,u1,active"),
        [(2, 'Institutional tag with id "no" didn\'t exist')],
        {**TWO, "institutional_tags": ["t"]},
        features=["institutional_tags"],
        counts={"institutional_tag_associations": 1},
    ),
)

CASES = (*STRUCTURE, *PEOPLE, *ENROLLMENT, *GROUPING)
