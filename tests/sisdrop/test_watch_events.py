"""Real events of a real folder: what wakes, what vouches, and what happens when they stop coming.

Every wait here is for an event, with a bound; nothing sleeps. Where time is what would settle a file else, the inbox's
clock stands still.
"""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers.inotify import InotifyObserver

from sisdrop.watch import Inbox, Look
from sisdrop.watch.hints import Hints
from sisdrop.watch.settle import Hint
from tests.support.desk import ROWS, Feed, waiting
from tests.support.places import ROOT
from tests.support.watching import PATIENCE_S, WatchLoop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the events of other systems vouch for nothing")


def until_heard(hints: Hints, woken: threading.Event, *names: str) -> list[str]:
    """Wait until all `names` were heard; in which order they were."""
    heard: list[str] = []
    while not set(names) <= set(heard):
        assert woken.wait(PATIENCE_S)
        woken.clear()
        heard += hints.drain()
    return heard


class TestEvents:
    def test_a_file_that_was_closed_is_taken_at_once_with_settle_0(
        self, folder: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch(time=1000.0)  # without the event it would take a second of this clock, which does not move
        loop.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        loop.until_settled("users.csv")

    def test_a_file_that_was_moved_in_settles_fast(
        self, folder: Path, tmp_path: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch(settle_s="auto", time=1000.0)
        loop.inbox.look()
        (tmp_path / "made elsewhere").write_bytes(ROWS)

        (tmp_path / "made elsewhere").rename(folder / "users.csv")

        look = loop.until(lambda look: waiting(look) == {"users.csv": "settling for 0.1 s"})
        assert look.settled == ()
        loop.time = 1000.1
        loop.until_settled("users.csv")

    def test_a_rename_within_the_inbox_is_a_move_too(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch(settle_s="auto", time=1000.0)
        (folder / "users.csv.part").write_bytes(ROWS)
        assert [entry.name for entry in loop.inbox.look().ignored] == ["users.csv.part"]

        (folder / "users.csv.part").rename(folder / "users.csv")

        loop.until(lambda look: waiting(look) == {"users.csv": "settling for 0.1 s"})
        loop.time = 1000.1
        loop.until_settled("users.csv")

    def test_a_folder_that_was_moved_in_is_found(
        self, folder: Path, tmp_path: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch()
        loop.inbox.look()
        (tmp_path / "night").mkdir()
        (tmp_path / "night" / "users.csv").write_bytes(ROWS)
        (tmp_path / "night" / ".done").touch()

        (tmp_path / "night").rename(folder / "night")

        loop.until_settled("night")

    def test_the_marker_vouches_for_its_file(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch(done_suffix=".done", time=1000.0)
        (folder / "users.csv").write_bytes(ROWS)
        loop.until(lambda look: bool(look.settling))

        (folder / "users.csv.done").touch()

        loop.until_settled("users.csv")

    def test_moving_out_of_the_inbox_vouches_for_nothing(self, folder: Path, tmp_path: Path) -> None:
        woken = threading.Event()
        hints = Hints(woken.set)
        (folder / "users.csv").write_bytes(ROWS)
        hints.start(str(folder))
        try:
            (folder / "users.csv").rename(tmp_path / "users.csv")
            (tmp_path / "courses.csv").write_bytes(ROWS)
            (tmp_path / "courses.csv").rename(folder / "courses.csv")
            heard: dict[str, Hint] = {}
            while not heard:
                assert woken.wait(PATIENCE_S)
                heard = hints.drain()
            assert heard == {"courses.csv": Hint.MOVED}
        finally:
            hints.stop()

    def test_a_file_closed_right_after_our_own_move_out_is_heard_without_delay(
        self, folder: Path, tmp_path: Path
    ) -> None:
        """A single observer holds everything behind the move out back for half a second, and tells it in its order.

        So does the one that hears renames: what was moved in before comes after what was closed later.
        """
        woken = threading.Event()
        hints = Hints(woken.set)
        hints.start(str(folder))
        heard_first = []
        try:
            for number in range(4):
                (tmp_path / f"{number}.csv").write_bytes(ROWS)
                (folder / f"out{number}.csv").write_bytes(ROWS)
                until_heard(hints, woken, f"out{number}.csv")

                (folder / f"out{number}.csv").rename(tmp_path / f"out{number}.csv")
                (tmp_path / f"{number}.csv").rename(folder / f"in{number}.csv")
                (folder / f"closed{number}.csv").write_bytes(ROWS)

                heard_first.append(until_heard(hints, woken, f"closed{number}.csv", f"in{number}.csv")[0])
        finally:
            hints.stop()

        # once is enough: a busy machine may be half a second late by itself
        assert any(name.startswith("closed") for name in heard_first)

    def test_a_linked_inbox_is_heard(self, folder: Path, tmp_path: Path, watch: Callable[..., WatchLoop]) -> None:
        (tmp_path / "link").symlink_to(folder)
        loop = watch(tmp_path / "link")
        loop.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        loop.until_settled("users.csv")

    def test_polling_starts_no_threads(self, watch: Callable[..., WatchLoop]) -> None:
        before = threading.active_count()

        loop = watch(watch="poll")

        assert threading.active_count() == before
        assert not loop.inbox.listens

    def test_stopping_ends_all_threads(self, watch: Callable[..., WatchLoop]) -> None:
        before = threading.active_count()
        loop = watch()
        assert threading.active_count() > before

        loop.inbox.stop()
        loop.inbox.stop()

        assert threading.active_count() == before


FOREIGN = """
import os, sys, threading, pathlib
from sisdrop.watch import Inbox
from tests.support.desk import Feed
woken = threading.Event()
inbox = Inbox(pathlib.Path(sys.argv[1]), Feed(watch="events", poll_s=0.2, settle_s=0.2), woken.set)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
inbox.start()
looks, shown = 0, ""
while True:
    woken.clear()
    look = inbox.look()
    looks += 1
    now = " ".join([*(drop.name for drop in look.settled), *(waiting.why for waiting in look.settling)])
    if now != shown or looks == 1:
        shown = now
        print(shown, flush=True)
    if look.settled:
        break
    woken.wait(inbox.next_look_s)
inbox.stop()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="root is needed to look as somebody else")
def test_a_writer_of_another_user_is_waited_for_until_he_is_heard_closing(open_folder: Path) -> None:
    """The kernel does not tell a user who writes the files of another; events do."""
    command = [sys.executable, "-c", FOREIGN, str(open_folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "\n"  # listening, and nothing there
        with (open_folder / "users.csv").open("wb") as file:
            file.write(ROWS)
            file.flush()
            assert watcher.stdout.readline() == "settling for 0.2 s\n"
            assert watcher.stdout.readline() == "its writer may still have it open\n"
        assert watcher.stdout.readline() == "users.csv\n"


class TestTrouble:
    def test_a_waker_that_raises_does_not_deafen_anybody(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch()
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
        loop.until_settled("0.csv", "1.csv", "2.csv")

    def test_a_dead_emitter_is_replaced_at_the_next_look(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch(time=1000.0)
        loop.inbox.look()
        assert loop.inbox.listens
        for thread in threading.enumerate():
            if type(thread).__name__ == "InotifyEmitter":
                thread.stop()  # type: ignore[attr-defined]  # watchdog's threads have it
                thread.join()
        assert not loop.inbox.listens

        def replaced(_: Look) -> bool:
            (folder / "users.csv").write_bytes(ROWS)
            return loop.inbox.listens

        loop.time = 1005.0  # five seconds lie between two tries
        loop.until(replaced)
        loop.until_settled("users.csv")

    @pytest.mark.parametrize(
        ("code", "mend"),
        [(errno.EMFILE, "fs.inotify.max_user_instances"), (errno.ENOSPC, "fs.inotify.max_user_watches")],
    )
    def test_without_room_for_a_watch_the_inbox_is_listed_and_one_warning_says_what_to_raise(
        self,
        folder: Path,
        watch: Callable[..., WatchLoop],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        code: int,
        mend: str,
    ) -> None:
        def refuse(_: InotifyObserver) -> None:
            raise OSError(code, "inotify limit reached")

        monkeypatch.setattr(InotifyObserver, "start", refuse)
        before = threading.active_count()

        loop = watch(poll_s=0.1)
        (folder / "users.csv").write_bytes(ROWS)
        loop.until_settled("users.csv")

        assert not loop.inbox.listens
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
        printed = subprocess.run(
            [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
        ).stdout

        assert printed.splitlines()[-1].strip() == "False"  # and no problem with listing
        assert printed.count("WARNING") == 1

    def test_lost_events_wake_and_are_counted(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch()
        loop.woken.clear()

        # what watchdog says when the kernel's queue overflowed; there is no other sign
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")

        assert loop.woken.is_set()
        assert loop.inbox.overflows == 1
