"""The file operations below everything: nothing is overwritten, nothing is half, whenever it is cut."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sisdrop import durable
from sisdrop.durable import files
from tests.support.kill import run_cut_off

CONTENT = b"user_id,login_id,status\nu1,invented.one,active\n" * 50


@pytest.fixture(params=["by the kernel", "by hand"])
def renaming(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Renaming without overwriting, with the kernel's help and where the kernel has none to give."""
    if request.param == "by hand":
        monkeypatch.setattr(files, "_kernel_rename", lambda: None)
    return str(request.param)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Writing fails at `size` bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestWriteAtomic:
    def test_writes_the_whole_content_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        durable.write_atomic(tmp_path / "a.json", CONTENT)

        assert (tmp_path / "a.json").read_bytes() == CONTENT
        assert names(tmp_path) == ["a.json"]

    def test_a_taken_name_is_an_error_and_keeps_its_content(self, tmp_path: Path, renaming: str) -> None:
        (tmp_path / "a.json").write_bytes(b"older")

        with pytest.raises(FileExistsError):
            durable.write_atomic(tmp_path / "a.json", CONTENT)

        assert (tmp_path / "a.json").read_bytes() == b"older"
        assert names(tmp_path) == ["a.json"]

    def test_overwrites_when_told_to(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(b"older")

        durable.write_atomic(tmp_path / "a.json", CONTENT, overwrite=True)

        assert (tmp_path / "a.json").read_bytes() == CONTENT

    def test_is_not_readable_by_others(self, tmp_path: Path) -> None:
        durable.write_atomic(tmp_path / "a.json", CONTENT)

        assert (tmp_path / "a.json").stat().st_mode & 0o007 == 0

    def test_a_name_as_long_as_names_can_be_has_room_for_its_temporary_file(self, tmp_path: Path) -> None:
        name = "n" * 255

        durable.write_atomic(tmp_path / name, CONTENT)

        assert names(tmp_path) == [name]

    def test_a_write_that_does_not_fit_leaves_nothing(self, tmp_path: Path) -> None:
        with no_file_above(1000), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            durable.write_atomic(tmp_path / "a.json", b"x" * 5000)

        assert names(tmp_path) == []

    def test_wherever_it_is_cut_a_reader_sees_all_or_nothing(self, tmp_path: Path) -> None:
        for step in run_cut_off(lambda: durable.write_atomic(tmp_path / "a.json", CONTENT)):
            shown = [name for name in names(tmp_path) if not name.startswith(durable.TEMPORARY_PREFIX)]
            assert shown in ([], ["a.json"]), step
            assert all((tmp_path / name).read_bytes() == CONTENT for name in shown), step
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()


class TestDraft:
    def test_what_is_written_in_pieces_appears_whole_when_it_is_published(self, tmp_path: Path) -> None:
        with durable.draft(tmp_path / "a.zip", mode=0o600) as draft:
            draft.file.write(b"half ")
            assert not (tmp_path / "a.zip").exists()
            draft.file.write(b"whole")
            draft.file.seek(0)
            assert draft.file.read() == b"half whole"
            draft.publish()
            assert (tmp_path / "a.zip").read_bytes() == b"half whole"

        assert names(tmp_path) == ["a.zip"]
        assert (tmp_path / "a.zip").stat().st_mode & 0o077 == 0

    def test_what_is_not_published_leaves_nothing_and_keeps_what_was_there(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(b"older")

        with durable.draft(tmp_path / "a.zip") as draft:
            draft.file.write(CONTENT)

        assert names(tmp_path) == ["a.zip"]
        assert (tmp_path / "a.zip").read_bytes() == b"older"

    def test_an_error_leaves_nothing(self, tmp_path: Path) -> None:
        def interrupted() -> None:
            with durable.draft(tmp_path / "a.zip") as draft:
                draft.file.write(CONTENT)
                raise InterruptedError

        with pytest.raises(InterruptedError):
            interrupted()

        assert names(tmp_path) == []

    def test_of_two_drafts_either_can_be_published(self, tmp_path: Path) -> None:
        with durable.draft(tmp_path / "a.zip") as tight, durable.draft(tmp_path / "a.zip") as loose:
            tight.file.write(b"tight")
            loose.file.write(b"loose")
            loose.publish()

        assert names(tmp_path) == ["a.zip"]
        assert (tmp_path / "a.zip").read_bytes() == b"loose"

    def test_a_taken_name_is_an_error_unless_it_is_to_be_overwritten(self, tmp_path: Path, renaming: str) -> None:
        (tmp_path / "a.zip").write_bytes(b"older")

        with pytest.raises(FileExistsError), durable.draft(tmp_path / "a.zip") as draft:
            draft.publish()
        assert (tmp_path / "a.zip").read_bytes() == b"older"
        with durable.draft(tmp_path / "a.zip") as draft:
            draft.file.write(b"newer")
            draft.publish(overwrite=True)

        assert names(tmp_path) == ["a.zip"]
        assert (tmp_path / "a.zip").read_bytes() == b"newer"

    def test_a_file_of_another_size_than_was_written_is_not_published(self, tmp_path: Path) -> None:
        with durable.draft(tmp_path / "a.zip") as draft:
            draft.file.write(b"123")
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                draft.publish(size=4)

        assert names(tmp_path) == []

    def test_a_disk_that_is_full_in_the_middle_leaves_nothing(self, tmp_path: Path) -> None:
        with no_file_above(1000), durable.draft(tmp_path / "a.zip") as draft:
            draft.file.write(b"x" * 5000)
            with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
                draft.publish()

        assert names(tmp_path) == []


class TestMoveWithoutReplacing:
    def test_moves_a_file_and_keeps_its_time(self, tmp_path: Path, renaming: str) -> None:
        source, target = tmp_path / "a.csv", tmp_path / "b.csv"
        source.write_bytes(CONTENT)
        os.utime(source, ns=(1, 1_500_000_000_123_456_789))

        durable.move_no_replace(source, target)

        assert names(tmp_path) == ["b.csv"]
        assert target.read_bytes() == CONTENT
        assert target.stat().st_mtime_ns == 1_500_000_000_123_456_789

    def test_a_taken_name_is_an_error_and_both_files_stay(self, tmp_path: Path, renaming: str) -> None:
        (tmp_path / "a.csv").write_bytes(CONTENT)
        (tmp_path / "b.csv").write_bytes(b"older")

        with pytest.raises(FileExistsError):
            durable.move_no_replace(tmp_path / "a.csv", tmp_path / "b.csv")

        assert (tmp_path / "a.csv").read_bytes() == CONTENT
        assert (tmp_path / "b.csv").read_bytes() == b"older"

    def test_moves_a_folder_and_refuses_a_taken_name(self, tmp_path: Path, renaming: str) -> None:
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "a.csv").write_bytes(CONTENT)

        durable.move_no_replace(tmp_path / "one", tmp_path / "two")
        (tmp_path / "one").mkdir()
        with pytest.raises(FileExistsError):
            durable.move_no_replace(tmp_path / "one", tmp_path / "two")

        assert names(tmp_path) == ["one", "two"]
        assert (tmp_path / "two" / "a.csv").read_bytes() == CONTENT

    def test_a_missing_source_is_an_error_and_takes_no_name(self, tmp_path: Path, renaming: str) -> None:
        with pytest.raises(FileNotFoundError):
            durable.move_no_replace(tmp_path / "a.csv", tmp_path / "b.csv")

        assert names(tmp_path) == []

    def test_of_two_that_want_one_name_exactly_one_gets_it(self, tmp_path: Path, renaming: str) -> None:
        lost: list[str] = []

        def move(name: str) -> None:
            try:
                durable.move_no_replace(tmp_path / name, tmp_path / "taken.csv")
            except FileExistsError:
                lost.append(name)

        for _ in range(20):
            lost.clear()
            for name in ("a.csv", "b.csv"):
                (tmp_path / name).write_bytes(name.encode())
            threads = [threading.Thread(target=move, args=[name]) for name in ("a.csv", "b.csv")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(lost) == 1
            assert names(tmp_path) == [lost[0], "taken.csv"]
            (tmp_path / "taken.csv").unlink()

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_a_rename_that_happened_loses_nothing_whatever_a_share_says(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        """A share without any way to rename without overwriting, which reports an error for what it did."""
        source, target = tmp_path / "a", tmp_path / "b"
        if kind == "file":
            source.write_bytes(CONTENT)
        else:
            source.mkdir()
            (source / "a.csv").write_bytes(CONTENT)
        real = os.rename

        def complain(one: Path, other: Path) -> None:
            real(one, other)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(files, "_kernel_rename", lambda: None)
        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(os, "rename", complain)

        durable.move_no_replace(source, target)

        assert names(tmp_path) == ["b"]
        assert (target if kind == "file" else target / "a.csv").read_bytes() == CONTENT

    def test_a_second_name_that_a_cut_left_is_finished(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "_kernel_rename", lambda: None)
        (tmp_path / "a.csv").write_bytes(CONTENT)
        os.link(tmp_path / "a.csv", tmp_path / "b.csv")

        durable.move_no_replace(tmp_path / "a.csv", tmp_path / "b.csv")

        assert names(tmp_path) == ["b.csv"]

    @pytest.mark.parametrize("refused", ["unlink", "rename"])
    def test_a_source_that_may_not_be_removed_stays_and_the_name_stays_free(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
    ) -> None:
        """As in a folder where everybody may remove only his own files."""
        source = tmp_path / "a.csv"
        source.write_bytes(CONTENT)
        real_unlink = os.unlink

        def refuse(path: Path, *_: object, **__: object) -> None:
            if Path(path) == source:
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            real_unlink(path)

        monkeypatch.setattr(files, "_kernel_rename", lambda: None)
        monkeypatch.setattr(os, "unlink", refuse)
        if refused == "rename":
            monkeypatch.setattr(os, "link", lambda *_, **__: refuse(source))
            monkeypatch.setattr(os, "rename", lambda *_: refuse(source))

        with pytest.raises(PermissionError):
            durable.move_no_replace(source, tmp_path / "b.csv")

        assert names(tmp_path) == ["a.csv"]

    def test_to_another_disk_content_and_time_are_kept(self, tmp_path: Path, other_disk: Path) -> None:
        source = tmp_path / "a.csv"
        source.write_bytes(CONTENT)
        os.utime(source, ns=(1, 1_500_000_000_123_456_789))

        durable.move_no_replace(source, other_disk / "a.csv")

        assert names(tmp_path) == []
        assert names(other_disk) == ["a.csv"]
        assert (other_disk / "a.csv").read_bytes() == CONTENT
        assert (other_disk / "a.csv").stat().st_mtime_ns == 1_500_000_000_123_456_789

    def test_to_another_disk_a_taken_name_is_an_error(self, tmp_path: Path, other_disk: Path) -> None:
        (tmp_path / "a.csv").write_bytes(CONTENT)
        (other_disk / "a.csv").write_bytes(b"older")

        with pytest.raises(FileExistsError):
            durable.move_no_replace(tmp_path / "a.csv", other_disk / "a.csv")

        assert (tmp_path / "a.csv").read_bytes() == CONTENT
        assert (other_disk / "a.csv").read_bytes() == b"older"
        assert names(other_disk) == ["a.csv"]

    def test_a_folder_goes_to_another_disk_with_its_links_as_links(self, tmp_path: Path, other_disk: Path) -> None:
        folder = tmp_path / "drop"
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "a.csv").write_bytes(CONTENT)
        (folder / "link.csv").symlink_to("/etc/hostname")
        os.mkfifo(folder / "pipe.csv")

        durable.move_no_replace(folder, other_disk / "drop")

        assert names(tmp_path) == []
        assert names(other_disk / "drop") == ["inner", "link.csv"]
        assert (other_disk / "drop" / "link.csv").readlink() == Path("/etc/hostname")
        assert (other_disk / "drop" / "inner" / "a.csv").read_bytes() == CONTENT

    def test_wherever_the_way_to_another_disk_is_cut_one_whole_file_is_there(
        self, tmp_path: Path, other_disk: Path
    ) -> None:
        source, target = tmp_path / "a.csv", other_disk / "a.csv"
        cuts = 0
        source.write_bytes(CONTENT)
        for cuts, _ in enumerate(run_cut_off(lambda: durable.move_no_replace(source, target)), 1):  # noqa: B007
            whole = [path for path in (source, target) if path.exists()]
            assert whole
            assert all(path.read_bytes() == CONTENT for path in whole)
            target.unlink(missing_ok=True)  # the same again, over what the cut left
            source.write_bytes(CONTENT)
            durable.move_no_replace(source, target)
            assert names(other_disk) == ["a.csv"]
            target.unlink()
            source.write_bytes(CONTENT)
        assert cuts > 5

    def test_a_full_disk_leaves_the_source_and_no_half_copy(self, tmp_path: Path, other_disk: Path) -> None:
        source = tmp_path / "a.csv"
        source.write_bytes(CONTENT)
        with no_file_above(1000), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            durable.move_no_replace(source, other_disk / "a.csv")

        assert source.read_bytes() == CONTENT
        assert names(other_disk) == []


class TestTemporaries:
    def test_only_our_own_and_only_old_ones_are_removed(self, tmp_path: Path) -> None:
        for name in (".sisdrop-old.tmp", ".sisdrop-new.tmp", "users.csv.tmp", ".sisdrop"):
            (tmp_path / name).touch()
        os.utime(tmp_path / ".sisdrop-old.tmp", (1000, 1000))
        os.utime(tmp_path / "users.csv.tmp", (1000, 1000))
        now = (tmp_path / ".sisdrop-new.tmp").stat().st_mtime + 10

        removed = durable.remove_temporaries(tmp_path, older_than_s=3600, now_s=now)

        assert removed == 1
        assert names(tmp_path) == [".sisdrop", ".sisdrop-new.tmp", "users.csv.tmp"]

    def test_a_hash_never_follows_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(CONTENT)
        (tmp_path / "b.csv").symlink_to("a.csv")

        assert len(durable.sha256_of(tmp_path / "a.csv")) == 64
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            durable.sha256_of(tmp_path / "b.csv")
