"""The index of known ids after a crash, a loss, a damage: built again from what was filed, in nobody's way."""

from __future__ import annotations

import logging
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from canvas_sis_csv import Member
from sisdrop.known import CatchUp, Known, Source
from sisdrop.known.catching_up import AGAIN_S, EVERY_S
from sisdrop.model import DropKind, Outcome
from tests.support.known_kit import LANE, URL, KnownKit, members, warning

HEADER = "user_id,login_id,status\n"
USERS = f"{HEADER}P-1,p1,active\nP-2,p2,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> KnownKit:
    return KnownKit(tmp_path)


def fails(error: Exception) -> Callable[[], list[Member]]:
    def read() -> list[Member]:
        raise error

    return read


def test_it_is_built_from_the_archive_when_there_is_none(kit: KnownKit) -> None:
    first = kit.file({"users.csv": USERS}, warning("users.csv", 3, "refused"))
    kit.file({"users.csv": f"{HEADER}P-3,p3,active\n"}, outcome=Outcome.ABORTED)
    kit.file({"users.csv": f"{HEADER}P-4,p4,active\n"}, outcome=Outcome.REJECTED, was_sent=False)

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-2", "P-3", "P-4") == [True, None, None, False]
    assert kit.since("user", "P-1") == first.id


def test_it_is_built_in_the_order_in_which_imports_ended_not_in_that_of_names(kit: KnownKit) -> None:
    deleted = f"{HEADER}P-1,p1,deleted\n"
    later = kit.ended({"users.csv": USERS})
    kit.file({"users.csv": deleted})
    kit.file({"users.csv": USERS}, id=later.id.replace("0001Z", "0000Z"))

    assert kit.catch_up()
    assert kit.has("user", "P-1") == [True]


@pytest.mark.parametrize("kind", [DropKind.ZIP, DropKind.FOLDER, DropKind.GROUP])
def test_zips_folders_and_groups_are_read_again_under_the_names_they_were_dropped_with(
    kit: KnownKit, kind: DropKind
) -> None:
    files = {"users.csv": USERS, "more/courses.csv": "course_id,short_name,long_name,status\nC-1,A,A,active\n"}
    name = "night.zip" if kind is DropKind.ZIP else "night"
    kit.file(files, warning("users.csv", 2, "refused"), kind=kind, name=name)

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-2") + kit.has("course", "C-1") == [None, True, True]


def test_drops_of_another_account_or_feed_in_the_same_folder_do_not_count(kit: KnownKit) -> None:
    kit.file({"users.csv": USERS})
    other_url = Source("nightly", kit.archive, kit.failed, "https://test.school.test", "self", is_pruned=False)
    other_feed = Source("daily", kit.archive, kit.failed, URL, "self", is_pruned=False)

    assert kit.known.catch_up(LANE, [other_url, other_feed])
    assert kit.has("user", "P-1") == [None]


def test_what_was_taken_in_already_is_not_taken_in_again(kit: KnownKit) -> None:
    kit.catch_up()
    drop = kit.file({"users.csv": f"{HEADER}P-1,p1,deleted\n"})
    kit.known.update(drop, [], lambda: members({"users.csv": f"{HEADER}P-1,p1,deleted\n"}))
    kit.take_in({"users.csv": USERS})

    assert kit.catch_up()
    assert kit.has("user", "P-1") == [True]


def test_an_import_that_a_crash_kept_from_the_index_is_found_in_the_archive(kit: KnownKit) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    kit.file({"users.csv": f"{HEADER}P-1,p1,deleted\nP-3,p3,active\n"})
    kit.restart()

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-2", "P-3", "P-4") == [False, True, True, False]


def test_one_that_is_found_only_after_a_later_one_adds_doubt_and_takes_nothing(kit: KnownKit) -> None:
    kit.catch_up()
    kit.file({"users.csv": f"{HEADER}P-1,p1,deleted\nP-3,p3,active\n"})
    kit.take_in({"users.csv": USERS})

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-3", "P-4") == [True, None, False]


def test_absence_proves_nothing_before_a_start_has_looked_what_is_missing(kit: KnownKit) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    kit.restart()
    kit.known.expect(LANE)
    assert kit.has("user", "P-1", "P-9") == [True, None]

    kit.catch_up()
    assert kit.has("user", "P-1", "P-9") == [True, False]


def test_an_import_that_cannot_be_taken_in_now_is_asked_for_and_found_later(tmp_path: Path) -> None:
    kit, asked = KnownKit(tmp_path), threading.Event()
    kit.known = Known(kit.state, behind=asked.set)
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    more = {"users.csv": f"{HEADER}P-3,p3,active\n"}
    drop = kit.file(more)

    kit.known.update(drop, [], fails(OSError("the disk")))
    assert asked.is_set()
    assert kit.has("user", "P-1", "P-3") == [True, None]

    assert kit.catch_up()
    assert kit.has("user", "P-3", "P-9") == [True, False]


def test_an_error_nobody_foresaw_keeps_no_drop_from_its_archive(
    kit: KnownKit, caplog: pytest.LogCaptureFixture
) -> None:
    kit.catch_up()
    kit.known.update(kit.ended({"users.csv": USERS}), [], fails(RuntimeError("P-1 and what else a row holds")))

    assert "RuntimeError in read" in caplog.text
    assert "P-1" not in caplog.text
    assert kit.known.is_behind(LANE)


def test_nothing_of_a_drop_is_kept_when_reading_it_breaks_off(kit: KnownKit) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    drop = kit.ended({"users.csv": USERS, "zz.csv": USERS})

    def half() -> list[Member]:
        good = members({"users.csv": f"{HEADER}P-1,p1,deleted\n"})
        return [*good, Member("zz.csv", 1, fails(OSError("gone")))]  # type: ignore[arg-type]

    kit.known.update(drop, [], half)
    assert kit.has("user", "P-1") == [True]

    kit.known.update(drop, [], lambda: members({"users.csv": f"{HEADER}P-1,p1,deleted\n"}))
    assert kit.has("user", "P-1") == [False]
    assert not kit.known.is_behind(LANE)


def test_an_import_that_ends_while_older_ones_are_read_waits_its_turn(kit: KnownKit) -> None:
    old = kit.file({"users.csv": USERS})
    new = {"users.csv": f"{HEADER}P-1,p1,deleted\n"}
    ends: list[bool] = []

    def meanwhile() -> bool:
        if not ends:
            kit.known.update(kit.file(new), [], lambda: members(new))
            ends.append(True)
        return False

    assert not kit.known.catch_up(LANE, [kit.source], meanwhile)
    assert kit.has("user", "P-1", "P-9") == [True, None]
    assert kit.since("user", "P-1") == old.id

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-9") == [False, False]


@pytest.mark.parametrize("content", [b"", b"no database at all\n" * 100, None])
def test_a_damaged_index_is_built_again(kit: KnownKit, content: bytes | None) -> None:
    kit.file({"users.csv": USERS})
    kit.catch_up()
    if content is None:
        data = bytearray(kit.known.path.read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        content = bytes(data)
    for old in kit.state.iterdir():
        old.unlink()
    kit.known.path.write_bytes(content)
    kit.restart()

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-9") == [True, False]


def test_an_index_of_another_version_is_not_read_and_built_again(kit: KnownKit) -> None:
    kit.file({"users.csv": USERS})
    kit.catch_up()
    db = sqlite3.connect(kit.known.path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    kit.restart()
    assert kit.has("user", "P-1") == [None]

    assert kit.catch_up()
    assert kit.has("user", "P-1") == [True]


def test_an_index_built_from_a_pruned_archive_says_no_no(tmp_path: Path) -> None:
    kit = KnownKit(tmp_path, is_pruned=True)
    kit.file({"users.csv": USERS})

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-9") == [True, None]


def test_an_index_begun_with_the_service_says_no_also_where_archives_are_pruned(tmp_path: Path) -> None:
    kit = KnownKit(tmp_path, is_pruned=True)
    kit.catch_up()
    kit.take_in({"users.csv": USERS})

    assert kit.has("user", "P-9") == [False]


@pytest.mark.parametrize("what", ["half a result", "no csv", "a zip that is none"])
def test_what_was_filed_and_cannot_be_read_any_more_leaves_the_rest_known(kit: KnownKit, what: str) -> None:
    kit.file({"users.csv": USERS})
    lost = kit.file({"users.csv": f"{HEADER}P-3,p3,active\n"}, **({"kind": DropKind.ZIP, "name": "n.zip"}
                                                                if "zip" in what else {}))  # fmt: skip
    stored = kit.archive / (lost.stored_as or "")
    match what:
        case "half a result":
            stored.with_name(f"{stored.name}.result.json").write_text('{"version": 1, "drop": ')
        case "no csv":
            stored.unlink()
        case _:
            stored.write_bytes(b"PK no more")

    assert kit.catch_up()
    assert kit.has("user", "P-1", "P-3", "P-9") == [True, None, None]


def test_a_folder_that_is_away_is_waited_for(kit: KnownKit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    kit.file({"users.csv": USERS})
    kit.archive.rename(kit.root / "away")
    assert not kit.catch_up()
    assert "cannot be built yet" in caplog.text
    assert kit.has("user", "P-1") == [None]
    assert not kit.catch_up()
    assert caplog.text.count("cannot be built yet") == 1, "what is told was told before"

    (kit.root / "away").rename(kit.archive)
    assert kit.catch_up()
    assert kit.has("user", "P-1") == [True]


def test_a_stop_ends_the_building_between_two_drops_and_the_next_start_goes_on(kit: KnownKit) -> None:
    for number in range(3):
        kit.file({"users.csv": f"{HEADER}P-{number},p{number},active\n"})
    looks = iter([False, True])

    assert not kit.known.catch_up(LANE, [kit.source], lambda: next(looks))
    assert kit.has("user", "P-0", "P-1", "P-9") == [True, None, None]

    kit.restart()
    assert kit.catch_up()
    assert kit.has("user", "P-0", "P-1", "P-2", "P-9") == [True, True, True, False]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_nobody_else_may_read_it(kit: KnownKit) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})

    assert stat.S_IMODE(kit.known.path.stat().st_mode) == 0o600


def test_an_index_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    kit = KnownKit(tmp_path)
    kit.known = Known(tmp_path / "missing")
    kit.file({"users.csv": USERS})

    assert not kit.catch_up()
    kit.take_in({"users.csv": USERS})
    assert kit.has("user", "P-1") == [None]


def test_it_is_read_while_it_is_written(kit: KnownKit) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    reading, more = threading.Event(), threading.Event()

    def slowly() -> list[Member]:
        reading.set()
        assert more.wait(10)
        return members({"users.csv": f"{HEADER}P-3,p3,active\n"})

    thread = threading.Thread(target=kit.known.update, args=(kit.ended({"users.csv": ""}), [], slowly))
    thread.start()
    assert reading.wait(10)
    before = kit.has("user", "P-1", "P-3")
    more.set()
    thread.join(10)

    assert before == [True, False]
    assert kit.has("user", "P-3") == [True]


def test_a_look_up_survives_the_loss_of_the_file_below_it(kit: KnownKit, caplog: pytest.LogCaptureFixture) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": HEADER + "".join(f"P-{n},p{n},active\n" for n in range(5000))})
    with kit.known.lookup(LANE) as found:
        data = kit.known.path.read_bytes()
        kit.known.path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
        answers = {found.has("user", f"P-{number}") for number in range(5000)}

    assert None in answers
    assert False not in answers
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("from_byte", [100, 4096])
def test_a_look_up_in_a_damaged_index_says_nothing(kit: KnownKit, from_byte: int) -> None:
    kit.catch_up()
    kit.take_in({"users.csv": USERS})
    data = kit.known.path.read_bytes()
    kit.known.path.write_bytes(data[:from_byte] + b"\xff" * (len(data) - from_byte))

    assert kit.has("user", "P-1", "P-9") == [None, None]
    assert kit.since("user", "P-1") is None


class TestCatchUp:
    def test_it_looks_at_once_then_now_and_then_and_soon_again_when_it_could_not(self, kit: KnownKit) -> None:
        now = [0.0]
        catch_up = CatchUp(kit.known, {LANE: [kit.source]}, lambda: False, lambda: now[0])
        kit.failed.rmdir()

        waits = [catch_up.turn()]
        now[0] += waits[0]
        waits.append(catch_up.turn())
        kit.failed.mkdir()
        now[0] += waits[1]

        assert waits == [AGAIN_S, 2 * AGAIN_S]
        assert catch_up.turn() == EVERY_S

    def test_a_lane_that_fell_behind_is_looked_after_when_it_is_woken(self, kit: KnownKit) -> None:
        catch_up = CatchUp(kit.known, {LANE: [kit.source]}, lambda: False, lambda: 0.0)
        catch_up.turn()
        drop = kit.file({"users.csv": USERS})
        kit.known.update(drop, [], fails(OSError("the disk")))

        assert catch_up.turn() == EVERY_S
        assert kit.has("user", "P-1") == [True]

    def test_it_ends_when_told_to(self, kit: KnownKit) -> None:
        catch_up = CatchUp(kit.known, {LANE: [kit.source]}, lambda: True, lambda: 0.0)

        catch_up.turn()
        assert not kit.known.path.exists()
