"""Renamed ids, accounts, terms and abstract courses.

Room: data; the rules on their rows are in rules/structure.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules import structure as rules
from canvas_sis_csv.rules.when import given
from canvas_sis_csv.types.columns import ACTIVE, DATES, INTEGRATION
from canvas_sis_csv.types.csv_type import (
    OPTIONAL,
    Column,
    CsvType,
    Definition,
    HeaderTest,
    Kind,
    Reference,
    Shadow,
    optional,
    required,
)

RENAMED_TYPES = ("account", "term", "course", "section", "group", "group_category", "user")
OVERRIDE_TYPES = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")

ACCOUNT_ID = Kind("account", "an account")
TERM_ID = Kind(
    "term",
    "a term",
    "Canvas does not complain about an unknown term: it takes the default term, or the one before.",
)
ABSTRACT_COURSE_ID = Kind(
    "abstract_course",
    "an abstract course",
    "Fine if Canvas has it from an earlier import; else the course is imported without it.",
)

CHANGE_SIS_ID = CsvType(
    name="change_sis_id",
    header=HeaderTest(any_of=(("old_id", "old_integration_id"),)),
    columns=(
        Column("old_id", "this or old_integration_id", "the id as it is now"),
        Column("old_integration_id", "this or old_id"),
        Column("new_id", "this or new_integration_id", "the id as it shall be"),
        Column("new_integration_id", "this or new_id", "<delete> removes it"),
        required("type", "account, term, course, section, group, group_category or user", words=RENAMED_TYPES),
    ),
    stages=rules.CHANGE_SIS_ID,
    identifying=("old_id", "old_integration_id"),
    key=(("type",), ("old_id", "old_integration_id")),
    shadows=(
        Shadow("user", "old_id", ("login_id", "email", "full_name")),
        Shadow("course", "old_id", ("short_name", "long_name")),
        Shadow("enrollment", "old_id", ("role", "role_id")),
    ),
)

ACCOUNT = CsvType(
    name="account",
    header=HeaderTest(all_of=("account_id", "parent_account_id")),
    columns=(
        required("account_id", "up to 255 characters"),
        Column("parent_account_id", "the column, not a value", "blank = the root account; must stand in a row above"),
        Column("name", "required for a new account", "blank keeps the old name"),
        Column(
            "status", "required for a new account", "active or deleted", diagnoses.account_status, ("active", "deleted")
        ),
        INTEGRATION,
    ),
    stages=rules.ACCOUNT,
    identifying=("account_id",),
    key=(("account_id",),),
    defines=(Definition("account_id", ACCOUNT_ID),),
    references=(Reference("parent_account_id", ACCOUNT_ID),),
    shadows=(Shadow("course", "parent_account_id", ("course_id", "short_name", "long_name", "term_id")),),
)

TERM = CsvType(
    name="term",
    header=HeaderTest(all_of=("term_id", "name")),
    columns=(
        required("term_id"),
        Column("name", "required unless date_override_enrollment_type is given", "the column identifies the file"),
        ACTIVE,
        *DATES,
        INTEGRATION,
        Column(
            "date_override_enrollment_type",
            OPTIONAL,
            "StudentEnrollment, TeacherEnrollment, TaEnrollment …",
            words=OVERRIDE_TYPES,
        ),
    ),
    stages=rules.TERM,
    identifying=("term_id",),
    # A row that says when one kind of enrollment begins and ends is another one than the term's own.
    key=(("term_id",), ("date_override_enrollment_type",)),
    defines=(Definition("term_id", TERM_ID),),
    references=(Reference("term_id", TERM_ID, given("date_override_enrollment_type")),),
    shadows=(Shadow("course", "name", ("course_id", "long_name", "account_id")),),
)

ABSTRACT_COURSE = CsvType(
    name="abstract_course",
    header=HeaderTest(all_of=("abstract_course_id", "short_name"), none_of=("course_id",)),
    columns=(
        required("abstract_course_id"),
        required("short_name"),
        required("long_name"),
        ACTIVE,
        Column("term_id", OPTIONAL, "an unknown one gives the default term, without a message"),
        Column("account_id", OPTIONAL, "an unknown one gives the root account, without a message"),
        *optional("fallback_account_id"),
    ),
    stages=rules.ABSTRACT_COURSE,
    key=(("abstract_course_id",),),
    defines=(Definition("abstract_course_id", ABSTRACT_COURSE_ID),),
    references=(Reference("term_id", TERM_ID, is_soft=True),),
)
