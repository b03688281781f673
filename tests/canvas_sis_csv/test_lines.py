"""The lines shown with findings, and where in them the value stands."""

from __future__ import annotations

import io

import pytest

from canvas_sis_csv.lines import LONGEST, Line, find_lines

TEXT = 'user_id,login_id,full_name\na,b,"C, D"\n\nd,,E\ne\n'


def lines(text: str, wanted: dict[int, str | None]) -> dict[int, Line]:
    found = find_lines(io.BytesIO(text.encode()), wanted.items())
    return {number: line for (number, _), line in found.items()}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_value_below_a_column_is_found_in_its_line(end: str) -> None:
    text = TEXT.replace("\n", end)
    found = lines(text, {2: "full_name", 4: "login_id", 5: "login_id"})
    assert found == {
        2: Line('a,b,"C, D"', 4, 10),
        4: Line("d,,E", 2, 2),
        5: Line("e", 1, 1),
    }


def test_one_line_is_found_for_each_column_that_is_asked_for() -> None:
    found = find_lines(io.BytesIO(TEXT.encode()), [(2, "user_id"), (2, "login_id"), (2, None), (2, "user_id")])
    text = 'a,b,"C, D"'
    assert found == {(2, "user_id"): Line(text, 0, 1), (2, "login_id"): Line(text, 2, 3), (2, None): Line(text)}


def test_without_a_column_only_the_line_is_given() -> None:
    assert lines(TEXT, {4: None}) == {4: Line("d,,E")}


def test_a_record_of_several_lines_shows_its_first() -> None:
    assert lines('user_id,login_id\na,"b\nb"\nc,d\n', {2: "login_id", 4: "login_id"}) == {
        2: Line('a,"b', 2, 4),
        4: Line("c,d", 2, 3),
    }


def test_lines_far_down_are_found_and_long_ones_cut() -> None:
    text = "user_id,login_id\n" + "a,b\n" * 50_000 + "c," + "x" * 5_000 + "\n"
    found = lines(text, {50_002: "login_id", 3: "user_id"})
    assert found[3] == Line("a,b", 0, 1)
    assert len(found[50_002].text) == LONGEST
