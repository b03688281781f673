"""An inbox that was made anew: it is accepted by a person's word, and what was taken from the old one is not lost."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import load
from sisdrop.errors import UsageError
from sisdrop.journal import SqliteJournal
from sisdrop.model import AttemptKind, Drop, DropState, InboxState, Outcome, Place, why_stranded
from sisdrop.status import needs_a_person, snapshot
from sisdrop.steps.accept import LOST, Accepted, accept
from sisdrop.steps.commands import reject
from tests.support.command import sisdrop
from tests.support.kill import run_cut_off
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit, write_config
from tests.support.service import serving, wait


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        _, _, inbox_id = made.spool.inbox_state(None)
        made.journal.know_inbox("nightly", made.feed.inbox, inbox_id or "")
        made.spool.prepare()
        yield made


def make_anew(kit: Kit) -> None:
    """The inbox as it is after somebody removed the whole folder and made another."""
    shutil.rmtree(kit.feed.inbox)
    kit.feed.inbox.mkdir()


def look(kit: Kit) -> InboxState:
    """As the watcher does at each turn."""
    return kit.spool.inbox_state(kit.journal.inbox_id("nightly", kit.feed.inbox))[0]


def say_accept(kit: Kit) -> Accepted:
    accepted = accept(kit.journal, kit.feed, kit.config.feeds, kit.config.state)
    look(kit)
    return accepted


def step_to(kit: Kit, drop: Drop, state: DropState) -> Drop:
    while kit.get(drop).state is not state:
        kit.step(kit.get(drop))
    return kit.get(drop)


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.IMPORTING, DropState.FINISHED])
def test_what_was_taken_from_an_inbox_that_is_gone_comes_back_byte_for_byte_and_is_filed(
    kit: Kit, state: DropState
) -> None:
    if state is DropState.IMPORTING:
        kit.faults({"kind": "stuck", "state": "importing", "looks": 5})
    drop = step_to(kit, kit.drop("users.csv", USERS), state)
    make_anew(kit)
    assert look(kit) is InboxState.AWAY

    assert [brought.id for brought in say_accept(kit).brought_back] == [drop.id]
    assert look(kit) is InboxState.READY
    kit.run_to_rest()

    (file,) = kit.feed.archive.glob("*-users.csv")
    assert file.read_text() == USERS
    result = kit.result(drop)
    assert (result["outcome"], result["sha256"]) == ("imported", hashlib.sha256(USERS.encode()).hexdigest())
    assert "byte for byte" in result["attempts"][-1]["result"] or state is not DropState.FINISHED
    assert any(attempt.what is AttemptKind.BRING_BACK for attempt in kit.get(drop).attempts)
    assert len(kit.imports()) == 1
    assert [path.name for path in (kit.feed.inbox / ".sisdrop").iterdir()] == ["inbox-id"]


def test_a_held_drop_that_had_not_reached_its_folder_comes_back_and_is_held(kit: Kit) -> None:
    drop = step_to(kit, kit.drop("users.csv", USERS.replace("p2", "")), DropState.HELD)
    assert drop.place is Place.SPOOL
    make_anew(kit)
    say_accept(kit)
    kit.run_to_rest()
    assert (kit.feed.held / drop.id / "users.csv").read_text() == USERS.replace("p2", "")


def test_a_zip_comes_back_packed_anew_and_its_result_says_so_with_the_sum_of_the_new_one(kit: Kit) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("users.csv", USERS)
        archive.writestr("courses.csv", COURSES)
    drop = step_to(kit, kit.drop("night.zip", packed.getvalue()), DropState.FINISHED)
    make_anew(kit)
    say_accept(kit)
    kit.run_to_rest()

    (file,) = kit.feed.archive.glob("*-night.zip")
    with zipfile.ZipFile(file) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "users.csv": USERS,
            "courses.csv": COURSES,
        }
    result = kit.result(drop)
    assert (result["size_bytes"], result["sha256"]) == (
        file.stat().st_size,
        hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    assert "packed anew" in result["attempts"][-1]["result"]


def test_a_drop_that_nobody_had_read_is_held_and_named_and_once_it_is_rejected_the_inbox_is_accepted(kit: Kit) -> None:
    unread = step_to(kit, kit.drop("users.csv", USERS), DropState.CLAIMED)
    queued = step_to(kit, kit.drop("courses.csv", COURSES), DropState.QUEUED)
    make_anew(kit)

    with pytest.raises(UsageError, match=rf"users\.csv \({unread.id}\).*sisdrop reject {unread.id}"):
        say_accept(kit)
    assert kit.get(unread).held_because == LOST
    assert look(kit) is InboxState.AWAY
    assert needs_a_person(snapshot(kit.journal, kit.config))
    with pytest.raises(UsageError, match="was not accepted"):
        say_accept(kit)

    reject(kit.journal, unread.id)
    assert [drop.id for drop in say_accept(kit).missing] == [unread.id]
    kit.run_to_rest()
    assert "Its file is lost" in kit.result(unread)["error"]["message"]
    assert kit.get(queued).outcome is Outcome.IMPORTED
    assert len(kit.imports()) == 1


@pytest.mark.parametrize("harm", ["missing", "damaged", "another"])
def test_a_snapshot_that_cannot_be_trusted_brings_nothing_back(kit: Kit, harm: str) -> None:
    drop = step_to(kit, kit.drop("users.csv", USERS), DropState.QUEUED)
    path = kit.context.snapshot_of(drop)
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
    path.unlink()
    if harm == "damaged":
        path.write_bytes(b"no zip at all")
    if harm == "another":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, USERS.upper())
    make_anew(kit)
    with pytest.raises(UsageError, match="was not accepted"):
        say_accept(kit)
    assert kit.get(drop).held_because == LOST
    assert not [path for path in (kit.feed.inbox / ".sisdrop").iterdir() if path.name != "inbox-id"]


def test_an_inbox_with_another_proof_and_the_files_in_it_is_taken_as_it_is(kit: Kit) -> None:
    drop = step_to(kit, kit.drop("users.csv", USERS), DropState.QUEUED)
    (kit.feed.inbox / ".sisdrop" / "inbox-id").write_text("another\n")
    assert look(kit) is InboxState.AWAY

    assert say_accept(kit).brought_back == ()
    assert kit.journal.inbox_id("nightly", kit.feed.inbox) == "another"
    kit.run_to_rest()
    assert kit.get(drop).outcome is Outcome.IMPORTED


@pytest.mark.parametrize(
    "state", [DropState.CLAIMED, DropState.HELD, DropState.QUEUED, DropState.FINISHED], ids=lambda state: str(state)
)
def test_a_feed_that_was_moved_in_the_configuration_fetches_its_drops_out_of_the_old_inbox(
    kit: Kit, tmp_path: Path, state: DropState
) -> None:
    content = USERS.replace("p2", "") if state is DropState.HELD else USERS
    drop = step_to(kit, kit.drop("users.csv", content), state)
    moved = load(write_config(tmp_path, kit.sandbox, inbox="elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    assert why_stranded(drop, drop.lane, moved.feeds["nightly"].inbox) is not None
    accepted = accept(kit.journal, moved.feeds["nightly"], moved.feeds, moved.state)
    assert [fetched.id for fetched in accepted.fetched] == [drop.id]
    assert (tmp_path / "elsewhere" / ".sisdrop" / drop.id / "users.csv").read_text() == content
    assert why_stranded(kit.get(drop), drop.lane, moved.feeds["nightly"].inbox) is None


def test_what_was_being_taken_when_its_feed_was_moved_ends_in_the_new_inbox_or_stays_its_writers(
    kit: Kit, tmp_path: Path
) -> None:
    taken, left = kit.drop("users.csv", USERS), kit.drop("courses.csv", COURSES)
    kit.spool.claim(taken.id, taken.origin.paths, taken.origin.stats)  # and then it was cut off
    moved = load(write_config(tmp_path, kit.sandbox, inbox="elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    accept(kit.journal, moved.feeds["nightly"], moved.feeds, moved.state)
    kit.journal.give_up_lease()
    with serving(moved) as running:
        wait(lambda: not running.journal.open_drops(), running.journal)
        states = [found.state for drop in (taken, left) if (found := running.journal.get(drop.id))]
    assert states == [DropState.FILED, DropState.RETURNED]
    assert (kit.feed.inbox / "courses.csv").read_text() == COURSES


def test_there_is_nothing_to_accept_where_the_inbox_is_the_one_it_was(kit: Kit) -> None:
    before = (kit.feed.inbox / ".sisdrop" / "inbox-id").read_text()
    assert "already" in say_accept(kit).nothing
    assert (kit.feed.inbox / ".sisdrop" / "inbox-id").read_text() == before


def test_no_folder_and_another_feeds_folder_are_refused(kit: Kit, tmp_path: Path) -> None:
    shutil.rmtree(kit.feed.inbox)
    with pytest.raises(UsageError, match="there is no folder"):
        say_accept(kit)

    other = kit.feed.model_copy(update={"name": "other", "inbox": tmp_path / "other"})
    kit.feed.inbox.mkdir()
    (kit.feed.inbox / ".sisdrop").mkdir()
    (kit.feed.inbox / ".sisdrop" / "inbox-id").write_text("the id of other\n")
    kit.journal.know_inbox("other", other.inbox, "the id of other")
    with pytest.raises(UsageError, match="is the inbox of feed other"):
        accept(kit.journal, kit.feed, {"nightly": kit.feed, "other": other}, kit.config.state)


def test_wherever_accept_is_cut_the_same_word_again_finishes_it(kit: Kit) -> None:
    drop = step_to(kit, kit.drop("users.csv", USERS), DropState.QUEUED)
    make_anew(kit)
    spool = kit.feed.inbox / ".sisdrop"

    def act() -> None:
        with SqliteJournal(kit.config.state) as journal:
            accept(journal, kit.feed, kit.config.feeds, kit.config.state)

    for _step in run_cut_off(act):
        if (spool / drop.id).exists():
            assert (spool / drop.id / "users.csv").read_text() == USERS
    assert look(kit) is InboxState.READY
    assert sorted(path.name for path in spool.iterdir() if not path.name.startswith(".sisdrop-")) == sorted(
        [drop.id, "inbox-id"]
    )
    kit.run_to_rest()
    assert kit.get(drop).outcome is Outcome.IMPORTED


def test_by_command_beside_a_running_service_the_inbox_is_back(tmp_path: Path, sandbox: Sandbox) -> None:
    path = write_config(tmp_path, sandbox, settle_s=0, poll_s=0.1)
    config = load(path)

    def seen(journal: SqliteJournal) -> dict[str, Any]:
        feed: dict[str, Any] = snapshot(journal, config)["feeds"][0]
        return feed

    with serving(config) as running:
        wait(lambda: seen(running.journal)["inbox_state"] == "ready", running.journal)
        assert "Nothing to do" in sisdrop("accept", "nightly", "--config", path).stdout
        shutil.rmtree(tmp_path / "inbox" / ".sisdrop")
        wait(lambda: seen(running.journal)["inbox_state"] == "away", running.journal)
        assert "sisdrop accept" in seen(running.journal)["inbox_why"]
        assert "sisdrop accept nightly" in sisdrop("doctor", "--config", path).stdout

        assert sisdrop("accept", "nightly", "--config", path).returncode == 0
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: list((tmp_path / "archive").glob("*.result.json")), running.journal)
    assert sisdrop("accept", "another", "--config", path).returncode == 2
