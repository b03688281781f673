"""What Canvas makes of dates: the forms it knows, what it refuses, what it silently takes for something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_sis_csv.dates import BadDate, date_parts, parse_date, rolls_over


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-24", at(2026, 8, 24)),
        ("2026-8-4", at(2026, 8, 4)),
        ("2026-08-24 07:30:00", at(2026, 8, 24, 7, 30)),
        ("2026-08-24T07:30:00Z", at(2026, 8, 24, 7, 30)),
        ("2026-08-24T07:30:00-06:00", at(2026, 8, 24, 13, 30)),
        ("2026-08-24T07:30:00+0530", at(2026, 8, 24, 2)),
        ("2026-08-24T07:30:00.123Z", at(2026, 8, 24, 7, 30)),
        ("20260824", at(2026, 8, 24)),
        ("20260824T073000Z", at(2026, 8, 24, 7, 30)),
        ("20260824073000", at(2026, 8, 24, 7, 30)),
        ("2026/08/24", at(2026, 8, 24)),
        ("2026.08.24", at(2026, 8, 24)),
        ("24.08.2026", at(2026, 8, 24)),
        ("Aug 24 2026", at(2026, 8, 24)),
        ("August 24, 2026 5:00 PM", at(2026, 8, 24, 17)),
        ("24 August 2026", at(2026, 8, 24)),
        ("24-Aug-2026", at(2026, 8, 24)),
        ("Mon, 24 Aug 2026 12:00:00 EST", at(2026, 8, 24, 17)),
        ("Aug 2026", at(2026, 8, 1)),
    ],
)
def test_dates_in_known_forms_are_read(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


def test_a_day_of_the_year_is_taken_for_the_first_of_this_month() -> None:
    before = datetime.now(UTC)
    moment = parse_date("2026-236")
    after = datetime.now(UTC)  # the month may turn while this test runs
    assert moment in {at(2026, before.month, 1), at(2026, after.month, 1)}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-30", at(2026, 3, 2)),
        ("2026-02-31", at(2026, 3, 3)),
        ("2026-04-31", at(2026, 5, 1)),
        ("2026-08-24 24:00:00", at(2026, 8, 25)),
        ("28/02/2026", at(2026, 2, 28)),
        ("05/01/2026", at(2026, 1, 5)),
        ("26-01-05", at(26, 1, 5)),
    ],
)
def test_dates_that_canvas_takes_for_another_day_are_not_refused(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-05",
        "2026-00-05",
        "2026-01-32",
        "2026-01-00",
        "2026-08-24 25:00",
        "2026-08-24 24:30",
        "2026-08-24 12:60",
        "02/28/2026",
        "12/31/2026 08:00",
        "2026",
        "202601",
        "2026-01",
        "1724457600",
        "2026-08-24T07:30:00+99:00",
        "x" * 129,
        "é" * 65,
    ],
)
def test_dates_out_of_range_are_bad(text: str) -> None:
    with pytest.raises(BadDate):
        parse_date(text)


@pytest.mark.parametrize("text", ["TBD", "none", "n/a", "null", "foo", "<delete>", "", "-", "x" * 128, "never"])
def test_words_without_a_date_in_them_are_no_date_and_no_error(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["monday", "mar", "12:30", "45000", "1/5/26", "5"])
def test_fragments_are_filled_up_and_accepted(text: str) -> None:
    found = parse_date(text)
    assert found is None if text == "5" else found is not None


def test_a_spreadsheet_s_serial_number_becomes_a_year_of_antiquity() -> None:
    found = parse_date("45000")
    assert found is not None
    assert found.year == 45


def test_years_beyond_python_s_calendar_are_clamped_not_refused() -> None:
    assert parse_date("0000-01-05") == datetime.min.replace(tzinfo=UTC)
    assert parse_date("12026-01-05") == datetime.max.replace(tzinfo=UTC)


def test_a_day_its_month_does_not_have_is_noticed() -> None:
    assert rolls_over("2026-02-30")
    assert rolls_over("31.04.2026 08:00")
    assert not rolls_over("2026-02-28")
    assert not rolls_over("2024-02-29")
    assert not rolls_over("TBD")
    assert not rolls_over("2026-13-40")


def test_the_parts_have_ruby_s_names() -> None:
    assert date_parts("2026-08-24T07:30:00-06:00") == {
        "year": 2026,
        "mon": 8,
        "mday": 24,
        "hour": 7,
        "min": 30,
        "sec": 0,
        "offset": -21600,
    }


@given(st.text(max_size=140))
def test_no_text_makes_anything_but_a_date_nothing_or_a_bad_date(text: str) -> None:
    try:
        found = parse_date(text)
    except BadDate:
        return
    assert found is None or found.tzinfo is UTC


@given(st.text(alphabet="0123456789-/.:, TZWamptcbjnefohdy+'[]", max_size=30))
def test_texts_of_date_letters_neither(text: str) -> None:
    try:
        found = parse_date(text)
    except BadDate:
        return
    assert found is None or found.tzinfo is UTC


@given(st.integers(-2_000_000_000, 4_000_000_000))
def test_iso_dates_come_back_as_they_are(seconds: int) -> None:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    assert parse_date(moment.strftime("%Y-%m-%dT%H:%M:%SZ")) == moment
