"""Real events of a real folder: what wakes, what vouches, and what happens when they stop coming.

Every wait here is for an event, with a bound; nothing sleeps.
"""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.observers.inotify import InotifyObserver

from sisdrop.watch import Inbox, Look
from sisdrop.watch.hints import Hints
from sisdrop.watch.settle import Hint
from tests.support.access import open_to_others
from tests.support.desk import ROWS, Feed
from tests.support.places import ROOT
from tests.support.scanning import PATIENCE_S, Scanner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the events of other systems vouch for nothing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def scan(folder: Path) -> Iterator[Callable[..., Scanner]]:
    """Makes scanners of `folder` (or of another path) that listen for events, and stops them in the end."""
    made: list[Scanner] = []

    def make(path: Path = folder, **settings: object) -> Scanner:
        # a rescan so late that only an event can explain what is found
        made.append(Scanner(path, **{"watch": "events", "poll_s": 3600.0, "settle_s": 0, **settings}))
        return made[-1]

    yield make
    for scanner in made:
        scanner.inbox.stop()


class TestEvents:
    def test_a_file_that_was_closed_is_taken_at_once_with_settle_0(
        self, folder: Path, scan: Callable[..., Scanner]
    ) -> None:
        scanner = scan()
        scanner.inbox.look()
        began = time.monotonic()

        (folder / "users.csv").write_bytes(ROWS)

        scanner.until_settled("users.csv")
        assert time.monotonic() - began < 0.9  # without the event it would take a second

    def test_a_file_that_was_moved_in_settles_fast(
        self, folder: Path, tmp_path: Path, scan: Callable[..., Scanner]
    ) -> None:
        scanner = scan(settle_s="auto")
        scanner.inbox.look()
        (tmp_path / "made elsewhere").write_bytes(ROWS)
        began = time.monotonic()

        (tmp_path / "made elsewhere").rename(folder / "users.csv")

        scanner.until_settled("users.csv")
        assert 0.1 <= time.monotonic() - began < 0.9

    def test_a_rename_within_the_inbox_is_a_move_too(self, folder: Path, scan: Callable[..., Scanner]) -> None:
        scanner = scan(settle_s="auto")
        (folder / "users.csv.part").write_bytes(ROWS)
        assert scanner.inbox.look().ignored == ("users.csv.part",)
        began = time.monotonic()

        (folder / "users.csv.part").rename(folder / "users.csv")

        scanner.until_settled("users.csv")
        assert time.monotonic() - began < 0.9

    def test_a_folder_that_was_moved_in_is_found(
        self, folder: Path, tmp_path: Path, scan: Callable[..., Scanner]
    ) -> None:
        scanner = scan()
        scanner.inbox.look()
        (tmp_path / "night").mkdir()
        (tmp_path / "night" / "users.csv").write_bytes(ROWS)
        (tmp_path / "night" / ".done").touch()

        (tmp_path / "night").rename(folder / "night")

        scanner.until_settled("night")

    def test_the_marker_vouches_for_its_file(self, folder: Path, scan: Callable[..., Scanner]) -> None:
        scanner = scan(done_suffix=".done")
        (folder / "users.csv").write_bytes(ROWS)
        scanner.until(lambda look: bool(look.settling))
        began = time.monotonic()

        (folder / "users.csv.done").touch()

        scanner.until_settled("users.csv")
        assert time.monotonic() - began < 0.9

    def test_moving_out_of_the_inbox_vouches_for_nothing(self, folder: Path, tmp_path: Path) -> None:
        woken = threading.Event()
        hints = Hints(woken.set)
        (folder / "users.csv").write_bytes(ROWS)
        hints.start(str(folder))
        try:
            (folder / "users.csv").rename(tmp_path / "users.csv")
            (tmp_path / "courses.csv").write_bytes(ROWS)
            (tmp_path / "courses.csv").rename(folder / "courses.csv")
            found: dict[str, Hint] = {}
            while not found:
                assert woken.wait(PATIENCE_S)
                found = hints.drain()
            assert found == {"courses.csv": Hint.MOVED}
        finally:
            hints.stop()

    def test_a_file_closed_right_after_our_own_move_out_is_heard_without_delay(
        self, folder: Path, tmp_path: Path, scan: Callable[..., Scanner]
    ) -> None:
        scanner = scan()
        delays = []
        for number in range(4):
            (folder / f"{number}.csv").write_bytes(ROWS)
            scanner.until_settled(f"{number}.csv")
            (folder / f"{number}.csv").rename(tmp_path / f"{number}.csv")
            began = time.monotonic()
            (folder / f"next{number}.csv").write_bytes(ROWS)
            scanner.until_settled(f"next{number}.csv")
            delays.append(time.monotonic() - began)

        assert min(delays) < 0.3  # a single observer delays each of them by half a second

    def test_a_linked_inbox_is_heard(self, folder: Path, tmp_path: Path, scan: Callable[..., Scanner]) -> None:
        (tmp_path / "link").symlink_to(folder)
        scanner = scan(tmp_path / "link")
        scanner.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        scanner.until_settled("users.csv")

    def test_polling_starts_no_threads(self, scan: Callable[..., Scanner]) -> None:
        before = threading.active_count()

        scanner = scan(watch="poll")

        assert threading.active_count() == before
        assert not scanner.inbox.listens

    def test_stopping_ends_all_threads(self, scan: Callable[..., Scanner]) -> None:
        before = threading.active_count()
        scanner = scan()
        assert threading.active_count() > before

        scanner.inbox.stop()
        scanner.inbox.stop()

        assert threading.active_count() == before


FOREIGN = """
import os, sys, threading, pathlib
from sisdrop.watch import Inbox
from tests.support.desk import Feed
woken = threading.Event()
inbox = Inbox(pathlib.Path(sys.argv[1]), Feed(watch="events", poll_s=0.2, settle_s=0.2), woken.set)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
inbox.start()
looks, said = 0, ""
while True:
    woken.clear()
    look = inbox.look()
    looks += 1
    now = " ".join([*(one.name for one in look.settled), *(one.why for one in look.settling)])
    if now != said or looks == 1:
        said = now
        print(said, flush=True)
    if look.settled:
        break
    woken.wait(inbox.next_look_s)
inbox.stop()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="root is needed to look as somebody else")
def test_a_writer_of_another_user_is_waited_for_until_he_is_heard_closing(folder: Path) -> None:
    """The kernel does not tell a user who writes the files of another; events do."""
    open_to_others(folder)
    command = [sys.executable, "-c", FOREIGN, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "\n"  # listening, and nothing there
        with (folder / "users.csv").open("wb") as file:
            file.write(ROWS)
            file.flush()
            assert watcher.stdout.readline() == "settling for 0.2 s\n"
            assert watcher.stdout.readline() == "its writer may still have it open\n"
        assert watcher.stdout.readline() == "users.csv\n"


class TestTrouble:
    def test_a_waker_that_raises_does_not_deafen_anybody(self, folder: Path, scan: Callable[..., Scanner]) -> None:
        scanner = scan()
        calls: list[str] = []
        called = threading.Semaphore(0)

        def wake() -> None:
            calls.append("wake")
            called.release()
            raise KeyboardInterrupt

        inbox = Inbox(folder, Feed(watch="events", settle_s=0), wake)
        inbox.start()
        try:
            for number in range(3):
                (folder / f"{number}.csv").write_bytes(ROWS)
                assert called.acquire(timeout=PATIENCE_S)
            assert inbox.listens
        finally:
            inbox.stop()
        scanner.until_settled("0.csv", "1.csv", "2.csv")

    def test_a_dead_emitter_is_replaced_at_the_next_look(self, folder: Path, scan: Callable[..., Scanner]) -> None:
        scanner = scan()
        scanner.inbox.look()
        assert scanner.inbox.listens
        for thread in threading.enumerate():
            if type(thread).__name__ == "InotifyEmitter":
                thread.stop()  # type: ignore[attr-defined]  # watchdog's threads have it
                thread.join()
        assert not scanner.inbox.listens

        def replaced(_: Look) -> bool:
            (folder / "users.csv").write_bytes(ROWS)
            return scanner.inbox.listens

        scanner.inbox._supervisor._retry_at = 0.0  # instead of waiting for the five seconds between two tries
        scanner.until(replaced)
        scanner.until_settled("users.csv")

    @pytest.mark.parametrize(
        ("code", "mend"),
        [(errno.EMFILE, "fs.inotify.max_user_instances"), (errno.ENOSPC, "fs.inotify.max_user_watches")],
    )
    def test_without_room_for_a_watch_the_inbox_is_listed_and_one_warning_says_what_to_raise(
        self,
        folder: Path,
        scan: Callable[..., Scanner],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        code: int,
        mend: str,
    ) -> None:
        def refuse(_: InotifyObserver) -> None:
            raise OSError(code, "inotify limit reached")

        monkeypatch.setattr(InotifyObserver, "start", refuse)
        before = threading.active_count()

        scanner = scan(poll_s=0.1)
        (folder / "users.csv").write_bytes(ROWS)
        scanner.until_settled("users.csv")

        assert not scanner.inbox.listens
        assert threading.active_count() == before
        (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert mend in warning.getMessage()

    def test_a_process_without_handles_goes_on_without_events(self, folder: Path) -> None:
        code = (
            "import sys, os, resource, pathlib, logging\n"
            "from sisdrop.watch import Inbox, held_open\n"
            "import sisdrop.watch.hints\n"
            "from tests.support.desk import Feed\n"
            "inbox = Inbox(pathlib.Path(sys.argv[1]), Feed(watch='events'), print)\n"
            "logging.basicConfig(stream=sys.stdout)\n"
            "used = os.open('.', os.O_RDONLY)\n"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (used + 2, used + 2))\n"
            "inbox.start(); inbox.look()\n"
            "print(inbox.listens, inbox.look().problem)\n"
            "inbox.stop()\n"
        )
        said = subprocess.run(
            [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
        ).stdout

        assert said.splitlines()[-1].strip() == "False"  # and no problem with listing
        assert said.count("WARNING") == 1

    def test_lost_events_wake_and_are_counted(self, folder: Path, scan: Callable[..., Scanner]) -> None:
        scanner = scan()
        scanner.woken.clear()

        # what watchdog says when the kernel's queue overflowed; there is no other sign
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")

        assert scanner.woken.is_set()
        assert scanner.inbox.overflows == 1
