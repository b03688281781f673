"""What happens between two steps of a claim: other programs act, shares answer wrongly. The system call is faked."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sisdrop.errors import SpoolError
from sisdrop.folders import Changed, Claimed, Spool
from sisdrop.model import InboxState, Stat
from tests.support.drops import ID, ROWS, contents, stat_of

Rename = Callable[..., None]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "inbox").mkdir()
    spool = Spool(tmp_path / "inbox", tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
    assert spool.inbox_state(None)[0] is InboxState.READY
    return spool


@pytest.fixture
def around_rename(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Rename, Path, Path], None]], None]:
    """Puts a function around the next rename that the operating system is asked for; later ones are as ever."""
    real: Rename = os.rename

    def install(around: Callable[[Rename, Path, Path], None]) -> None:
        def rename(source: Any, target: Any) -> None:
            monkeypatch.setattr(os, "rename", real)
            around(real, Path(source), Path(target))

        monkeypatch.setattr(os, "rename", rename)

    return install


def dropped(spool: Spool, name: str = "users.csv") -> list[Stat]:
    path = spool.inbox / name
    path.write_bytes(ROWS)
    return [stat_of(path)]


def everything(spool: Spool) -> dict[str, bytes]:
    return {name: data for name, data in contents(spool.inbox).items() if not name.endswith("inbox-id")}


Around = Callable[[Callable[[Rename, Path, Path], None]], None]


class TestTheAnswerIsWrong:
    @pytest.mark.parametrize("code", [errno.ENOENT, errno.EIO, errno.EEXIST, errno.ESTALE])
    def test_a_rename_that_happened_counts_whatever_the_share_says(
        self, spool: Spool, around_rename: Around, code: int
    ) -> None:
        stats = dropped(spool)

        def happen_and_complain(rename: Rename, source: Path, target: Path) -> None:
            rename(source, target)
            raise OSError(code, os.strerror(code))

        around_rename(happen_and_complain)

        assert spool.claim(ID, ["users.csv"], stats) == Claimed(spool.folder(ID))

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            (errno.EIO, "input/output error"),
            (errno.ESTALE, "stale"),
            (errno.ENOSPC, "the disk is full"),
            (errno.EROFS, "read-only"),
            (errno.EXDEV, "on another file system"),
            (errno.EACCES, r"users\.csv: no right to move it: the folder is read-only or has the sticky bit\."),
            (errno.EPERM, r"users\.csv: no right to move it: the folder is read-only or has the sticky bit\."),
            (errno.EBUSY, r"users\.csv: its writer still has it open\."),
            (errno.ETXTBSY, r"users\.csv: its writer still has it open\."),
        ],
    )
    def test_what_the_system_refuses_is_an_error_and_the_claim_works_once_it_is_mended(
        self, spool: Spool, around_rename: Around, code: int, sentence: str
    ) -> None:
        stats = dropped(spool)

        def fail(_: Rename, __: Path, ___: Path) -> None:
            raise OSError(code, os.strerror(code))

        around_rename(fail)

        with pytest.raises(SpoolError, match=sentence):
            spool.claim(ID, ["users.csv"], stats)
        assert everything(spool) == {"users.csv": ROWS}
        assert spool.claim(ID, ["users.csv"], stats) == Claimed(spool.folder(ID))


class TestSomebodyIsFaster:
    def test_what_was_written_between_the_last_look_and_the_rename_is_put_back(
        self, spool: Spool, around_rename: Around
    ) -> None:
        stats = dropped(spool)

        def write_first(rename: Rename, source: Path, target: Path) -> None:
            source.write_bytes(ROWS * 2)
            rename(source, target)

        around_rename(write_first)

        assert spool.claim(ID, ["users.csv"], stats) == Changed("users.csv changed after it had settled")
        assert everything(spool) == {"users.csv": ROWS * 2}

    def test_a_link_that_was_swapped_in_is_put_back_as_a_link(
        self, spool: Spool, around_rename: Around, tmp_path: Path
    ) -> None:
        stats = dropped(spool)
        (tmp_path / "secret").write_bytes(b"secret")

        def swap_first(rename: Rename, source: Path, target: Path) -> None:
            source.unlink()
            source.symlink_to(tmp_path / "secret")
            rename(source, target)

        around_rename(swap_first)

        assert spool.claim(ID, ["users.csv"], stats) == Changed("users.csv is not a regular file any more")
        assert (spool.inbox / "users.csv").readlink() == tmp_path / "secret"

    def test_of_two_versions_the_newer_keeps_the_name_and_none_is_lost(
        self, spool: Spool, around_rename: Around
    ) -> None:
        stats = dropped(spool)

        def replace_at_once(rename: Rename, source: Path, target: Path) -> None:
            source.write_bytes(ROWS * 2)
            rename(source, target)
            source.write_bytes(b"newest\n")

        around_rename(replace_at_once)

        result = spool.claim(ID, ["users.csv"], stats)

        assert isinstance(result, Changed)
        assert result.why == (
            "users.csv changed after it had settled; a newer users.csv had come meanwhile, "
            f"the older one is kept as users.csv.{ID}.old"
        )
        assert everything(spool) == {"users.csv": b"newest\n", f"users.csv.{ID}.old": ROWS * 2}

    def test_what_another_importer_took_first_is_not_ours(
        self, spool: Spool, around_rename: Around, tmp_path: Path
    ) -> None:
        stats = dropped(spool)

        def take_first(rename: Rename, source: Path, target: Path) -> None:
            rename(source, tmp_path / "taken")
            rename(source, target)

        around_rename(take_first)

        assert spool.claim(ID, ["users.csv"], stats) == Changed("users.csv was taken away by its owner")
        assert everything(spool) == {}
        assert not spool.folder(ID).exists()

    def test_an_inbox_that_vanishes_in_the_middle_is_an_error_and_nothing_is_made_in_its_place(
        self, spool: Spool, around_rename: Around, tmp_path: Path
    ) -> None:
        stats = dropped(spool)

        def vanish(rename: Rename, source: Path, target: Path) -> None:
            rename(spool.inbox, tmp_path / "away")
            spool.inbox.mkdir()
            rename(source, target)

        around_rename(vanish)

        with pytest.raises(SpoolError, match="lacks the proof"):
            spool.claim(ID, ["users.csv"], stats)
        assert list(spool.inbox.iterdir()) == []
        spool.inbox.rmdir()
        (tmp_path / "away").rename(spool.inbox)
        assert spool.claim(ID, ["users.csv"], stats) == Claimed(spool.folder(ID))


class TestRefused:
    def test_a_windows_sharing_violation_says_that_the_writer_has_it_open(
        self, spool: Spool, around_rename: Around
    ) -> None:
        stats = dropped(spool)

        def refuse(_: Rename, __: Path, ___: Path) -> None:
            error = PermissionError(errno.EACCES, "the process cannot access the file")
            error.winerror = 32  # type: ignore[attr-defined]  # Windows sets it
            raise error

        around_rename(refuse)

        with pytest.raises(SpoolError, match="its writer still has it open"):
            spool.claim(ID, ["users.csv"], stats)

    def test_when_one_of_several_may_not_be_moved_none_is_taken(self, spool: Spool, around_rename: Around) -> None:
        stats = dropped(spool)
        (spool.inbox / "users.csv.done").touch()

        def refuse(_: Rename, __: Path, ___: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        def move_and_refuse_the_next(rename: Rename, source: Path, target: Path) -> None:
            rename(source, target)
            around_rename(refuse)

        around_rename(move_and_refuse_the_next)

        with pytest.raises(SpoolError, match=r"users\.csv\.done: no right to move it"):
            spool.claim(ID, ["users.csv", "users.csv.done"], [*stats, stat_of(spool.inbox / "users.csv.done")])
        assert everything(spool) == {"users.csv": ROWS, "users.csv.done": b""}

    def test_what_decides_whether_files_may_be_moved_differs_once_somebody_mended_it(self, spool: Spool) -> None:
        dropped(spool)
        path = spool.inbox / "users.csv"
        before = spool.rights(["users.csv"])

        (spool.inbox / "courses.csv").touch()
        assert spool.rights(["users.csv"]) == before

        spool.inbox.chmod(0o1777)
        sticky = spool.rights(["users.csv"])
        path.chmod(0o600)
        assert len({before, sticky, spool.rights(["users.csv"])}) == 3
        path.unlink()
        assert spool.rights(["users.csv"]) not in {before, sticky}
