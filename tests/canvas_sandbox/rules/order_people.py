"""Questions about enrollments and admins, in Canvas's order."""

from __future__ import annotations

from tests.canvas_sandbox.rules.order import Order

PEOPLE = (
    Order(
        "enrollment",
        "course_id,section_id,user_id,user_integration_id,role,role_id,status,associated_user_id,start_date,end_date,"
        "root_account,temporary_enrollment_source_user_id",
        [
            (
                ",,,,,,,,2026-13-01,,,",
                "Bad date format for user  in section ",
                "No course_id or section_id given for an enrollment",
            ),
            (",s,,,,,,,2026-13-01,,,", "Bad date format for user  in section s", "No user_id given for an enrollment"),
            (
                "c,,,,,,,,x32,2026-13-01,,",
                "Bad date format for user  in course c",
                "No user_id given for an enrollment",
            ),
            ("c,,u1,,,,,,,,,", 'Improper status "" for an enrollment'),
            (
                "zz,,nope,,student,,active,,,,,",
                "User not found for enrollment (User ID: nope, Course ID: zz, Section ID: )",
            ),
            (
                "zz,,u1,,,,active,,,,,",
                "Neither course nor section existed for user enrollment (Course ID: zz, Section ID: , User ID: u1)",
            ),
            ("c,zz,u1,,student,,active,,,,,", "An enrollment referenced a non-existent section zz"),
            ("zz,s,u1,,student,,active,,,,,", "An enrollment referenced a non-existent course zz"),
            (
                "c,t,u1,,student,,active,,,,,",
                "An enrollment listed a section (t) and a course (c) that are unrelated for user (u1)",
            ),
            ("c,,u1,,,,active,,,,,", 'Improper role "" for an enrollment'),
            ("c,,u1,,Studentx,,active,,,,,",),
            ("c,,u1,,teachers,,active,,,,,", 'Improper role "teachers" for an enrollment'),
            ("c,,u1,,helper,,active,,,,,", 'Improper role "helper" for an enrollment'),
            ("c,,u1,,Helper,,active,,,,,",),
            ("c,,u1,,,77,active,,,,,",),
            ("bp,,u1,,student,,active,,,,,", 'Student enrollment for "u1" not allowed in blueprint course "bp"'),
            ("bp,,u1,,OBSERVER,,active,,,,,", 'Observer enrollment for "u1" not allowed in blueprint course "bp"'),
            ("bp,,u1,,teacher,,active,,,,,",),
            ("c,,u1,,observer,,active,nope,,,,", "An enrollment referenced a non-existent associated user nope"),
            (
                "c,,u1,,student,,active,nope,,,,nope2",
                "An enrollment referenced a non-existent temporary enrollment source user nope2",
            ),
            ("c,,u1,,observer,,active,nope,,,,nope2", "An enrollment referenced a non-existent associated user nope"),
            (
                "c,,u9,i9,student,,active,,,,,",
                "User not found for enrollment (User ID: u9, Course ID: c, Section ID: )",
            ),
            ("c,,u9,i1,student,,active,,,,,",),
            ("zz,,nope,,,,active,,,,rrr,",),
            ("c,,gone,,student,,active,,,,,", "Attempted enrolling of deleted user gone in course c"),
            ("c,,gone,,student,,active,,,,,", "Attempted enrolling with deleted sis login away in course c"),
            (
                "x,,u1,,student,,active,,,,,",
                "An enrollment did not pass validation (course: x, section: , user: u1, role: student, "
                "error: An enrollment did not pass validation (course: x, section: , Course is not a "
                "valid course)",
            ),
            (
                "c,,u1,,observer,,active,u1,,,,",
                "An enrollment did not pass validation (course: c, section: , user: u1, role: "
                "observer, error: An enrollment did not pass validation (course: c, section: , "
                "Associated user Cannot observe yourself)",
            ),
            ("c,,u2,,student,,Deleted_last_completed,,,,,",),
            ("c,,u2,,student,,availablex,,,,,", 'Improper status "availablex" for an enrollment'),
        ],
        {
            "users": [
                {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
                {"user_id": "u2", "login_id": "two", "canvas_id": 72},
                {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
            ],
            "courses": [
                {"course_id": "c"},
                {"course_id": "d"},
                {"course_id": "bp"},
                {"course_id": "x", "deleted": True},
            ],
            "sections": [{"section_id": "s", "course_id": "c"}, {"section_id": "t", "course_id": "d"}],
            "blueprints": ["bp"],
            "custom_roles": ["Helper", "77"],
        },
        {},
        (),
    ),
    Order(
        "enrollment, the course of the row before",
        "course_id,section_id,user_id,user_integration_id,role,role_id,status,associated_user_id,start_date,end_date,"
        "root_account,temporary_enrollment_source_user_id",
        [
            (
                ",zz,u1,,student,,active,,,,,",
                "Neither course nor section existed for user enrollment (Course ID: , Section ID: zz, User ID: u1)",
            ),
            ("c,,u1,,student,,active,,,,,",),
            (",zz,u1,,student,,active,,,,,", "An enrollment referenced a non-existent section zz"),
            (
                ",zz,u1,,student,,active,,,,,",
                "Neither course nor section existed for user enrollment (Course ID: , Section ID: zz, User ID: u1)",
            ),
            (",s,u1,,student,,active,,,,,",),
            ("d,,u1,,student,,active,,,,,",),
            (",s,u2,,student,,active,,,,,",),
        ],
        {
            "users": [
                {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
                {"user_id": "u2", "login_id": "two", "canvas_id": 72},
                {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
            ],
            "courses": [
                {"course_id": "c"},
                {"course_id": "d"},
                {"course_id": "bp"},
                {"course_id": "x", "deleted": True},
            ],
            "sections": [{"section_id": "s", "course_id": "c"}, {"section_id": "t", "course_id": "d"}],
            "blueprints": ["bp"],
            "custom_roles": ["Helper", "77"],
        },
        {},
        (),
    ),
    Order(
        "enrollment with skip_deletes",
        "course_id,section_id,user_id,user_integration_id,role,role_id,status,associated_user_id,start_date,end_date,"
        "root_account,temporary_enrollment_source_user_id",
        [
            ("zz,,nope,,,,deleted,,2026-13-01,,,", "Bad date format for user nope in course zz"),
            ("zz,,nope,,,,deleted_last_completed,,,,,",),
            (",,u,,,,deleted,,,,,", "No course_id or section_id given for an enrollment"),
        ],
        {
            "users": [
                {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
                {"user_id": "u2", "login_id": "two", "canvas_id": 72},
                {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
            ],
            "courses": [
                {"course_id": "c"},
                {"course_id": "d"},
                {"course_id": "bp"},
                {"course_id": "x", "deleted": True},
            ],
            "sections": [{"section_id": "s", "course_id": "c"}, {"section_id": "t", "course_id": "d"}],
            "blueprints": ["bp"],
            "custom_roles": ["Helper", "77"],
        },
        {"skip_deletes": True},
        (),
    ),
    Order(
        "admin",
        "user_id,account_id,role_id,role,status,root_account",
        [
            (",,,,x,", "No user_id given for admin"),
            ("u1,,,,,", "No status given for admin"),
            ("u1,,,,x,", "No role_id or role given for admin"),
            ("u1,,,Dean,activex,", "Invalid status activex for admin"),
            ("u1,zz,9,no,active,", "Invalid account_id given for admin"),
            ("u1,D,9,no,active,", "Invalid account_id given for admin"),
            ("u1,,9,no,active,", "Invalid role 'no' for admin"),
            ("u1,,,dean,active,", "Invalid role 'dean' for admin"),
            ("u1,,9,,active,", "Invalid role_id '9' for admin"),
            ("u1,,9,Dean,active,r", "Invalid or unknown user_id 'u1' for admin"),
            ("u1,,9,Dean,active,",),
            ("zz,,,Dean,active,", "Invalid or unknown user_id 'zz' for admin"),
            ("gone,,,AccountAdmin,active,", "Invalid or unknown user_id 'gone' for admin"),
            ("me,,,AccountAdmin,deleted,", "Can't remove yourself user_id 'me'"),
            ("me,A,,AccountAdmin,deleted,",),
            ("u2,,,AccountAdmin,Deleted ,",),
            ("u2,,55,,ACTIVE,",),
        ],
        {
            "users": [
                {"user_id": "u1", "login_id": "one", "integration_id": "i1", "canvas_id": 71},
                {"user_id": "u2", "login_id": "two", "canvas_id": 72},
                {"user_id": "gone", "login_id": "away", "deleted": True, "canvas_id": 73},
                {"user_id": "me", "login_id": "me"},
            ],
            "accounts": [{"account_id": "A"}, {"account_id": "D", "deleted": True}],
            "admin_roles": ["Dean", "55"],
            "runs_as": "me",
        },
        {},
        (),
    ),
)
