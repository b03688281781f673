"""Single cells as Canvas judges them: dates, e-mail addresses, logins."""

from __future__ import annotations

import time

import pytest

from canvas_sis_csv.rules.cells import (
    has_prohibited,
    has_unprintable,
    is_bad_course_date,
    is_bad_date,
    is_bad_email,
    is_end_before_start,
)


@pytest.mark.parametrize(
    "address",
    [
        "ada@larkspur.example",
        "ada@localhost",
        "a.d-a+tag@larkspur.example",
        "ada..b@larkspur.example",
        ".ada.@larkspur.example",
        "ada@.larkspur.example",
        '"ada l"@larkspur.example',
        "ada@[192.0.2.1]",
        "größe@köln.example",
        "o'neil@larkspur.example",
    ],
)
def test_a_bare_address_with_a_domain_is_good(address: str) -> None:
    assert not is_bad_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "None",
        "ada",
        "ada@",
        "@larkspur.example",
        "..@larkspur.example",
        "ada@larkspur.example.",
        "ada @larkspur.example",
        "Ada <ada@larkspur.example>",
        "<ada@larkspur.example>",
        "ada@larkspur.example (home)",
        "ada@larkspur.example,bob@larkspur.example",
        "ada@larkspur.example;",
        "ada@bob@larkspur.example",
        "mailto:ada@larkspur.example",
    ],
)
def test_anything_beside_the_bare_address_is_bad(address: str) -> None:
    assert is_bad_email(address)


@pytest.mark.parametrize(
    "text", ["x" * 20_000, "x." * 10_000 + "@", "a@" + "." * 20_000, '"' * 5_000, "a@" + '"a"' * 5_000]
)
def test_no_text_makes_the_address_test_slow(text: str) -> None:
    started = time.perf_counter()
    is_bad_email.__wrapped__(text)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("login", ["una", "ünä", "名前", "u na", "una\u00ad", "una\u200b", "u\x01na", "una\ufffc"])
def test_a_login_may_hold_what_unicode_3_2_knew(login: str) -> None:
    assert not has_prohibited(login)


@pytest.mark.parametrize(
    "login", ["una\ufffd", "una\ue000", "una\ufdd0", "una\U0001f600", "una\u0221", "una\U0010ffff"]
)
def test_a_login_holds_no_replacement_mark_private_or_unassigned_character(login: str) -> None:
    assert has_prohibited(login)


@pytest.mark.parametrize("login", ["una", "u na", "ünä", "una\u200b", "una\u00a0b", "una\ue000"])
def test_a_login_may_hold_anything_printable(login: str) -> None:
    assert not has_unprintable(login)


@pytest.mark.parametrize("login", ["u\x01na", "u\tna", "u\nna", "u\x7fna", "u\x85na", "u\u2028na"])
def test_control_characters_and_line_breaks_are_not_printable(login: str) -> None:
    assert has_unprintable(login)


def test_only_courses_take_delete_as_a_date_that_ends_one() -> None:
    assert not is_bad_course_date("<delete>")
    assert not is_bad_course_date(None)
    assert is_bad_course_date("2026-13-01")
    assert not is_bad_date("n/a")


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        ("2026-09-01", "2026-08-01", True),
        ("2026-08-01", "2026-08-01", False),
        ("2026-08-01T10:00:00Z", "2026-08-01T10:00:00-06:00", False),
        ("2026-08-01T10:00:00-06:00", "2026-08-01T10:00:00Z", True),
        ("2026-13-01", "2020-01-01", False),
        ("2026-09-01", "TBD", False),
        (None, "2020-01-01", False),
    ],
)
def test_an_end_before_the_start_counts_only_between_two_good_dates(start: str | None, end: str, refused: bool) -> None:
    assert is_end_before_start(start, end) is refused
