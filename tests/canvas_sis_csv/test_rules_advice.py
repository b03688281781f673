"""Our own warnings: each with a header or a value that earns it, and the nearest one that does not."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv.advice import row_advice, value_checks, watches
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.classify import classify
from canvas_sis_csv.header_advice import header_advice
from canvas_sis_csv.model import Knowable, Level
from canvas_sis_csv.row_rules import row_hits
from canvas_sis_csv.rules.when import ANY_CELL
from canvas_sis_csv.types import CANVAS, TYPES

OF_MORE_THAN_A_VALUE = {
    "advice.renamed_id",
    *("advice.float_ids", "advice.other_person", "advice.people_lost", "advice.contradiction"),
    *("advice.long_row", "advice.short_row"),
}
"""What is said of several rows, or of a row's length: test_field_rows has their examples."""
ADVICE = {code for code in RULES if code.startswith("advice.")}


class Line:
    """A row of named values."""

    cells: tuple[str | None, ...] = ()

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def get(self, column: str) -> str | None:
        return self.values.get(column)


def on_header(type_: str, header: str) -> list[str]:
    return [RULES[hit.code].text(**hit.values) for hit in header_advice(CANVAS[type_], header.split(","))]


def on_value(type_: str, column: str, value: str) -> list[tuple[str, str]]:
    return [(hit.code, RULES[hit.code].text(**hit.values)) for hit in row_advice(CANVAS[type_], Line({column: value}))]


HEADERS: list[tuple[str, str, str, str]] = [
    # code, header, what is said, the nearest header without this code
    (
        "advice.shadowed_type",
        "course_id,user_id,role,section_id,status,name",
        "Canvas takes this file for sections, because of name; user_id, role suggest enrollments",
        "section_id,course_id,name,status",
    ),
    (
        "advice.shadowed_type",
        "course_id,term_id,name,account_id,status",
        "Canvas takes this file for terms, because of name; course_id, account_id suggest courses",
        "term_id,name,status,start_date",
    ),
    (
        "advice.shadowed_type",
        "group_id,user_id,account_id,status",
        "Canvas takes this file for admins, because of account_id; group_id suggest group memberships",
        "user_id,account_id,role,status",
    ),
    (
        "advice.shadowed_type",
        "user_id,login_id,full_name,status,existing_user_id",
        "Canvas takes this file for logins, because of existing_user_id; status, full_name suggest users",
        "user_id,login_id,existing_user_id,email",
    ),
    (
        "advice.shadowed_type",
        "group_category_id,category_name,group_id,status",
        "Canvas takes this file for group categories, because of category_name; group_id suggest groups",
        "group_category_id,category_name,status",
    ),
    (
        "advice.missing_column",
        "user_id,login_id,full_name",
        "The column status is missing: Canvas refuses every row of users",
        "user_id,login_id,status",
    ),
    (
        "advice.header_spaces",
        "user_id, login_id,status",
        "The column header ' login_id' holds spaces: Canvas finds no column login_id in the rows",
        "user_id,login_id,status",
    ),
    (
        "advice.header_spaces",
        "user_id,login_id,status,email\u00a0",
        "The column header 'email\\xa0' holds a no-break space: Canvas finds no column email in the rows",
        "user_id,login_id,status,email,hair colour",
    ),
    (
        "advice.header_spaces",
        "user_id,login_id,status,\u200bemail",
        "The column header '\\u200bemail' holds an invisible character (U+200B): Canvas finds no column email"
        " in the rows",
        "user_id,login_id,status,EMAIL",
    ),
    (
        "advice.misspelled_column",
        "user_id,login_id,status,e-mail",
        "Canvas ignores the column e-mail; email may be meant",
        "user_id,login_id,status,phone",
    ),
    (
        "advice.misspelled_column",
        "user_id,login_id,status,First Name",
        "Canvas ignores the column first name; first_name may be meant",
        "user_id,login_id,status,first_name,first name",
    ),
    (
        "advice.misspelled_column",
        "section_id,course_id,name,status,start_dat",
        "Canvas ignores the column start_dat; start_date may be meant",
        "section_id,course_id,name,status,account_id",
    ),
    (
        "advice.duplicate_column",
        "term_id,name,Name,status",
        "The column name is there 2 times: Canvas reads the first one only, even where it is blank",
        "term_id,name,status,,",
    ),
    (
        "advice.password_column",
        "user_id,login_id,status,password",
        "The file carries passwords, in password",
        "user_id,login_id,status,password_hint",
    ),
]


@pytest.mark.parametrize(("code", "header", "text", "near"), HEADERS)
def test_a_treacherous_header_is_explained(code: str, header: str, text: str, near: str) -> None:
    type_ = classify(header.split(","))
    assert type_
    assert text in on_header(type_, header)
    assert [hit.code for hit in header_advice(CANVAS[type_], header.split(","))].count(code) == 1


@pytest.mark.parametrize(("code", "header", "text", "near"), HEADERS)
def test_the_nearest_good_header_is_left_alone(code: str, header: str, text: str, near: str) -> None:
    type_ = classify(near.split(","))
    assert type_
    assert code not in [hit.code for hit in header_advice(CANVAS[type_], near.split(","))]


@pytest.mark.parametrize("type_", TYPES)
def test_a_header_of_all_known_columns_earns_no_advice_but_on_passwords(type_: str) -> None:
    header = [column.name for column in CANVAS[type_].columns]
    assert {hit.code for hit in header_advice(CANVAS[type_], header)} <= {"advice.password_column"}


@pytest.mark.parametrize("type_", [type_.name for type_ in CANVAS.types if type_.shadows])
def test_a_shadowing_column_really_makes_the_file_that_type(type_: str) -> None:
    for shadow in CANVAS[type_].shadows:
        assert shadow.because in CANVAS[type_].column_names
        assert set(shadow.marks) <= CANVAS[shadow.meant].column_names
        assert not {column.name for column in CANVAS[type_].columns if column.is_required} & set(shadow.marks)


VALUES: list[tuple[str, str, str, str, str, str]] = [
    # code, type, column, value, what is said, the nearest value without this code
    ("advice.day_first_date", "section", "start_date", "05/01/2026", "5 January 2026", "05/05/2026"),
    ("advice.day_first_date", "section", "start_date", "1/12/2026 08:00", "1 December 2026", "13/12/2026"),
    ("advice.word_date", "term", "end_date", "TBD", "clears the date", "2026-08-24"),
    ("advice.word_date", "section", "end_date", "<delete>", "clears the date", "2026-08-24"),
    ("advice.rolled_over_date", "enrollment", "end_date", "2026-02-30", "2 March 2026", "2026-02-28"),
    ("advice.odd_year", "course", "start_date", "26-01-05", "5 January 26", "2026-01-05"),
    ("advice.odd_year", "term", "start_date", "45000", " November 45", "20260824"),
    ("advice.partial_date", "term", "start_date", "monday", "fills it up from today", "Aug 2026"),
    ("advice.account_status", "account", "status", "inactive", "activates it", "Active"),
    ("advice.account_status", "account", "status", "undeleted", "deletes it", "DELETED"),
    ("advice.account_status", "account", "status", "closed", "leaves it as it is", "active"),
    ("advice.status_tail", "user", "status", "deleted_user", "takes it for active", "Deleted"),
    ("advice.status_tail", "term", "status", "activex", "takes it as active", "active"),
    ("advice.status_tail", "course", "status", "active_completed", "completes", "published"),
    ("advice.status_tail", "course", "status", "publishedx", "changes nothing", "unpublished"),
    ("advice.status_tail", "enrollment", "status", "completed2", "takes it as completed", "deleted_last_completed"),
    ("advice.status_tail", "group_membership", "status", "deletedx", "deletes", "Accepted"),
    ("advice.status_tail", "group", "status", "deleted!", "leaves it available", "closed"),
    ("advice.capital_deleted", "group", "status", "Deleted", "leaves it available", "deleted"),
    ("advice.capital_deleted", "differentiation_tag", "status", "DELETED", "leaves it available", "Available"),
    ("advice.role_tail", "enrollment", "role", "students", "counts as student", "Student"),
    ("advice.role_tail", "enrollment", "role", "studentenrollment", "counts as student", "StudentEnrollment"),
    ("advice.root_account", "login", "root_account", "partner.example", "without a message", ""),
    ("advice.password_notification", "user", "canvas_password_notification", "False", "counts as yes", "true"),
    ("advice.short_password", "user", "password", "1234567", "minimum of 8", "12345678"),
    ("advice.too_long", "course", "course_id", "c" * 256, "more than 255", "c" * 255),
    ("advice.too_long", "user", "first_name", "n" * 256, "more than 255", "n" * 255),
    ("advice.invisible_character", "user", "user_id", "u1\u200b", "a zero-width space", "u 1"),
    ("advice.invisible_character", "enrollment", "course_id", "\u00a0C1", "a no-break space", "C 1"),
    ("advice.invisible_character", "user", "login_id", "ann\u200d", "U+200D", "ann"),
    ("advice.invisible_character", "enrollment", "user_id", "s1\x1a", "^Z", "s1z"),
    ("advice.invisible_character", "group", "group_id", "g\x1f1", "a unit separator", "g_1"),
    ("advice.invisible_character", "course", "course_id", "C\u00a01", "a no-break space", "C 1"),
    ("advice.spreadsheet_number", "user", "user_id", "1.23457E+11", "spreadsheet", "1E7"),
    ("advice.spreadsheet_number", "user", "user_id", "1,23457E+11", "spreadsheet", "1,2"),
    *(
        ("advice.no_id", "user", "user_id", word, "is no id", f"{word}1")
        for word in ("NULL", "(null)", "None", "nan", "NaN", "N/A", "#N/A", "#REF!", "undefined", "0000", "0", "\\N")
    ),
    ("advice.no_id", "account", "parent_account_id", "null", "is no id", "NA"),
    ("advice.no_id", "user", "login_id", "NULL", "is no id", "nullmann"),
    ("advice.no_id", "group_membership", "user_id", "-", "is no id", "a-b"),
    ("advice.formula_id", "user", "user_id", '="00123"', "formula", "00123="),
    ("advice.formula_id", "user", "login_id", '=T("ann")', "formula", "ann=1"),
    ("advice.apostrophe_id", "user", "user_id", "'00123", "apostrophe", "o'brien"),
    ("advice.apostrophe_id", "enrollment", "section_id", "\u2019S1", "apostrophe", "S'1"),
    *(
        ("advice.likely_word", "enrollment", "role", role, f"close to {word}", "Co-Teacher")
        for role, word in (
            *(("studnet", "student"), ("Techer", "teacher"), ("teachers", "teacher"), ("obsever", "observer")),
            *(("desinger", "designer"), ("T.A.", "ta"), ("TAEnrollment", "TaEnrollment"), ("tas", "ta")),
        )
    ),
    ("advice.likely_word", "enrollment", "role", "Teacher Enrollment", "close to TeacherEnrollment", "Teacher 2"),
    ("advice.likely_word", "admin", "role", "AcountAdmin", "close to AccountAdmin", "AccountAdmin"),
    ("advice.null_character", "course", "long_name", "Al\0gebra", "NUL", "Algebra"),
    ("advice.control_character", "user", "last_name", "O\x92Brien", "U+0092", "O\u2019Brien"),
    ("advice.control_character", "section", "name", "One\x07", "a bell", "One"),
    ("advice.replacement_character", "user", "first_name", "Jos\ufffd", "lost", "Jos?"),
    ("advice.double_encoded", "user", "first_name", "Jos\u00c3\u00a9", "Jos\u00e9 is probably meant", "Jos\u00e9"),
    (
        "advice.double_encoded",
        "course",
        "long_name",
        "\u00c5\u0081\u00c3\u00b3d\u00c5\u00ba",
        "\u0141\u00f3d\u017a",
        "S\u00c3O",
    ),
    (
        "advice.double_encoded",
        "user",
        "last_name",
        "O\u00e2\u20ac\u2122Hara",
        "O\u2019Hara",
        "\u00abPR\u00c9PAR\u00c9\u00bb",
    ),
    ("advice.double_encoded", "user", "last_name", "\u00d0\u02dc\u00d0\u00b2", "\u0418\u0432", "\u201e\u00c5\u201c"),
]


@pytest.mark.parametrize(("code", "type_", "column", "value", "text", "near"), VALUES)
def test_a_treacherous_value_is_explained(code: str, type_: str, column: str, value: str, text: str, near: str) -> None:
    said = on_value(type_, column, value)
    assert [found for found, _ in said] == [code]
    assert text in said[0][1]


@pytest.mark.parametrize(("code", "type_", "column", "value", "text", "near"), VALUES)
def test_the_nearest_good_value_is_left_alone(
    code: str, type_: str, column: str, value: str, text: str, near: str
) -> None:
    assert code not in [found for found, _ in on_value(type_, column, near or "")] or not near


def test_what_may_be_right_elsewhere_is_not_treacherous_there() -> None:
    assert on_value("course", "end_date", "<delete>") == []
    assert on_value("admin", "role", "Students of Law") == []
    assert on_value("account", "status", "") == []
    assert on_value("user", "login_id", "1.23457E+11") == []
    assert on_value("account", "account_id", "NA") == []
    assert on_value("user", "last_name", "NULL") == []
    assert on_value("enrollment", "role", "Teaching Aide") == []
    assert on_value("user", "last_name", "'t Hooft") == []
    assert on_value("user", "first_name", "\u0646\u0627\u0632\u200c\u0646\u06cc\u0646") == []


def test_where_canvas_itself_complains_advice_is_silent() -> None:
    for value in ("2026-13-01", "02/28/2026", "2026", "x" * 200):
        assert on_value("term", "start_date", value) == []


def test_every_advice_has_its_example() -> None:
    shown = {example[0] for example in (*HEADERS, *VALUES)}
    assert shown == ADVICE - OF_MORE_THAN_A_VALUE


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_advice_is_a_warning_that_keeps_the_row(code: str) -> None:
    rule = RULES[code]
    assert (rule.level, rule.row_is) == (Level.WARNING, "kept")


def test_advice_on_a_header_is_known_from_the_file_and_on_a_value_from_the_row() -> None:
    assert next(header_advice(CANVAS["term"], ["term_id", "name"])).knowable is Knowable.FILE
    assert next(row_advice(CANVAS["term"], Line({"start_date": "TBD"}))).knowable is Knowable.ROW


POOL = [
    *sorted({value for *_, bad, _, near in VALUES for value in (bad, near) if value}),
    "",
    "active",
    "C1",
    "2026-01-01",
]


@pytest.mark.parametrize("type_", TYPES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_column_tests_foretell_all_advice(type_: str, seed: int) -> None:
    chance = random.Random(seed)
    columns = [column.name for column in CANVAS[type_].columns]
    for _ in range(20):
        values = {chance.choice(columns): chance.choice(POOL) for _ in range(chance.randint(0, 5))}
        row = Line({name: value for name, value in values.items() if value})
        foretold = any(
            any(map(suspicious, values.values())) if column == ANY_CELL else suspicious(row.get(column))
            for column, suspicious in value_checks(CANVAS[type_])
        )
        assert foretold == bool(list(row_advice(CANVAS[type_], row))), values


@pytest.mark.parametrize("type_", TYPES)
def test_a_blank_cell_never_earns_advice(type_: str) -> None:
    assert not any(suspicious(None) for _, suspicious in value_checks(CANVAS[type_]))
    assert [column for column, _ in value_checks(CANVAS[type_])] == [*watches(CANVAS[type_]), ANY_CELL]


@pytest.mark.parametrize("type_", TYPES)
def test_the_columns_of_a_type_are_those_its_rules_speak_of(type_: str) -> None:
    known = {column.name for column in CANVAS[type_].columns}
    tested = {
        name
        for stage in CANVAS[type_].stages
        for rule in stage.rules
        if rule.when
        for clause in rule.when.clauses
        for name in clause.columns
    }
    assert tested - {"*"} <= known
    hints = " ".join(rule.hint for stage in CANVAS[type_].stages for rule in stage.rules)
    everything = {name for type_ in CANVAS.types for name in type_.column_names}
    assert set(re.findall(r"\b[a-z]+(?:_[a-z]+)*_id\b", hints)) <= {*everything, *TYPES}


@pytest.mark.parametrize("type_", TYPES)
def test_a_row_without_a_required_value_is_refused(type_: str) -> None:
    for column in CANVAS[type_].columns:
        if column.is_required:
            full = {each.name: "x" for each in CANVAS[type_].columns if each is not column}
            assert list(row_hits(CANVAS[type_], Line(full)))
