"""Copies of files: never imported after, or instead of, what they are copies of."""

from __future__ import annotations

import pytest

from sisdrop.watch.copies import Copy, certain_copy, copy_of
from tests.support.desk import Desk, ignored, names

CERTAIN = [
    "users.sync-conflict-20261125-101010-ABCDEFG.csv",
    "users.sync-conflict-20261125-101010.csv",
    "users (conflicted copy 2026-11-25 101010).csv",
    "users (Ann's conflicted copy 2026-11-25).csv",
    "users (Ann's conflicted copy 2026-11-25) (1).csv",
    "users (ANN-PC's conflicted copy).csv",
    "users (Case Conflict).csv",
    "users (Selective Sync Conflict 1).csv",
    "users (In Konflikt stehende Kopie von Ann 2026-11-25).csv",
    "users (copie en conflit de Ann 2026-11-25).csv",
    "users (Ann's conflicting copy).csv",
    "users (SFConflict ann@example.org 2026-11-25-10-10-10).csv",
    "users (conflict on 2026-11-25).csv",
    "users [conflicted].csv",
    "users_conflict-20261125-101010.csv",
    "users_conflict-ann-20261125-101010.csv",
    "users_DiskStation_Nov-25-101010-2026_Conflict.csv",
    "users_DiskStation_Nov-25-101010-2026_CaseConflict(1).csv",
    "users.Conflict.csv",
    "users.conflict2.csv",
]
MAYBE = [
    "users (1).csv",
    "users(1).csv",
    "users (23).csv",
    "users - Copy.csv",
    "users - Copy (2).csv",
    "users - Kopie.csv",
    "Copy of users.csv",
    "Copy (2) of users.csv",
    "Kopie von users.csv",
    "users copy.csv",
    "users copy 2.csv",
    "users (copy).csv",
    "users (another copy).csv",
    "users (3rd copy).csv",
    "users-DESKTOP-AB12CD3.csv",
    "users-LAPTOP-AB12CD3-2.csv",
    "users-Anns-MacBook-Pro.csv",
    "users.variant-1a2b.csv",
]
NONE = [
    "users.csv",
    "users 2.csv",
    "users_20261125.csv",
    "users (20261125).csv",
    "users (2026).csv",
    "conflicts.csv",
    "schedule (conflicts).csv",
    "copies.csv",
    "copy.csv",
    "(1).csv",
    "scope of work.csv",
    "users [north].csv",
    "enrollments-desktop-lab.csv",
]


@pytest.mark.parametrize("name", CERTAIN)
def test_what_only_sync_programs_write_is_a_copy_for_certain(name: str) -> None:
    assert copy_of(name) == Copy("users.csv", is_certain=True)


@pytest.mark.parametrize("name", MAYBE)
def test_what_people_and_browsers_write_may_be_one(name: str) -> None:
    assert copy_of(name) == Copy("users.csv", is_certain=False)
    assert certain_copy(name, lambda _: False) is None
    assert certain_copy(name, lambda original: original == "users.csv") is not None


@pytest.mark.parametrize("name", NONE)
def test_other_names_are_none(name: str) -> None:
    assert copy_of(name) is None


def test_a_copy_of_a_copy_is_one() -> None:
    assert certain_copy("users (1) (2).csv", lambda original: original == "users.csv") is not None


def test_a_conflict_copy_is_ignored_with_the_reason_also_alone(desk: Desk) -> None:
    desk.put("users.sync-conflict-20261125-101010-ABCDEFG.csv")

    look = desk.settle()

    why = "a conflict copy of users.csv that a sync program made"
    assert names(look) == []
    assert ignored(look) == {"users.sync-conflict-20261125-101010-ABCDEFG.csv": why}
    assert [copy.why for copy in look.copies] == [why]


def test_a_numbered_one_is_ignored_beside_its_original(desk: Desk) -> None:
    desk.put("Users.csv")
    desk.put("users (1).csv")
    desk.put("users (1).zip")

    look = desk.follow(15.0)

    assert names(look) == ["Users.csv", "users (1).zip"]
    assert ignored(look) == {"users (1).csv": "looks like a copy of users.csv; rename it if it is meant to be imported"}


def test_and_when_its_original_was_taken_before(desk: Desk) -> None:
    desk.watch(was_dropped=lambda name: name == "users.csv")
    desk.put("users (1).csv")
    desk.put("courses (1).csv")

    look = desk.settle()

    assert names(look) == ["courses (1).csv"]
    assert list(ignored(look)) == ["users (1).csv"]
