"""Rules on ids, accounts, terms and abstract courses.

Room: data. Each type is a row of stages in the order in which Canvas asks; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules.cells import is_bad_date
from canvas_sis_csv.rules.rule import Known, lookup, refused, rule, stage
from canvas_sis_csv.rules.when import among, blank, cell, given, longer_than, not_among, not_exactly, not_starting

OVERRIDES = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")

CHANGE_SIS_ID = (
    stage(
        "first",
        rule(
            "change_sis_id.missing_type",
            "No type given for change_sis_id",
            "Say in type what the id belongs to: account, term, course, section, group, group_category or user.",
            blank("type"),
        ),
        rule(
            "change_sis_id.missing_old",
            "No old_id or old_integration_id given for change_sis_id",
            "Give the id as it is now in old_id (or old_integration_id).",
            blank("old_id", "old_integration_id"),
        ),
        rule(
            "change_sis_id.missing_new",
            "No new_id or new_integration_id given for change_sis_id",
            "Give the id as it shall become in new_id (or new_integration_id).",
            blank("new_id", "new_integration_id"),
        ),
        rule(
            "change_sis_id.bad_type",
            "Invalid type '{type}' for change_sis_id",
            "Use one of: account, term, course, section, group, group_category, user.",
            not_among("type", "user", "course", "section", "term", "account", "group", "group_category"),
            lowered=("type",),
        ),
        rule(
            "change_sis_id.group_category_integration",
            "Group categories should not have integration IDs.",
            "Group categories have SIS ids only: clear the integration id columns of this row.",
            among("type", "group_category") & (given("old_integration_id") | given("new_integration_id")),
        ),
    ),
    stage(
        "database",
        rule(
            "change_sis_id.new_id_taken",
            "A new_id, '{new_id}', referenced an existing {type} and the {type} with {column} '{old_id}' was not "
            "updated",
            "Another object already has the new id. Change or clear that one first, or choose another new_id.",
            lowered=("type",),
        ),
        rule(
            "change_sis_id.new_integration_taken",
            "A new_integration_id, '{new_integration_id}', referenced an existing {type} and the {type} with "
            "integration_id '{old_integration_id}' was not updated",
            "Another object already has the new integration id. Change that one first, or choose another.",
            known=Known.DATABASE_OR_NONE,
            lowered=("type",),
        ),
        rule(
            "change_sis_id.mismatch",
            "An old_id, '{old_id}', referenced a different {type} than the old_integration_id, '{old_integration_id}'",
            "The old_id and the old_integration_id belong to two different objects. Give only one of them, or "
            "correct it.",
            lowered=("type",),
        ),
        rule(
            "change_sis_id.old_id_missing",
            "An old_id, '{old_id}', referenced a non-existent {type} and was not changed.",
            "Nothing in Canvas has this old_id: it may be changed already, or be misspelled. Ids that this import "
            "creates do not count.",
            lowered=("type",),
        ),
        rule(
            "change_sis_id.old_integration_missing",
            "An old_integration_id, '{old_integration_id}', referenced a non-existent {type} and was not changed.",
            "Nothing in Canvas has this old_integration_id: it may be changed already, or be misspelled.",
            lowered=("type",),
        ),
    ),
)

ACCOUNT = (
    stage(
        "first",
        rule(
            "account.missing_id",
            "No account_id given for an account",
            "Give every row an account_id.",
            blank("account_id"),
        ),
        drops_deletes=True,
    ),
    stage(
        "parent",
        lookup(
            "account.unknown_parent",
            "Parent account didn't exist for {account_id}",
            "Put the parent's row above this one, or correct parent_account_id; accounts further down do not count.",
        ),
        rule(
            "account.parent_deleted",
            "Cannot restore sub_account with ID: {account_id} because parent_account with ID: {parent_account_id} "
            "has been deleted.",
            "Restore the parent account in an earlier row, or choose another parent_account_id.",
            known=Known.FILE_SOMETIMES,
        ),
    ),
    stage(
        "new",
        rule(
            "account.missing_name",
            "No name given for account {account_id}, skipping",
            "A new account needs a name.",
            blank("name"),
            known=Known.DATABASE_OR_NONE,
        ),
        rule(
            "account.bad_status",
            'Improper status "{status}" for account {account_id}, skipping',
            "A new account needs the status active or deleted.",
            not_starting("status", "active", "deleted"),
            known=Known.DATABASE_OR_NONE,
        ),
        given="the account does not exist yet",
    ),
    stage(
        "guards",
        rule(
            "account.delete_has_subaccounts",
            "Cannot delete the sub_account with ID: {account_id} because it has active sub accounts.",
            "Delete or move its sub-accounts first, in rows above this one.",
            known=Known.FILE_SOMETIMES,
        ),
        rule(
            "account.delete_has_courses",
            "Cannot delete the sub_account with ID: {account_id} because it has active courses.",
            "Delete or move its courses in an earlier import: this one deletes accounts before it touches courses.",
        ),
        rule(
            "account.loop",
            "Setting account {account_id}'s parent to {parent_account_id} would create a loop",
            "The parent must not lie below the account itself. Check both ids.",
            known=Known.FILE_SOMETIMES,
        ),
    ),
    stage(
        "model",
        refused(
            "account.invalid",
            "{model_error}",
            "Shorten the name to 255 characters.",
            (longer_than("name", 255), "Name is too long (maximum is 255 characters)"),
        ),
    ),
)

TERM = (
    stage(
        "first",
        rule(
            "term.bad_date",
            "Bad date format for term {term_id}",
            "Write dates as 2026-08-24 or 2026-08-24T00:00:00Z. The term was imported with this date empty.",
            (cell("start_date", is_bad_date) | cell("end_date", is_bad_date)),
            row_is="kept",
        ),
        rule("term.missing_id", "No term_id given for a term", "Give every row a term_id.", blank("term_id")),
        rule(
            "term.bad_status",
            'Improper status "{status}" for term {term_id}',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
        drops_deletes=True,
    ),
    stage(
        "term",
        lookup(
            "term.override_unknown_term",
            "Cannot set date override on non-existent term",
            "Create the term itself in a row above its date overrides, or correct term_id.",
        ),
    ),
    stage(
        "override",
        rule(
            "term.bad_override_type",
            "Invalid date_override_enrollment_type",
            "Write it exactly so: StudentEnrollment, TeacherEnrollment, TaEnrollment or DesignerEnrollment.",
            given("date_override_enrollment_type") & not_exactly("date_override_enrollment_type", *OVERRIDES),
        ),
        rule(
            "term.missing_name",
            "No name given for term {term_id}",
            "Give the term a name.",
            blank("name", "date_override_enrollment_type"),
        ),
    ),
    stage(
        "model",
        rule(
            "term.invalid",
            "A term did not pass validation (term: {term_id} / {name}, error: {model_errors})",
            "Canvas keeps the term as it is. A term with active courses and the default term cannot be deleted.",
        ),
    ),
)

ABSTRACT_COURSE = (
    stage(
        "first",
        rule(
            "abstract_course.missing_id",
            "No abstract_course_id given for an abstract course",
            "Give every row an abstract_course_id.",
            blank("abstract_course_id"),
        ),
        rule(
            "abstract_course.missing_short_name",
            "No short_name given for abstract course {abstract_course_id}",
            "Give the abstract course a short_name.",
            blank("short_name"),
        ),
        rule(
            "abstract_course.missing_long_name",
            "No long_name given for abstract course {abstract_course_id}",
            "Give the abstract course a long_name.",
            blank("long_name"),
        ),
        rule(
            "abstract_course.bad_status",
            'Improper status "{status}" for abstract course {abstract_course_id}',
            "Use active or deleted.",
            not_starting("status", "active", "deleted"),
        ),
    ),
)
