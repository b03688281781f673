"""Series: names without their dates and times."""

from __future__ import annotations

import re
import string
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sisdrop.model import covers, series_of, set_series, type_series

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "series.md"
EXAMPLES = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
DATES = ["%Y%m%d", "%Y-%m-%d", "%Y_%m_%d", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y"]
TIMES = ["", "T%H%M", "_%H-%M-%S", "T%H:%M:%SZ", "-%H%M%S", "T%H%M%S.123+0100"]
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - as names carry them
WORDS = st.text(string.ascii_letters, min_size=1, max_size=8)
CODES = st.sampled_from(["2026FA", "042", "7", "S12", "1234", "20261399", "2026", "0300"])


@pytest.mark.parametrize(("name", "series"), EXAMPLES)
def test_the_page_tells_the_series_of_its_examples(name: str, series: str) -> None:
    assert series_of(name) == series


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 10


@given(WORDS, WORDS, MOMENTS, MOMENTS, st.sampled_from(DATES), st.sampled_from(TIMES), st.sampled_from("-_. "))
def test_names_that_differ_only_in_a_date_are_one_series(
    word: str, other: str, on: datetime, later: datetime, date: str, time: str, separator: str
) -> None:
    names = [
        [
            f"{word}{separator}{moment:{date}{time}}.csv",
            f"{moment:{date}{time}}{separator}{word}.CSV",
            f"{word}{separator}{moment:{date}{time}}{separator}{other}.csv",
        ]
        for moment in (on, later)
    ]

    for one, another in zip(*names, strict=True):
        assert series_of(one) == series_of(another.upper())
    assert series_of(names[0][0]) == series_of(names[0][1]) == word.lower()


@given(WORDS, st.one_of(WORDS, CODES), st.one_of(WORDS, CODES), MOMENTS, st.sampled_from(DATES))
def test_names_that_differ_in_a_word_a_code_a_term_or_a_short_number_are_not(
    word: str, code: str, other: str, on: datetime, date: str
) -> None:
    assume(code.lower() != other.lower())

    for name in (f"{word}_{{}}.csv", f"{{}}_{word}.csv", f"{word}_{{}}_{on:{date}}.csv", f"{on:{date}}_{{}}.csv"):
        assert series_of(name.format(code)) != series_of(name.format(other))


def test_the_types_of_a_set_count_and_its_name_only_while_they_are_not_known() -> None:
    monday = (set_series("monday.zip"), type_series("user"), type_series("course"))

    assert covers((set_series("tuesday.zip"), type_series("course"), type_series("user")), monday)
    assert not covers((set_series("monday.zip"), type_series("user")), monday)
    assert covers(monday, (set_series("monday_20261125.zip"),))
    assert not covers(monday, (set_series("tuesday.zip"),))
    assert not covers(monday, ())
