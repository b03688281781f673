"""Rules on users, logins, admins and observers.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from dataclasses import replace

from canvas_sis_csv.rules.cells import has_prohibited, has_unprintable, holds_nul, is_bad_email
from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import (
    any_cell,
    blank,
    cell,
    given,
    joined_longer_than,
    longer_than,
    not_among,
    not_exactly,
    not_starting,
    together,
)

USER_TYPES = ("administrative", "observer", "staff", "student", "student_other", "teacher", "<delete>")

UNKNOWN_USER_TYPE = given("declared_user_type") & not_exactly("declared_user_type", *USER_TYPES)

_NAME_IS_LONG = "Name is too long (maximum is 255 characters)"

REFUSED_USER = refused(
    "user.save_failed",
    "Could not save the user with user_id: '{user_id}'. Unknown reason: {model_error}",
    "Shorten names to 255 characters and login_id to 100, or correct what the message names (password policy, "
    "declared_user_type).",
    (longer_than("full_name", 255), _NAME_IS_LONG),
    (joined_longer_than("first_name", "last_name", 255) & blank("full_name"), _NAME_IS_LONG),
    (longer_than("short_name", 255), "Short name is too long (maximum is 255 characters)"),
    (longer_than("sortable_name", 255), "Sortable name is too long (maximum is 255 characters)"),
)
"""The person is saved before the login."""

REFUSED_LOGIN_OF_USER = refused(
    REFUSED_USER.code,
    REFUSED_USER.message,
    REFUSED_USER.hint,
    (longer_than("login_id", 100), "Unique ID is too long (maximum is 100 characters)"),
    (UNKNOWN_USER_TYPE, "Declared user type is not included in the list"),
)

UNICODE_OF_USER = rule(
    "user.login_bad_unicode",
    "Invalid Unicode characters in login_id '{login_id}'; skipping",
    "Remove the characters that cannot be part of a login (a replacement mark, emoji, private-use characters).",
    cell("login_id", has_prohibited),
)

USER = (
    stage(
        "first",
        rule(
            "user.null_character",
            "Some of the fields contain NULL character",
            "The row holds NUL characters: the export broke, or the file was still being written. Export it again.",
            any_cell(holds_nul),
        ),
        rule("user.missing_id", "No user_id given for a user", "Give every row a user_id.", blank("user_id")),
        rule(
            "user.missing_login", "No login_id given for user {user_id}", "Give the user a login_id.", blank("login_id")
        ),
        rule(
            "user.missing_status",
            "No status given for user {user_id}",
            "Give the status active, suspended or deleted.",
            blank("status"),
        ),
        rule(
            "user.bad_status",
            "Improper status for user {user_id}",
            "Use active, suspended or deleted.",
            not_starting("status", "active", "suspended", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "unicode",
        UNICODE_OF_USER,
    ),
    stage(
        "claims",
        rule(
            "user.integration_id_claimed",
            "An existing Canvas user with the SIS ID {other_user_id} has already claimed {user_id}'s requested "
            "integration_id, skipping",
            "Two users share one integration_id. Find out whose it is and clear the other.",
            known=Known.FILE_SOMETIMES,
        ),
        rule(
            "user.integration_id_claimed_canvas",
            "An existing Canvas user with the Canvas ID {canvas_id} has already claimed {user_id}'s requested "
            "integration_id, skipping",
            "A user without SIS id has this integration_id. Give that user the SIS id in Canvas, or clear one of them.",
        ),
        rule(
            "user.login_claimed",
            "An existing Canvas user with the SIS ID {other_user_id} has already claimed {user_id}'s user_id "
            "requested login information, skipping",
            "Two users share one login_id. If it is the same person under a new SIS id, rename it with a "
            "change_sis_id file; else choose another login_id.",
            known=Known.FILE_SOMETIMES,
        ),
        rule(
            "user.login_claimed_canvas",
            "An existing Canvas user with the Canvas ID {canvas_id} has already claimed {user_id}'s user_id "
            "requested login information, skipping",
            "Somebody in Canvas already has this login, without SIS id. Merge the two users or rename one login "
            "in Canvas.",
        ),
        rule(
            "user.remove_self",
            "Can't remove yourself user_id '{user_id}'",
            "The import runs with this user's token. Use the token of another administrator, or leave the row out.",
        ),
        rule(
            "user.unknown_auth_provider",
            "unrecognized authentication provider {authentication_provider_id} for {user_id}, skipping",
            "Use the id or type of an authentication provider of your account, or leave the column blank.",
        ),
    ),
    stage(
        "save",
        REFUSED_USER,
        rule(
            "user.login_invalid",
            "Could not save the user with user_id: '{user_id}'. Invalid login_id: '{login_id}'",
            "Remove the invisible characters from login_id.",
            cell("login_id", has_unprintable),
        ),
        REFUSED_LOGIN_OF_USER,
    ),
    stage(
        "email",
        rule(
            "user.bad_email",
            "The email address associated with user '{user_id}' is invalid (email: '{email}')",
            "The user was imported without it. Write a bare address such as ada@school.example.",
            given("email") & cell("email", is_bad_email),
            row_is="partial",
        ),
        rule(
            "user.email_not_valid",
            "An email did not pass validation ({email}, error: {model_errors})",
            "The user was imported without it. Correct the address.",
            row_is="partial",
        ),
        rule(
            "user.not_valid",
            "A user did not pass validation (user: {user_id}, error: {model_errors})",
            "The user was imported in part. Correct what the message names.",
            row_is="partial",
        ),
    ),
)

NO_ROOT_ACCOUNT = blank("root_account")
"""Without trust between accounts, a login row that names a root account vanishes before its batch is looked at."""

UNICODE_OF_LOGIN = replace(UNICODE_OF_USER, when=NO_ROOT_ACCOUNT & cell("login_id", has_prohibited))
"""Users and logins go through one importer, so the message and its code are those of users."""

LOGIN = (
    stage(
        "first",
        rule(
            "login.missing_id",
            "No user_id given for a user",
            "Give the new login a user_id of its own.",
            blank("user_id"),
        ),
        rule(
            "login.missing_login",
            "No login_id given for user {user_id}",
            "Give the new login a login_id.",
            blank("login_id"),
        ),
        rule(
            "login.missing_existing",
            "No existing user provided for login with SIS ID {user_id}",
            "Say whose login it is, in existing_user_id, existing_integration_id or existing_canvas_user_id.",
            blank("existing_user_id", "existing_integration_id", "existing_canvas_user_id"),
        ),
    ),
    stage(
        "unicode",
        UNICODE_OF_LOGIN,
    ),
    stage(
        "claims",
        rule(
            "login.integration_id_claimed",
            "An existing Canvas user with the SIS ID {other_user_id} has already claimed {user_id}'s requested "
            "integration_id, skipping",
            "Another user has this integration_id. Find out whose it is and clear the other.",
            known=Known.IMPORT_SOMETIMES,
        ),
        rule(
            "login.taken",
            "An existing Canvas user with the SIS ID {user_id} or login of {login_id} already exists, skipping",
            "A user or login with this user_id or login_id is there already. A second login needs both new.",
            known=Known.IMPORT_SOMETIMES,
        ),
        lookup(
            "login.existing_not_found",
            "Could not find the existing user for login with SIS ID {user_id}, skipping",
            "Import the user first (users go before logins in one import), or correct the existing_ ids.",
        ),
        rule(
            "login.existing_mismatch",
            "An existing user does not match existing user ids provided for login with SIS ID {user_id}, skipping",
            "The existing_ ids belong to different users. Give only one of them, or correct the wrong one.",
            known=Known.IMPORT_SOMETIMES,
        ),
        rule(
            "login.unknown_auth_provider",
            "unrecognized authentication provider {authentication_provider_id} for {user_id}, skipping",
            "Use the id or type of an authentication provider of your account, or leave the column blank.",
        ),
    ),
    stage(
        "save",
        rule(
            "login.login_invalid",
            "Could not save the user with user_id: '{user_id}'. Invalid login_id: '{login_id}'",
            "Remove the invisible characters from login_id.",
            NO_ROOT_ACCOUNT & cell("login_id", has_unprintable),
        ),
        refused(
            "login.save_failed",
            "Could not save the user with user_id: '{user_id}'. Unknown reason: {model_error}",
            "Shorten login_id to 100 characters, or correct what the message names.",
            (NO_ROOT_ACCOUNT & longer_than("login_id", 100), "Unique ID is too long (maximum is 100 characters)"),
        ),
    ),
    stage(
        "email",
        rule(
            "login.bad_email",
            "The email address associated with user '{user_id}' is invalid (email: '{email}')",
            "The login was imported without it. Write a bare address such as ada@school.example.",
            NO_ROOT_ACCOUNT & given("email") & cell("email", is_bad_email),
            row_is="partial",
        ),
    ),
)

ADMIN = (
    stage(
        "first",
        rule("admin.missing_user", "No user_id given for admin", "Give every row a user_id.", blank("user_id")),
        rule(
            "admin.missing_status", "No status given for admin", "Give the status active or deleted.", blank("status")
        ),
        rule(
            "admin.missing_role",
            "No role_id or role given for admin",
            "Give a role (AccountAdmin) or a role_id. If these were meant as group memberships, remove the column "
            "account_id.",
            blank("role", "role_id"),
        ),
        rule(
            "admin.bad_status",
            "Invalid status {status} for admin",
            "Use active or deleted, nothing after it.",
            not_among("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "admin.unknown_account",
            "Invalid account_id given for admin",
            "Import the account first, or correct account_id; blank is the root account.",
        ),
        rule(
            "admin.bad_role",
            "Invalid role '{role}' for admin",
            "Use the name of an admin role of the account, letter for letter: AccountAdmin, not accountadmin.",
        ),
        rule(
            "admin.bad_role_id",
            "Invalid role_id '{role_id}' for admin",
            "Use the id of an admin role of the account, or its name in role.",
        ),
        lookup(
            "admin.unknown_user",
            "Invalid or unknown user_id '{user_id}' for admin",
            "Import the user first (users go before admins in one import), or correct user_id.",
        ),
        rule(
            "admin.remove_self",
            "Can't remove yourself user_id '{user_id}'",
            "The import runs with this user's token. Use the token of another administrator, or leave the row out.",
        ),
    ),
)

USER_OBSERVER = (
    stage(
        "first",
        rule(
            "user_observer.missing_observer",
            "No observer_id given for a user observer",
            "Give the user_id of the observer.",
            blank("observer_id"),
        ),
        rule(
            "user_observer.missing_student",
            "No user_id given for a user observer",
            "Give the user_id of the student in student_id.",
            blank("student_id"),
        ),
        rule(
            "user_observer.self",
            "Can't observe yourself user {student_id}",
            "Observer and student must be two users.",
            together(("observer_id", "student_id"), str.__eq__),
        ),
        rule(
            "user_observer.bad_status",
            'Improper status "{status}" for a user_observer',
            "Use active or deleted, nothing after it.",
            not_among("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup(
            "user_observer.unknown_observer",
            "An observer referenced a non-existent user {observer_id}",
            "Import the observer as a user first, or correct observer_id; deleted users do not count.",
        ),
        lookup(
            "user_observer.unknown_student",
            "A student referenced a non-existent user {student_id}",
            "Import the student as a user first, or correct student_id; deleted users do not count.",
        ),
        lookup(
            "user_observer.delete_missing",
            "Can't delete a non-existent observer for observer: {observer_id}, student: {student_id}",
            "There is no such link to delete; the row can be left out.",
        ),
        rule(
            "user_observer.failed",
            "Failed to return user observer for observer: {observer_id}, student: {student_id}",
            "Canvas could not make the link. Look at both users in Canvas.",
        ),
    ),
)
