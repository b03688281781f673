"""Old files again: by the dates in names, by the time they were modified, by their bytes."""

from __future__ import annotations

import pytest

from sisdrop.guards import Accepted, Age, Dated, staleness

DAY_NS = 86_400 * 10**9
TWIN = Accepted("20261115T040000Z-1a2b", "users.csv", "2026-11-15")


def age(
    now: str, last: str, *, now_day: int | None = 9, last_day: int | None = 9, twin: Accepted | None = None
) -> Age | None:
    modified = (None if day is None else day * DAY_NS for day in (now_day, last_day))
    found = staleness(Dated(now, next(modified), "aa"), Dated(last, next(modified), "bb"), twin)
    return found.age if found else None


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("users_20261124.csv", "users_20261125.csv"),
        ("users-2026-11-25T0300.csv", "users-2026-11-25T0400.csv"),
        ("users 24.11.2026.csv", "users 25.11.2026.csv"),
        ("users-11-24-2026.csv", "users-11-25-2026.csv"),
        ("enrollments_20260801_20261124.csv", "enrollments_20260801_20261125.csv"),
        ("users_20261125T0200Z.csv", "users_20261124T2130-0500.csv"),
        ("users_20251231.csv", "users_20260101.csv"),
    ],
)
def test_a_name_with_an_earlier_date_is_old_and_the_other_way_round_is_not(now: str, last: str) -> None:
    assert age(now, last, now_day=9, last_day=1) is Age.NAME
    assert age(last, now, now_day=1, last_day=9) is None


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("users.csv", "users.csv"),
        ("users_20261124.csv", "users.csv"),
        ("users_20260231.csv", "users_20260301.csv"),
        ("users_04-03-2026.csv", "users_05-03-2026.csv"),
    ],
)
def test_where_not_both_names_carry_a_clear_date_the_time_of_change_counts(now: str, last: str) -> None:
    assert age(now, last, now_day=8) is Age.MODIFIED
    assert age(now, last, now_day=9) is None
    assert age(now, last, now_day=None) is None
    assert age(now, last, last_day=None) is None


def test_a_day_beside_a_moment_of_that_day_is_not_older() -> None:
    assert age("users_20261125.csv", "users_20261125T0400.csv") is None


def test_the_bytes_of_one_before_the_last_are_old() -> None:
    assert age("users.csv", "users.csv", twin=TWIN) is Age.TWIN
    assert age("users_20261126.csv", "users_20261125.csv", twin=TWIN) is Age.TWIN


def test_the_bytes_of_the_last_one_itself_are_not_old_whatever_name_and_time_say() -> None:
    now, last = Dated("users_20261124.csv", 1, "aa"), Dated("users_20261125.csv", 2, "aa")

    assert staleness(now, last, None) is None


def test_a_first_drop_is_never_old() -> None:
    assert staleness(Dated("users_20261124.csv", 1, "aa"), None, None) is None
