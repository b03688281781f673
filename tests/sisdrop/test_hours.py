"""When imports may start, and when an export is missing, as the wall clocks of places read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sisdrop.model import Expectation, Hours, Pause, Waiting, last_dropped_at, not_now
from tests.support.journal_drops import a_drop

DENVER = ZoneInfo("America/Denver")
ZONES = [DENVER, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")]
"""Set by an hour at two, by half an hour, and by an hour at midnight."""
MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [
    datetime(2026, 3, 8, 9, tzinfo=UTC),  # Denver 02:00 -> 03:00
    datetime(2026, 11, 1, 8, tzinfo=UTC),  # Denver 02:00 -> 01:00
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe 02:00 -> 01:30
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe 02:00 -> 02:30
    datetime(2026, 4, 23, 22, tzinfo=UTC),  # Cairo 00:00 -> 01:00
    datetime(2026, 10, 29, 21, tzinfo=UTC),  # Cairo 00:00 -> 23:00
]

clocks = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
night_clocks = st.integers(0, 4 * 60).map(lambda minute: time(minute // 60, minute % 60))
minutes_of_the_year = st.integers(0, 365 * 24 * 60 - 1).map(lambda minute: BEGIN + minute * MINUTE)
minutes_around_a_change = st.builds(
    lambda change, minute: change + minute * MINUTE, st.sampled_from(CHANGES), st.integers(-150, 150)
)
ends = st.one_of(st.tuples(clocks, clocks), st.tuples(night_clocks, night_clocks)).filter(lambda two: two[0] != two[1])
moments = st.one_of(minutes_of_the_year, minutes_around_a_change)


def minutes_of(opens: time, closes: time) -> set[str]:
    """Every minute that a wall clock shows within the hours, going round as its hand does."""
    shown, at = set(), datetime.combine(date(2026, 1, 1), opens)
    while at.time() != closes:
        shown.add(f"{at:%H:%M}")
        at += MINUTE
    return shown


@settings(max_examples=150, deadline=None)
@given(two=ends, zone=st.sampled_from(ZONES), now=moments)
def test_hours_are_open_when_the_wall_clock_reads_so_and_open_at_the_first_such_minute(
    two: tuple[time, time], zone: ZoneInfo, now: datetime
) -> None:
    hours, within = Hours(*two, zone), minutes_of(*two)

    def reads_open(moment: datetime) -> bool:
        return f"{moment.astimezone(zone):%H:%M}" in within

    assert hours.is_open(now) == reads_open(now)
    first = now
    while not reads_open(first):
        first += MINUTE
    assert hours.opens_at(now) == first


def hours(opens: str, closes: str, zone: ZoneInfo = DENVER) -> Hours:
    return Hours(time.fromisoformat(opens), time.fromisoformat(closes), zone)


def at(text: str, zone: ZoneInfo = DENVER, fold: int = 0) -> datetime:
    # In UTC: a moment of the hour that comes twice equals none of another zone (PEP 495).
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def test_hours_across_midnight_are_open_on_both_sides_of_it_and_shut_at_their_end() -> None:
    night = hours("20:00", "06:00")

    opened = [night.is_open(at(f"2026-11-25T{clock}")) for clock in ("19:59:59", "20:00", "23:59", "00:00", "05:59:59")]

    assert opened == [False, True, True, True, True]
    assert not night.is_open(at("2026-11-25T06:00"))
    assert night.opens_at(at("2026-11-25T06:00")) == at("2026-11-25T20:00")
    assert str(night) == "20:00-06:00 America/Denver"


def test_hours_that_begin_in_the_hour_a_clock_skips_open_right_behind_it() -> None:
    assert hours("02:30", "05:00").opens_at(at("2026-03-08T01:59")) == at("2026-03-08T03:00")


def test_hours_that_lie_in_the_hour_a_clock_skips_open_the_next_night() -> None:
    assert hours("02:10", "02:50").opens_at(at("2026-03-08T01:00")) == at("2026-03-09T02:10")


def test_hours_in_the_hour_that_comes_twice_are_open_twice() -> None:
    early = hours("01:10", "01:30")

    assert early.opens_at(at("2026-11-01T01:40")) == at("2026-11-01T01:10", fold=1)
    assert hours("00:30", "01:20").opens_at(at("2026-11-01T01:30")) == at("2026-11-01T01:00", fold=1)


# what keeps an import from starting


NOW = at("2026-11-25T12:00")


def test_outside_its_hours_a_feed_waits_and_says_when_they_open() -> None:
    shut = not_now("nightly", hours("20:00", "06:00"), [], NOW)

    assert shut is not None
    assert shut.reason == "waits for its hours (opens 20:00 America/Denver)"
    assert shut.until == at("2026-11-25T20:00")
    assert not_now("nightly", hours("20:00", "06:00"), [], at("2026-11-25T21:00")) is None
    assert not_now("nightly", None, [], NOW) is None


def test_a_pause_keeps_its_feed_or_all_feeds_until_its_time_and_says_who_asked_for_it() -> None:
    until = Pause("", "ana", "2026-11-25T18:00:00Z", "2026-11-25T19:00:00Z")
    weekly = Pause("weekly", "bo", "2026-11-25T18:00:00Z")

    everything = not_now("nightly", None, [until, weekly], at("2026-11-25T11:59"))
    ended = not_now("nightly", None, [until, weekly], NOW)
    one_feed = not_now("weekly", None, [weekly], NOW)

    assert everything is not None
    assert everything.reason == "paused by ana until 2026-11-25T19:00:00Z"
    assert ended is None
    assert one_feed is not None
    assert (one_feed.reason, one_feed.until) == ("paused by bo", None)


# what is expected


def by(clock: str, weekdays: range = range(7), zone: ZoneInfo = DENVER) -> Expectation:
    return Expectation(time.fromisoformat(clock), zone, frozenset(weekdays))


def test_an_export_is_missing_from_its_time_until_the_day_ends() -> None:
    six, yesterday = by("06:00"), at("2026-11-24T05:00")

    missing = [
        six.missing(at(f"2026-11-{now}"), yesterday) is not None
        for now in ("25T05:59", "25T06:00", "25T23:59", "26T00:00")
    ]

    assert missing == [False, True, True, False]
    lack = six.missing(NOW, yesterday)
    assert lack is not None
    assert lack.sentence == "Nothing was dropped since 2026-11-24T12:00:00Z; expected by 06:00 America/Denver."
    assert lack.day == date(2026, 11, 25)


def test_what_was_dropped_since_the_midnight_before_counts_also_when_it_came_late() -> None:
    six = by("06:00")

    assert six.missing(NOW, at("2026-11-25T00:00")) is None
    assert six.missing(NOW, at("2026-11-25T11:00")) is None
    assert six.missing(NOW, at("2026-11-24T23:59:59")) is not None


def test_a_feed_that_never_had_a_drop_misses_it_too() -> None:
    lack = by("06:00").missing(NOW, None)

    assert lack is not None
    assert lack.sentence == "Nothing was dropped yet; expected by 06:00 America/Denver."


@pytest.mark.parametrize(("day", "is_missing"), [(25, True), (27, True), (28, False), (29, False)])
def test_on_other_weekdays_nothing_is_expected(day: int, is_missing: bool) -> None:
    lack = by("06:00", range(5)).missing(at(f"2026-11-{day}T07:00"), None)

    assert (lack is not None) is is_missing


def test_a_time_that_comes_twice_is_expected_by_the_first_and_one_that_is_skipped_once() -> None:
    half_past_one, half_past_two = by("01:30"), by("02:30")

    assert half_past_one.missing(at("2026-11-01T01:00", fold=1), None) is not None
    assert half_past_two.missing(at("2026-03-08T03:29"), None) is None
    assert half_past_two.missing(at("2026-03-08T03:30"), None) is not None


def test_a_day_begins_with_the_first_minute_there_is() -> None:
    """In Cairo the clock goes from midnight to one in April: that is when the day begins."""
    cairo = ZoneInfo("Africa/Cairo")
    begin = datetime(2026, 4, 23, 22, tzinfo=UTC)

    assert by("06:00", zone=cairo).missing(at("2026-04-24T07:00", cairo), begin) is None
    assert by("06:00", zone=cairo).missing(at("2026-04-24T07:00", cairo), begin - MINUTE) is not None


def test_what_still_settles_was_dropped() -> None:
    drop = a_drop(claimed_at="2026-11-24T04:00:00Z")

    assert last_dropped_at(None, []) is None
    assert last_dropped_at(drop, []) == datetime(2026, 11, 24, 4, tzinfo=UTC)
    growing = Waiting("users.csv", "still growing", "2026-11-25T05:00:00Z")
    assert last_dropped_at(drop, [growing]) == datetime(2026, 11, 25, 5, tzinfo=UTC)
