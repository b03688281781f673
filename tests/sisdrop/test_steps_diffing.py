"""Diffing against a Canvas over HTTP: what is compared with what, when a data set is sent whole, what is warned of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from sisdrop.model import DataSet, Drop, DropState, EventKind, Link, Outcome, Transition, now_utc
from sisdrop.status import snapshot
from sisdrop.status.terminal import render
from sisdrop.steps.diffing import remaster_is_due
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import USERS, Kit, lane_kit

HEADER = "user_id,login_id,first_name,last_name,status\n"
DIFFED = {"diffing_data_set_identifier": "sis-users"}


def users(*numbers: int) -> str:
    return HEADER + "".join(f"U-{n},u{n},Ada,Ashgrove,active\n" for n in numbers)


class Night:
    """A lane whose calendar can be turned on."""

    def __init__(self, kit: Kit, days: list[float]) -> None:
        self.kit = kit
        self._days = days

    def comes(self, content: str, *, name: str = "users.csv", after_days: float = 1) -> Drop:
        """The next export, brought to its end."""
        self.pass_days(after_days)
        drop = self.kit.drop(name, content)
        self.kit.run_to_rest()
        return self.kit.get(drop)

    def pass_days(self, days: float) -> None:
        self._days[0] += days

    @property
    def data_set(self) -> DataSet:
        found = self.kit.journal.data_set(self.kit.context.lane, "sis-users")
        assert found is not None
        return found

    def warnings(self) -> list[EventKind]:
        kinds = {EventKind.NOT_DIFFED, EventKind.SHARED_DATA_SET}
        return [event.kind for event in self.kit.journal.events() if event.kind in kinds]

    def users_in_canvas(self) -> set[str]:
        sandbox = self.kit.sandbox
        address = f"{sandbox.url}/api/v1/accounts/self/users?per_page=100"
        answer = requests.get(address, headers={"Authorization": f"Bearer {sandbox.token}"}, timeout=5)
        return {user["sis_user_id"] for user in answer.json() if user["sis_user_id"]}

    def status(self) -> str:
        """What `sisdrop status` prints."""
        console = Console(width=300, record=True, file=StringIO())
        console.print(render(snapshot(self.kit.journal, self.kit.config)))
        return console.export_text()


@contextmanager
def nights(root: Path, **feed: Any) -> Iterator[Night]:
    days = [0.0]
    feed = {"import": DIFFED, **feed}
    with lane_kit(root, context={"now": lambda: now_utc() + timedelta(days=days[0])}, **feed) as kit:
        yield Night(kit, days)


# what Canvas compares with what


def test_each_night_is_compared_with_the_last_and_status_says_so(tmp_path: Path) -> None:
    with nights(tmp_path) as night:
        first = night.comes(users(1, 2, 3))
        second = night.comes(users(1, 2))
        shot = snapshot(night.kit.journal, night.kit.config)
        text = night.status()

        assert night.users_in_canvas() == {"U-1", "U-2"}
        assert night.warnings() == []
    (told,) = shot["lanes"][0]["data_sets"]
    assert (told["identifier"], told["drop"], told["feed"], told["types"]) == (
        "sis-users",
        second.id,
        "nightly",
        ("user",),
    )
    assert (told["import_id"], told["diffed_against_import_id"]) == (second.import_id, first.import_id)
    assert (told["base_import_id"], told["outcome"], told["note"]) == (second.import_id, "imported", None)
    assert first.submission
    assert told["sent_whole_at"] == first.submission.at
    assert f"diffing sis-users: SIS import {second.import_id}" in text
    assert f"diffed against SIS import {first.import_id}, last sent whole {first.submission.at[:10]}" in text


def test_what_is_not_diffed_has_no_data_set(tmp_path: Path) -> None:
    with nights(tmp_path, **{"import": {"skip_deletes": True}}) as night:
        night.comes(USERS)

        assert night.kit.journal.data_sets(night.kit.context.lane) == []


def test_a_fall_back_to_the_whole_file_is_warned_of_once_and_noted_until_a_good_one(tmp_path: Path) -> None:
    options = {**DIFFED, "change_threshold": 30}
    with nights(tmp_path, **{"import": options, "hold": {"messages_over": None}}) as night:
        first = night.comes(users(1, 2))
        night.comes(users(*range(2, 20)))
        note = night.data_set.note
        warnings = night.warnings()
        noted = note in night.status()
        base = night.data_set.base
        night.comes(users(1, 3))

        assert warnings == [EventKind.NOT_DIFFED]
        assert f"did not compare users.csv with SIS import {first.import_id} and imported it whole" in note
        assert "Diffing not performed because file size difference exceeded threshold" in note
        assert noted
        assert base is not None
        assert base.import_id == first.import_id
        assert night.data_set.note == ""
        assert night.data_set.diffed_against == first.import_id
        assert night.warnings() == warnings


def test_a_file_with_a_new_column_is_warned_of_though_canvas_counts_it_as_compared(tmp_path: Path) -> None:
    with nights(tmp_path, hold={"messages_over": None}) as night:
        first = night.comes(users(1, 2))
        night.comes("user_id,login_id,first_name,last_name,pronouns,status\nU-1,u1,Ada,Ashgrove,,active\n")

        assert night.data_set.diffed_against == first.import_id
        assert "Couldn't generate diff: CSV headers do not match" in night.data_set.note
        assert night.warnings() == [EventKind.NOT_DIFFED]
        assert night.users_in_canvas() == {"U-1", "U-2"}


def test_two_schools_under_one_identifier_delete_each_others_rows_and_are_warned_of_before_they_are_sent(
    tmp_path: Path,
) -> None:
    with nights(tmp_path) as night:
        night.comes(users(1, 2), name="users_north.csv")
        south = night.comes(users(3), name="users_south.csv")

        kinds = [event.kind for event in night.kit.journal.events_of(south.id)]
        assert kinds.index(EventKind.SHARED_DATA_SET) < kinds.index(EventKind.SUBMITTED)
        assert night.users_in_canvas() == {"U-3"}
        assert "users_south.csv shares the diffing identifier sis-users with users_north.csv" in night.data_set.note


def test_two_types_under_one_identifier_are_never_compared_and_that_is_warned_of(tmp_path: Path) -> None:
    with nights(tmp_path) as night:
        night.comes(users(1, 2))
        night.comes("course_id,short_name,long_name,status\nC-1,ALG,Algebra 9,active\n", name="courses.csv")

        assert night.warnings() == [EventKind.SHARED_DATA_SET]
        assert "a file of another type: nothing is compared" in night.data_set.note


def test_a_clash_is_told_once_however_often_the_drop_is_tried(tmp_path: Path) -> None:
    with nights(tmp_path) as night:
        night.comes(users(1), name="users_north.csv")
        night.kit.faults({"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"})
        south = night.comes(users(2), name="users_south.csv")

        assert south.outcome is Outcome.IMPORTED
        assert night.warnings() == [EventKind.SHARED_DATA_SET]


# sent whole


def test_weekly_a_data_set_is_sent_whole_and_compared_with_that_from_then_on(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="weekly") as night:
        night.comes(users(1, 2))
        whole = night.comes(users(1, 2, 3), after_days=7)
        after = night.comes(users(1, 2, 3))

        echoed = [raw["diffing_remaster"] for raw in night.kit.imports()]
        result = night.kit.result(whole)
        data_set, warnings = night.data_set, night.warnings()

    assert [bool(echo) for echo in echoed] == [False, True, False]
    assert result["canvas"]["options"] == {**DIFFED, "diffing_remaster_data_set": True}
    assert data_set.diffed_against == whole.import_id
    assert whole.submission
    assert data_set.whole_at == whole.submission.at
    assert after.options.diffing_remaster_data_set is None
    assert warnings == []


def test_a_remaster_whose_answer_was_lost_is_found_by_its_options_and_adopted(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="weekly") as night:
        night.comes(users(1, 2))
        night.kit.faults({"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"})
        whole = night.comes(users(1, 2, 3), after_days=7)

        assert "adopt" in [attempt.what for attempt in whole.attempts]
        assert night.kit.result(whole)["canvas"]["options"]["diffing_remaster_data_set"] is True
        assert [bool(raw["diffing_remaster"]) for raw in night.kit.imports()] == [False, True]


def test_the_decision_is_journaled_with_the_intention_and_survives_a_crash(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="weekly") as night:
        night.comes(users(1, 2))
        night.kit.faults({"kind": "accept_then_drop", "method": "POST", "path": "sis_imports"})
        drop = night.kit.drop("users.csv", users(1, 2, 3))
        night.pass_days(7)
        night.kit.run(lambda: night.kit.get(drop).state is DropState.SUBMITTING)
        # As if it had been sent whole meanwhile, so that it would not be due now: what the POST asked for stays.
        sent_whole = replace(night.data_set, whole_at=night.kit.context.clock.time())
        night.kit.journal.apply(Transition(night.kit.get(drop), data_set=sent_whole))
        night.kit.restart()
        night.kit.run_to_rest()

        assert night.kit.get(drop).options.diffing_remaster_data_set is True
        assert len(night.kit.imports()) == 2


def test_a_remaster_that_canvas_never_got_is_sent_again_as_one(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="weekly") as night:
        night.comes(users(1, 2))
        night.kit.faults({"kind": "drop_before_accept", "method": "POST", "path": "sis_imports"})
        whole = night.comes(users(1, 2, 3), after_days=7)

        assert [bool(raw["diffing_remaster"]) for raw in night.kit.imports()] == [False, True]
        assert whole.options.diffing_remaster_data_set is True


def test_on_failure_the_next_one_is_sent_whole(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="on_failure") as night:
        night.comes(users(1))
        night.kit.faults({"kind": "fail"})
        night.comes(users(1, 2))
        failed = night.data_set
        night.comes(users(1, 2, 3))

        assert failed.outcome is Outcome.FAILED
        assert [bool(raw["diffing_remaster"]) for raw in night.kit.imports()] == [False, False, True]
        assert night.kit.hold() is None


def test_an_import_that_was_aborted_for_its_echo_counts_as_one_that_did_not_end_well(tmp_path: Path) -> None:
    with nights(tmp_path, diffing_remaster="on_failure", **{"import": {**DIFFED, "skip_deletes": True}}) as night:
        night.kit.faults({"kind": "echo", "option": "skip_deletes"}, {"kind": "stuck", "state": "created"})
        held = night.comes(users(1, 2))

        assert held.state is DropState.HELD
        assert night.data_set.outcome is Outcome.ABORTED
        assert remaster_is_due(night.kit.context, held)


FIRST = datetime(2026, 1, 31, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    with lane_kit(tmp_path_factory.mktemp("lane"), **{"import": DIFFED}) as kit:
        yield kit


def is_due(kit: Kit, period: str, now: datetime, *, options: dict[str, Any] = DIFFED, **values: Any) -> bool:
    """Whether a drop whose turn comes `now` is sent whole, when its data set was last sent whole at FIRST."""
    at = FIRST.strftime("%Y-%m-%dT%H:%M:%SZ")
    link = Link(1, "drop-1", "nightly", "users.csv", "users", ("user",), at)
    data_set = DataSet(kit.context.lane, "sis-users", link, values.pop("outcome", Outcome.IMPORTED), at, **values)
    keeper = kit.journal.get("keeper") or kit.journal.add(a_drop(id="keeper"))
    kit.journal.apply(Transition(keeper, data_set=data_set))
    feed = kit.feed.model_copy(update={"diffing_remaster": period})
    context = replace(kit.context, feeds={"nightly": feed}, clock=replace(kit.context.clock, now=lambda: now))
    return remaster_is_due(context, a_drop(lane=kit.context.lane, options=options, state=DropState.QUEUED))


@pytest.mark.parametrize(
    ("period", "days", "due"),
    [
        ("never", 400, False),
        ("weekly", 6, False),
        ("weekly", 6.9, True),  # a nightly export that comes a little earlier keeps its night
        ("weekly", 30, True),
        ("monthly", 27, False),
        ("monthly", 28, True),  # 31 January + a month = 28 February
        ("on_failure", 400, False),
    ],
)
def test_a_data_set_is_due_by_the_calendar_of_its_feed(lane: Kit, period: str, days: float, due: bool) -> None:
    assert is_due(lane, period, FIRST + timedelta(days=days)) is due


@pytest.mark.parametrize(
    ("outcome", "messages", "due"),
    [
        (Outcome.IMPORTED, 0, False),
        (Outcome.IMPORTED_WITH_MESSAGES, 1, True),
        (Outcome.FAILED_WITH_MESSAGES, 3, True),
        (Outcome.ABORTED, 0, True),
    ],
)
def test_what_did_not_end_well_by_the_measure_of_the_queue_makes_the_next_one_due(
    lane: Kit, outcome: Outcome, messages: int, due: bool
) -> None:
    assert is_due(lane, "on_failure", FIRST, outcome=outcome, message_count=messages) is due


@pytest.mark.parametrize(
    ("options", "due"),
    [(DIFFED, True), ({**DIFFED, "diffing_remaster_data_set": False}, False), ({"skip_deletes": True}, False)],
)
def test_what_the_import_options_themselves_say_holds(lane: Kit, options: dict[str, Any], due: bool) -> None:
    assert is_due(lane, "weekly", FIRST + timedelta(days=7), options=options) is due
