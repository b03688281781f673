"""One lane against a sandbox over HTTP, with real folders and a real journal, at a hundred times the pace."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from canvas_sandbox import Sandbox, start
from sisdrop.canvas import Canvas
from sisdrop.config import Config, load
from sisdrop.folders import Spool
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import (
    AT_REST,
    Clock,
    Drop,
    DropKind,
    DropState,
    Hold,
    InboxState,
    Origin,
    Place,
    Stat,
    iso,
    new_drop_id,
    now_utc,
)
from sisdrop.steps import Again, Context, Wait, When
from sisdrop.workers.board import Board, InboxSight
from sisdrop.workers.checker import Checker
from sisdrop.workers.schedule import STEPPED_BY, Role
from sisdrop.workers.sender import Sender
from sisdrop.workers.stepper import Stepper
from sisdrop.workers.worker import soonest

PACE = 0.01
PATIENCE_S = 20.0

USERS = "user_id,login_id,first_name,last_name,status\nP-1,p1,Ada,Ashgrove,active\nP-2,p2,Bo,Birchwell,active\n"
COURSES = "course_id,short_name,long_name,status\nC-1,ALG,Algebra 9,active\n"
SECTIONS = "section_id,course_id,name,status\nC-1-A,C-1,Algebra A,active\n"
ENROLLMENTS = "course_id,user_id,role,section_id,status\nC-1,P-1,teacher,C-1-A,active\nC-1,P-2,student,C-1-A,active\n"
BAD_ENROLLMENTS = "course_id,user_id,role,section_id,status\nC-1,P-999,student,C-1-A,active\n"
"""Valid as a file; only Canvas can know that there is no such user."""


class Kit:
    """A lane and all it works with."""

    def __init__(self, root: Path, sandbox: Sandbox, config: Config, journal: Journal, **values: Any) -> None:
        self.root = root
        self.passed_s = 0.0
        """Seconds that pass for the lane besides those that do."""
        self.sandbox = sandbox
        self.config = config
        self.feed = config.feeds["nightly"]
        self.journal = journal
        self.canvas = Canvas(self.feed.canvas, user_agent="sisdrop/test")
        self.spool = Spool(self.feed.inbox, self.feed.archive, self.feed.failed, self.feed.held)
        self.spool.inbox_state(None)
        (config.state / "snapshots").mkdir(parents=True, exist_ok=True)
        self.context = Context(
            self.feed.lane,
            journal,
            self.canvas,
            {"nightly": self.feed},
            {"nightly": self.spool},
            config.state,
            values.pop("gate_timeout_s", config.gate_timeout_s),
            clock=Clock(values.pop("now", now_utc), lambda: time.monotonic() + self.passed_s, scale=PACE),
            absent_grace_s=values.pop("absent_grace_s", 0.3),
        )
        self.restart()

    def restart(self) -> None:
        """Forget everything that is only in memory."""
        self.context = replace(self.context)
        self.board = Board()
        self.board.see("nightly", InboxSight(InboxState.READY, time.monotonic(), looks=2))
        self.sender = Sender(self.context, self.board)
        self.checker = Checker(self.context, self.board, checked=lambda: None)
        self.stepper = Stepper(self.context, self.board)

    def drop(
        self, name: str, content: str | bytes, *, kind: DropKind = DropKind.FILE, age: timedelta = timedelta(0)
    ) -> Drop:
        """Put a file into the inbox, written so long ago, and journal it as the scanner does once it has settled."""
        self._write(name, content, age)
        return self._journal(name, DropKind.ZIP if name.lower().endswith(".zip") else kind)

    def drop_folder(self, name: str, files: Mapping[str, bytes], *, age: timedelta = timedelta(0)) -> Drop:
        """The same with a folder of files."""
        (self.feed.inbox / name).mkdir()
        for inner, content in files.items():
            self._write(f"{name}/{inner}", content, age)
        return self._journal(name, DropKind.FOLDER)

    def _write(self, name: str, content: str | bytes, age: timedelta) -> None:
        path = self.feed.inbox / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        written = time.time() - age.total_seconds()
        os.utime(path, (written, written))

    def _journal(self, name: str, kind: DropKind) -> Drop:
        path = self.feed.inbox / name
        found = [file.lstat() for file in (sorted(path.iterdir()) if kind is DropKind.FOLDER else [path])]
        now = datetime.fromisoformat(iso(now_utc()))
        origin = Origin(
            name=name,
            kind=kind,
            paths=(name,),
            noticed_at=iso(now),
            claimed_at=iso(now),
            stats=tuple(Stat(each.st_size, each.st_mtime_ns, each.st_ino) for each in found),
            inbox=str(self.feed.inbox),
        )
        drop = Drop(new_drop_id(now), self.context.lane, "nightly", DropState.CLAIMING, Place.SPOOL, origin)
        return self.journal.add(drop)

    def step(self, drop: Drop) -> When:
        """One step of one drop, whoever's worker it is."""
        return self.stepper.step(drop)

    def turn(self) -> When:
        """One turn of every worker; what the watcher steps is stepped in its stead."""
        watched = [drop for drop in self.context.open_drops() if STEPPED_BY[drop.state] is Role.WATCH]
        return soonest([*(self.stepper.step(drop) for drop in watched), self.checker.turn(), self.sender.turn()])

    def run(self, until: Callable[[], object]) -> None:
        """Turn until something is so; fails after a patience that no passing test needs."""
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, self.told()
            when = self.turn()
            if not isinstance(when, Again):
                time.sleep(min(when.seconds, 0.02) if isinstance(when, Wait) else 0.02)

    def run_to_rest(self) -> None:
        """Turn until no drop is on its way (held ones, and those behind a hold, stay)."""
        self.run(lambda: all(self.is_still(drop) for drop in self.journal.open_drops()))

    def is_still(self, drop: Drop) -> bool:
        if drop.state is DropState.HELD:
            return drop.place is Place.HELD and not drop.is_held_file_due
        if drop.state is DropState.QUEUED:
            return not drop.is_held_file_due and self.context.line(self.context.open_drops()).behind(drop) is not None
        return drop.state in AT_REST

    def told(self) -> str:
        """The biography of everything, for a failing test."""
        return "\n".join(f"{event.kind}: {event.text}" for event in self.journal.events())

    def get(self, drop: Drop) -> Drop:
        found = self.journal.get(drop.id)
        assert found is not None
        return found

    def hold(self) -> Hold | None:
        """The first of the lane's holds."""
        return next(iter(self.journal.holds(self.context.lane)), None)

    def release(self) -> None:
        """Let the lane go on, as a person who has seen its hold."""
        holds = self.journal.holds(self.context.lane)
        assert holds
        for hold in holds:
            self.journal.release(self.context.lane, hold, "a person")

    def imports(self) -> list[dict[str, Any]]:
        """Every import the sandbox has, oldest first, as it would tell a client."""
        return sorted((one.raw for one in self.canvas.imports_above(None).imports), key=lambda raw: raw["id"])

    def archived(self) -> list[str]:
        return sorted(path.name[17:] for path in self.feed.archive.iterdir()) if self.feed.archive.exists() else []

    def failed(self) -> list[str]:
        return sorted(path.name[17:] for path in self.feed.failed.iterdir()) if self.feed.failed.exists() else []

    def result(self, drop: Drop) -> dict[str, Any]:
        """The result file beside a filed drop."""
        filed = self.get(drop)
        folder = self.feed.archive if filed.place is Place.ARCHIVE else self.feed.failed
        result: dict[str, Any] = json.loads((folder / f"{filed.stored_as}.result.json").read_text("utf-8"))
        return result

    def faults(self, *faults: Mapping[str, Any]) -> None:
        self.sandbox.set_faults({"faults": list(faults)})


def write_config(root: Path, sandbox: Sandbox, **feed: Any) -> Path:
    """A configuration for one feed, `nightly`, against this sandbox."""
    token = root / "token"
    token.touch(mode=0o600)
    token.write_text(sandbox.token)
    top = feed.pop("top", {})
    for name in ("inbox", "archive", "failed"):
        (root / name).mkdir(parents=True, exist_ok=True)
    config = {
        "canvas": {"url": sandbox.url, "token": {"file": "token"}, "timeout_s": 5},
        "feeds": {"nightly": {"inbox": "inbox", "archive": "archive", "failed": "failed", "held": "held", **feed}},
        **top,
    }
    path = root / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@contextmanager
def lane_kit(root: Path, *, context: Mapping[str, Any] | None = None, **feed: Any) -> Iterator[Kit]:
    """A lane with one feed, `nightly`, in `root`; `feed` are keys of its configuration, `context` of its Context."""
    with start(port=0, speed="max") as sandbox:
        config = load(write_config(root, sandbox, **feed))
        with SqliteJournal(config.state) as journal:
            journal.take_lease()
            kit = Kit(root, sandbox, config, journal, **(context or {}))
            try:
                yield kit
            finally:
                kit.canvas.close()
