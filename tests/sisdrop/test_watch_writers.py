"""Writers as they are: other processes that pause, preallocate, rename, hold files open, and are many.

Each writer is a real process told what to do line by line, so that no test depends on who is faster. In every case
what is offered in the end is what the writer meant to write, whole.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sisdrop.folders import Changed, Claimed, Spool
from sisdrop.watch import Inbox, held_open
from tests.support.desk import ROWS, Desk, Feed, ignored, names, waiting
from tests.support.places import ROOT

WRITER = """
import os, sys
files = {}
for line in sys.stdin:
    order, name, *rest = line.rstrip("\\n").split("\\t")
    if order == "open":
        files[name] = open(name, rest[0] if rest else "ab")
    elif order == "write":
        files[name].write(rest[0].encode().decode("unicode_escape").encode()); files[name].flush()
    elif order == "size":
        os.truncate(name, int(rest[0]))
    elif order == "at":
        files[name].seek(int(rest[0]))
    elif order == "close":
        files.pop(name).close()
    elif order == "rename":
        os.rename(name, rest[0])
    elif order == "times":
        os.utime(name, (int(rest[0]), int(rest[0])))
    print("done", flush=True)
"""


class Writer:
    """Another process that writes files when told to."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", WRITER]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def do(self, *words: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\t".join(words) + "\n")
        assert self.process.stdout.readline() == "done\n"

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture
def writer(desk: Desk) -> Iterator[Writer]:
    writer = Writer(desk.path)
    yield writer
    writer.end()


LINE = "u1,invented.one,active\\n"
WHOLE = b"u1,invented.one,active\n"


class TestSlowWriters:
    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
    def test_one_that_pauses_without_closing_is_waited_for(self, desk: Desk, writer: Writer) -> None:
        writer.do("open", "users.csv")
        for _ in range(5):
            writer.do("write", "users.csv", LINE)
            look = desk.follow(60.0)  # sixty times the settle time
            assert names(look) == []
            assert "held open for writing" in waiting(look)["users.csv"]
        writer.do("close", "users.csv")

        (candidate,) = desk.follow(2.1).settled
        assert candidate.stats[0].size == 5 * len(WHOLE)

    def test_one_that_closes_between_its_bursts_is_waited_for_once_he_was_seen_to_pause(
        self, desk: Desk, writer: Writer
    ) -> None:
        desk.watch(settle_s=4)
        for _ in range(4):
            writer.do("open", "users.csv")
            writer.do("write", "users.csv", LINE)
            writer.do("close", "users.csv")
            assert names(desk.follow(3.0)) == []

        assert names(desk.follow(5.9)) == []  # twice the three seconds he paused
        assert names(desk.follow(5.0)) == ["users.csv"]

    def test_a_copy_that_takes_its_room_first_is_never_taken_with_nuls_in_it(self, desk: Desk, writer: Writer) -> None:
        size, block = 50 * len(WHOLE), 10 * len(WHOLE)
        writer.do("open", "users.csv")
        writer.do("close", "users.csv")
        writer.do("size", "users.csv", str(size))
        for start in range(0, size, block):
            look = desk.follow(30.0)
            assert names(look) == []
            assert "NUL bytes" in waiting(look)["users.csv"]
            writer.do("open", "users.csv", "r+b")  # closed in between, so that nothing but its content gives it away
            writer.do("at", "users.csv", str(start))
            writer.do("write", "users.csv", LINE * 10)
            writer.do("close", "users.csv")
            writer.do("times", "users.csv", "1577836800")  # as its original had them, in 2020

        assert names(desk.follow(2.1)) == ["users.csv"]
        assert (desk.path / "users.csv").read_bytes() == WHOLE * 50

    def test_a_file_that_grows_for_ever_is_never_taken_and_always_shown(self, desk: Desk, writer: Writer) -> None:
        for _ in range(50):
            writer.do("open", "users.csv")
            writer.do("write", "users.csv", LINE)
            writer.do("close", "users.csv")
            look = desk.follow(0.9)
            assert names(look) == []
            assert "users.csv" in waiting(look)

    def test_a_temporary_name_that_becomes_the_final_one_is_taken(self, desk: Desk, writer: Writer) -> None:
        writer.do("open", "users.csv.filepart")
        writer.do("write", "users.csv.filepart", LINE)
        assert list(ignored(desk.follow(60.0))) == ["users.csv.filepart"]
        writer.do("close", "users.csv.filepart")
        writer.do("rename", "users.csv.filepart", "users.csv")

        assert names(desk.settle()) == ["users.csv"]

    def test_an_atomic_save_over_a_waiting_file_gives_the_newest_content_once(self, desk: Desk, writer: Writer) -> None:
        desk.put("users.csv")
        desk.look()
        writer.do("open", "other")
        writer.do("write", "other", LINE * 3)
        writer.do("close", "other")
        writer.do("rename", "other", "users.csv")

        assert names(desk.look(1.0)) == []
        (candidate,) = desk.look(1.0).settled
        assert candidate.stats[0].size == 3 * len(WHOLE)


class TestUntilTheClaim:
    @pytest.fixture
    def spool(self, desk: Desk, tmp_path: Path) -> Spool:
        spool = Spool(desk.path, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
        spool.inbox_state(None)
        return spool

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
    def test_a_writer_who_comes_back_at_the_last_moment_loses_nothing(
        self, desk: Desk, writer: Writer, spool: Spool
    ) -> None:
        desk.put("users.csv")
        (candidate,) = desk.settle().settled
        writer.do("open", "users.csv")

        result = spool.claim("20261123T041502Z-7c1e", candidate.paths, candidate.stats)
        writer.do("write", "users.csv", LINE)
        writer.do("close", "users.csv")
        desk.inbox.returned(candidate.paths)

        assert isinstance(result, Changed)
        (again,) = desk.follow(3.0).settled
        assert again.stats[0].size == len(ROWS) + len(WHOLE)
        assert isinstance(spool.claim("20261123T041503Z-0001", again.paths, again.stats), Claimed)

    def test_claiming_all_at_once_from_two_sides_gives_each_file_to_one(self, desk: Desk, spool: Spool) -> None:
        desk.watch()
        for number in range(50):
            desk.put(f"{number}.csv")
        candidates = desk.settle().settled
        won: dict[str, list[str]] = {"a": [], "b": []}

        def claim(who: str) -> None:
            for number, candidate in enumerate(candidates):
                if isinstance(
                    spool.claim(f"20261123T041502Z-{who}{number}", candidate.paths, candidate.stats), Claimed
                ):
                    won[who].append(candidate.name)

        threads = [threading.Thread(target=claim, args=[who]) for who in won]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(won["a"] + won["b"]) == sorted(candidate.name for candidate in candidates)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
class TestAskingWhoWrites:
    def test_is_answered_for_any_way_of_opening(self, tmp_path: Path) -> None:
        path = tmp_path / "users.csv"
        path.write_bytes(ROWS)
        for mode, held in (("ab", True), ("r+b", True), ("rb", False)):
            with path.open(mode):
                assert held_open(path) is held
        assert not held_open(path)

    def test_never_follows_a_link_and_never_waits_for_a_pipe(self, tmp_path: Path) -> None:
        (tmp_path / "users.csv").write_bytes(ROWS)
        (tmp_path / "link.csv").symlink_to("users.csv")
        os.mkfifo(tmp_path / "pipe.csv")

        with (tmp_path / "users.csv").open("ab"):
            assert not held_open(tmp_path / "link.csv")
        assert not held_open(tmp_path / "pipe.csv")
        assert not held_open(tmp_path / "missing.csv")

    def test_disturbs_neither_the_writers_nor_us(self, tmp_path: Path) -> None:
        """A lease that a writer breaks sends a signal whose usual answer is the end of the process."""
        path = tmp_path / "users.csv"
        path.write_bytes(b"")
        code = (
            "import sys\nfor _ in range(3000):\n    with open(sys.argv[1], 'ab') as file:\n        file.write(b'x')\n"
        )
        asked = 0
        with subprocess.Popen([sys.executable, "-c", code, str(path)]) as writer:
            while writer.poll() is None:
                held_open(path)
                asked += 1

        assert writer.returncode == 0
        assert path.stat().st_size == 3000
        assert asked > 100


COLLECTOR = """
import sys, threading, pathlib
from sisdrop.watch import Inbox
from tests.support.desk import Feed
woken = threading.Event()
inbox = Inbox(pathlib.Path(sys.argv[1]), Feed(watch="events", poll_s=5, settle_s=0.2), woken.set)
inbox.start()
print("listening", flush=True)
left = int(sys.argv[2])
while left:
    woken.clear()
    for drop in inbox.look().settled:
        (inbox.path / drop.name).unlink()
        print(drop.name, drop.stats[0].size, flush=True)
        left -= 1
    if left:
        woken.wait(inbox.next_look_s)
inbox.stop()
"""


def flood_while_stopped(folder: Path, count: int) -> tuple[list[str], float]:
    """Stop a process that collects, write `count` files, let it go on; what it collected, and in how many seconds."""
    command = [sys.executable, "-c", COLLECTOR, str(folder), str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as collector:
        assert collector.stdout is not None
        assert collector.stdout.readline() == "listening\n"
        collector.send_signal(signal.SIGSTOP)
        for number in range(count):
            (folder / f"users{number}.csv").write_bytes(ROWS)
        began = time.monotonic()
        collector.send_signal(signal.SIGCONT)
        collected = collector.stdout.read().splitlines()
    return collected, time.monotonic() - began


def write_slowly(path: Path, content: bytes, luck: random.Random) -> None:
    """With pauses longer than the settle time, and without letting go."""
    with path.open("wb") as file:
        for start in range(0, len(content), 200):
            file.write(content[start : start + 200])
            file.flush()
            time.sleep(luck.choice([0, 0, 0.05, 0.4]))


def fill_room(path: Path, content: bytes, luck: random.Random) -> None:
    """Final size first, then the content from the front, letting go now and then."""
    path.touch()
    os.truncate(path, len(content))
    for start in range(0, len(content), 400):
        with path.open("r+b") as file:
            file.seek(start)
            file.write(content[start : start + 400])
        time.sleep(luck.choice([0, 0.05, 0.3]))


def move_in(path: Path, content: bytes, luck: random.Random) -> None:
    """Under a temporary name first."""
    part = path.with_name(f"{path.name}.part")
    write_slowly(part, content, luck)
    part.rename(path)


class TestAllAtOnce:
    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
    def test_however_files_are_written_what_is_claimed_is_whole(self, tmp_path: Path) -> None:
        inbox_path = tmp_path / "inbox"
        inbox_path.mkdir()
        spool = Spool(inbox_path, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
        spool.inbox_state(None)
        luck = random.Random(20261123)
        meant = {f"{number}.csv": WHOLE * luck.randint(1, 60) for number in range(48)}
        ways = [write_slowly, fill_room, move_in]
        writers = [
            threading.Thread(target=luck.choice(ways), args=[inbox_path / name, content, random.Random(name)])
            for name, content in meant.items()
        ]
        woken = threading.Event()
        inbox = Inbox(inbox_path, Feed(watch="events", poll_s=0.5, settle_s=0.2), woken.set)
        inbox.start()
        for writer in writers:
            writer.start()

        claimed: dict[str, bytes] = {}
        end = time.monotonic() + 40
        while len(claimed) < len(meant) and time.monotonic() < end:
            woken.clear()
            for number, candidate in enumerate(inbox.look().settled):
                result = spool.claim(f"20261123T041502Z-{len(claimed)}-{number}", candidate.paths, candidate.stats)
                if isinstance(result, Claimed):
                    assert candidate.name not in claimed
                    claimed[candidate.name] = (result.folder / candidate.name).read_bytes()
                else:
                    inbox.returned(candidate.paths)
            woken.wait(inbox.next_look_s)
        inbox.stop()
        for writer in writers:
            writer.join()

        assert claimed == meant


class TestFloods:
    def test_what_came_while_we_were_stopped_is_all_found_whole(self, tmp_path: Path) -> None:
        collected, _ = flood_while_stopped(tmp_path, 1500)

        assert sorted(collected) == sorted(f"users{number}.csv {len(ROWS)}" for number in range(1500))

    @pytest.mark.long
    def test_more_than_the_kernels_queue_holds_are_all_found_too(self, tmp_path: Path) -> None:
        """20,000 files: more than the 16,384 events that Linux keeps by default."""
        collected, _ = flood_while_stopped(tmp_path, 20_000)

        assert sorted(collected) == sorted(f"users{number}.csv {len(ROWS)}" for number in range(20_000))
