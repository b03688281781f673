"""`hours` and `expect_by`: what is understood, and what is said about the rest."""

from __future__ import annotations

from datetime import time

import pytest

from sisdrop.model import Expectation, Hours
from tests.support.config_files import feed, parsed, problems


def hours_of(text: str) -> Hours | None:
    return parsed(feed(f'hours: "{text}"')).feeds["nightly"].hours


def expected_of(text: str) -> Expectation | None:
    return parsed(feed(f'expect_by: "{text}"')).feeds["nightly"].expect_by


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("20:00-06:00 America/Denver", time(20), time(6)),
        ("9:30 - 17:00 America/Denver", time(9, 30), time(17)),
        ("18:00–24:00 America/Denver", time(18), time(0)),
        ("00:00-05:00 America/Denver", time(0), time(5)),
    ],
)
def test_hours_are_two_times_and_a_place(text: str, opens: time, closes: time) -> None:
    found = hours_of(text)

    assert found is not None
    assert (found.opens, found.closes, found.zone.key) == (opens, closes, "America/Denver")


def test_without_the_keys_imports_start_at_any_time_and_nothing_is_expected() -> None:
    for body in ("", "hours: null\nexpect_by: null"):
        nightly = parsed(feed(body)).feeds["nightly"]
        assert (nightly.hours, nightly.expect_by) == (None, None)


def test_hours_need_no_quotes_in_the_file() -> None:
    nightly = parsed(feed("hours: 20:00-06:00 UTC\nexpect_by: 06:00 UTC mon-fri")).feeds["nightly"]

    assert str(nightly.hours) == "20:00-06:00 UTC"
    assert nightly.expect_by is not None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", {0, 1, 2, 3, 4, 5, 6}),
        (" mon-fri", {0, 1, 2, 3, 4}),
        (" Mon,Wed,FRI", {0, 2, 4}),
        (" sat-sun", {5, 6}),
        (" fri-mon", {4, 5, 6, 0}),
        (" mon - wed, sat", {0, 1, 2, 5}),
        (" tue", {1}),
    ],
)
def test_weekdays_are_ranges_and_lists(text: str, days: set[int]) -> None:
    found = expected_of(f"06:00 America/Denver{text}")

    assert found is not None
    assert (found.by, found.weekdays) == (time(6), frozenset(days))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('hours: "20:00"', 'expected two times and a time zone such as 20:00-06:00 America/Denver, got "20:00"'),
        ("hours: 20", "expected two times and a time zone such as 20:00-06:00 America/Denver, got 20"),
        ("hours: 20:00-06:00", "expected two times and a time zone"),
        ("hours: 20:00-26:00 UTC", 'expected a time from 00:00 to 23:59, got "26:00"'),
        ("hours: 8pm-06:00 UTC", 'expected a time from 00:00 to 23:59, got "8pm"'),
        ("hours: 24:00-06:00 UTC", 'got "24:00"'),
        ("hours: 06:00-06:00 UTC", "the two times are the same, so it would never close; leave the key out"),
        ("hours: 20:00-06:00 America/Denvr", 'there is no time zone "America/Denvr"; did you mean "America/Denver"?'),
        ("hours: 20:00-06:00 ../../etc/passwd", 'there is no time zone "../../etc/passwd"'),
        ("hours: 20:00-06:00 America/", 'there is no time zone "America/"'),
        ("hours: 20:00-06:00 EST", '"EST" names no place, so its daylight saving is not known; write a place such as'),
        ("expect_by: 06:00 Nowhere/Atall", "write a place such as America/New_York"),
        (
            'expect_by: "06:00"',
            "expected a time, a time zone and weekdays if not all, such as 06:00 America/Denver mon-fri",
        ),
        ("expect_by: 06:00 America/Denver weekdays", 'weekdays such as mon-fri or mon,wed,fri, got "weekdays"'),
        ("expect_by: 06:00 America/Denver mon-", "mon-fri or mon,wed,fri"),
        ("expect_by: 06:00 America/Denver mon,,fri", 'got ""'),
        ("expect_by: 00:00 UTC", "by 00:00 nothing can be there, for the day has just begun"),
    ],
)
def test_what_cannot_be_understood_is_said_in_plain_words(line: str, sentence: str) -> None:
    (found,) = problems(feed(line))

    assert found.startswith(f"feeds.nightly.{line.partition(':')[0]}: ")
    assert sentence in found
