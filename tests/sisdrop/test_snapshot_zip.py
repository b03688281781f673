"""Dropped zips, and how well a snapshot may pack: what Canvas would skip or fail is refused or mended here."""

from __future__ import annotations

import hashlib
import io
import random
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv import archives as archives_module
from sisdrop.model import DropKind
from sisdrop.snapshot import Snapshot, Unreadable, Unsettled
from sisdrop.snapshot import packing as packing_module
from tests.support.snapshot_kit import MARKER, USERS, contents, snap, zip_of


class TestAZip:
    def take(self, drop, to, marker=MARKER):
        return snap(DropKind.ZIP, drop, ["in.zip"], to, marker)

    def test_it_is_packed_anew_with_the_marker_and_hashed_as_dropped(self, drop, to):
        entries = [
            ("users.csv", USERS),
            ("sub/users.csv", USERS),
            ("readme.txt", b"hello"),
            ("sub\\courses.csv", b"c\n"),
        ]
        path = zip_of(drop / "in.zip", [*entries, ("__MACOSX/._users.csv", b"x"), (".DS_Store", b"x")])
        made = self.take(drop, to)
        assert made.members == {
            "users.csv": f"users.{MARKER}.csv",
            "sub/users.csv": f"sub/users.{MARKER}.csv",
            "readme.txt": "__MACOSX/readme.txt",
            "sub/courses.csv": f"sub/courses.{MARKER}.csv",
        }
        assert set(contents(to)) == set(made.members.values())
        assert contents(to)[f"sub/users.{MARKER}.csv"] == USERS
        assert (made.size_bytes, made.sha256) == (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )

    def test_what_is_in_it_may_be_stored_as_it_is(self, drop, to):
        with zipfile.ZipFile(drop / "in.zip", "w", zipfile.ZIP_STORED) as packed:
            packed.writestr("users.csv", USERS)
        assert isinstance(self.take(drop, to), Snapshot)
        assert contents(to) == {f"users.{MARKER}.csv": USERS}

    @pytest.mark.parametrize(("how", "named"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
    def test_a_way_of_packing_that_would_be_unpacked_into_memory_at_once_is_refused(self, how, named, drop, to):
        packed_so = zipfile.ZipInfo("users.csv")
        packed_so.compress_type = how
        with zipfile.ZipFile(drop / "in.zip", "w") as packed:
            # What cannot be packed keeps the whole zip below the hundredfold that is refused.
            packed.writestr("pad.txt", random.Random(1).randbytes(1 << 15))
            packed.writestr(packed_so, b"user_id\n" * (1 << 17))
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert made.sentence == f"in.zip is packed with {named}; pack it with Deflate, or drop the CSVs."

    def test_a_member_that_is_larger_than_it_says_is_damaged(self, drop, to):
        whole = bytearray(zip_of(drop / "in.zip", [("users.csv", USERS * 999)]).read_bytes())
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = whole.index(signature) + offset
            whole[at : at + 4] = len(USERS).to_bytes(4, "little")
        (drop / "in.zip").write_bytes(whole)
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "damaged" in made.sentence

    def test_what_is_no_zip_is_unreadable(self, drop, to):
        whole = zip_of(drop / "in.zip", [("users.csv", USERS)]).read_bytes()
        for content in (b"", USERS, whole[:-30], b"\x1f\x8b\x08" + b"x" * 99):
            (drop / "in.zip").write_bytes(content)
            assert isinstance(self.take(drop, to), Unreadable)

    def test_one_that_ends_in_nul_bytes_is_still_being_copied(self, drop, to):
        whole = zip_of(drop / "in.zip", [("users.csv", USERS * 99)]).read_bytes()
        (drop / "in.zip").write_bytes(whole[:-70] + b"\0" * 70)
        made = self.take(drop, to)
        assert isinstance(made, Unsettled)
        assert made.nul is True

    def test_a_damaged_member_is_unreadable(self, drop, to):
        data = random.Random(1).randbytes(5000)
        whole = bytearray(zip_of(drop / "in.zip", [("users.csv", data)]).read_bytes())
        whole[2000] ^= 0xFF
        (drop / "in.zip").write_bytes(whole)
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "damaged" in made.sentence

    def test_a_password_is_told(self, drop, to):
        whole = bytearray(zip_of(drop / "in.zip", [("users.csv", USERS)]).read_bytes())
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            whole[whole.index(signature) + offset] |= 1
        (drop / "in.zip").write_bytes(whole)
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "password" in made.sentence

    @pytest.mark.parametrize(
        ("method", "named"), [(9, "Deflate64"), (99, "AES"), (97, "a method that nobody here can read (97)")]
    )
    def test_a_way_of_packing_that_nobody_can_read_is_told(self, method, named, drop, to):
        whole = bytearray(zip_of(drop / "in.zip", [("users.csv", USERS)]).read_bytes())
        for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            whole[whole.index(signature) + offset] = method
        (drop / "in.zip").write_bytes(whole)
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert made.sentence == f"in.zip is packed with {named}; pack it with Deflate, or drop the CSVs."

    @pytest.mark.parametrize(
        "name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "..\\users.csv", "C:\\users.csv"]
    )
    def test_names_that_lead_out_of_it_are_refused(self, name, drop, to):
        zip_of(drop / "in.zip", [(name, USERS)])
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "outside" in made.sentence

    def test_a_name_cannot_break_the_line_it_is_told_on(self, drop, to):
        zip_of(drop / "in.zip", [("../a\nERROR b\x1b[31m.csv", USERS)])
        assert "(../a\\nERROR b\\x1b[31m.csv)" in self.take(drop, to).sentence

    def test_a_file_without_a_name_is_refused_and_a_folder_is_none(self, drop, to):
        zip_of(drop / "in.zip", [("sub/", b""), ("sub\\", b""), ("sub/users.csv", USERS)])
        assert list(self.take(drop, to).members) == ["sub/users.csv"]
        zip_of(drop / "in.zip", [(".", USERS)])
        assert "without a name" in self.take(drop, to).sentence
        whole = zip_of(drop / "in.zip", [("QQQ.csv", USERS)]).read_bytes()
        (drop / "in.zip").write_bytes(whole.replace(b"QQQ.csv", b"\0QQ.csv"))
        assert "without a name" in self.take(drop, to).sentence

    def test_a_link_in_it_is_refused(self, drop, to):
        link = zipfile.ZipInfo("users.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        zip_of(drop / "in.zip", [(link, "/etc/passwd")])
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "link" in made.sentence

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_name_that_is_there_twice_is_refused(self, drop, to):
        for second in ("sub/users.csv", "sub\\users.csv"):
            zip_of(drop / "in.zip", [("sub/users.csv", USERS), (second, USERS)])
            made = self.take(drop, to)
            assert isinstance(made, Unreadable)
            assert "twice" in made.sentence

    def test_an_archive_in_it_is_refused(self, drop, to):
        zip_of(drop / "in.zip", [("users.csv", USERS), ("more.zip", b"PK")])
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "more.zip" in made.sentence

    def test_one_without_a_csv_or_with_empty_ones_alone_is_refused(self, drop, to):
        for entries in (
            [],
            [("readme.txt", b"x")],
            [("__MACOSX/users.csv", USERS)],
            [("users.csv", b"\xef\xbb\xbf\n")],
        ):
            zip_of(drop / "in.zip", entries)
            assert isinstance(self.take(drop, to), Unreadable)

    def test_one_that_unpacks_to_more_than_a_hundred_times_its_size_is_refused(self, drop, to):
        zip_of(drop / "in.zip", [("users.csv", b"x" * 1_000_000)])
        made = self.take(drop, to)
        assert isinstance(made, Unreadable)
        assert "100 times" in made.sentence

    def test_a_list_of_files_that_is_too_long_is_refused_before_it_is_read(self, drop, to, monkeypatch):
        zip_of(drop / "in.zip", [(f"{i}.csv", USERS) for i in range(40)])
        monkeypatch.setattr(archives_module, "MAX_DIRECTORY_BYTES", 40 * (46 + 5))
        assert "too many files" in self.take(drop, to).sentence
        monkeypatch.setattr(archives_module, "MAX_DIRECTORY_BYTES", 40 * (46 + 6))
        assert isinstance(self.take(drop, to), Snapshot)

    def test_the_list_of_files_of_a_large_zip_is_measured_too(self, drop, to, monkeypatch):
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
        zip_of(drop / "in.zip", [(f"{i}.csv", USERS) for i in range(40)])
        assert b"PK\x06\x06" in (drop / "in.zip").read_bytes()
        monkeypatch.setattr(archives_module, "MAX_DIRECTORY_BYTES", 40 * (46 + 5))
        assert "too many files" in self.take(drop, to).sentence
        monkeypatch.setattr(archives_module, "MAX_DIRECTORY_BYTES", 40 * (46 + 6))
        assert isinstance(self.take(drop, to), Snapshot)

    def test_too_many_files_or_bytes_are_refused(self, drop, to, monkeypatch):
        zip_of(drop / "in.zip", [(f"{i}.csv", USERS) for i in range(4)])
        with monkeypatch.context() as smaller:
            smaller.setattr(archives_module, "MAX_FILES", 3)
            assert "holds 4 files" in self.take(drop, to).sentence
        with monkeypatch.context() as smaller:
            smaller.setattr(archives_module, "MAX_UNPACKED_BYTES", 4 * len(USERS) - 1)
            assert "50 GB" in self.take(drop, to).sentence
        assert isinstance(self.take(drop, to), Snapshot)


class TestDamage:
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_whatever_is_wrong_with_a_zip_is_told_and_nothing_is_left(self, data):
        packed = io.BytesIO()
        with zipfile.ZipFile(
            packed, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
        ) as one:
            one.writestr("users.csv", USERS)
            one.writestr("sub/ü.csv", USERS * 9)
        content = bytearray(packed.getvalue())
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        del content[data.draw(st.integers(len(content) // 2, len(content))) :]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "in.zip").write_bytes(content)
            made = snap(DropKind.ZIP, Path(folder), ["in.zip"], Path(folder) / "state" / "one.zip")
            assert isinstance(made, (Snapshot, Unreadable, Unsettled))


class TestTheRatio:
    """Canvas fails a zip that unpacks to more than 100 times its size."""

    def test_a_very_repetitive_file_is_stored_rather_than_packed_too_well(self, drop, to):
        row = b"U1,one,active\n"
        (drop / "users.csv").write_bytes(b"user_id,login_id,status\n" + row * 400_000)
        (drop / "courses.csv").write_bytes(b"course_id\n" + bytes(random.Random(2).choices(b"0123456789\n", k=50_000)))
        made = snap(DropKind.GROUP, drop, ["users.csv", "courses.csv"], to)
        with zipfile.ZipFile(to) as packed:
            infos = {info.filename: info for info in packed.infolist()}
            assert packed.testzip() is None
        assert made.size_bytes < 90 * to.stat().st_size
        assert infos[f"users.{MARKER}.csv"].compress_type == zipfile.ZIP_STORED
        assert infos[f"courses.{MARKER}.csv"].compress_type == zipfile.ZIP_DEFLATED
        assert contents(to)[f"users.{MARKER}.csv"] == (drop / "users.csv").read_bytes()

    def test_an_ordinary_file_is_packed(self, drop, to):
        rows = "".join(f"U{i},login{i},First{i % 97},Last{i % 89},active\n" for i in range(20_000))
        (drop / "users.csv").write_text("user_id,login_id,first_name,last_name,status\n" + rows)
        made = snap(DropKind.FILE, drop, ["users.csv"], to)
        assert to.stat().st_size * 4 < made.size_bytes

    def test_more_than_fifty_gigabytes_are_refused(self, drop, to, monkeypatch):
        monkeypatch.setattr(packing_module, "MAX_UNPACKED_BYTES", len(USERS) - 1)
        (drop / "users.csv").write_bytes(USERS)
        assert "50 GB" in snap(DropKind.FILE, drop, ["users.csv"], to).sentence
