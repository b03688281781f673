"""Rules on users, logins, admins and observers."""

from __future__ import annotations

from tests.canvas_sandbox.rules.case import KNOWN, TWO, Case, one
from tests.support.sandbox_engine import csv

USERS = "user_id,login_id,full_name,status,integration_id,authentication_provider_id,email"
LOGINS = "user_id,login_id,existing_user_id,existing_integration_id,existing_canvas_user_id,root_account,integration_id"
ADMINS = "user_id,account_id,role_id,role,status,root_account"
OBSERVERS = "observer_id,student_id,status"
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
        "user.integration_id_claimed_canvas",
        "the holder has no SIS id",
        one(USERS, "u9,nine,N,active,i9,,", "u8,local,N,active,i9,,"),
        [
            (
                2,
                "An existing Canvas user with the Canvas ID 4411 has already claimed u9's requested integration_id,"
                " skipping",
            )
        ],
        {"canvas_logins": [{"login_id": "local", "canvas_id": 4411, "integration_id": "i9"}]},
        counts={"users": 1},
    ),
    Case(
        "login.integration_id_claimed",
        "the holder has no SIS id: the users' text",
        one(LOGINS, "u9,nine,u1,,,,i9"),
        [
            (
                2,
                "An existing Canvas user with the Canvas ID 4411 has already claimed u9's requested integration_id,"
                " skipping",
            )
        ],
        {**TWO, "canvas_logins": [{"login_id": "local", "canvas_id": 4411, "integration_id": "i9"}]},
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
