"""Which type a header makes a file: Canvas's order, its traps, and what is said about headers nobody knows."""

from __future__ import annotations

import pytest

from canvas_sis_csv.classify import classify, matching_types
from canvas_sis_csv.lookalike import describe_header
from canvas_sis_csv.types import CANVAS, IDENTIFYING, ORDER, TYPES

ON = ("institutional_tags",)


def kind(header: str, *features: str) -> str | None:
    return classify(header.split(","), features)


def test_there_are_22_types_each_with_a_test_an_order_and_identifying_columns() -> None:
    assert len(TYPES) == len(set(TYPES)) == 22
    assert set(TYPES) == set(ORDER) == set(IDENTIFYING)
    assert [type_.name for type_ in CANVAS.types if type_.header.usual] == list(TYPES)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("old_id,new_id,type", "change_sis_id"),
        ("old_integration_id,new_integration_id,type", "change_sis_id"),
        ("account_id,parent_account_id,name,status", "account"),
        ("term_id,name,status", "term"),
        ("abstract_course_id,short_name,long_name,status", "abstract_course"),
        ("course_id,short_name,long_name,status", "course"),
        ("section_id,course_id,name,status", "section"),
        ("xlist_course_id,section_id,status", "xlist"),
        ("user_id,login_id,status", "user"),
        ("user_id,login_id,existing_user_id", "login"),
        ("existing_canvas_user_id", "login"),
        ("course_id,user_id,role,section_id,status", "enrollment"),
        ("section_id,user_integration_id,role,status", "enrollment"),
        ("user_id,account_id,role,status", "admin"),
        ("group_category_id,category_name,status", "group_category"),
        ("tag_set_id,course_id,set_name,status", "differentiation_tag_set"),
        ("group_id,name,status", "group"),
        ("tag_id,name,status", "differentiation_tag"),
        ("group_id,user_id,status", "group_membership"),
        ("tag_id,user_id,status", "differentiation_tag_membership"),
        ("enrollment_id,grade_publishing_status,message", "grade_publishing_results"),
        ("observer_id,student_id,status", "user_observer"),
    ],
)
def test_the_usual_columns_make_a_file_its_type(header: str, expected: str) -> None:
    assert kind(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("category_id,name,description,status", "institutional_tag_category"),
        ("institutional_tag_id,category_id,name,description,status", "institutional_tag"),
        ("institutional_tag_id,user_id,status", "institutional_tag_association"),
    ],
)
def test_institutional_tags_are_known_only_with_their_feature(header: str, expected: str) -> None:
    assert kind(header) is None
    assert kind(header, *ON) == expected
    assert CANVAS[expected].feature == "institutional_tags"


@pytest.mark.parametrize(
    ("header", "becomes", "meant"),
    [
        ("course_id,user_id,role,section_id,status,name", "section", "enrollment"),
        ("course_id,user_id,role,status,login_id", "user", "enrollment"),
        ("course_id,term_id,name,status", "term", None),
        ("course_id,short_name,account_id,parent_account_id", "account", "course"),
        ("section_id,course_id,name,short_name", "course", "section"),
        ("group_id,user_id,account_id,status", "admin", "group_membership"),
        ("tag_id,user_id,course_id", "enrollment", "differentiation_tag_membership"),
        ("user_id,login_id,status,existing_user_id", "login", None),
        ("user_id,login_id,status,old_id", "change_sis_id", "user"),
        ("group_id,group_category_id,category_name", "group_category", None),
        ("abstract_course_id,short_name,course_id", "course", None),
    ],
)
def test_the_first_type_that_fits_shadows_the_others(header: str, becomes: str, meant: str | None) -> None:
    found = matching_types(header.split(","))
    assert found[0] == becomes
    assert meant is None or meant in found[1:]


def test_names_are_trimmed_and_lower_cased_but_a_no_break_space_makes_another_name() -> None:
    assert kind(" User_ID ,LOGIN_id\t") == "user"
    assert kind("user_id\u00a0,login_id") is None
    assert kind("user_id\u200b,login_id") is None


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("user_id;login_id;status", "user file with semicolons"),
        ("user_id\tlogin_id\tstatus", "user file with tabs"),
        ("User ID,Login ID,Status", "names are not spelled as Canvas knows them: 'User ID', 'Login ID'"),
        ("user_id\u00a0,login_id", "'user_id\\xa0'"),
        ("sep=,", "Excel's sep="),
        (",,,", "only commas"),
        ("institutional_tag_id,user_id,status", "feature institutional_tags"),
        ("user_id,status,email", "user needs login_id"),
        ("section_id,course_id,status", "section needs name"),
    ],
)
def test_unknown_headers_are_told_what_they_look_like(line: str, part: str) -> None:
    assert part in describe_header(line.split(","), [line])


def test_of_a_header_like_nothing_the_names_are_told() -> None:
    told = describe_header(["colour", "weight"], ["colour,weight"])
    assert told == "The columns are called: colour, weight. None of the columns is called as Canvas knows it."
