"""Lines that repeat: what Canvas leaves out of a file, and what it calls the copy."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv.repeats import THRESHOLD, deduplicated_name, find_repeats
from canvas_sis_csv.scanning import scan

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


CELL = st.sampled_from(["", '""', "a", '"a"', '"a,b"', '"a""b"', '"\n"', "b"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, max_size=3).map(",".join), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_copy_keeps_exactly_the_last_of_equal_records(lines: list[str], end: str) -> None:
    lines = [line.replace("\n", end) for line in lines]
    text = end.join([*lines * 26, *lines, ""])
    records = [record.cells for record in scan(text, end, blank=True)] if end in text else []
    unique = list(dict.fromkeys(reversed(records)))[::-1]
    copy = deduplicated(text)
    if len(records) - len(unique) < THRESHOLD:
        assert copy is None
    else:
        assert copy is not None
        assert [record.cells for record in scan(copy, end)] == [cells for cells in unique if cells != (None,)]
        assert copy.count(end) == text.count(end)
