"""A single file in the inbox: when it settles, what its content says. A clock of our own, no events."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sisdrop.folders import Claimed, Spool
from sisdrop.model import DropKind
from sisdrop.watch import Look
from tests.support.desk import ROWS, Desk, names, waiting
from tests.support.drops import stat_of
from tests.support.places import ROOT

SOMEBODY_ELSE = """
import os, sys, pathlib
from tests.support.desk import Feed
from sisdrop.model import Clock
from sisdrop.watch import Inbox
time = 0.0
inbox = Inbox(pathlib.Path(sys.argv[1]), Feed(), print, Clock(monotonic=lambda: time))
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for time in map(float, sys.argv[2:]):
    look = inbox.look()
    print(len(look.settled), *(waiting.why for waiting in look.settling), sep=";")
"""


def looks_of_somebody_else(inbox: Path, *times: float) -> list[str]:
    """What another user's looks at these times saw, each as the number of settled files and why the others wait."""
    if os.geteuid() != 0:
        pytest.skip("root is needed to look as somebody else")
    command = [sys.executable, "-c", SOMEBODY_ELSE, str(inbox), *map(str, times)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


class TestFiles:
    def test_a_file_settles_after_a_second_and_is_offered_until_it_is_claimed(self, desk: Desk) -> None:
        path = desk.put("users.csv")

        first, second, third = desk.look(), desk.look(1.0), desk.look(60.0)

        assert waiting(first) == {"users.csv": "settling for 1 s"}
        assert names(first) == []
        assert names(second) == names(third) == ["users.csv"]
        (candidate,) = second.settled
        assert candidate.stats == (stat_of(path),)
        assert (candidate.kind, candidate.paths) == (DropKind.FILE, ("users.csv",))
        assert candidate.noticed_at == "2026-11-23T04:00:00Z"

    def test_what_is_offered_can_be_claimed_and_is_then_not_offered(self, desk: Desk, tmp_path: Path) -> None:
        spool = Spool(desk.path, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
        spool.inbox_state(None)
        desk.put("users.csv")
        (candidate,) = desk.settle().settled

        claimed = spool.claim("20261123T041502Z-7c1e", candidate.paths, candidate.stats)

        assert isinstance(claimed, Claimed)
        assert desk.look() == Look()

    def test_a_file_that_was_there_at_the_start_settles_like_any_other(self, desk: Desk) -> None:
        path = desk.put("users.csv")
        os.utime(path, (0, 0))
        desk.watch()

        assert names(desk.look()) == []
        path.write_bytes(ROWS * 2)
        assert names(desk.look(1.0)) == []
        assert names(desk.look(1.0)) == ["users.csv"]

    def test_a_change_while_it_waits_to_be_claimed_makes_it_settle_anew(self, desk: Desk) -> None:
        path = desk.put("users.csv")
        desk.settle()
        path.write_bytes(ROWS * 2)

        look = desk.look(1.0)

        assert names(look) == []
        assert waiting(look) == {"users.csv": "still changing; must lie still for 1 s"}
        assert desk.look(1.0).settled[0].stats[0].size == 2 * len(ROWS)

    def test_a_file_that_is_taken_away_is_dropped_quietly(self, desk: Desk) -> None:
        path = desk.put("users.csv")
        desk.look()
        path.unlink()

        assert desk.look(1.0) == Look()

    def test_a_new_file_of_the_same_name_is_noticed_anew(self, desk: Desk) -> None:
        desk.put("users.csv").unlink()
        desk.put("users.csv")
        desk.settle()
        (desk.path / "users.csv").unlink()
        desk.look(5.0)
        desk.put("users.csv")

        assert desk.settle().settled[0].noticed_at == "2026-11-23T04:00:06Z"

    def test_the_order_is_that_of_arrival(self, desk: Desk) -> None:
        for name, mtime in (("b.csv", 30), ("c.csv", 10), ("a.csv", 20)):
            os.utime(desk.put(name), (mtime, mtime))
        desk.look()
        os.utime(desk.put("0.csv"), (1, 1))
        desk.look(1.0)

        assert names(desk.look(1.0)) == ["c.csv", "a.csv", "b.csv", "0.csv"]

    def test_an_unchanged_size_and_time_do_not_hide_another_file(self, desk: Desk) -> None:
        path = desk.put("users.csv")
        os.utime(path, ns=(1, 1))
        desk.look()
        other = desk.put("other", ROWS.replace(b"u1", b"u2"))
        os.utime(other, ns=(1, 1))
        other.replace(path)

        assert names(desk.look(1.0)) == []
        assert names(desk.look(1.0)) == ["users.csv"]

    def test_what_was_put_back_settles_longer_and_keeps_the_time_it_was_noticed(self, desk: Desk) -> None:
        desk.put("users.csv")
        (candidate,) = desk.settle().settled

        desk.inbox.returned(candidate.paths)

        assert waiting(desk.look()) == {"users.csv": "settling for 2 s"}
        assert names(desk.look(1.9)) == []
        (again,) = desk.look(0.1).settled
        assert again.noticed_at == candidate.noticed_at

    def test_names_of_any_bytes_settle(self, desk: Desk) -> None:
        strange = ["a\nb.csv", "\udcff\udcfe.csv", "x;\"'.csv", "‮vsc.csv", "🌞.csv", "ü" * 125 + ".csv"]
        for name in strange:
            desk.put(name)

        assert sorted(names(desk.settle())) == sorted(strange)


class TestContent:
    def test_an_empty_file_waits_a_minute_and_is_then_offered(self, desk: Desk) -> None:
        desk.put("users.csv", b"")

        assert waiting(desk.look()) == {"users.csv": "empty; it may still be filled"}
        assert names(desk.follow(59.0)) == []
        assert names(desk.follow(2.0)) == ["users.csv"]

    def test_room_full_of_nuls_does_not_settle_until_it_is_filled(self, desk: Desk) -> None:
        path = desk.put("users.csv", ROWS + b"\0" * 400_000)

        look = desk.follow(7200.0)
        assert names(look) == []
        assert "NUL bytes" in waiting(look)["users.csv"]
        path.write_bytes(ROWS * 9000)
        assert names(desk.follow(2.1)) == ["users.csv"]

    def test_a_hole_in_the_middle_is_found_too(self, desk: Desk) -> None:
        desk.put("users.csv", ROWS * 2000 + b"\0" * 200_000 + ROWS * 2000)

        assert "NUL bytes" in waiting(desk.settle())["users.csv"]

    @pytest.mark.parametrize("content", [b"\0\0\0", ROWS + b"\0", b"\0" * 8 + ROWS])
    def test_a_few_nuls_are_seen_too(self, desk: Desk, content: bytes) -> None:
        desk.put("users.csv", content)

        assert "NUL bytes" in waiting(desk.settle())["users.csv"]

    def test_text_in_an_encoding_with_nuls_settles_so_that_somebody_can_refuse_it(self, desk: Desk) -> None:
        desk.put("users.csv", ROWS.decode().encode("utf-16"))

        assert names(desk.settle()) == ["users.csv"]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
    def test_so_does_text_without_a_byte_order_mark(self, desk: Desk, encoding: str) -> None:
        desk.put("users.csv", ROWS.decode().encode(encoding))

        assert names(desk.settle()) == ["users.csv"]

    @pytest.mark.parametrize(
        "content", [gzip.compress(ROWS, mtime=0), b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096]
    )
    def test_what_is_no_csv_at_all_settles_at_once_so_that_the_check_can_say_what_it_is(
        self, desk: Desk, content: bytes
    ) -> None:
        desk.put("users.csv", content)

        assert names(desk.settle()) == ["users.csv"]

    @pytest.mark.parametrize("header", [b"user_id,login_id,status\n", b"\xef\xbb\xbfuser_id", b"user_id\r\n\r\n"])
    def test_a_header_alone_waits_a_minute_for_its_rows(self, desk: Desk, header: bytes) -> None:
        desk.put("users.csv", header)

        assert waiting(desk.settle()) == {"users.csv": "a header without rows; they may still come"}
        assert names(desk.follow(58.5)) == []
        assert names(desk.follow(1.0)) == ["users.csv"]

    def test_rows_that_come_meanwhile_are_taken_with_it(self, desk: Desk) -> None:
        path = desk.put("users.csv", b"user_id,login_id,status\n")
        desk.follow(30.0)
        path.write_bytes(ROWS)

        assert names(desk.follow(50.0)) == ["users.csv"]

    def test_a_marker_says_that_a_header_is_all(self, desk: Desk) -> None:
        desk.watch(done_suffix=".done")
        desk.put("users.csv", b"user_id,login_id,status\n")
        desk.put("users.csv.done", b"")

        assert names(desk.settle()) == ["users.csv"]

    def test_a_nul_at_the_end_is_counted(self, desk: Desk) -> None:
        desk.put("users.csv", ROWS + b"\0")

        assert waiting(desk.settle())["users.csv"].startswith("NUL bytes at its end (1)")

    def test_a_last_line_without_its_end_gets_ten_seconds_once(self, desk: Desk) -> None:
        path = desk.put("users.csv", ROWS[:-7])

        assert waiting(desk.settle()) == {"users.csv": "its last line is cut off: no line break at its end"}
        assert names(desk.follow(8.9)) == []
        assert names(desk.follow(0.2)) == ["users.csv"]
        assert path.read_bytes() == ROWS[:-7]

    @pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
    def test_any_line_ending_ends_a_line(self, desk: Desk, ending: bytes) -> None:
        desk.put("users.csv", b"user_id" + ending + b"u1" + ending)

        assert names(desk.settle()) == ["users.csv"]

    def test_a_zip_needs_its_directory_not_a_line_break(self, desk: Desk) -> None:
        with zipfile.ZipFile(desk.path / "whole.zip", "w") as archive:
            archive.writestr("users.csv", ROWS + b"\0" * 50_000)
        desk.put("half.zip", (desk.path / "whole.zip").read_bytes()[:-30])

        look = desk.settle()

        assert [(candidate.name, candidate.kind) for candidate in look.settled] == [("whole.zip", DropKind.ZIP)]
        assert list(waiting(look)) == ["half.zip"]
        assert names(desk.follow(9.0)) == ["whole.zip", "half.zip"]

    def test_what_somebody_has_open_for_writing_waits_for_him(self, desk: Desk) -> None:
        path = desk.put("users.csv")
        with path.open("ab"):
            look = desk.settle()
            assert waiting(look) == {"users.csv": "held open for writing by another program"}
            assert names(desk.follow(3600.0)) == []

        assert names(desk.follow(1.0)) == ["users.csv"]

    def test_a_reader_disturbs_nobody(self, desk: Desk) -> None:
        with desk.put("users.csv").open("rb"):
            assert names(desk.settle()) == ["users.csv"]

    def test_an_unreadable_file_waits_with_its_reason_and_is_never_forgotten(self, open_folder: Path) -> None:
        (open_folder / "users.csv").write_bytes(ROWS)
        (open_folder / "users.csv").chmod(0o000)

        looks = looks_of_somebody_else(open_folder, 0.0, 1.0, 86400.0)

        assert looks == ["0;settling for 1 s", *["0;it cannot be read: permission denied"] * 2]

    def test_another_users_file_takes_longer_as_nobody_can_say_who_writes_it(self, open_folder: Path) -> None:
        if sys.platform != "linux":
            pytest.skip("other systems do not say who has a file open")
        (open_folder / "users.csv").write_bytes(ROWS)

        looks = looks_of_somebody_else(open_folder, 0.0, 1.0, 4.9, 5.0)

        assert [look.split(";")[0] for look in looks] == ["0", "0", "0", "1"]
