"""Bytes that come after a drop was sent: what Canvas has is filed, what came late is held, and nothing is lost."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.config import load
from sisdrop.folders import Spool
from sisdrop.journal import SqliteJournal
from sisdrop.model import Drop, DropKind, DropState, Outcome, Place, Transition
from sisdrop.steps.commands import reject, release, retry
from sisdrop.steps.filing import file_away
from sisdrop.workers.recover import recover
from tests.support.kill import run_cut_off
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit

LATER = USERS + "P-3,p3,Cy,Cedarhill,active\n"
MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def finish(kit: Kit, drop: Drop) -> Drop:
    """Up to the point where Canvas has it, and its files are still in the spool."""
    while kit.get(drop).state is not DropState.FINISHED:
        kit.step(kit.get(drop))
    return kit.get(drop)


def late_of(kit: Kit, drop: Drop) -> Drop:
    late = kit.get(drop).late
    assert late is not None
    return kit.get(replace(drop, id=late.drop))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_rows_that_a_writer_adds_after_it_was_sent_are_held_and_what_was_sent_is_filed(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.step(drop)
    # as over a share, where nobody can ask who has a file open
    with (kit.spool.folder(drop.id) / "users.csv").open("a") as writer:
        finish(kit, drop)
        writer.write("P-3,p3,Cy,Cedarhill,active\n")
    kit.run_to_rest()

    (file,) = kit.feed.archive.glob("*-users.csv")
    assert file.read_text() == USERS
    result = kit.result(drop)
    assert (result["outcome"], result["sha256"], result["size_bytes"]) == ("imported", sha256(USERS), len(USERS))
    late = late_of(kit, drop)
    assert result["changed_after_sending"] == {
        "drop": late.id,
        "at": late.origin.claimed_at,
        "size_bytes": len(LATER),
        "sha256": sha256(LATER),
    }
    assert (late.state, late.place) == (DropState.HELD, Place.HELD)
    assert f"what was read was sent as SIS import {kit.get(drop).import_id}" in (late.held_because or "")
    assert (kit.feed.held / late.id / "users.csv").read_text() == LATER
    assert len(kit.imports()) == 1


def test_a_file_that_stayed_as_it_was_has_nothing_to_tell(kit: Kit) -> None:
    drop = kit.drop("users.csv", USERS)
    kit.run_to_rest()
    assert kit.result(drop)["changed_after_sending"] is None
    assert len(kit.journal.recent(5)) == 1


def test_what_came_late_goes_to_canvas_by_a_release_and_to_failed_by_a_reject(kit: Kit) -> None:
    for name, decide in (("users.csv", release), ("people.csv", reject)):
        drop = finish(kit, kit.drop(name, USERS))
        (kit.spool.folder(drop.id) / name).write_text(LATER)
        kit.run_to_rest()
        decide(kit.journal, late_of(kit, drop).id)
        kit.run_to_rest()
    outcomes = [(drop.name, drop.outcome) for drop in kit.journal.recent(9)[::-1]]
    assert outcomes == [
        ("users.csv", Outcome.IMPORTED),
        ("users.csv", Outcome.IMPORTED),
        ("people.csv", Outcome.IMPORTED),
        ("people.csv", Outcome.REJECTED),
    ]
    assert {path.read_text() for path in kit.feed.archive.glob("*-users*.csv")} == {USERS, LATER}
    assert [path.read_text() for path in kit.feed.failed.glob("*.csv")] == [LATER]


def test_what_waited_behind_it_waits_behind_what_came_late(kit: Kit) -> None:
    drop = finish(kit, kit.drop("users.csv", USERS))
    behind = kit.drop("courses.csv", COURSES)
    (kit.spool.folder(drop.id) / "users.csv").write_text(LATER)
    kit.run_to_rest()
    assert kit.get(behind).state is DropState.QUEUED
    release(kit.journal, late_of(kit, drop).id)
    kit.run_to_rest()
    assert sorted(made["data"]["supplied_batches"][0] for made in kit.imports()) == ["course", "user", "user"]


def test_a_retried_drop_begins_anew_and_what_came_late_stays_a_drop_of_its_own(kit: Kit) -> None:
    drop = finish(kit, kit.drop("users.csv", USERS))
    (kit.spool.folder(drop.id) / "users.csv").write_text(LATER)
    kit.run_to_rest()
    late = late_of(kit, drop)
    reject(kit.journal, late.id)
    retry(kit.journal, drop.id)
    kit.run_to_rest()
    assert kit.result(drop)["changed_after_sending"] is None
    assert kit.get(late).outcome is Outcome.REJECTED
    assert len(kit.imports()) == 2


def changed_folder(folder: Path) -> None:
    (folder / "night" / "courses.csv").unlink()


def changed_zip(folder: Path) -> None:
    (folder / "night.zip").write_bytes(b"no zip any more")


@pytest.mark.parametrize("change", [changed_folder, changed_zip])
def test_a_folder_and_a_zip_are_compared_too(kit: Kit, change: Callable[[Path], None]) -> None:
    files = {"users.csv": USERS.encode(), "courses.csv": COURSES.encode()}
    if change is changed_folder:
        drop = kit.drop_folder("night", files)
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        drop = kit.drop("night.zip", packed.getvalue())
    finish(kit, drop)
    change(kit.spool.folder(drop.id))
    kit.run_to_rest()

    (path,) = (path for path in kit.feed.archive.iterdir() if path.suffix != ".json")
    if drop.kind is DropKind.FOLDER:
        assert {file.name: file.read_bytes() for file in path.iterdir()} == files
    else:
        with zipfile.ZipFile(path) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == files
    assert late_of(kit, drop).place is Place.HELD


def test_a_drop_that_was_released_from_held_is_compared_where_it_lies(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    release(kit.journal, drop.id)
    finish(kit, drop)
    (kit.feed.held / drop.id / "users.csv").write_text(LATER)
    kit.run_to_rest()
    assert [path.read_text() for path in kit.feed.archive.glob("*-users.csv")] == [MISTAKEN]
    assert (kit.feed.held / late_of(kit, drop).id / "users.csv").read_text() == LATER


def test_of_a_drop_that_was_never_sent_the_result_tells_of_the_file_beside_it(kit: Kit) -> None:
    drop = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()
    (kit.feed.held / drop.id / "users.csv").write_text(LATER)
    reject(kit.journal, drop.id)
    kit.run_to_rest()
    result = kit.result(drop)
    assert (result["sha256"], result["changed_after_sending"]) == (sha256(LATER), None)


@pytest.mark.long
def test_wherever_it_is_cut_the_same_step_again_files_the_one_and_holds_the_other(kit: Kit) -> None:
    ids, cuts = iter(range(100)), 0
    finished = finish(kit, kit.drop("users.csv", USERS))
    template = (finished, kit.context.snapshot_of(finished).read_bytes())

    def prepare() -> Drop:
        drop = replace(template[0], id=f"20261123T041502Z-{next(ids):04x}")
        kit.context.snapshot_of(drop).write_bytes(template[1])
        kit.spool.folder(drop.id).mkdir()
        (kit.spool.folder(drop.id) / "users.csv").write_text(LATER)
        return kit.journal.add(drop)

    def act() -> None:
        # A process of its own opens its own journal and folders.
        config = load(kit.config.path)
        feed = config.feeds["nightly"]
        with SqliteJournal(config.state) as journal:
            spools = {"nightly": Spool(feed.inbox, feed.archive, feed.failed, feed.held)}
            context = replace(kit.context, journal=journal, spools=spools)
            while (now := journal.get(drop.id)) is not None and now.state is DropState.FINISHED:
                step = file_away(context, now)
                if step.transition is not None:
                    context.apply(step.transition)

    drop = prepare()
    for step in run_cut_off(act):
        cuts += 1
        recover(kit.context)
        act()
        stored = kit.get(drop).stored_as
        assert (kit.feed.archive / f"{stored}").read_text() == USERS, step
        assert (kit.feed.archive / f"{stored}.result.json").exists(), step
        late = late_of(kit, drop)
        assert (kit.spool.folder(late.id) / "users.csv").read_text() == LATER, step
        assert "changed after it was read" in (late.held_because or ""), step
        assert len(kit.journal.open_drops()) == 1 + 1, step
        kit.journal.apply(Transition(replace(late, state=DropState.RETURNED)))
        (kit.spool.folder(late.id) / "users.csv").unlink()
        kit.spool.folder(late.id).rmdir()
        drop = prepare()
    assert cuts > 20


def test_a_skipped_one_whose_bytes_changed_meanwhile_is_no_reason_to_lose_them(tmp_path: Path) -> None:
    with lane_kit(tmp_path, skip_identical=True) as kit:
        finish(kit, kit.drop("users.csv", USERS))
        kit.run_to_rest()
        twin = finish(kit, kit.drop("users.csv", USERS))
        (kit.spool.folder(twin.id) / "users.csv").write_text(LATER)
        kit.run_to_rest()
        assert (kit.get(twin).outcome, kit.result(twin)["sha256"]) == (Outcome.SKIPPED, sha256(USERS))
        assert "the same as what Canvas has" in (late_of(kit, twin).held_because or "")
