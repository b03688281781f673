"""Rules on enrollments and on results of grade publishing."""

from __future__ import annotations

from tests.canvas_sandbox.rules.case import KNOWN, SECTIONS, Case, one
from tests.support.sandbox_engine import csv

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
        "enrollment.invalid",
        "the course is deleted, nobody observes himself",
        one(ENROLLMENTS, "gone,,u1,student,active,,,", "c1,,u1,observer,active,,u1,"),
        [
            (
                2,
                "An enrollment did not pass validation (course: gone, section: , user: u1, role: student, error:"
                " An enrollment did not pass validation (course: gone, section: , Course is not a valid course)",
            ),
            (
                3,
                "An enrollment did not pass validation (course: c1, section: , user: u1, role: observer, error:"
                " An enrollment did not pass validation (course: c1, section: ,"
                " Associated user Cannot observe yourself)",
            ),
        ],
        CAMPUS,
        counts={"enrollments": 0},
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
