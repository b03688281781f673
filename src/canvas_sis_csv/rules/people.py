"""Rules on users, logins, admins and observers.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

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
    (longer_than("full_name", 255), _NAME_IS_LONG),
    (joined_longer_than("first_name", "last_name", 255) & blank("full_name"), _NAME_IS_LONG),
    (longer_than("short_name", 255), "Short name is too long (maximum is 255 characters)"),
    (longer_than("sortable_name", 255), "Sortable name is too long (maximum is 255 characters)"),
)
"""The person is saved before the login."""

REFUSED_LOGIN_OF_USER = refused(
    "user.save_failed",
    (longer_than("login_id", 100), "Unique ID is too long (maximum is 100 characters)"),
    (UNKNOWN_USER_TYPE, "Declared user type is not included in the list"),
)

UNICODE_OF_USER = rule("user.login_bad_unicode", cell("login_id", has_prohibited))

USER = (
    stage(
        "first",
        rule("user.null_character", any_cell(holds_nul)),
        rule("user.missing_id", blank("user_id")),
        rule("user.missing_login", blank("login_id")),
        rule("user.missing_status", blank("status")),
        rule("user.bad_status", not_starting("status", "active", "suspended", "deleted")),
        drops_deletes=True,
    ),
    stage("unicode", UNICODE_OF_USER),
    stage(
        "claims",
        rule("user.integration_id_claimed", known=Known.FILE_SOMETIMES),
        rule("user.integration_id_claimed_canvas"),
        rule("user.login_claimed", known=Known.FILE_SOMETIMES),
        rule("user.login_claimed_canvas"),
        rule("user.remove_self"),
        rule("user.unknown_auth_provider"),
    ),
    stage("save", REFUSED_USER, rule("user.login_invalid", cell("login_id", has_unprintable)), REFUSED_LOGIN_OF_USER),
    stage(
        "email",
        rule("user.bad_email", given("email") & cell("email", is_bad_email), row_is="partial"),
        rule("user.email_not_valid", row_is="partial"),
        rule("user.not_valid", row_is="partial"),
    ),
)

NO_ROOT_ACCOUNT = blank("root_account")
"""Without trust between accounts, a login row that names a root account vanishes before its batch is looked at."""

UNICODE_OF_LOGIN = rule("user.login_bad_unicode", NO_ROOT_ACCOUNT & cell("login_id", has_prohibited))
"""Users and logins go through one importer, so the message and its code are those of users."""

LOGIN = (
    stage(
        "first",
        rule("login.missing_id", blank("user_id")),
        rule("login.missing_login", blank("login_id")),
        rule("login.missing_existing", blank("existing_user_id", "existing_integration_id", "existing_canvas_user_id")),
    ),
    stage("unicode", UNICODE_OF_LOGIN),
    stage(
        "claims",
        rule("login.integration_id_claimed", known=Known.IMPORT_SOMETIMES),
        rule("login.taken", known=Known.IMPORT_SOMETIMES),
        lookup("login.existing_not_found"),
        rule("login.existing_mismatch", known=Known.IMPORT_SOMETIMES),
        rule("login.unknown_auth_provider"),
    ),
    stage(
        "save",
        rule("login.login_invalid", NO_ROOT_ACCOUNT & cell("login_id", has_unprintable)),
        refused(
            "login.save_failed",
            (NO_ROOT_ACCOUNT & longer_than("login_id", 100), "Unique ID is too long (maximum is 100 characters)"),
        ),
    ),
    stage(
        "email",
        rule("login.bad_email", NO_ROOT_ACCOUNT & given("email") & cell("email", is_bad_email), row_is="partial"),
    ),
)

ADMIN = (
    stage(
        "first",
        rule("admin.missing_user", blank("user_id")),
        rule("admin.missing_status", blank("status")),
        rule("admin.missing_role", blank("role", "role_id")),
        rule("admin.bad_status", not_among("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("admin.unknown_account"),
        rule("admin.bad_role"),
        rule("admin.bad_role_id"),
        lookup("admin.unknown_user"),
        rule("admin.remove_self"),
    ),
)

USER_OBSERVER = (
    stage(
        "first",
        rule("user_observer.missing_observer", blank("observer_id")),
        rule("user_observer.missing_student", blank("student_id")),
        rule("user_observer.self", together(("observer_id", "student_id"), str.__eq__)),
        rule("user_observer.bad_status", not_among("status", "active", "deleted")),
        drops_deletes=True,
    ),
    stage(
        "database",
        lookup("user_observer.unknown_observer"),
        lookup("user_observer.unknown_student"),
        lookup("user_observer.delete_missing"),
        rule("user_observer.failed"),
    ),
)
