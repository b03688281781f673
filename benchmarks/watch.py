"""How soon a finished file is known to have settled, and what looking costs; beside plain watchdog in the same run.

    python benchmarks/watch.py [--files 50] [--names 10000 100000]

Prints one JSON object, times in milliseconds. `latency`: from the writer's close (or rename) until a look offers the
file, idle otherwise; `after_our_claim` drops each file right after another one was claimed out of the inbox, which is
where a plain observer loses half a second. `settle_0` trusts closes and renames, `default` waits its second: for that
row only what comes on top of the settle time is of interest, and given as `beyond_settle`. `plain_watchdog` is the
time until a handler of one ordinary observer is called. `look`: one look at an inbox of so many names that are not
drops, or of so many CSVs that wait (of which 5,000 are kept an eye on), beside `os.listdir` and watchdog's snapshot of
the same folder. All data is made up; nothing outside a temporary folder is touched.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.utils.dirsnapshot import DirectorySnapshot

from sisdrop.folders import Spool
from sisdrop.watch import Candidate, Inbox

ROWS = b"user_id,login_id,status\n" + b"u1,invented.one,active\n" * 500
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Feed:
    """The keys of a feed that concern watching."""

    watch: str = "auto"
    poll_s: float = 5.0
    settle_s: float | str = "auto"
    done_suffix: str | None = None
    combine: bool = False
    combine_s: float = 10.0


class Bench:
    """A folder with an inbox and a spool, and the loop that a watcher runs."""

    def __init__(self, folder: Path, settle_s: float | str) -> None:
        self.folder = folder
        self.inbox_path = folder / "inbox"
        self.inbox_path.mkdir()
        self.spool = Spool(self.inbox_path, folder / "archive", folder / "failed", folder / "held")
        self.spool.inbox_state(None)
        self.woken = threading.Event()
        self.inbox = Inbox(self.inbox_path, Feed(settle_s=settle_s), self.woken.set)
        self.inbox.start()
        self.inbox.look()
        self.claims = 0

    def wait_for(self, name: str) -> Candidate:
        """Look when woken or due until `name` is offered."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.woken.clear()
            for candidate in self.inbox.look().settled:
                if candidate.name == name:
                    return candidate
            self.woken.wait(self.inbox.next_look_s)
        raise TimeoutError(name)

    def claim(self, candidate: Candidate) -> None:
        self.claims += 1
        self.spool.claim(f"20261123T041502Z-{self.claims:04x}", candidate.paths, candidate.stats)


@contextmanager
def bench(settle_s: float | str) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder), settle_s)
        try:
            yield made
        finally:
            made.inbox.stop()


Drop = Callable[[Path, str], float]
"""Puts a finished file of that name into a folder; returns when it was finished (monotonic)."""


def write(folder: Path, name: str) -> float:
    with (folder / name).open("wb") as file:
        file.write(ROWS)
    return time.monotonic()


def move_in(folder: Path, name: str) -> float:
    elsewhere = folder.parent / name
    elsewhere.write_bytes(ROWS)
    elsewhere.rename(folder / name)
    return time.monotonic()


def until_settled(count: int, settle_s: float | str, drop: Drop) -> list[float]:
    """Milliseconds per file, one file at a time; each is taken away before the next comes, and the dust has settled."""
    delays = []
    with bench(settle_s) as made:
        for number in range(count):
            at = drop(made.inbox_path, f"{number}.csv")
            made.wait_for(f"{number}.csv")
            delays.append((time.monotonic() - at) * 1000)
            (made.inbox_path / f"{number}.csv").unlink()
            made.inbox.look()
            made.woken.wait(0.01)
    return delays


def after_our_claim(count: int, drop: Drop) -> list[float]:
    """As above, each file dropped right after the one before was claimed."""
    delays = []
    with bench(0) as made:
        for number in range(count):
            at = drop(made.inbox_path, f"{number}.csv")
            candidate = made.wait_for(f"{number}.csv")
            delays.append((time.monotonic() - at) * 1000)
            made.claim(candidate)
    return delays[1:]


def plain_watchdog_after_move_out(count: int) -> list[float]:
    """The same with one ordinary observer and a rename of one's own."""

    class Handler(FileSystemEventHandler):
        def on_closed(self, event: FileSystemEvent) -> None:
            heard.put((Path(os.fsdecode(event.src_path)).name, time.monotonic()))

    heard: queue.Queue[tuple[str, float]] = queue.Queue()
    delays = []
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder, "inbox")
        inbox.mkdir()
        observer = Observer()
        observer.schedule(Handler(), str(inbox))
        observer.start()
        try:
            for number in range(count):
                at = write(inbox, f"{number}.csv")
                name = ""
                while name != f"{number}.csv":
                    name, when = heard.get(timeout=PATIENCE_S)
                delays.append((when - at) * 1000)
                (inbox / f"{number}.csv").rename(Path(folder, f"{number}.csv"))
        finally:
            observer.stop()
            observer.join()
    return delays[1:]


def spread(figures: list[float]) -> dict[str, float]:
    ordered = sorted(figures)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        "max": round(ordered[-1], 2),
        "n": len(ordered),
    }


def latency(count: int) -> dict[str, Any]:
    few = max(5, count // 5)
    return {
        "settle_0": {
            "close": spread(until_settled(count, 0, write)),
            "rename_in": spread(until_settled(count, 0, move_in)),
            "after_our_claim": spread(after_our_claim(count, write)),
        },
        "default": {
            "close_beyond_settle": spread([delay - 1000 for delay in until_settled(few, "auto", write)]),
            "rename_in_beyond_settle": spread([delay - 100 for delay in until_settled(few, "auto", move_in)]),
        },
        "plain_watchdog": {"after_our_move": spread(plain_watchdog_after_move_out(few))},
    }


def milliseconds(act: Callable[[], object], times: int = 5) -> float:
    """The best of some runs."""
    runs = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        runs.append(time.perf_counter() - began)
    return round(min(runs) * 1000, 2)


def look_cost(count: int) -> dict[str, Any]:
    """One look at `count` names nobody imports, then at as many CSVs, the first look and the later ones."""
    figures: dict[str, Any] = {"names": count}
    for kind, ending in (("ignored", ".txt"), ("waiting", ".csv")):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(count):
                Path(folder, f"{number}{ending}").touch()
            inbox = Inbox(Path(folder), Feed(watch="poll"), lambda: None)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            figures[kind] = {"first_look": milliseconds(inbox.look, 1), "look": milliseconds(inbox.look)}
            figures[kind]["peak_grew_mb"] = round(
                (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1
            )
            if kind == "waiting":
                figures["os.listdir"] = milliseconds(lambda: os.listdir(folder))  # noqa: PTH208  # it is what is measured
                figures["watchdog_snapshot"] = milliseconds(lambda: DirectorySnapshot(folder, recursive=False), 2)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=50, help="files per row of the latency table")
    parser.add_argument("--names", type=int, nargs="*", default=[10_000, 100_000], help="names in the inbox")
    chosen = parser.parse_args()
    print(json.dumps({"latency_ms": latency(chosen.files), "look_ms": [look_cost(count) for count in chosen.names]}))


if __name__ == "__main__":
    main()
