"""The guards in the life of a drop: compared with what was accepted, held before Canvas sees it, asked at its turn."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sisdrop.model import Drop, DropState, Outcome, Transition, Word
from sisdrop.steps.commands import release
from tests.support.lane_kit import COURSES, Kit, lane_kit

HEADER = "user_id,login_id,first_name,last_name,status\n"


def users(count: int, *, status: str = "active", first: int = 0) -> str:
    rows = (f"P-{n},p{n},Ada,Ashgrove{n},{status}\n" for n in range(first, first + count))
    return HEADER + "".join(rows)


def zipped(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as kit:
        yield kit


def dropped(kit: Kit, content: str | bytes, name: str = "users.csv") -> Drop:
    drop = kit.drop(name, content)
    kit.run_to_rest()
    return kit.get(drop)


def codes(drop: Drop) -> list[str]:
    return [guard.code for guard in drop.held.guards] if drop.held else []


def test_a_truncated_file_is_held_before_canvas_sees_it_and_every_guard_that_says_no_is_named(kit: Kit) -> None:
    first = dropped(kit, users(40))
    held = dropped(kit, users(4))

    assert (held.state, codes(held)) == (DropState.HELD, ["guard.shrank", "guard.absent"])
    assert "hold.shrink_over_pct" in (held.held_because or "")
    assert len(kit.imports()) == 1
    plan = kit.journal.report(held.id).plan
    assert plan is not None
    assert plan.against == (first.id,)


def test_a_released_drop_is_not_asked_again_and_the_result_tells_who_released_it(kit: Kit) -> None:
    dropped(kit, users(40))
    held = dropped(kit, users(4))
    release(kit.journal, held.id, word=Word("jdoe", "2026-11-25T04:15:02Z"))
    kit.run_to_rest()

    result = kit.result(held)
    assert result["outcome"] == "imported"
    assert [(guard["code"], guard["released_by"]) for guard in result["guards"]] == [
        ("guard.shrank", "jdoe"),
        ("guard.absent", "jdoe"),
    ]
    assert result["plan"]["files"][0]["before"] == 40


def test_the_next_one_is_compared_with_the_one_that_was_released(kit: Kit) -> None:
    dropped(kit, users(40))
    release(kit.journal, dropped(kit, users(4)).id)
    kit.run_to_rest()

    assert dropped(kit, users(5)).outcome is Outcome.IMPORTED


def test_the_series_is_compared_whatever_date_the_name_carries(kit: Kit) -> None:
    dropped(kit, users(40), "users_20261124.csv")

    assert codes(dropped(kit, users(4), "users_20261125.csv")) == ["guard.shrank", "guard.absent"]
    assert dropped(kit, users(4), "north_users.csv").outcome is None, "waits behind the held one"


def test_neither_findings_never_nor_an_unchecked_feed_switches_a_guard_off(tmp_path: Path) -> None:
    with lane_kit(tmp_path, check=False, hold={"findings": "never"}) as kit:
        dropped(kit, users(40))
        held = dropped(kit, users(40, status="deleted"))

    assert "guard.deletes" in codes(held)


def test_a_key_set_to_null_switches_its_guard_off(tmp_path: Path) -> None:
    with lane_kit(tmp_path, hold={"shrink_over_pct": None, "absent_over_pct": None}) as kit:
        dropped(kit, users(40))

        assert dropped(kit, users(4)).outcome is Outcome.IMPORTED


def test_a_delta_may_be_of_any_size(tmp_path: Path) -> None:
    with lane_kit(tmp_path, contents="delta") as kit:
        for count in (3, 300, 30):
            assert dropped(kit, users(count)).outcome is Outcome.IMPORTED


def test_a_drop_behind_another_of_its_series_is_compared_with_that_one_when_its_turn_has_come(kit: Kit) -> None:
    dropped(kit, users(40))
    kit.faults({"kind": "slow", "seconds": 1})
    first, second = kit.drop("users_20261124.csv", users(44)), kit.drop("users_20261125.csv", users(30))
    kit.run(lambda: kit.get(second).state is DropState.QUEUED)
    judged = kit.get(second).contents
    assert judged is not None
    assert judged.judged is None

    kit.run_to_rest()

    held = kit.get(second)
    assert kit.get(first).outcome is Outcome.IMPORTED
    assert held.state is DropState.HELD
    plan = kit.journal.report(second.id).plan
    assert plan is not None
    assert plan.against == (first.id,)


def test_what_was_accepted_is_compared_from_the_archive_when_the_copy_in_state_is_gone(kit: Kit) -> None:
    first = dropped(kit, users(40))
    kit.context.snapshot_of(first).unlink()

    assert codes(dropped(kit, users(4))) == ["guard.shrank", "guard.absent"]


def test_where_nothing_of_the_last_one_is_left_its_number_of_rows_still_counts(kit: Kit) -> None:
    first = dropped(kit, users(40))
    kit.context.snapshot_of(first).unlink()
    (kit.feed.archive / (first.stored_as or "")).unlink()

    assert codes(dropped(kit, users(4))) == ["guard.shrank"]


def test_the_users_of_a_zip_are_compared_with_those_of_the_last_zip(kit: Kit) -> None:
    dropped(kit, zipped(users=users(40), courses=COURSES), "monday.zip")

    held = dropped(kit, zipped(users=users(4), courses=COURSES), "tuesday.zip")

    assert codes(held) == ["guard.shrank", "guard.absent"]
    plan = kit.journal.report(held.id).plan
    assert plan is not None
    assert {each.type: each.before for each in plan.comparisons} == {"course": 1, "user": 40}


def test_a_file_of_another_type_under_the_name_of_the_series_is_held(kit: Kit) -> None:
    dropped(kit, users(40))

    assert "guard.shrank" in codes(dropped(kit, COURSES))


def test_an_older_file_than_the_last_accepted_one_is_held(kit: Kit) -> None:
    dropped(kit, users(40))
    old = kit.feed.inbox / "old"
    old.write_text(users(41))
    os.utime(old, (1_700_000_000, 1_700_000_000))
    drop = kit.drop("users.csv", users(41))
    stat = replace(drop.origin.stats[0], mtime_ns=old.stat().st_mtime_ns)
    os.utime(kit.feed.inbox / "users.csv", ns=(stat.mtime_ns, stat.mtime_ns))
    kit.journal.apply(Transition(replace(drop, origin=replace(drop.origin, stats=(stat,)))))
    old.unlink()
    kit.run_to_rest()

    assert codes(kit.get(drop)) == ["guard.stale"]


@pytest.mark.parametrize(
    "options", [{"diffing_data_set_identifier": "sis"}, {"batch_mode": True, "batch_mode_term_id": "7"}]
)
def test_a_header_alone_is_held_where_what_is_absent_is_deleted(tmp_path: Path, options: dict[str, Any]) -> None:
    with lane_kit(tmp_path, **{"import": options}) as kit:
        assert "guard.would_empty" in codes(dropped(kit, HEADER))
