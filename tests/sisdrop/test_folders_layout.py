"""Where everything of ours lies, said once; what is told of a file is true of the file that lies there."""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.errors import SpoolError
from sisdrop.folders import Layout, Spool, measure
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.model import DropKind, DropState, Origin, Place
from sisdrop.snapshot import Snapshot, make_snapshot
from tests.support.drops import CONTENTS, ID, ROWS, STORED, claimed, filed, finished, spool_in

ORIGIN = Origin("users.csv", DropKind.FILE, ("users.csv",), "", "")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "inbox").mkdir()
    return spool_in(tmp_path, tmp_path)


class TestLayout:
    LAYOUT = Layout(Path("inbox"), Path("archive"), Path("failed"), Path("held"))

    def test_a_drop_that_is_not_at_rest_has_a_folder_of_its_own(self) -> None:
        drop = finished(ORIGIN)

        assert self.LAYOUT.folder_of(drop) == Path("inbox", ".sisdrop", ID)
        assert self.LAYOUT.folder_of(replace(drop, place=Place.HELD)) == Path("held", ID)
        for named in (drop, filed(drop, STORED, Place.SPOOL)):  # the name is fixed before the files move
            assert self.LAYOUT.rest_path(named) is self.LAYOUT.result_path(named) is None

    @pytest.mark.parametrize("place", [Place.ARCHIVE, Place.FAILED])
    def test_a_drop_at_rest_lies_beside_its_result(self, place: Place) -> None:
        drop = replace(filed(finished(ORIGIN), STORED, place), state=DropState.FILED)

        assert self.LAYOUT.folder_of(drop) == Path(place)
        assert self.LAYOUT.rest_path(drop) == Path(place, STORED)
        assert self.LAYOUT.result_path(drop) == Path(place, f"{STORED}.result.json")

    def test_at_rest_no_drop_has_a_folder_of_its_own(self) -> None:
        with pytest.raises(SpoolError, match="at rest in archive"):
            self.LAYOUT.own_folder(ID, Place.ARCHIVE)

    def test_it_is_where_the_files_really_are(self, spool: Spool) -> None:
        drop = claimed(spool)
        assert (spool.layout.folder_of(drop) / "users.csv").read_bytes() == ROWS

        at_rest = filed(drop, spool.file_away(drop, lambda name: name.encode()))

        rest, result = spool.layout.rest_path(at_rest), spool.layout.result_path(at_rest)
        assert rest is not None
        assert rest.read_bytes() == ROWS
        assert result is not None
        assert result.read_bytes() == STORED.encode()


class TestMeasure:
    @pytest.mark.parametrize("kind", [DropKind.FILE, DropKind.FOLDER, DropKind.GROUP])
    def test_tells_what_a_snapshot_tells(self, spool: Spool, tmp_path: Path, kind: DropKind) -> None:
        drop = claimed(spool, kind)

        taken = make_snapshot(kind, spool.folder(ID), drop.origin.paths, tmp_path / "state" / "a.zip", marker="")

        assert isinstance(taken, Snapshot)
        assert spool.measure(drop) == (taken.size_bytes, taken.sha256)

    def test_files_and_subfolders_stand_in_one_order_by_their_whole_names(self, spool: Spool, tmp_path: Path) -> None:
        drop = claimed(spool, DropKind.FOLDER)
        (spool.folder(ID) / "night" / "a").mkdir()
        for name in ("a/terms.csv", "a-terms.csv"):  # `a` comes before `a-terms.csv`, `a/` after it
            (spool.folder(ID) / "night" / name).write_bytes(b"term_id\n")

        taken = make_snapshot(drop.kind, spool.folder(ID), drop.origin.paths, tmp_path / "state" / "a.zip", marker="")

        assert isinstance(taken, Snapshot)
        assert spool.measure(drop) == (taken.size_bytes, taken.sha256)

    def test_of_an_unreadable_zip_too(self, tmp_path: Path) -> None:
        (tmp_path / "set.zip").write_bytes(b"no zip at all")

        expected = (13, hashlib.sha256(b"no zip at all").hexdigest())
        assert measure(DropKind.ZIP, tmp_path, ["set.zip", "set.zip.done"]) == expected

    def test_an_empty_file_has_a_check_sum(self, tmp_path: Path) -> None:
        (tmp_path / "users.csv").touch()

        assert measure(DropKind.FILE, tmp_path, ["users.csv"]) == (0, hashlib.sha256().hexdigest())

    def test_subfolders_count_and_links_and_hidden_files_do_not(self, spool: Spool) -> None:
        drop = claimed(spool, DropKind.FOLDER)
        folder = spool.folder(ID) / "night"
        (folder / "more").mkdir()
        (folder / "more" / "terms.csv").write_bytes(b"term_id\n")
        (folder / ".hidden").write_bytes(b"x")
        (folder / "link.csv").symlink_to(folder / "users.csv")

        assert spool.measure(drop)[0] == len(ROWS) + len(CONTENTS["courses.csv"]) + len(b"term_id\n")

    def test_files_that_nobody_knows_any_more_are_measured_too(self, tmp_path: Path) -> None:
        for name in ("a.txt", "b.txt"):
            (tmp_path / name).write_bytes(b"12345")

        assert measure(DropKind.GROUP, tmp_path, ["a.txt", "b.txt"])[0] == 10

    def test_a_held_drop_is_measured_in_held(self, spool: Spool) -> None:
        drop = claimed(spool)
        spool.move_to_held(drop)

        assert spool.measure(replace(drop, place=Place.HELD)) == (len(ROWS), hashlib.sha256(ROWS).hexdigest())

    def test_what_is_missing_is_an_error_that_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(SpoolError, match="it is missing"):
            measure(DropKind.FILE, tmp_path, ["users.csv"])


@pytest.mark.parametrize("code", [errno.ENOENT, errno.ENOSPC, errno.EACCES, errno.ENOTTY])
def test_every_sentence_ends_once(code: int) -> None:
    with pytest.raises(SpoolError) as raised, raising_spool_error("list", Path("folder")):
        raise OSError(code, os.strerror(code), "folder")

    assert str(raised.value)[-1] in ".?"
    assert str(raised.value)[-2] not in ".?"
