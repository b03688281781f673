"""Lines that repeat: what Canvas leaves out of a file, and what it calls the copy."""

from __future__ import annotations

import io

from sisdrop.sis_csv.repeats import THRESHOLD, deduplicated_name, find_repeats

USERS = "user_id,login_id,status\n"


def deduplicated(text: str) -> str | None:
    stream = io.BytesIO(text.encode())
    repeats = find_repeats(stream)
    return "".join(repeats.blocks(stream)) if repeats else None


def test_fewer_than_a_hundred_repeats_change_nothing() -> None:
    assert deduplicated(USERS + "a,b,active\n" * THRESHOLD) is None


def test_with_a_hundred_repeats_the_last_of_each_line_stays_where_it_is() -> None:
    text = USERS + "a,b,active\n" * 100 + "c,d,active\na,b,active\n"
    copy = deduplicated(text)
    assert copy == USERS + "\n" * 100 + "c,d,active\na,b,active\n"


def test_empty_lines_count_as_repeats() -> None:
    assert deduplicated(USERS + "\n" * 100 + "a,b,active\n") is None
    assert deduplicated(USERS + "\n" * 101 + "a,b,active\n") is not None


def test_lines_are_compared_cell_by_cell_not_letter_by_letter() -> None:
    mixed = '"a",b,active\na,b,active\n' * 51
    assert deduplicated(USERS + mixed) is not None
    # An empty cell and an empty quoted one are two things to the parser.
    assert deduplicated(USERS + "a,b,\n" * 51 + 'a,b,""\n' * 51) is not None
    assert deduplicated(USERS + "a,b,\n" * 50 + 'a,b,""\n' * 51) is None


def test_a_quoted_header_behind_a_byte_order_mark_keeps_canvas_from_comparing() -> None:
    rows = "a,b,active\n" * 150
    assert deduplicated("\ufeffuser_id,login_id,status\n" + rows) is not None
    assert deduplicated('\ufeff"user_id",login_id,status\n' + rows) is None


def test_quoted_records_of_several_lines_leave_as_many_empty_lines() -> None:
    record = 'a,"b\nb",active\n'
    copy = deduplicated(USERS + record * 101 + "c,,active\n")
    assert copy == USERS + "\n\n" * 100 + record + "c,,active\n"


def test_the_copy_has_canvas_s_name() -> None:
    assert deduplicated_name("feed/users.CSV") == "feed/users_deduplicated.csv"
