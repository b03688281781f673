"""What the index says beside drops that wait, and how many ids of a kind it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.model import UnknownRows
from tests.support.known_kit import LANE, KnownKit, members

MANY = "user_id,login_id,status\n" + "".join(f"P-{number},p{number},active\n" for number in range(20))
MORE = {"users.csv": "user_id,login_id,status\nQ-1,q1,active\nQ-2,q2,deleted\n"}
RENAMED = {"change.csv": "old_id,new_id,type\nP-1,R-1,user\n"}
ENROLLMENTS = {
    "enrollments.csv": "course_id,user_id,role,status\nC-1,P-1,student,active\nC-1,Q-1,student,active\n"
    "C-1,Z-1,student,active\n"
}


@pytest.fixture
def kit(tmp_path: Path) -> KnownKit:
    kit = KnownKit(tmp_path)
    assert kit.catch_up()
    kit.take_in({"users.csv": MANY})
    return kit


def test_of_ids_that_a_waiting_drop_brings_or_renames_nothing_is_said(kit: KnownKit) -> None:
    with kit.known.lookup(LANE, waiting=members({**MORE, **RENAMED})) as found:
        ids = ("P-1", "Q-1", "R-1", "Q-2", "Z-1")

        assert [found.has("user", id_) for id_ in ids] == [True, None, None, False, False]
        assert not found.may_come("user")


def test_waiting_drops_are_not_read_while_all_is_known(kit: KnownKit) -> None:
    def never() -> None:
        raise AssertionError

    with kit.known.lookup(LANE, waiting=[Member("users.csv", 1, never)]) as found:  # type: ignore[arg-type]
        assert found.has("user", "P-1")


def test_a_waiting_drop_that_cannot_be_read_any_more_may_bring_anything(kit: KnownKit, tmp_path: Path) -> None:
    gone = Member("users.csv", 1, lambda: (tmp_path / "gone.csv").open("rb"))

    with kit.known.lookup(LANE, waiting=[gone]) as found:
        assert [found.has("user", "P-1"), found.has("user", "Z-1")] == [True, None]
        assert found.may_come("user")


def test_rows_that_a_lost_snapshot_may_explain_are_undecided(kit: KnownKit, tmp_path: Path) -> None:
    gone = Member("users.csv", 1, lambda: (tmp_path / "gone.csv").open("rb"))

    with kit.known.lookup(LANE, waiting=[gone]) as known:
        counted = preflight(members(ENROLLMENTS), known=known).unknown

    assert counted == {"enrollments.csv": UnknownRows(0, 3, {}, undecided=2)}


def test_ids_are_counted_no_further_than_it_matters(kit: KnownKit) -> None:
    kit.take_in({"courses.csv": "course_id,short_name,long_name,status\nC-1,A,A,active\nC-2,B,B,deleted\n"})

    with kit.known.lookup(LANE) as found:
        assert [found.count(kind, 20) for kind in ("user", "course", "term")] == [20, 1, 0]
        assert found.count("user", 7) == 7


@pytest.mark.parametrize(
    ("waiting", "unsure", "counted"),
    [
        ({}, (), UnknownRows(2, 3, {"user": 2})),
        (MORE, (), UnknownRows(1, 3, {"user": 1})),
        ({}, ("user",), UnknownRows(0, 3, {}, undecided=2)),
    ],
)
def test_a_preflight_counts_rows_that_neither_an_accepted_file_nor_a_waiting_drop_explains(
    kit: KnownKit, waiting: dict[str, str], unsure: tuple[str, ...], counted: UnknownRows
) -> None:
    with kit.known.lookup(LANE, unsure, members(waiting)) as known:
        assert preflight(members(ENROLLMENTS), known=known).unknown == {"enrollments.csv": counted}
