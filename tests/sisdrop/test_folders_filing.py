"""Drops at rest: file and result in pairs, nothing overwritten, nothing lost, whenever it is cut."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.durable import sha256_of
from sisdrop.errors import SpoolError
from sisdrop.folders import Spool
from sisdrop.folders.layout import BESIDE, RESULT
from sisdrop.model import DropKind, Ending, Origin, Outcome, Place, Rest
from tests.support.drops import (
    CONTENTS,
    ID,
    ROWS,
    STORED,
    archive_of,
    claimed,
    contents,
    filed,
    is_spool_empty,
    result,
    spool_in,
)
from tests.support.kill import run_cut_off
from tests.support.mounts import mounted_tmpfs


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "inbox").mkdir()
    return spool_in(tmp_path, tmp_path)


@pytest.fixture(params=["one disk", "two disks"])
def any_spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    """A spool, and one whose archive, failed and held are on another disk than the inbox."""
    (tmp_path / "inbox").mkdir()
    if request.param == "one disk":
        yield spool_in(tmp_path, tmp_path)
        return
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system, and /dev/shm is none here")
    other_disk = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield spool_in(tmp_path, other_disk)
    shutil.rmtree(other_disk)


AT_REST = {
    DropKind.FILE: {STORED: ROWS},
    DropKind.FOLDER: {
        "20261123T041502Z-night/users.csv": ROWS,
        "20261123T041502Z-night/courses.csv": CONTENTS["courses.csv"],
    },
    DropKind.GROUP: {
        "20261123T041502Z-courses.csv+1/users.csv": ROWS,
        "20261123T041502Z-courses.csv+1/courses.csv": CONTENTS["courses.csv"],
    },
}
KINDS = pytest.mark.parametrize("kind", AT_REST)


class TestFileAway:
    @KINDS
    def test_file_and_result_lie_side_by_side(self, any_spool: Spool, kind: DropKind) -> None:
        drop = claimed(any_spool, kind)

        stored_as = any_spool.file_away(drop, result)

        archive = archive_of(any_spool)
        expected = AT_REST[kind] | {f"{stored_as}{RESULT}": result(stored_as)}
        assert contents(archive) == expected
        assert stored_as == next(iter(AT_REST[kind])).partition("/")[0]
        assert is_spool_empty(any_spool)

    def test_what_did_not_make_it_goes_to_failed(self, spool: Spool) -> None:
        drop = replace(claimed(spool), ended=Ending(Outcome.FAILED_WITH_MESSAGES, "2026-11-23T04:15:09Z"))

        spool.file_away(drop, result)

        assert sorted(contents(archive_of(spool).parent / "failed")) == [STORED, f"{STORED}{RESULT}"]
        assert contents(archive_of(spool)) == {}

    def test_its_time_is_kept(self, any_spool: Spool) -> None:
        drop = claimed(any_spool)

        any_spool.file_away(drop, result)

        assert (archive_of(any_spool) / STORED).stat().st_mtime_ns == drop.origin.stats[0].mtime_ns

    def test_marker_and_error_report_lie_beside_it(self, any_spool: Spool, tmp_path: Path) -> None:
        drop = claimed(any_spool, marker=True)
        (tmp_path / "report").write_bytes(b"sis_import_id,file,message,row\n")

        any_spool.file_away(drop, result, tmp_path / "report")

        assert sorted(contents(archive_of(any_spool))) == [
            STORED, f"{STORED}.done", f"{STORED}.errors.csv", f"{STORED}{RESULT}"
        ]  # fmt: skip
        assert (tmp_path / "report").exists()

    def test_a_taken_name_gets_a_number_before_its_extension(self, spool: Spool) -> None:
        for taken in (STORED, f"{STORED.replace('.csv', '-2.csv')}{RESULT}"):
            (archive_of(spool) / taken).write_bytes(b"somebody else's")
        drop = claimed(spool)

        assert spool.choose_name(Place.ARCHIVE, drop) == "20261123T041502Z-users-3.csv"
        assert spool.file_away(drop, result) == "20261123T041502Z-users-3.csv"
        assert (archive_of(spool) / STORED).read_bytes() == b"somebody else's"

    def test_a_name_taken_after_it_was_chosen_makes_way(self, any_spool: Spool) -> None:
        drop = claimed(any_spool)
        chosen = any_spool.choose_name(Place.ARCHIVE, drop)
        (archive_of(any_spool) / chosen).write_bytes(b"somebody else's")

        stored_as = any_spool.file_away(drop, result, stored_as=chosen)
        again = any_spool.file_away(drop, result, stored_as=chosen)

        assert stored_as == again == "20261123T041502Z-users-2.csv"
        assert contents(archive_of(any_spool)) == {
            STORED: b"somebody else's", stored_as: ROWS, f"{stored_as}{RESULT}": result(stored_as)
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("first", "second", "stored"),
        [
            ("A.csv", "a.csv", "a-2.csv"),
            ("\u00dc.csv", "U\u0308.csv", "U\u0308-2.csv"),
            ("ss.csv", "\u00df.csv", "\u00df-2.csv"),
        ],
    )
    def test_names_that_some_file_systems_take_for_one_are_told_apart(
        self, spool: Spool, first: str, second: str, stored: str
    ) -> None:
        first_name = spool.file_away(claimed(spool, name=first), result)
        second_name = spool.file_away(claimed(spool, name=second), result)

        assert (first_name, second_name) == (f"20261123T041502Z-{first}", f"20261123T041502Z-{stored}")
        assert sorted(contents(archive_of(spool))) == sorted(
            [first_name, second_name, f"{first_name}{RESULT}", f"{second_name}{RESULT}"]
        )

    @KINDS
    def test_wherever_it_is_cut_the_next_try_finishes_it(
        self, any_spool: Spool, kind: DropKind, tmp_path: Path
    ) -> None:
        (tmp_path / "report").write_bytes(b"message\n")
        stored_as = next(iter(AT_REST[kind])).partition("/")[0]
        archive = archive_of(any_spool)
        drop = claimed(any_spool, kind)

        def file_away() -> str:
            return any_spool.file_away(drop, result, tmp_path / "report", stored_as=stored_as)

        cuts = 0
        for step in run_cut_off(file_away):
            cuts += 1
            shown = {name: data for name, data in contents(archive).items() if not name.startswith(".sisdrop-")}
            if f"{stored_as}{RESULT}" in shown:
                assert shown[f"{stored_as}{RESULT}"] == result(stored_as), step
                assert AT_REST[kind].items() <= shown.items(), step
            assert file_away() == stored_as, step
            beside = {f"{stored_as}{RESULT}": result(stored_as), f"{stored_as}.errors.csv": b"message\n"}
            shown = {name: data for name, data in contents(archive).items() if not name.startswith(".sisdrop-")}
            assert shown == AT_REST[kind] | beside, step
            assert is_spool_empty(any_spool), step
            shutil.rmtree(archive)
            archive.mkdir()
            drop = claimed(any_spool, kind)
        assert cuts > 5

    def test_a_drop_whose_files_somebody_took_is_an_error_that_says_so(self, spool: Spool) -> None:
        drop = claimed(spool)
        (spool.folder(ID) / "users.csv").unlink()

        with pytest.raises(SpoolError, match="somebody moved the files"):
            spool.file_away(drop, result)

        assert contents(archive_of(spool)) == {}

    def test_a_held_drop_is_filed_from_held(self, any_spool: Spool) -> None:
        drop = claimed(any_spool)
        any_spool.move_to_held(drop)

        any_spool.file_away(replace(drop, place=Place.HELD), result)

        assert sorted(contents(archive_of(any_spool))) == [STORED, f"{STORED}{RESULT}"]
        assert contents(archive_of(any_spool).parent / "held") == {}

    def test_what_else_lies_in_the_drops_folder_is_not_removed(self, spool: Spool) -> None:
        drop = claimed(spool)
        (spool.folder(ID) / "note.txt").write_text("of a person")

        spool.file_away(drop, result)

        assert spool.leftovers(set()) == [spool.folder(ID)]

    def test_a_drop_without_an_outcome_cannot_be_filed(self, spool: Spool) -> None:
        with pytest.raises(SpoolError, match="no outcome"):
            spool.file_away(replace(claimed(spool), ended=None), result)


class TestTroubledDisks:
    def test_a_full_archive_is_an_error_and_filing_works_once_there_is_room(self, spool: Spool) -> None:
        drop = claimed(spool)
        with mounted_tmpfs(archive_of(spool), "size=64k"):
            ballast = archive_of(spool) / "ballast"
            ballast.write_bytes(b"x" * 61_440)  # 64k less one page
            with (archive_of(spool) / "last page").open("wb") as stream:
                stream.write(b"x" * 4096)

            with pytest.raises(SpoolError, match="the disk is full; free some space"):
                spool.file_away(drop, result)

            assert sorted(contents(archive_of(spool))) == ["ballast", "last page"]
            assert (spool.folder(ID) / "users.csv").read_bytes() == ROWS
            ballast.unlink()
            spool.file_away(drop, result)
            assert sorted(contents(archive_of(spool))) == [STORED, f"{STORED}{RESULT}", "last page"]

    def test_room_for_the_file_and_none_for_its_result_leaves_no_half_result(self, spool: Spool) -> None:
        drop = claimed(spool)
        with mounted_tmpfs(archive_of(spool), "size=64k"):
            with pytest.raises(SpoolError, match="the disk is full"):
                spool.file_away(drop, lambda _: b"x" * 100_000)

            assert sorted(contents(archive_of(spool))) == [STORED]
            spool.file_away(drop, result)
            assert contents(archive_of(spool)) == {STORED: ROWS, f"{STORED}{RESULT}": result(STORED)}

    def test_an_archive_without_inodes_is_full_too(self, spool: Spool) -> None:
        drop = claimed(spool)
        tiny = mounted_tmpfs(archive_of(spool), "size=1m,nr_inodes=1")
        with tiny, pytest.raises(SpoolError, match="the disk is full"):
            spool.file_away(drop, result)

        assert (spool.folder(ID) / "users.csv").read_bytes() == ROWS

    def test_a_read_only_archive_is_an_error_that_says_so(self, spool: Spool) -> None:
        drop = claimed(spool)
        with mounted_tmpfs(archive_of(spool)) as remount:
            remount("ro")
            with pytest.raises(SpoolError, match="read-only; mount it writable"):
                spool.file_away(drop, result)

        assert spool.file_away(drop, result) == STORED

    def test_below_a_share_that_is_away_nothing_is_made(self, tmp_path: Path) -> None:
        (tmp_path / "inbox").mkdir()
        share = tmp_path / "share"
        share.mkdir()
        spool = Spool(tmp_path / "inbox", share / "archive", share / "failed", share / "held")
        spool.inbox_state(None)
        drop = claimed(spool)

        with pytest.raises(SpoolError, match=r"the archive folder .* is missing; mount its disk or share"):
            spool.file_away(drop, result)
        with pytest.raises(SpoolError, match="the held folder"):
            spool.move_to_held(drop)

        assert list(share.iterdir()) == []
        (share / "archive").mkdir()
        assert spool.file_away(drop, result) == STORED

    def test_a_folder_beside_another_of_ours_is_made_when_first_needed(self, tmp_path: Path) -> None:
        (tmp_path / "inbox").mkdir()
        spool = Spool(tmp_path / "inbox", tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
        spool.inbox_state(None)

        spool.move_to_held(claimed(spool))

        assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "inbox"]


class TestHeld:
    def test_wherever_the_move_is_cut_the_next_try_finishes_it(self, any_spool: Spool) -> None:
        held = any_spool.folder(ID, Place.HELD)
        drop = claimed(any_spool, DropKind.GROUP)

        def move() -> None:
            any_spool.move_to_held(drop)

        for step in run_cut_off(move):
            move()
            assert sorted(contents(held)) == ["courses.csv", "users.csv"], step
            assert is_spool_empty(any_spool), step
            shutil.rmtree(held)
            drop = claimed(any_spool, DropKind.GROUP)


class TestTakeBack:
    @KINDS
    def test_the_files_are_in_the_spool_under_their_own_names(self, any_spool: Spool, kind: DropKind) -> None:
        drop = claimed(any_spool, kind)
        before = contents(any_spool.folder(ID))
        stored_as = any_spool.file_away(drop, result)
        at_rest = filed(drop, stored_as)

        any_spool.take_back(at_rest)
        any_spool.take_back(at_rest)

        assert contents(any_spool.folder(ID)) == before
        assert contents(archive_of(any_spool)) == {}

    @KINDS
    def test_wherever_it_is_cut_no_file_is_lost_and_the_next_try_finishes_it(
        self, any_spool: Spool, kind: DropKind
    ) -> None:
        drop = claimed(any_spool, kind)
        before = contents(any_spool.folder(ID))
        at_rest = filed(drop, any_spool.file_away(drop, result))

        for step in run_cut_off(lambda: any_spool.take_back(at_rest)):
            any_spool.take_back(at_rest)
            assert contents(any_spool.folder(ID)) == before, step
            left = [name for name in contents(archive_of(any_spool)) if not name.startswith(".sisdrop-")]
            assert left == [], step
            any_spool.file_away(drop, result, stored_as=at_rest.stored_as)

    def test_a_drop_that_was_never_filed_has_nothing_to_take_back(self, spool: Spool) -> None:
        with pytest.raises(SpoolError, match="never filed"):
            spool.take_back(replace(claimed(spool), place=Place.ARCHIVE))

    def test_files_that_somebody_removed_are_an_error(self, spool: Spool) -> None:
        drop = claimed(spool)
        at_rest = filed(drop, spool.file_away(drop, result))
        (archive_of(spool) / STORED).unlink()

        with pytest.raises(SpoolError, match="missing"):
            spool.take_back(at_rest)

        assert (archive_of(spool) / f"{STORED}{RESULT}").exists()


class TestNamesOfOurs:
    """A drop that is called like what we set beside another one, taken in the same second."""

    @pytest.mark.parametrize("ending", [".errors.csv", ".ERRORS.CSV", ".result.json", ".undo.json", ".lost.txt"])
    def test_no_drop_rests_under_the_name_of_anothers_report_or_result(self, spool: Spool, ending: str) -> None:
        kind = DropKind.FILE if ending.lower().endswith(".csv") else DropKind.FOLDER
        drop = replace(claimed(spool), origin=Origin(f"users.csv{ending}", kind, (f"users.csv{ending}",), "", ""))
        assert not any(spool.choose_name(Place.ARCHIVE, drop).lower().endswith(own) for own in (*BESIDE, ".lost.txt"))

    def test_taking_a_drop_back_removes_nothing_that_its_record_does_not_name(self, spool: Spool) -> None:
        at_rest = filed(claimed(spool), STORED)
        for name in (STORED, f"{STORED}.errors.csv", f"{STORED}.undo.json"):
            (archive_of(spool) / name).write_bytes(b"of somebody")
        (archive_of(spool) / f"{STORED}{RESULT}").write_bytes(b'{"drop": "another"}')
        (spool.folder(ID) / "users.csv").unlink()

        spool.take_back(at_rest)

        assert sorted(contents(archive_of(spool))) == [
            f"{STORED}.errors.csv",
            f"{STORED}{RESULT}",
            f"{STORED}.undo.json",
        ]

    def test_taking_it_back_removes_its_result_and_the_report_that_was_filed(
        self, spool: Spool, tmp_path: Path
    ) -> None:
        (tmp_path / "report").write_bytes(b"message\n")
        drop = claimed(spool)
        rest = Rest(spool.file_away(drop, result, tmp_path / "report"), "", report=sha256_of(tmp_path / "report"))

        spool.take_back(replace(drop, place=Place.ARCHIVE, rest=rest))

        assert contents(archive_of(spool)) == {}
