"""The file beside a held drop: it says why the drop waits, as long as it does and no longer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Finding, Level
from sisdrop.folders.held_json import HeldDrop, from_held
from sisdrop.folders.layout import LONGEST_NAME, held_name
from sisdrop.model import Drop, DropKind, DropState, HoldKind, Outcome, Place, Report, Transition, Tripped
from sisdrop.steps.commands import reject, release
from sisdrop.workers.recover import recover
from tests.support.drops import claimed, filed, spool_in
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import USERS, Kit, lane_kit

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def held_in_the_spool(kit: Kit) -> Drop:
    drop = kit.drop("users.csv", MISTAKEN)
    while kit.get(drop).state is not DropState.HELD:
        kit.step(kit.get(drop))
    return kit.get(drop)


def held_file(kit: Kit, drop: Drop) -> Path:
    return kit.feed.held / drop.id / "users.csv.held.json"


def read(kit: Kit, drop: Drop) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(held_file(kit, drop).read_bytes())
    HeldDrop.model_validate(document)
    return document


def test_it_says_why_since_when_what_was_found_and_how_it_goes_on(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()

    document = read(kit, drop)
    held = kit.get(drop).held
    assert held is not None
    assert (document["drop"], document["feed"], document["name"]) == (drop.id, "nightly", "users.csv")
    assert (document["why"], document["since"]) == (held.reason, held.since)
    assert document["findings_by_code"] == {"user.missing_login": 1}
    assert [finding["row"] for finding in document["findings"]] == [2]
    assert f"sisdrop release {drop.id}" in document["release"]
    assert "users.csv.reject" in document["reject"]
    assert document["plan"] is None


def test_it_names_every_guard_and_quotes_the_worst_findings_first() -> None:
    held = a_drop(held_because="Two guards.", guards=(Tripped("guard.absent", "Half of them are gone."),))
    warnings = [Finding(Level.WARNING, "user.short", "users.csv", row, CellText("Short.")) for row in range(2, 200)]
    error = Finding(Level.ERROR, "user.long", "users.csv", 500, CellText("Long."))

    document = from_held(held, Report(findings=[*warnings, error]), by_file=False)

    assert [guard.code for guard in document.guards] == ["guard.absent"]
    assert (document.findings[0].code, len(document.findings)) == ("user.long", 100)
    assert document.findings_by_code == {"user.short": 198, "user.long": 1}
    assert ".release" not in document.release  # a file in the inbox would be left lying there


def test_it_is_gone_as_soon_as_the_drop_is_released_also_while_the_queue_is_on_hold(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    kit.journal.put_on_hold(kit.context.lane, kit.context.hold(HoldKind.GATE, "something does not finish", drop))

    release(kit.journal, drop.id)
    kit.run_to_rest()

    assert (kit.get(drop).state, kit.get(drop).place) == (DropState.QUEUED, Place.HELD)
    assert [path.name for path in (kit.feed.held / drop.id).iterdir()] == ["users.csv"]


@pytest.mark.parametrize("kind", [DropKind.FILE, DropKind.GROUP, DropKind.FOLDER])
def test_it_is_no_file_of_the_drop_and_gone_when_that_is_filed(tmp_path: Path, kind: DropKind) -> None:
    (tmp_path / "inbox").mkdir()
    spool = spool_in(tmp_path, tmp_path)
    made = claimed(spool, kind)
    held = replace(made, state=DropState.HELD)
    before = spool.measure(held)
    spool.move_to_held(held)
    spool.write_held(held, b"{}")
    held = replace(held, place=Place.HELD)
    assert (spool.folder(held.id, Place.HELD) / held_name(held)).read_bytes() == b"{}"
    assert spool.measure(held) == before
    assert spool.leftovers({held.id}) == []

    spool.remove_held(held)
    name = spool.file_away(replace(made, place=Place.HELD), lambda _name: b"{}")

    assert list((tmp_path / "held").iterdir()) == []
    rest = spool.layout.rest_path(filed(made, name))
    assert rest is not None
    assert not [path for path in rest.rglob("*") if path.name.endswith(".held.json")]


def test_what_a_crash_left_of_writing_it_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    spool = spool_in(tmp_path, tmp_path)
    held = claimed(spool, DropKind.GROUP)
    spool.move_to_held(held)
    folder = spool.folder(held.id, Place.HELD)
    (folder / ".sisdrop-0123456789abcdef.tmp").write_bytes(b"{")

    spool.remove_held(replace(held, place=Place.HELD))

    assert sorted(path.name for path in folder.iterdir()) == ["courses.csv", "users.csv"]


def test_it_is_written_again_for_the_next_reason(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    held = kit.get(drop).holding("Another reason.", kit.context.clock.time())
    kit.journal.apply(Transition(held))

    kit.run_to_rest()

    assert read(kit, drop)["why"] == "Another reason."


@pytest.mark.parametrize("was_written", [False, True])
def test_a_crash_between_move_file_and_journal_is_finished_by_the_next_start(kit: Kit, was_written: bool) -> None:
    drop = held_in_the_spool(kit)
    kit.spool.move_to_held(drop)
    if was_written:
        kit.spool.write_held(drop, b"{}")
    kit.restart()
    kit.run_to_rest()

    assert kit.get(drop).place is Place.HELD
    assert read(kit, drop)["drop"] == drop.id
    release(kit.journal, drop.id)
    kit.run(lambda: kit.get(drop).state is DropState.FILED)
    assert list(kit.feed.held.iterdir()) == []


def test_one_that_was_written_and_never_journaled_goes_all_the_same_when_a_person_was_quicker(kit: Kit) -> None:
    drop = held_in_the_spool(kit)
    kit.spool.move_to_held(drop)
    kit.spool.write_held(drop, b"{}")
    kit.journal.put_on_hold(kit.context.lane, kit.context.hold(HoldKind.GATE, "something does not finish", drop))

    release(kit.journal, drop.id)
    kit.run_to_rest()

    assert not held_file(kit, drop).exists()


def test_after_the_journal_was_lost_it_is_not_taken_for_a_file_of_the_drop(kit: Kit) -> None:
    lost = kit.feed.held / "20261123T041502Z-7c1e"
    lost.mkdir(parents=True)
    (lost / "users.csv").write_text(USERS)
    (lost / "users.csv.held.json").write_text("{}")

    recover(kit.context)
    kit.run_to_rest()

    drop = kit.journal.get(lost.name)
    assert drop is not None
    assert (drop.name, drop.kind, drop.origin.paths) == ("users.csv", DropKind.FILE, ("users.csv",))
    assert "may have been sent before" in read(kit, drop)["why"]


def test_a_group_of_which_only_it_is_left_was_taken_away(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    as_group = replace(kit.get(drop), origin=replace(drop.origin, kind=DropKind.GROUP))
    kit.journal.apply(Transition(as_group))
    (kit.feed.held / drop.id / "users.csv").unlink()

    release(kit.journal, drop.id)
    kit.run_to_rest()

    assert "Put them back" in (kit.get(drop).held_because or "")
    assert kit.imports() == []


def test_it_is_not_in_the_way_when_a_person_took_the_whole_folder(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    shutil.rmtree(kit.feed.held / drop.id)

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.failed() == ["users.csv", "users.csv.result.json"]
    assert list(kit.feed.held.iterdir()) == []


def test_a_rejected_one_is_filed_with_its_result_alone(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()

    reject(kit.journal, drop.id)
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.REJECTED
    assert kit.failed() == ["users.csv", "users.csv.result.json"]
    assert list(kit.feed.held.iterdir()) == []


def test_its_name_is_none_of_the_drops_and_fits() -> None:
    taken = a_drop(paths=("users.csv", "USERS.csv.held.json"))
    long = a_drop(name=f"{'ü' * 125}.csv")

    assert held_name(taken) == "users.csv-2.held.json"
    assert len(held_name(long).encode()) <= LONGEST_NAME
    assert held_name(a_drop(name="naïve\udcff?.csv")) == "naïve__.csv.held.json"
