"""What else an inbox holds: ignored names, markers, folders, groups, too many files, no folder at all."""

from __future__ import annotations

import errno
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sisdrop.folders import Claimed, Spool
from sisdrop.model import Decision, DropKind, Ignored
from sisdrop.watch import Look
from sisdrop.watch.listing import Listing, Sight, sort_out
from tests.support.desk import ROWS, Desk, ignored, names, waiting
from tests.support.drops import stat_of


class TestWords:
    def test_one_is_no_drop_and_settles_when_two_looks_see_the_very_same(self, desk: Desk) -> None:
        desk.put("Users.csv.RELEASE", b"")

        first, second = desk.look(), desk.look(1.0)
        desk.put("Users.csv.RELEASE", b"written to since")
        third = desk.look(1.0)

        assert [word.has_settled for look in (first, second, third) for word in look.words] == [False, True, False]
        (word,) = second.words
        assert (word.about, word.decision, word.owner) == ("Users.csv", Decision.RELEASE, os.getuid())
        assert first.ignored == second.ignored == second.settled == second.settling == ()

    def test_one_that_is_new_is_looked_at_again_soon(self, desk: Desk) -> None:
        desk.put("users.csv.reject", b"")
        desk.look()
        assert desk.inbox.next_look_s <= 1.0

        desk.look(1.0)
        assert desk.inbox.next_look_s == 5.0

    def test_a_link_a_folder_and_a_name_without_a_drop_are_none(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        (desk.path / "users.csv.release").symlink_to(tmp_path / "empty")
        (desk.path / "courses.csv.reject").mkdir()
        desk.put(".release", b"")
        desk.put("~$users.csv.release", b"")

        look = desk.settle()

        assert look.words == ()
        assert ignored(look)["users.csv.release"] == "a symbolic link"
        assert len(look.ignored) == 4

    def test_of_a_flood_of_them_the_first_are_looked_at(self, desk: Desk) -> None:
        for number in range(103):
            desk.put(f"{number:03}.csv.release", b"")

        look = desk.settle()

        assert (len(look.words), look.ignored_count) == (100, 3)
        assert "102.csv.release" in ignored(look)


class TestIgnored:
    def test_temporary_hidden_and_strange_names_are_left_alone_and_shown(self, desk: Desk) -> None:
        strange = [
            "users.csv.part", "users.csv.filepart", "~$users.csv", ".users.csv", ".users.csv.Xa81k2", "notes.txt",
            "Thumbs.db", "users.csv.crdownload", "users.csv.tmp", ".syncthing.users.csv.tmp",
        ]  # fmt: skip
        for name in strange:
            desk.put(name)
        desk.put(".sisdrop/inbox-id")

        look = desk.follow(100.0)

        assert sorted(ignored(look)) == sorted(strange)
        assert look.settled == look.settling == ()

    def test_links_are_never_followed(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "secret.csv").write_bytes(ROWS)
        (desk.path / "a.csv").symlink_to(tmp_path / "secret.csv")
        (desk.path / "b.csv").symlink_to("/nowhere")
        (desk.path / "c").symlink_to(tmp_path)

        look = desk.follow(100.0)

        assert ignored(look) == dict.fromkeys(["a.csv", "b.csv", "c"], "a symbolic link")
        assert look.settled == look.settling == ()

    def test_pipes_sockets_and_folders_with_a_drops_name_block_nothing(self, desk: Desk) -> None:
        os.mkfifo(desk.path / "pipe.csv")
        (desk.path / "folder.csv").mkdir()
        with socket.socket(socket.AF_UNIX) as listener:
            here = os.open(".", os.O_RDONLY)
            os.chdir(desk.path)  # a socket's path may not be long
            try:
                listener.bind("socket.csv")
            finally:
                os.fchdir(here)
                os.close(here)

        look = desk.follow(100.0)

        no_drop = "a folder without CSVs and a .done file"
        assert ignored(look) == {
            "folder.csv/": no_drop,
            **dict.fromkeys(["pipe.csv", "socket.csv"], "not a regular file"),
        }
        assert look.settled == look.settling == ()

    def test_a_link_swapped_in_while_it_settles_is_dropped(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "secret.csv").write_bytes(ROWS)
        path = desk.put("users.csv")
        desk.look()
        path.unlink()
        path.symlink_to(tmp_path / "secret.csv")

        assert desk.look(1.0) == Look(ignored=(Ignored("users.csv", "a symbolic link"),), ignored_count=1)

    def test_each_is_shown_with_the_reason(self, desk: Desk) -> None:
        for name in ("notes.txt", "users.csv.tmp", ".hidden", "users.csv.Release.TXT"):
            desk.put(name)
        (desk.path / ".folder").mkdir()

        assert ignored(desk.look()) == {
            "notes.txt": "not a CSV or zip",
            "users.csv.tmp": "a hidden or temporary file",
            ".hidden": "a hidden or temporary file",
            ".folder": "a hidden or temporary folder",
            "users.csv.Release.TXT": "not a CSV or zip; take the .txt off its end if it is a word about a held drop",
        }

    def test_only_the_first_hundred_names_are_kept_and_all_are_counted(self, desk: Desk) -> None:
        for number in range(150):
            desk.put(f"{number}.txt", b"")

        look = desk.look()

        assert (len(look.ignored), look.ignored_count) == (100, 150)


class TestMarkers:
    def test_a_file_waits_for_its_marker_and_both_are_taken(self, desk: Desk) -> None:
        desk.watch(done_suffix=".done")
        desk.put("users.csv")

        assert waiting(desk.follow(100.0)) == {"users.csv": "waits for users.csv.done"}
        desk.put("users.csv.done", b"")
        (candidate,) = desk.settle().settled
        assert candidate.paths == ("users.csv", "users.csv.done")
        assert len(candidate.stats) == 2

    def test_a_marker_that_came_first_works_too(self, desk: Desk) -> None:
        desk.watch(done_suffix=".done")
        desk.put("users.csv.done", b"")

        assert waiting(desk.follow(100.0)) == {"users.csv.done": "marker without users.csv"}
        desk.put("users.csv")
        assert names(desk.settle()) == ["users.csv"]

    def test_a_stale_marker_says_since_when(self, desk: Desk) -> None:
        desk.watch(done_suffix=".done")
        desk.put("users.csv.done", b"")
        desk.look()

        assert [waiting.since for waiting in desk.look(3600.0).settling] == ["2026-11-23T04:00:00Z"]

    def test_a_marker_may_end_like_a_csv(self, desk: Desk) -> None:
        desk.watch(done_suffix=".ok.csv")
        desk.put("users.csv")
        desk.put("users.csv.ok.csv", b"")

        assert [candidate.paths for candidate in desk.settle().settled] == [("users.csv", "users.csv.ok.csv")]

    def test_a_link_is_no_marker(self, desk: Desk) -> None:
        desk.watch(done_suffix=".done")
        desk.put("users.csv")
        (desk.path / "users.csv.done").symlink_to("/etc/hostname")

        assert names(desk.follow(100.0)) == []


class TestFolders:
    def test_a_folder_with_csvs_and_a_done_file_is_one_drop(self, desk: Desk) -> None:
        for name in ("users.csv", "courses.csv", ".done"):
            desk.put(f"night/{name}")

        (candidate,) = desk.settle().settled

        assert (candidate.name, candidate.kind, candidate.paths) == ("night", DropKind.FOLDER, ("night",))
        inside = [desk.path / "night" / name for name in (".done", "courses.csv", "users.csv")]
        assert candidate.stats == tuple(stat_of(path) for path in inside)

    def test_without_a_done_file_or_without_csvs_it_is_ignored(self, desk: Desk) -> None:
        desk.put("undone/users.csv")
        desk.put("empty/.done")
        desk.put(".hidden/users.csv")
        desk.put(".hidden/.done")

        look = desk.follow(100.0)

        assert sorted(ignored(look)) == [".hidden", "empty/", "undone/"]
        assert look.settled == look.settling == ()

    def test_all_its_files_must_have_settled(self, desk: Desk) -> None:
        for name in ("users.csv", ".done"):
            desk.put(f"night/{name}")
        desk.look()
        desk.put("night/courses.csv")

        assert names(desk.look(1.0)) == []
        assert names(desk.look(1.0)) == ["night"]

    def test_content_that_is_not_there_yet_keeps_the_folder(self, desk: Desk) -> None:
        desk.put("night/.done", b"")
        desk.put("night/courses.csv")
        desk.put("night/users.csv", b"\0" * 5000)

        assert "NUL bytes" in waiting(desk.follow(100.0))["night"]

    def test_what_is_offered_can_be_claimed(self, desk: Desk, tmp_path: Path) -> None:
        spool = Spool(desk.path, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
        spool.inbox_state(None)
        for name in ("users.csv", "b.csv", ".done", "readme.txt"):
            desk.put(f"night/{name}")
        (desk.path / "night" / "link.csv").symlink_to("/etc/hostname")
        (candidate,) = desk.settle().settled

        assert isinstance(spool.claim("20261123T041502Z-7c1e", candidate.paths, candidate.stats), Claimed)


class TestCombine:
    def test_csvs_that_settle_together_go_as_one(self, desk: Desk) -> None:
        desk.watch(combine=True, combine_s=10)
        desk.put("users.csv")
        desk.follow(4.0)
        desk.put("courses.csv")

        assert names(desk.follow(9.0)) == []
        (candidate,) = desk.follow(10.0).settled

        assert (candidate.name, candidate.kind) == ("courses.csv+1", DropKind.GROUP)
        assert candidate.paths == ("courses.csv", "users.csv")

    def test_while_they_wait_they_say_what_for(self, desk: Desk) -> None:
        desk.watch(combine=True, combine_s=10)
        desk.put("users.csv")

        assert waiting(desk.settle()) == {"users.csv": "waits 10 s for more files, to go with them as one import"}
        desk.put("courses.csv", b"\0" * 100)
        assert "waits for courses.csv" in waiting(desk.follow(60.0))["users.csv"]

    def test_zips_and_folders_do_not_wait(self, desk: Desk) -> None:
        desk.watch(combine=True, combine_s=10)
        with zipfile.ZipFile(desk.path / "a.zip", "w") as archive:
            archive.writestr("users.csv", ROWS)
        desk.put("night/users.csv")
        desk.put("night/.done")
        desk.put("courses.csv")

        assert sorted(names(desk.settle())) == ["a.zip", "night"]

    def test_markers_go_with_their_files(self, desk: Desk) -> None:
        desk.watch(combine=True, combine_s=0, done_suffix=".done")
        for name in ("users.csv", "users.csv.done", "courses.csv", "courses.csv.done", "late.csv"):
            desk.put(name)

        (candidate,) = desk.settle().settled

        assert candidate.paths == ("courses.csv", "courses.csv.done", "users.csv", "users.csv.done")


class TestTheFolderItself:
    def test_a_missing_inbox_is_a_problem_and_not_an_error(self, desk: Desk, tmp_path: Path) -> None:
        desk.path.rmdir()

        look = desk.look()

        assert "cannot be listed: no such file or directory" in look.problem
        assert desk.inbox.next_look_s == 5.0

    def test_a_folder_in_the_place_of_the_inbox_starts_from_nothing(self, desk: Desk, tmp_path: Path) -> None:
        desk.put("users.csv")
        desk.settle()
        desk.path.rename(tmp_path / "moved away")
        desk.path.mkdir()
        os.link(tmp_path / "moved away" / "users.csv", desk.put("x").with_name("users.csv"))

        assert names(desk.look()) == []
        assert names(desk.look(1.0)) == ["users.csv"]

    def test_the_next_look_is_due_when_something_may_have_settled(self, desk: Desk) -> None:
        desk.look()
        assert desk.inbox.next_look_s == 5.0
        desk.put("users.csv")
        desk.look(2.0)
        assert desk.inbox.next_look_s == 1.0
        desk.look(1.0)
        assert desk.inbox.next_look_s == 5.0

    def test_of_many_files_the_first_settle_at_once_and_all_get_their_turn(self, large_desk: Desk) -> None:
        for number in range(7000):
            (large_desk.path / f"users{number}.csv").write_bytes(b"x\n")
        taken: list[str] = []
        began = large_desk.time

        while len(taken) < 7000 and large_desk.time < began + 60:
            look = large_desk.look()
            for candidate in look.settled:
                (large_desk.path / candidate.name).unlink()
                taken.append(candidate.name)
            large_desk.time += large_desk.inbox.next_look_s

        assert len(taken) == len(set(taken)) == 7000
        assert large_desk.time - began < 10

    def test_more_than_can_be_observed_are_counted(self, large_desk: Desk) -> None:
        for number in range(5003):
            (large_desk.path / f"users{number}.csv").touch()

        look = large_desk.look()

        assert (len(look.settling), look.beyond) == (5000, 3)

    def test_of_ten_thousand_names_nobody_imports_only_the_names_are_asked_for(
        self, large_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(10_000):
            (large_desk.path / f"{number}.txt").touch()
        asked: list[str] = []
        for call in ("stat", "lstat", "open", "scandir"):
            monkeypatch.setattr(os, call, noting(asked, call, getattr(os, call)))

        assert large_desk.look().ignored_count == 10_000

        # one look at the folder itself, to know that it is the one of before
        assert sorted(asked) == ["scandir", "stat"]


def noting(calls: list[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, with its name added to `calls` each time it is called."""

    def noted(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return real(*arguments, **options)

    return noted


def test_a_folder_that_cannot_be_looked_into_is_ignored_with_the_true_reason() -> None:
    listing = Listing(folders=["lost+found"])

    def refuse(name: str) -> Sight | None:
        raise PermissionError(errno.EACCES, "Permission denied", name)

    assert sort_out(listing, None, refuse).entries == {}
    assert listing.ignored == [Ignored("lost+found/", "a folder that cannot be looked into: permission denied")]
