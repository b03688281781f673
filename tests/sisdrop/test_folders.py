"""The inbox's proof, the claim and the way back: nothing is lost, nothing is taken that had not settled"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sisdrop.errors import SpoolError
from sisdrop.folders import Changed, Claimed, Gone, Spool
from sisdrop.model import InboxState, Stat
from tests.support.drops import stat_of
from tests.support.kill import run_cut_off
from tests.support.mounts import mounted_tmpfs

ID = "20261123T041502Z-7c1e"
ROWS = b"user_id,login_id,status\nu1,invented.one,active\n"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool whose inbox is there and has its proof."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    spool = Spool(inbox, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
    assert spool.inbox_state(None)[0] is InboxState.READY
    return spool


def dropped(spool: Spool, name: str, content: bytes = ROWS) -> Stat:
    """Put a file into the inbox; what it looks like there."""
    path = spool.inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return look(path)


def look(path: Path) -> Stat:
    return stat_of(path)


def visible(spool: Spool) -> list[str]:
    return sorted(path.name for path in spool.inbox.iterdir() if path.name != ".sisdrop")


def in_spool(spool: Spool) -> list[str]:
    folder = spool.inbox / ".sisdrop"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())[:-1]


class TestInboxState:
    def test_an_inbox_seen_for_the_first_time_gets_its_proof(self, tmp_path: Path) -> None:
        inbox = tmp_path / "inbox"
        inbox.mkdir()
        spool = Spool(inbox, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")

        state, why, known = spool.inbox_state(None)

        assert (state, why) == (InboxState.READY, "")
        assert known is not None
        assert (inbox / ".sisdrop" / "inbox-id").read_text().strip() == known
        assert (inbox / ".sisdrop").stat().st_mode & 0o077 == 0
        assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox"]

    def test_a_proof_that_is_there_is_adopted_and_stays(self, spool: Spool) -> None:
        _, _, first = spool.inbox_state(None)
        _, _, second = spool.inbox_state(None)

        assert first == second
        assert spool.inbox_state(first)[0] is InboxState.READY

    def test_a_missing_inbox_is_away_and_nothing_is_made(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path / "share" / "inbox", tmp_path / "archive", tmp_path / "failed", tmp_path / "held")

        state, why, known = spool.inbox_state(None)

        assert (state, known) == (InboxState.AWAY, None)
        assert "is its disk or share mounted?" in why
        assert list(tmp_path.iterdir()) == []

    def test_an_inbox_that_lost_its_proof_is_away_and_gets_no_new_one(self, spool: Spool) -> None:
        _, _, known = spool.inbox_state(None)
        (spool.inbox / ".sisdrop" / "inbox-id").unlink()
        (spool.inbox / ".sisdrop").rmdir()

        state, why, _ = spool.inbox_state(known)

        assert state is InboxState.AWAY
        assert "lacks the proof" in why
        assert list(spool.inbox.iterdir()) == []

    def test_another_inbox_in_its_place_is_away(self, spool: Spool) -> None:
        state, why, _ = spool.inbox_state("the id of the right one")

        assert state is InboxState.AWAY
        assert "another inbox than before" in why

    def test_a_proof_behind_a_link_proves_nothing(self, spool: Spool, tmp_path: Path) -> None:
        _, _, known = spool.inbox_state(None)
        (spool.inbox / ".sisdrop").rename(tmp_path / "elsewhere")
        (spool.inbox / ".sisdrop").symlink_to(tmp_path / "elsewhere")

        assert spool.inbox_state(known)[0] is InboxState.AWAY

    def test_a_file_in_the_place_of_the_inbox_is_away(self, tmp_path: Path) -> None:
        (tmp_path / "inbox").touch()
        spool = Spool(tmp_path / "inbox", tmp_path / "archive", tmp_path / "failed", tmp_path / "held")

        state, why, _ = spool.inbox_state(None)

        assert state is InboxState.AWAY
        assert "not a folder" in why

    def test_an_inbox_that_may_not_be_listed_is_away(self, open_folder: Path) -> None:
        spool = Spool(open_folder / "inbox", open_folder, open_folder, open_folder)
        spool.inbox.mkdir()
        _, _, known = spool.inbox_state(None)
        spool.inbox.chmod(0o300)

        code = (
            "import os, sys, pathlib\n"
            "from sisdrop.folders import Spool\n"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "inbox = pathlib.Path(sys.argv[1])\n"
            "print(*Spool(inbox, inbox, inbox, inbox).inbox_state(sys.argv[2])[:2])\n"
        )
        if os.geteuid() != 0:
            pytest.skip("becoming another user needs root")
        printed = subprocess.run(
            [sys.executable, "-c", code, str(spool.inbox), str(known)], capture_output=True, text=True, check=True
        ).stdout

        assert printed.startswith("away")
        assert "permission denied" in printed

    def test_wherever_the_making_of_the_proof_is_cut_the_next_try_succeeds(self, tmp_path: Path) -> None:
        inbox = tmp_path / "inbox"
        inbox.mkdir()
        spool = Spool(inbox, inbox, inbox, inbox)

        for step in run_cut_off(lambda: spool.inbox_state(None)):
            state, _, known = spool.inbox_state(None)
            assert state is InboxState.READY, step
            assert known is not None
            for leftover in (inbox / ".sisdrop").iterdir():
                leftover.unlink()
            (inbox / ".sisdrop").rmdir()


class TestSameDevice:
    def test_a_rename_that_works_leaves_no_trace(self, spool: Spool) -> None:
        spool.check_same_device()

        assert visible(spool) == []
        assert sorted(path.name for path in (spool.inbox / ".sisdrop").iterdir()) == ["inbox-id"]

    def test_a_spool_on_another_file_system_is_an_error_that_says_so(self, spool: Spool) -> None:
        with mounted_tmpfs(spool.inbox / ".sisdrop"), pytest.raises(SpoolError, match="on another file system"):
            spool.check_same_device()

        assert visible(spool) == []


class TestClaim:
    def test_the_files_are_in_the_spool_and_the_name_is_free_again(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")

        claimed = spool.claim(ID, ["users.csv"], [stat])

        assert claimed == Claimed(spool.folder(ID))
        assert (spool.folder(ID) / "users.csv").read_bytes() == ROWS
        assert visible(spool) == []

    def test_asked_again_it_says_the_same(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")

        assert spool.claim(ID, ["users.csv"], [stat]) == spool.claim(ID, ["users.csv"], [stat])

    def test_a_new_file_of_the_same_name_is_another_drop(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        spool.claim(ID, ["users.csv"], [stat])
        newer = dropped(spool, "users.csv", b"newer\n")

        again = spool.claim(ID, ["users.csv"], [stat])
        other = spool.claim("20261123T041502Z-0000", ["users.csv"], [newer])

        assert isinstance(again, Claimed)
        assert isinstance(other, Claimed)
        assert (again.folder / "users.csv").read_bytes() == ROWS
        assert (other.folder / "users.csv").read_bytes() == b"newer\n"

    @pytest.mark.parametrize("what", ["longer", "same size, later", "replaced"])
    def test_what_changed_after_it_had_settled_is_not_taken(self, spool: Spool, what: str) -> None:
        stat = dropped(spool, "users.csv")
        path = spool.inbox / "users.csv"
        if what == "longer":
            path.write_bytes(ROWS * 2)
        elif what == "same size, later":
            os.utime(path, ns=(1, stat.mtime_ns + 1))
        else:
            (spool.inbox / "new").write_bytes(ROWS)
            os.utime(spool.inbox / "new", ns=(1, stat.mtime_ns))
            (spool.inbox / "new").replace(path)

        result = spool.claim(ID, ["users.csv"], [stat])

        assert isinstance(result, Changed)
        assert result.why == "users.csv changed after it had settled"
        assert visible(spool) == ["users.csv"]
        assert in_spool(spool) == []

    def test_what_its_owner_took_back_is_gone(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        (spool.inbox / "users.csv").unlink()

        assert spool.claim(ID, ["users.csv"], [stat]) == Gone()
        assert in_spool(spool) == []
        assert not spool.folder(ID).exists()

    def test_a_link_swapped_in_is_never_followed(self, spool: Spool, tmp_path: Path) -> None:
        secret = tmp_path / "secret.csv"
        secret.write_bytes(ROWS)
        stat = dropped(spool, "users.csv")
        (spool.inbox / "users.csv").unlink()
        (spool.inbox / "users.csv").symlink_to(secret)

        result = spool.claim(ID, ["users.csv"], [stat])

        assert result == Changed("users.csv is not a regular file any more")
        assert (spool.inbox / "users.csv").is_symlink()
        assert secret.read_bytes() == ROWS

    def test_what_a_writer_still_has_open_is_put_back(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        with (spool.inbox / "users.csv").open("ab") as writer:
            result = spool.claim(ID, ["users.csv"], [stat])
            writer.write(b"u2,invented.two,active\n")

        assert result == Changed("users.csv is held open for writing by another program")
        assert visible(spool) == ["users.csv"]
        assert (spool.inbox / "users.csv").read_bytes() == ROWS + b"u2,invented.two,active\n"

    def test_a_marker_comes_along(self, spool: Spool) -> None:
        stats = [dropped(spool, "users.csv"), dropped(spool, "users.csv.done", b"")]

        spool.claim(ID, ["users.csv", "users.csv.done"], stats)

        assert visible(spool) == []
        assert in_spool(spool) == [f"{ID}/users.csv", f"{ID}/users.csv.done"]

    def test_of_a_group_all_or_none_are_taken(self, spool: Spool) -> None:
        stats = [dropped(spool, "courses.csv"), dropped(spool, "users.csv")]
        dropped(spool, "users.csv", ROWS * 2)

        result = spool.claim(ID, ["courses.csv", "users.csv"], stats)

        assert result == Changed("users.csv changed after it had settled")
        assert visible(spool) == ["courses.csv", "users.csv"]
        assert in_spool(spool) == []

    def test_a_group_that_lost_a_file_is_put_back(self, spool: Spool) -> None:
        stats = [dropped(spool, "courses.csv"), dropped(spool, "users.csv")]
        (spool.inbox / "users.csv").unlink()

        result = spool.claim(ID, ["courses.csv", "users.csv"], stats)

        assert result == Changed("users.csv was taken away by its owner")
        assert visible(spool) == ["courses.csv"]

    def test_a_folder_is_taken_whole(self, spool: Spool) -> None:
        stats = [dropped(spool, "night/.done", b""), dropped(spool, "night/users.csv")]

        spool.claim(ID, ["night"], stats)

        assert visible(spool) == []
        assert in_spool(spool) == [f"{ID}/night/.done", f"{ID}/night/users.csv"]

    def test_a_folder_into_which_a_file_came_is_put_back(self, spool: Spool) -> None:
        stats = [dropped(spool, "night/.done", b""), dropped(spool, "night/users.csv")]
        dropped(spool, "night/courses.csv")

        result = spool.claim(ID, ["night"], stats)

        assert result == Changed("night changed after it had settled")
        assert visible(spool) == ["night"]

    def test_names_of_any_bytes_are_taken(self, spool: Spool) -> None:
        for number, name in enumerate(["a\nb.csv", "\udcff\udcfe.csv", "ü" * 125 + ".csv", "x;\"'.csv", "‮vsc.csv"]):
            stat = dropped(spool, name)

            assert isinstance(spool.claim(f"{ID}{number}", [name], [stat]), Claimed)

        assert visible(spool) == []

    def test_an_inbox_that_went_away_is_an_error_and_nothing_is_made(self, spool: Spool, tmp_path: Path) -> None:
        stat = dropped(spool, "users.csv")
        spool.inbox.rename(tmp_path / "elsewhere")
        spool.inbox.mkdir()

        with pytest.raises(SpoolError, match="lacks the proof"):
            spool.claim(ID, ["users.csv"], [stat])

        assert list(spool.inbox.iterdir()) == []

    def test_another_inbox_in_its_place_is_an_error(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        (spool.inbox / ".sisdrop" / "inbox-id").write_text("another\n")

        with pytest.raises(SpoolError, match="another inbox"):
            spool.claim(ID, ["users.csv"], [stat])

        assert visible(spool) == ["users.csv"]

    def test_a_read_only_share_is_an_error_that_says_so(self, spool: Spool) -> None:
        with mounted_tmpfs(spool.inbox) as remount:
            spool.inbox_state(None)
            stat = dropped(spool, "users.csv")
            remount("ro")

            with pytest.raises(SpoolError, match="read-only"):
                spool.claim(ID, ["users.csv"], [stat])

            assert visible(spool) == ["users.csv"]

    def test_wherever_a_claim_is_cut_the_next_one_finishes_it(self, spool: Spool) -> None:
        names = ["courses.csv", "users.csv"]
        stats = [dropped(spool, name, name.encode() + b"\n") for name in names]

        cuts = 0
        for step in run_cut_off(lambda: spool.claim(ID, names, stats)):
            cuts += 1
            assert sorted(path.name for path in spool.inbox.rglob("*.csv")) == names, step
            assert spool.claim(ID, names, stats) == Claimed(spool.folder(ID)), step
            assert visible(spool) == []
            spool.put_back(ID, names)
        assert cuts > 8


class TestPutBack:
    def test_the_files_are_in_the_inbox_again(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        spool.claim(ID, ["users.csv"], [stat])

        assert spool.put_back(ID, ["users.csv"]) == []
        assert spool.put_back(ID, ["users.csv"]) == []

        assert look(spool.inbox / "users.csv") == stat
        assert not spool.folder(ID).exists()

    def test_a_newer_file_stays_and_the_older_lies_beside_it(self, spool: Spool) -> None:
        stat = dropped(spool, "users.csv")
        spool.claim(ID, ["users.csv"], [stat])
        dropped(spool, "users.csv", b"newer\n")

        kept = spool.put_back(ID, ["users.csv"])

        assert (spool.inbox / "users.csv").read_bytes() == b"newer\n"
        assert (spool.inbox / f"users.csv.{ID}.old").read_bytes() == ROWS
        assert kept == [f"a newer users.csv had come meanwhile, the older one is kept as users.csv.{ID}.old"]

    def test_a_name_without_room_for_an_addition_is_cut(self, spool: Spool) -> None:
        name = "ü" * 125 + ".csv"
        stat = dropped(spool, name)
        spool.claim(ID, [name], [stat])
        dropped(spool, name, b"newer\n")

        spool.put_back(ID, [name])

        assert len(visible(spool)) == 2
        assert sorted(path.read_bytes() for path in spool.inbox.iterdir() if path.is_file()) == [b"newer\n", ROWS]


class TestLeftovers:
    def test_folders_that_nobody_knows_are_told_and_empty_ones_removed(self, spool: Spool, tmp_path: Path) -> None:
        for number in range(3):
            stat = dropped(spool, "users.csv")
            spool.claim(f"{ID}{number}", ["users.csv"], [stat])
        (spool.inbox / ".sisdrop" / "empty").mkdir()
        (tmp_path / "held" / "unknown").mkdir(parents=True)
        (tmp_path / "held" / "unknown" / "users.csv").touch()

        leftovers = spool.leftovers({f"{ID}0", f"{ID}2"})

        assert leftovers == [spool.folder(f"{ID}1"), tmp_path / "held" / "unknown"]
        assert not (spool.inbox / ".sisdrop" / "empty").exists()
