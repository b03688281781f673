"""A person's word by a file in the inbox: carried out once, for the drop it is about, and never for another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.folders.owner import owner_name
from sisdrop.model import AttemptKind, Decision, Drop, DropKind, DropState, Outcome, Stat, Transition, Word, WordKind
from sisdrop.steps.words import Left, drop_meant
from sisdrop.watch import WordFile
from sisdrop.workers.words import Words
from tests.support.drops import stat_of
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import Kit, lane_kit

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,p1,Ada,Ashgrove,active\nP-2,,Bo,Birchwell,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def held(kit: Kit, name: str = "users.csv") -> Drop:
    drop = kit.drop(name, MISTAKEN)
    kit.run_to_rest()
    return kit.get(drop)


def words(kit: Kit, calls: list[str] | None = None) -> Words:
    seen = [] if calls is None else calls
    return Words(kit.context, kit.feed, obeyed=lambda: seen.append("obeyed"))


def put(kit: Kit, name: str) -> WordFile:
    """A word that has settled in the inbox."""
    path = kit.feed.inbox / name
    path.touch()
    about, _, ending = name.rpartition(".")
    return WordFile(name, about, Decision(ending.lower()), stat_of(path), path.lstat().st_uid, has_settled=True)


def store(kit: Kit, drop: Drop) -> None:
    kit.journal.apply(Transition(drop))


@pytest.mark.parametrize("typed", ["users.csv.release", "Users.CSV.Release"])
def test_a_held_drop_is_released_by_name_and_the_file_is_removed(kit: Kit, typed: str) -> None:
    drop, calls = held(kit), list[str]()

    assert words(kit, calls).heed([put(kit, typed)]) == []
    kit.run_to_rest()

    released = kit.get(drop)
    assert released.outcome is Outcome.IMPORTED_WITH_MESSAGES
    assert calls == ["obeyed"]
    assert [path.name for path in kit.feed.inbox.iterdir()] == [".sisdrop"]


def test_who_said_it_and_how_is_journaled_and_told(kit: Kit) -> None:
    drop = held(kit)
    file = put(kit, "users.csv.release")
    words(kit).heed([file])

    said, owner = kit.get(drop).word, owner_name(os.getuid())
    assert said == Word(owner, said.at if said else "", WordKind.FILE, file.stat)
    released = kit.get(drop).held
    assert released is not None
    assert released.released_by == owner
    assert f"was released by {owner}, by a file in the inbox" in kit.journal.events_of(drop.id)[-1].text
    assert f"asked by {owner}" in kit.get(drop).attempts[-1].result


def test_a_held_drop_is_rejected_by_its_id(kit: Kit) -> None:
    drop = held(kit)

    assert words(kit).heed([put(kit, f"{drop.id.lower()}.reject")]) == []
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.REJECTED
    assert kit.imports() == []


def test_after_a_crash_before_it_was_removed_it_is_only_removed(kit: Kit) -> None:
    first = held(kit)
    file = put(kit, "USERS.csv.release")
    words(kit).heed([file])
    kit.run_to_rest()
    assert kit.get(first).outcome is not None
    # As the disk would look: the same file is there again, and so is another drop of that name.
    second = held(kit)
    (kit.feed.inbox / file.name).touch()
    os.utime(kit.feed.inbox / file.name, ns=(file.stat.mtime_ns, file.stat.mtime_ns))
    again = replace(file, stat=stat_of(kit.feed.inbox / file.name))
    obeyed = replace(kit.get(first), word=Word("a person", "2026-11-23T04:15:10Z", WordKind.FILE, again.stat))
    store(kit, obeyed)

    assert words(kit).heed([again]) == []

    assert kit.get(second).state is DropState.HELD
    assert not (kit.feed.inbox / file.name).exists()


def test_one_that_cannot_be_removed_is_carried_out_once_and_shown(kit: Kit) -> None:
    drop, calls = held(kit), list[str]()
    file = put(kit, "users.csv.release")
    (kit.feed.inbox / ".sisdrop").rename(kit.root / "spool")  # as if the share had gone right then
    heard = words(kit, calls)

    (left,) = heard.heed([file])
    (again,) = heard.heed([file])
    (after_restart,) = words(kit).heed([file])

    assert left == again == after_restart
    assert "was carried out and cannot be removed" in left.why
    assert [attempt.what for attempt in kit.get(drop).attempts] == [AttemptKind.RELEASE]
    (kit.root / "spool").rename(kit.feed.inbox / ".sisdrop")
    assert heard.heed([file]) == []
    assert calls == ["obeyed"]


def test_one_that_lay_there_before_the_drop_was_held_is_left_until_it_is_made_anew(kit: Kit) -> None:
    heard = words(kit)
    early = put(kit, "users.csv.release")
    (left,) = heard.heed([early])
    drop = held(kit)

    assert heard.heed([early]) == [left]
    assert heard.heed([replace(early, has_settled=False)]) == [left]  # the first look after the inbox was away
    assert "no drop called users.csv is held" in left.why
    assert kit.get(drop).state is DropState.HELD

    os.utime(kit.feed.inbox / early.name)
    anew = put(kit, early.name)
    assert heard.heed([replace(anew, has_settled=False)]) == []
    assert heard.heed([anew]) == []
    assert kit.get(drop).state is DropState.QUEUED


def test_after_a_restart_one_older_than_the_held_file_is_left(kit: Kit) -> None:
    early = put(kit, "users.csv.release")
    os.utime(kit.feed.inbox / early.name, ns=(1, 1))
    early = replace(early, stat=stat_of(kit.feed.inbox / early.name))
    drop = held(kit)

    (left,) = words(kit).heed([early])

    assert left.why == "it is older than users.csv that is held; make it anew"
    assert kit.get(drop).state is DropState.HELD


def test_of_several_held_drops_of_a_name_the_id_is_needed(kit: Kit) -> None:
    kit.journal.add(replace(a_drop(state=DropState.HELD, held_because="a", written=True), lane=kit.context.lane))
    other = replace(a_drop(state=DropState.HELD, held_because="b", written=True), lane=kit.context.lane)
    kit.journal.add(replace(other, id="20261124T041502Z-0001"))

    (left,) = words(kit).heed([put(kit, "users.csv.reject")])

    assert "several drops called users.csv are held" in left.why
    assert ".reject" in left.why
    assert words(kit).heed([put(kit, "20261124T041502Z-0001.reject")]) == []


@pytest.mark.parametrize("name", ["users.csv.release", "20261123T041502Z-7c1e.reject"])
def test_a_word_about_a_drop_of_another_feed_fits_nothing(kit: Kit, name: str) -> None:
    other = a_drop(state=DropState.HELD, held_because="a", feed="summer", id="20261123T041502Z-7c1e")
    kit.journal.add(other)

    (left,) = words(kit).heed([put(kit, name)])

    assert "is held" in left.why
    assert (kit.feed.inbox / name).exists()


def test_without_release_by_file_it_is_left_with_the_command_that_does_it(tmp_path: Path) -> None:
    with lane_kit(tmp_path, release_by_file=False) as kit:
        drop = held(kit)
        (left,) = words(kit).heed([put(kit, "users.csv.release")])

        assert "release_by_file is false" in left.why
        assert "sisdrop release users.csv" in left.why
        assert kit.get(drop).state is DropState.HELD


def test_a_drop_that_was_taken_for_another_canvas_goes_to_the_one_its_feed_has_now(kit: Kit) -> None:
    drop = held(kit)
    store(kit, replace(drop, lane="old.example/self"))

    assert words(kit).heed([put(kit, "users.csv.release")]) == []

    moved = kit.get(drop)
    assert (moved.lane, moved.state, moved.is_released) == (kit.context.lane, DropState.CLAIMED, True)


def test_a_file_that_came_in_place_of_the_word_is_not_removed(kit: Kit) -> None:
    held(kit)
    file = put(kit, "users.csv.release")
    (kit.feed.inbox / file.name).write_text("another word, still to be looked at")

    words(kit).heed([file])

    assert (kit.feed.inbox / file.name).exists()


def test_on_a_share_a_word_is_known_by_size_and_time_alone(kit: Kit) -> None:
    held(kit)
    file = put(kit, "users.csv.release")

    words(kit).heed([replace(file, stat=replace(file.stat, inode=0))])

    assert not (kit.feed.inbox / file.name).exists()


def test_what_a_word_means_of_a_folder_is_told_by_the_newest_of_its_files() -> None:
    stats = (Stat(1, 10, 1), Stat(1, 30, 2))
    night = a_drop(name="night", kind=DropKind.FOLDER, paths=("night",), stats=stats, held_because="a")
    word = WordFile("night.release", "night", Decision.RELEASE, Stat(0, 20, 3), 0, has_settled=True)

    assert isinstance(drop_meant(word, [night]), Left)
    assert drop_meant(replace(word, stat=Stat(0, 30, 3)), [night]) == night


def test_an_owner_that_this_machine_does_not_know_is_told_by_number() -> None:
    assert owner_name(2**31 - 7) == "uid 2147483641"
