"""What the field really sends, row by row: columns of decimals, ids of two people, contradictions, lost commas."""

from __future__ import annotations

import csv
import io
import random
from functools import partial

import pytest

from canvas_sis_csv import Member, Preflight, preflight
from canvas_sis_csv.advice import length_advice
from canvas_sis_csv.types import CANVAS
from tests.conformance.plants import FEATURES, GOOD, cells_of

SPOILED = {
    f"advice.{name}"
    for name in (
        *("no_id", "formula_id", "apostrophe_id", "invisible_character", "spreadsheet_number", "float_ids"),
        *("likely_word", "long_row", "short_row"),
        *("null_character", "control_character", "replacement_character", "double_encoded"),
    )
}
USERS = "user_id,login_id,full_name,status\n"
ENROLLMENTS = "course_id,user_id,role,section_id,status\n"


def check(*texts: str) -> Preflight:
    names = (f"file{number}.csv" for number in range(len(texts)))
    return preflight(
        [Member(name, len(text), partial(io.BytesIO, text.encode())) for name, text in zip(names, texts, strict=True)]
    )


def said(found: Preflight, *codes: str) -> list[tuple[str, int | None]]:
    return [(each.code.partition(".")[2], each.row) for each in found.findings if not codes or each.code in codes]


@pytest.mark.parametrize(
    ("ids", "is_told"),
    [
        (["123.0", "124.0"], True),
        (["123.0"], True),
        (["123.00", "", "7.0"], True),
        (["123,0", "124,0"], True),
        (["123.0", "NULL", "124.0"], True),
        (["101.0", "101.1", "102.0"], False),
        (["123.0", "A-1", "B-2"], False),
        (["1.05", "2.05"], False),
        (["v1.0", "v2.0"], False),
    ],
)
def test_a_column_of_decimals_is_told_once_with_its_rows(ids: list[str], is_told: bool) -> None:
    rows = "".join(f'C-1,S-{number},"{id_}",active\n' for number, id_ in enumerate(ids))
    found = check(
        f"course_id,section_id,name,status\n{rows}".replace("course_id,section_id,name", "name,course_id,section_id")
    )
    assert (said(found, "advice.float_ids") == [("float_ids", None)]) == is_told


def test_the_first_row_of_a_column_of_decimals_is_named() -> None:
    (finding,) = (each for each in check(USERS + "12.0,a,A,active\n13.0,b,B,active\n").findings if "float" in each.code)
    assert "user_id end in .0, in 2 rows" in finding.message
    assert "the first is 12.0" in finding.message


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ("7,ann,Ann Lee,active\n7,bob,Bob Ray,active\n", [3]),
        ("7,ann,Ann Lee,active\n8,eve,Eve Dow,active\n7,bob,Bob Ray,active\n7,cy,Cy Orr,active\n", [4, 5]),
        ("7,x,Ann Lee,active\n7,x,Bob Ray,active\n", [3]),  # a placeholder for a login, too
        ("7,ann,,active\n7,bob,,active\n", [3]),
        ("7,ann,Ann Lee,active\n7,ann,Ann Lee,active\n", []),  # a row that is there twice
        ("7,ann,Ann Lee,active\n7,ann,Ann Smith,active\n", []),  # a name that changed
        ('7,lee,Ann Lee,active\n7,annlee,"Lee, Ann",active\n', []),  # a login that changed
        ("7,ann,Ann Lee,deleted\n7,bob,Bob Ray,active\n", []),
        ("7,ann,Ann Lee,active\n7,bob,Bob Ray,deleted\n", []),
    ],
)
@pytest.mark.parametrize("beside", [[], ["course_id,short_name,long_name,status\nC-1,C,C,active\n"]])
def test_one_id_for_two_people_is_told_at_the_later_row(rows: str, places: list[int], beside: list[str]) -> None:
    found = check(USERS + rows, *beside)
    assert [row for _, row in said(found, "advice.other_person")] == places


def test_how_many_people_would_be_lost_is_told() -> None:
    rows = "".join(f"NULL,login{number},Name{number} Of{number},active\n" for number in range(40))
    found = check(USERS + rows + "7,ann,Ann Lee,active\n7,bob,Bob Ray,active\n7,ann,Ann Lee,active\n")
    (lost,) = (each for each in found.findings if each.code == "advice.people_lost")
    assert "40 people would be lost" in lost.message
    assert found.counts["advice.no_id"] == 40


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ("C1,s1,student,S1,active\nC1,s1,student,S1,inactive\n", [3]),
        ("C1,s1,student,S1,inactive\nC1,s1,student,S1,active\n", [3]),
        ("C1,s1,student,S1,active\nC1,s1,student,S1,deleted\nC1,s1,student,S1,active\n", [3, 4]),
        ("C1,s1,student,S1,Completed\nC1,s1,student,S1,active\n", [3]),
        ("C1,s1,student,S1,active\nC1,s1,student,S1,active\n", []),
        ("C1,s1,student,S1,active\nC1,s1,teacher,S1,inactive\n", []),
        ("C1,s1,student,S1,active\nC1,s1,student,S2,inactive\n", []),
        ("C1,s1,student,S1,active\nC1,s1,student,S1,actve\n", []),  # Canvas refuses the second
    ],
)
def test_two_rows_of_one_enrollment_that_contradict_each_other_are_told(rows: str, places: list[int]) -> None:
    found = check(ENROLLMENTS + rows)
    assert [row for _, row in said(found, "advice.contradiction")] == places


def test_a_contradiction_between_two_files_names_the_row_of_the_other() -> None:
    found = check(
        ENROLLMENTS + "C1,s1,student,S1,active\n", ENROLLMENTS + "C2,s2,ta,S2,active\nC1,s1,student,S1,inactive\n"
    )
    (finding,) = (each for each in found.findings if each.code == "advice.contradiction")
    assert (finding.file, finding.row) == ("file1.csv", 3)
    assert finding.message == "This row says inactive of an enrollment of which row 2 says active: the later row wins"


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("s1,ann,active,Lee, Ann", ("between Lee and Ann", "drops Ann")),
        ("s1,ann, Jr,active,Lee", ("between ann and Jr", "drops Lee")),
        ("s1,ann,active,Lee,Ann,x", ("2 too many", "between Lee and Ann", "drops Ann, x")),
    ],
)
def test_a_row_with_more_cells_than_the_header_shows_what_is_cut_and_where(row: str, parts: tuple[str, ...]) -> None:
    found = check(f"user_id,login_id,status,full_name\n{row}\n")
    (finding,) = (each for each in found.findings if each.code == "advice.long_row")
    assert finding.row == 2
    assert all(part in finding.message for part in parts)


@pytest.mark.parametrize(
    "row", ["s1,ann,active,Lee", "s1,ann,active,Lee,,", 's1,ann,active,"Lee, Ann"', "s1,ann,active"]
)
def test_cells_too_many_that_are_blank_and_optional_ones_too_few_are_no_matter(row: str) -> None:
    assert said(check(f"user_id,login_id,status,full_name\n{row}\n")) == []


def test_a_row_that_ends_before_a_needed_cell_is_told_once() -> None:
    assert said(check("account_id,parent_account_id,name,status\nA1,,Arts\n")) == [("short_row", 2)]
    assert said(check("course_id,user_id,role,status\nC1,s1,student\n")) == [("bad_status", 2)]


def test_a_nul_in_a_cell_of_any_type_is_told() -> None:
    for type_, row in (("term_id,name,status", "T1,Fa\0ll,active"), ("group_id,name,status", "G1,O\0ne,available")):
        assert said(check(f"{type_}\n{row}\n")) == [("null_character", 2)]


def test_a_status_that_canvas_refuses_comes_with_the_likely_word() -> None:
    found = check(ENROLLMENTS + "C1,s1,student,S1,actve\nC1,s2,student,S1,complet\n", "old_id,new_id,type\na,b,usr\n")
    assert [each.hint.revealed().split("?")[0] for each in found.findings] == [
        "Is active meant",
        "Is completed meant",
        "Is user meant",
    ]


def test_what_a_row_is_refused_for_is_explained_by_what_nobody_sees() -> None:
    found = check(USERS + "u1,ann\x07,Ann,active\n")
    assert said(found) == [("login_invalid", 2), ("invisible_character", 2)]


@pytest.mark.parametrize("type_", sorted(GOOD))
def test_good_rows_of_every_type_are_not_taken_for_spoiled_ones(type_: str) -> None:
    chance = random.Random(type_)
    rows = [cells_of(type_, {}, number, chance.choice, is_good=True) for number in range(20)]
    written = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(written, columns)
    writer.writeheader()
    writer.writerows(rows)
    text = written.getvalue()
    member = Member("a.csv", len(text), partial(io.BytesIO, text.encode()))
    found = preflight([member], features=FEATURES)
    assert set(found.counts) & SPOILED == set()


def test_of_a_short_row_what_canvas_says_is_not_told_twice() -> None:
    header = ("account_id", "parent_account_id", "name", "status")
    assert list(length_advice(CANVAS["account"], header, ["", "", ""], [])) == []
