"""Snapshots: one pass over the dropped files makes the zip that is sent, or says why there is none."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sisdrop.errors import SpoolError, StateError
from sisdrop.model import Contents, DropKind
from sisdrop.snapshot import (
    Snapshot,
    Unpacked,
    Unreadable,
    Unsettled,
    make_snapshot,
    open_members,
    unpack_snapshot,
)
from sisdrop.snapshot import packing as packing_module
from sisdrop.snapshot import reading as reading_module
from sisdrop.snapshot.naming import member_names
from tests.support.snapshot_kit import MARKER, USERS, contents, snap, zip_of


class TestAFile:
    def test_it_is_packed_with_the_marker_in_its_name_and_hashed_as_dropped(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert made == Snapshot(to, len(USERS), hashlib.sha256(USERS).hexdigest(), {"users.csv": f"users.{MARKER}.csv"})
        assert contents(to) == {f"users.{MARKER}.csv": USERS}

    def test_without_a_marker_its_name_stays_as_it_is(self, drop, to):
        (drop / "USERS.CSV").write_bytes(USERS)
        made = snap(DropKind.FILE, drop, ["USERS.CSV"], to, marker="")
        assert made.members == {"USERS.CSV": "USERS.CSV"}

    def test_a_done_file_beside_it_is_not_sent(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        (drop / "users.csv.done").touch()
        assert list(contents(snap(DropKind.FILE, drop, ["users.csv", "users.csv.done"], to).path)) == [
            f"users.{MARKER}.csv"
        ]

    def test_a_snapshot_of_before_is_replaced(self, drop, to):
        to.parent.mkdir(parents=True)
        to.write_bytes(b"old")
        (drop / "users.csv").write_bytes(USERS)
        assert contents(snap(DropKind.FILE, drop, ["users.csv"], to).path) == {f"users.{MARKER}.csv": USERS}

    def test_what_a_crash_left_of_an_unfinished_one_is_in_nobodys_way(self, drop, to):
        to.parent.mkdir(parents=True)
        left = to.with_name(".sisdrop-0123456789abcdef.tmp")
        left.write_bytes(b"left by a crash")
        (drop / "users.csv").write_bytes(USERS)
        made = make_snapshot(DropKind.FILE, drop, ["users.csv"], to, marker=MARKER)
        assert contents(made.path) == {f"users.{MARKER}.csv": USERS}
        assert sorted(to.parent.iterdir()) == [left, to], "the next start removes it"

    def test_a_snapshot_of_before_does_not_outlive_a_file_that_has_none(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        snap(DropKind.FILE, drop, ["users.csv"], to)
        (drop / "users.csv").write_bytes(b"")
        assert isinstance(snap(DropKind.FILE, drop, ["users.csv"], to), Unreadable)

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
    def test_only_its_owner_can_read_the_snapshot(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        snap(DropKind.FILE, drop, ["users.csv"], to)
        assert stat.S_IMODE(to.stat().st_mode) == 0o600

    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\t\n", b"\xef\xbb\xbf\n\n"])
    def test_one_without_content_is_unreadable(self, content, drop, to):
        (drop / "users.csv").write_bytes(content)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert made == Unreadable("users.csv is empty: it holds no header and no rows.")

    @pytest.mark.parametrize("before", [0, 3, reading_module.CHUNK_BYTES - 2, reading_module.CHUNK_BYTES])
    def test_a_run_of_nul_bytes_means_that_it_is_still_being_copied(self, before, drop, to):
        (drop / "users.csv").write_bytes(b"x" * before + b"\0" * 4 + b"x" * 9)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert isinstance(made, Unsettled)
        assert made.nul is True

    def test_text_in_another_encoding_is_not_taken_for_preallocated_space(self, drop, to):
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le"):
            (drop / "users.csv").write_bytes("user_id,login_id\nU1,é\n".encode(encoding))
            assert isinstance(snap(DropKind.FILE, drop, ["users.csv"], to), Snapshot)

    def test_bytes_that_are_no_utf8_are_packed_as_they_are(self, drop, to):
        data = b"user_id\nM\xfcller\x00\n"
        (drop / "users.csv").write_bytes(data)
        assert contents(snap(DropKind.FILE, drop, ["users.csv"], to).path) == {f"users.{MARKER}.csv": data}

    def test_a_missing_file_is_trouble_with_the_spool(self, drop, to):
        with pytest.raises(SpoolError, match=r"users\.csv"):
            make_snapshot(DropKind.FILE, drop, ["users.csv"], to, marker=MARKER)
        assert list(to.parent.iterdir()) == []

    def test_a_state_folder_that_cannot_be_written_is_told_as_that(self, drop, tmp_path):
        (drop / "users.csv").write_bytes(USERS)
        (tmp_path / "file").touch()
        with pytest.raises(StateError, match=r"one\.zip"):
            make_snapshot(DropKind.FILE, drop, ["users.csv"], tmp_path / "file" / "one.zip", marker=MARKER)


class TestTrouble:
    @pytest.mark.skipif(os.name == "nt", reason="needs a limit on file sizes")
    @pytest.mark.parametrize("kind", [DropKind.FILE, DropKind.ZIP])
    def test_a_full_disk_is_told_as_trouble_with_the_state_folder_and_nothing_is_left(self, kind, drop, to):
        resource = pytest.importorskip("resource")
        (drop / "users.csv").write_bytes(random.Random(3).randbytes(300_000))
        with zipfile.ZipFile(drop / "in.zip", "w") as packed:
            packed.write(drop / "users.csv", "users.csv")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            with pytest.raises(StateError, match=r"one\.zip"):
                make_snapshot(kind, drop, ["in.zip" if kind is DropKind.ZIP else "users.csv"], to, marker=MARKER)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list(to.parent.iterdir()) == []

    def test_a_share_that_goes_away_while_it_is_read_is_trouble_with_the_spool(self, drop, to, monkeypatch):
        (drop / "users.csv").write_bytes(USERS)

        def gone(descriptor, size):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "read", gone)
        with pytest.raises(SpoolError, match="Input/output error"):
            make_snapshot(DropKind.FILE, drop, ["users.csv"], to, marker=MARKER)
        assert list(to.parent.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs links, FIFOs and sockets")
class TestNoRegularFile:
    def test_links_fifos_and_sockets_are_refused_without_waiting(self, drop, to):
        (drop / "real").write_bytes(USERS)
        (drop / "link.csv").symlink_to("real")
        (drop / "dangling.csv").symlink_to("nowhere")
        os.mkfifo(drop / "pipe.csv")
        (drop / "folder.csv").mkdir()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(drop / "socket.csv"))
            for name in ("link.csv", "dangling.csv", "pipe.csv", "folder.csv", "socket.csv"):
                made = snap(DropKind.FILE, drop, [name], to)
                assert isinstance(made, Unreadable)
                assert name in made.sentence

    def test_a_link_put_in_its_place_between_look_and_open_is_not_followed(self, drop, to, monkeypatch):
        (drop / "secret").write_bytes(b"user_id\nsecret\n")
        (drop / "users.csv").write_bytes(USERS)
        real_open = os.open

        def swap_then_open(path, *rest, **more):
            if Path(path).name == "users.csv":
                Path(path).unlink()
                Path(path).symlink_to("secret")
            return real_open(path, *rest, **more)

        monkeypatch.setattr(os, "open", swap_then_open)
        with pytest.raises(SpoolError):
            make_snapshot(DropKind.FILE, drop, ["users.csv"], to, marker=MARKER)


class TestChangedWhileRead:
    """The writer acts between two reads of the snapshot; `os.read` is where it gets its turn."""

    @pytest.fixture
    def meanwhile(self, drop, monkeypatch):
        path = drop / "users.csv"
        path.write_bytes(USERS)
        real_read = os.read

        def arrange(act):
            pending = [act]

            def read(descriptor, size):
                data = real_read(descriptor, size)
                if pending and data == USERS:
                    pending.pop()(path)
                return data

            monkeypatch.setattr(os, "read", read)

        return arrange

    def grow(path):  # noqa: N805 - a writer, not a method
        with path.open("ab") as file:
            file.write(b"U3,three,active\n")

    def shrink(path):  # noqa: N805
        os.truncate(path, 5)

    def rewrite(path):  # noqa: N805
        path.write_bytes(USERS.replace(b"one", b"eno"))
        os.utime(path, ns=(1, 1))

    def replace(path):  # noqa: N805
        other = path.with_name("new")
        other.write_bytes(USERS)
        shutil.copystat(path, other)
        other.replace(path)

    @pytest.mark.parametrize("act", [grow, shrink, rewrite, replace], ids=lambda act: act.__name__)
    def test_it_is_unsettled(self, act, meanwhile, drop, to):
        meanwhile(act)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert isinstance(made, Unsettled)
        assert made.nul is False
        assert "while it was read" in made.why

    def test_a_file_whose_end_disappears_is_unsettled(self, drop, to, monkeypatch):
        path = drop / "users.csv"
        path.write_bytes(b"user_id\n" * (reading_module.CHUNK_BYTES // 4))
        real_read = os.read

        def read_and_cut(descriptor, size):
            data = real_read(descriptor, size)
            os.truncate(path, reading_module.CHUNK_BYTES)
            return data

        monkeypatch.setattr(os, "read", read_and_cut)
        assert snap(DropKind.FILE, drop, ["users.csv"], to) == Unsettled("users.csv shrank while it was read")


class TestNames:
    def test_what_an_archive_cannot_hold_is_replaced_and_the_rest_kept(self, drop, to):
        names = ["Nutzer – Übersicht.csv", "two\nlines.csv", "a\\b.csv", "Desktop DB.csv"]
        for name in names:
            (drop / name).write_bytes(USERS)
        made = snap(DropKind.GROUP, drop, names, to)
        assert made.members == {
            "Nutzer – Übersicht.csv": f"Nutzer – Übersicht.{MARKER}.csv",
            "two\nlines.csv": f"two_lines.{MARKER}.csv",
            "a\\b.csv": f"a_b.{MARKER}.csv",
            "Desktop DB.csv": f"_.{MARKER}.csv",
        }
        assert set(contents(to)) == set(made.members.values())

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps such names")
    def test_names_of_another_encoding_are_sent_and_stay_different(self, drop, to):
        names = [os.fsdecode(b"M\xfcller.csv"), os.fsdecode(b"M\xf6ller.csv")]
        for name in names:
            (drop / name).write_bytes(USERS)
        made = snap(DropKind.GROUP, drop, names, to)
        assert sorted(made.members.values()) == [f"M_ller-2.{MARKER}.csv", f"M_ller.{MARKER}.csv"]

    def test_a_long_name_is_cut_between_characters_so_that_canvas_can_unpack_it(self, drop, to):
        name = "ü" * 120 + ".csv"
        (drop / name).write_bytes(USERS)
        (member,) = snap(DropKind.FILE, drop, [name], to).members.values()
        assert len(member.encode()) <= 200
        assert member == "ü" * 92 + f".{MARKER}.csv"

    @given(st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=6), st.sampled_from(["", MARKER]))
    def test_members_have_different_names_that_any_unzip_takes(self, stems, marker):
        names = member_names([f"{stem}.csv" for stem in stems], marker)
        assert len(set(names.values())) == len(stems)
        for name in names.values():
            assert name.endswith(f".{marker}.csv" if marker else ".csv")
            assert len(name.rpartition("/")[2].encode()) <= 210
            assert not set(name) & set("\\\0\n:")


class TestAGroup:
    def test_its_files_become_one_zip_and_one_hash(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        (drop / "courses.csv").write_bytes(b"course_id\nC1\n")
        made = snap(DropKind.GROUP, drop, ["users.csv", "courses.csv"], to)
        lines = "".join(
            f"{hashlib.sha256((drop / name).read_bytes()).hexdigest()}  {name}\n"
            for name in ("courses.csv", "users.csv")
        )
        assert made.sha256 == hashlib.sha256(lines.encode()).hexdigest()
        assert made.size_bytes == len(USERS) + 13
        assert contents(to) == {f"users.{MARKER}.csv": USERS, f"courses.{MARKER}.csv": b"course_id\nC1\n"}

    def test_an_empty_file_among_others_is_sent_along(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        (drop / "admins.csv").touch()
        assert set(snap(DropKind.GROUP, drop, ["users.csv", "admins.csv"], to).members) == {"users.csv", "admins.csv"}

    def test_only_empty_files_are_unreadable(self, drop, to):
        (drop / "users.csv").touch()
        (drop / "admins.csv").touch()
        assert isinstance(snap(DropKind.GROUP, drop, ["users.csv", "admins.csv"], to), Unreadable)


class TestAFolder:
    def test_its_subfolders_are_kept_and_what_nobody_meant_to_import_is_left_out(self, drop, to):
        folder = drop / "nightly"
        for name in ("users.csv", "sub/users.csv", "sub/readme.txt", "sub/.DS_Store", "Thumbs.db", "~$users.csv"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(USERS)
        (folder / ".done").touch()
        (folder / "nightly.done").touch()
        (folder / "later.csv.part").touch()
        made = snap(DropKind.FOLDER, drop, ["nightly"], to)
        assert made.members == {
            "users.csv": f"users.{MARKER}.csv",
            "sub/users.csv": f"sub/users.{MARKER}.csv",
            "sub/readme.txt": "__MACOSX/sub/readme.txt",
        }
        assert set(contents(to)) == set(made.members.values())
        assert made.size_bytes == 3 * len(USERS)

    def test_an_archive_in_it_is_refused(self, drop, to):
        (drop / "nightly").mkdir()
        (drop / "nightly" / "users.csv").write_bytes(USERS)
        zip_of(drop / "nightly" / "courses.zip", [("courses.csv", "course_id\n")])
        made = snap(DropKind.FOLDER, drop, ["nightly"], to)
        assert isinstance(made, Unreadable)
        assert "courses.zip" in made.sentence

    @pytest.mark.skipif(os.name == "nt", reason="needs links")
    def test_links_are_not_followed_whether_to_a_file_or_a_folder(self, drop, to, tmp_path):
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "users.csv").write_bytes(USERS)
        (drop / "nightly").mkdir()
        (drop / "nightly" / "users.csv").write_bytes(USERS)
        (drop / "nightly" / "more").symlink_to(tmp_path / "outside")
        assert isinstance(snap(DropKind.FOLDER, drop, ["nightly"], to), Unreadable)
        (drop / "other").symlink_to(tmp_path / "outside")
        assert isinstance(snap(DropKind.FOLDER, drop, ["other"], to), Unreadable)

    @pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="folders cannot be held open here")
    def test_a_link_put_in_place_of_a_subfolder_while_it_is_read_is_not_followed(self, drop, to, tmp_path, monkeypatch):
        (tmp_path / "outside").mkdir()
        for folder in (tmp_path / "outside", drop / "nightly" / "more"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "users.csv").write_bytes(USERS)
        real_open = os.open

        def swap_then_open(path, *rest, **more):
            if str(path).startswith(str(drop)) and not (drop / "nightly" / "less").exists():
                (drop / "nightly" / "more").rename(drop / "nightly" / "less")
                (drop / "nightly" / "more").symlink_to(tmp_path / "outside")
            return real_open(path, *rest, **more)

        monkeypatch.setattr(os, "open", swap_then_open)
        with pytest.raises(SpoolError):
            make_snapshot(DropKind.FOLDER, drop, ["nightly"], to, marker=MARKER)

    def test_one_without_a_csv_is_refused(self, drop, to):
        (drop / "nightly").mkdir()
        (drop / "nightly" / "readme.txt").write_bytes(b"hello")
        assert snap(DropKind.FOLDER, drop, ["nightly"], to) == Unreadable("It holds no CSV file.")


class TestMembers:
    def test_they_are_opened_under_their_dropped_names_as_often_as_asked(self, drop, to):
        (drop / "users.csv").write_bytes(USERS)
        (drop / "courses.csv").write_bytes(b"course_id\nC1\n")
        made = snap(DropKind.GROUP, drop, ["users.csv", "courses.csv"], to)
        members = {member.name: member for member in open_members(made.path, made.members)}
        assert {name: member.size for name, member in members.items()} == {"users.csv": len(USERS), "courses.csv": 13}
        with (
            members["users.csv"].open() as one,
            members["users.csv"].open() as other,
            members["courses.csv"].open() as c,
        ):
            assert one.read(7) == b"user_id"
            assert other.read() == USERS
            assert c.read() == b"course_id\nC1\n"
            one.seek(0)
            assert one.read() == USERS

    @pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
    def test_a_file_too_large_for_the_old_format_is_written_in_the_new_one(self, drop, to, monkeypatch):
        monkeypatch.setattr(packing_module, "_ZIP64_FROM", 1)
        (drop / "users.csv").write_bytes(USERS)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert b"\x01\x00\x10\x00" in to.read_bytes()[:80], "the extra field of the large format"
        assert subprocess.run(["unzip", "-tq", str(to)], capture_output=True, check=False).returncode == 0
        with open_members(made.path, made.members)[0].open() as stream:
            assert stream.read() == USERS

    @pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
    def test_another_program_reads_the_snapshot_too(self, drop, to):
        (drop / "Übersicht.csv").write_bytes(USERS)
        snap(DropKind.FILE, drop, ["Übersicht.csv"], to)
        tested = subprocess.run(["unzip", "-tq", str(to)], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stdout + tested.stderr


class TestTheWayBack:
    """Lost files, made again from the snapshot."""

    def back(self, kind, name, made, folder):
        folder.mkdir()
        known = Contents(made.size_bytes, made.sha256, members=made.members)
        return unpack_snapshot(kind, name, known, made.path, folder)

    def test_a_group_comes_back_byte_for_byte(self, drop, to, tmp_path):
        (drop / "users.csv").write_bytes(USERS)
        (drop / "courses.csv").write_bytes(b"\xef\xbb\xbfcourse_id\r\nC1\r\n")
        made = snap(DropKind.GROUP, drop, ["courses.csv", "users.csv"], to)
        unpacked = self.back(DropKind.GROUP, "courses.csv+1", made, tmp_path / "back")
        assert unpacked == Unpacked(made.size_bytes, made.sha256, is_exact=True)
        assert files_in(tmp_path / "back") == files_in(drop)

    def test_a_folder_comes_back_with_its_subfolders_and_what_is_no_csv(self, drop, to, tmp_path):
        (drop / "night" / "deep").mkdir(parents=True)
        (drop / "night" / "deep" / "users.csv").write_bytes(USERS)
        (drop / "night" / "read me.txt").write_bytes(b"hello")
        made = snap(DropKind.FOLDER, drop, ["night"], to)
        unpacked = self.back(DropKind.FOLDER, "night", made, tmp_path / "back")
        assert unpacked == Unpacked(made.size_bytes, made.sha256, is_exact=True)
        assert files_in(tmp_path / "back") == files_in(drop)

    def test_what_is_damaged_does_not_come_back(self, drop, to, tmp_path):
        (drop / "users.csv").write_bytes(USERS * 100)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        packed = bytearray(to.read_bytes())
        packed[60:80] = bytes(20)
        to.write_bytes(packed)
        assert self.back(DropKind.FILE, "users.csv", made, tmp_path / "back") is None


def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
