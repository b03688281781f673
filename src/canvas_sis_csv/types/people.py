"""Users, further logins, admins and observers.

Room: data; the rules on their rows are in rules/people.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules import people as rules
from canvas_sis_csv.types.columns import ROOT_ACCOUNT
from canvas_sis_csv.types.csv_type import (
    OPTIONAL,
    Column,
    CsvType,
    Definition,
    HeaderTest,
    Kind,
    Reference,
    Shadow,
    never_deletes,
    optional,
    required,
)
from canvas_sis_csv.types.structure import ACCOUNT_ID

USER_ID = Kind("user", "a user")
USER_INTEGRATION_ID = Kind("user_integration", "a user by integration id")

_BROUGHT = (Definition("user_id", USER_ID), Definition("integration_id", USER_INTEGRATION_ID))
_EXISTING = ("existing_user_id", "existing_integration_id", "existing_canvas_user_id")
_PROVIDER = Column("authentication_provider_id", OPTIONAL, "id or type of a provider of the account, such as saml")
_PASSWORDS = (
    Column("password", OPTIONAL, "used only for new passwords, and those never changed by the user"),
    Column("ssha_password", OPTIONAL, "as password, already hashed"),
)

USER = CsvType(
    name="user",
    header=HeaderTest(all_of=("user_id", "login_id"), none_of=_EXISTING),
    columns=(
        required("user_id", "up to 255 characters"),
        required("login_id", "up to 100 printable characters; unique, whatever the case"),
        required(
            "status",
            "active, suspended or deleted",
            diagnoses.status("active", "suspended", "deleted", effect=diagnoses.takes_for_active),
            ("active", "suspended", "deleted"),
        ),
        *optional("first_name", "last_name", "full_name", "sortable_name", "short_name"),
        Column("email", OPTIONAL, "a bare address; a bad one is left out"),
        *_PASSWORDS,
        _PROVIDER,
        Column("integration_id", OPTIONAL, "unique; blank keeps it"),
        Column("pronouns", OPTIONAL, "<delete> removes them"),
        Column(
            "declared_user_type",
            OPTIONAL,
            "administrative, observer, staff, student, student_other or teacher",
            words=rules.USER_TYPES,
        ),
        Column("canvas_password_notification", OPTIONAL, "any value counts as yes"),
        *optional("home_account"),
    ),
    stages=rules.USER,
    identifying=("user_id",),
    key=(("user_id",),),
    shuts=lambda status: status.lower().startswith("suspended"),
    defines=_BROUGHT,
    shadows=(Shadow("enrollment", "login_id", ("course_id", "section_id", "role", "role_id")),),
    # A longer word that begins so is taken for active.
    deletes=lambda status: status.lower() == "deleted",
)

LOGIN = CsvType(
    name="login",
    header=HeaderTest(any_of=(_EXISTING,)),
    columns=(
        required("user_id", "SIS id of the new login"),
        required("login_id", "as for users"),
        Column("existing_user_id", "one of the three", "SIS id of a login the person has"),
        Column("existing_integration_id", "one of the three"),
        Column("existing_canvas_user_id", "one of the three"),
        ROOT_ACCOUNT,
        *optional("email"),
        *_PASSWORDS,
        *optional("integration_id"),
        _PROVIDER,
    ),
    stages=rules.LOGIN,
    identifying=("user_id",),
    key=(("user_id",),),
    defines=_BROUGHT,
    references=(
        Reference("existing_user_id", USER_ID, rules.NO_ROOT_ACCOUNT),
        Reference("existing_integration_id", USER_INTEGRATION_ID, rules.NO_ROOT_ACCOUNT),
    ),
    shadows=(Shadow("user", "existing_user_id", ("status", "first_name", "last_name", "full_name", "sortable_name")),),
    deletes=never_deletes,
)

ADMIN = CsvType(
    name="admin",
    header=HeaderTest(all_of=("account_id", "user_id")),
    columns=(
        required("user_id"),
        Column("account_id", "the column, not a value", "blank = the root account"),
        Column(
            "role",
            "this or role_id",
            "a role's exact name, such as AccountAdmin",
            diagnoses.likely_word("AccountAdmin"),
        ),
        Column("role_id", "this or role", "looked at first"),
        required("status", "exactly active or deleted", words=("active", "deleted")),
        Column("root_account", OPTIONAL, "for trusted accounts only"),
    ),
    stages=rules.ADMIN,
    identifying=("user_id", "account_id"),
    key=(("user_id",), ("account_id",), ("role", "role_id")),
    references=(Reference("user_id", USER_ID, rules.NO_ROOT_ACCOUNT), Reference("account_id", ACCOUNT_ID)),
    shadows=(Shadow("group_membership", "account_id", ("group_id",)),),
)

USER_OBSERVER = CsvType(
    name="user_observer",
    header=HeaderTest(all_of=("observer_id", "student_id")),
    columns=(
        required("observer_id"),
        required("student_id"),
        required("status", "exactly active or deleted", words=("active", "deleted")),
    ),
    stages=rules.USER_OBSERVER,
    identifying=("observer_id",),
    key=(("observer_id",), ("student_id",)),
    references=(Reference("observer_id", USER_ID), Reference("student_id", USER_ID)),
)
