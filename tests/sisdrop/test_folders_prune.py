"""Old drops go in pairs; names are safe and fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sisdrop.folders import Spool
from sisdrop.folders.layout import RESULT, stored_names
from sisdrop.model import Drop, DropKind, Origin
from tests.support.drops import archive_of, contents, finished, spool_in
from tests.support.kill import run_cut_off


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "inbox").mkdir()
    return spool_in(tmp_path, tmp_path)


NOW = datetime(2026, 12, 1, tzinfo=UTC)


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()


class TestPrune:
    def test_old_pairs_go_whole_and_all_else_stays(self, spool: Spool) -> None:
        old, young = "20261101T000000Z-", "20261130T000000Z-"
        gone = ["a.csv", f"a.csv{RESULT}", "a.csv.errors.csv", "a.csv.done", "night/u.csv", f"night{RESULT}"]
        kept = [
            f"{old}bare.csv", f"{old}lonely.csv{RESULT}", f"{young}a.csv", f"{young}a.csv{RESULT}", "notes.txt",
            f"notes.txt{RESULT}", "20261399T999999Z-x.csv", f"20261399T999999Z-x.csv{RESULT}", f"{old}night.csv",
        ]  # fmt: skip
        put(archive_of(spool), *(f"{old}{name}" for name in gone), *kept)

        assert spool.prune(7, NOW) == 2

        assert sorted(contents(archive_of(spool))) == sorted(kept)
        assert sorted(path.name for path in archive_of(spool).iterdir()) == sorted(kept)

    def test_failed_is_pruned_too(self, spool: Spool) -> None:
        put(archive_of(spool).parent / "failed", "20261101T000000Z-a.csv", f"20261101T000000Z-a.csv{RESULT}")

        assert spool.prune(7, NOW) == 1

    def test_the_age_is_that_of_the_name_to_the_second(self, spool: Spool) -> None:
        put(archive_of(spool), "20261124T000000Z-a.csv", f"20261124T000000Z-a.csv{RESULT}")

        assert spool.prune(7, NOW) == 0
        assert spool.prune(7, NOW + timedelta(seconds=1)) == 1

    def test_a_drop_that_is_called_like_something_of_another_one_is_pruned_with_its_own_result_alone(
        self, spool: Spool
    ) -> None:
        old, others = "20261101T000000Z-a.csv", ("20261101T000000Z-a.csv.errors.csv", "20261101T000000Z-a.csv.old.csv")
        put(archive_of(spool), old, f"{old}{RESULT}", f"{old}.done", *others, f"{others[0]}{RESULT}")

        assert spool.prune(7, NOW) == 2

        # The one without a result is being filed right now, and is no marker.
        assert sorted(contents(archive_of(spool))) == [others[1]]

    def test_one_call_is_bounded_and_the_next_goes_on(self, spool: Spool) -> None:
        for number in range(510):
            put(archive_of(spool), f"20261101T000000Z-{number}.csv", f"20261101T000000Z-{number}.csv{RESULT}")

        assert [spool.prune(7, NOW), spool.prune(7, NOW), spool.prune(7, NOW)] == [500, 10, 0]

    def test_wherever_it_is_cut_no_result_is_without_its_file(self, spool: Spool) -> None:
        archive = archive_of(spool)
        for step in run_cut_off(lambda: spool.prune(7, NOW)):
            names = {path.name for path in archive.iterdir()}
            assert all(name.removesuffix(RESULT) in names for name in names if name.endswith(RESULT)), step
            put(archive, "20261101T000000Z-a.csv", f"20261101T000000Z-a.csv{RESULT}")

    def test_a_missing_archive_is_no_reason_to_stop(self, spool: Spool) -> None:
        archive_of(spool).rmdir()

        assert spool.prune(7, NOW) == 0

    def test_sweeping_removes_what_a_crash_left_an_hour_ago(self, spool: Spool) -> None:
        put(archive_of(spool), ".sisdrop-0123.tmp", "20261101T000000Z-a.csv")
        written = datetime.fromtimestamp((archive_of(spool) / ".sisdrop-0123.tmp").stat().st_mtime, UTC)

        assert spool.sweep(written + timedelta(minutes=59)) == 0
        assert spool.sweep(written + timedelta(minutes=61)) == 1
        assert sorted(contents(archive_of(spool))) == ["20261101T000000Z-a.csv"]


def drop_named(name: str, kind: DropKind = DropKind.FILE) -> Drop:
    return finished(Origin(name, kind, (name,), "", ""))


class TestNames:
    @pytest.mark.parametrize(
        ("name", "kind", "stored"),
        [
            ("users.csv", DropKind.FILE, "users.csv"),
            ("USERS.CSV", DropKind.FILE, "USERS.CSV"),
            ("CON.csv", DropKind.FILE, "CON.csv"),
            ("a:b*c?.csv", DropKind.FILE, "a_b_c_.csv"),
            ("a\nb\x1b[2J.csv", DropKind.FILE, "a_b_[2J.csv"),
            ("rtl\u202evsc.csv", DropKind.FILE, "rtl_vsc.csv"),
            ("\udcff.csv", DropKind.FILE, "_.csv"),
            ("sommer 🌞.zip", DropKind.ZIP, "sommer 🌞.zip"),
            ("night. ", DropKind.FOLDER, "night__"),
            ("night.v2", DropKind.FOLDER, "night.v2"),
        ],
    )
    def test_a_name_is_safe_everywhere(self, name: str, kind: DropKind, stored: str) -> None:
        assert next(stored_names(drop_named(name, kind))) == f"20261123T041502Z-{stored}"

    def test_the_number_of_a_folder_comes_last(self) -> None:
        names = stored_names(drop_named("night.v2", DropKind.FOLDER))

        assert [next(names), next(names)] == ["20261123T041502Z-night.v2", "20261123T041502Z-night.v2-2"]

    @given(st.text(min_size=1, max_size=300).filter(lambda text: "/" not in text and "\0" not in text))
    def test_with_all_that_is_set_beside_it_it_fits_whatever_its_name_was(self, stem: str) -> None:
        names = stored_names(drop_named(f"{stem}.csv"))

        for name in (next(names), next(names), next(names)):
            assert len(f"{name}{RESULT}".encode()) <= 255
            assert name.endswith(".csv")
            assert name.isprintable() or all(ord(character) > 0x9F for character in name if not character.isprintable())
