"""The world of one example: two feeds of one account, a sandbox, a service that is turned by hand, and people."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from canvas_sandbox import start
from sisdrop.config import Config, load
from sisdrop.durable import TEMPORARY_PREFIX
from sisdrop.errors import UsageError
from sisdrop.journal import FILE_NAME, SqliteJournal
from sisdrop.model import (
    AT_REST,
    EVERYTHING,
    Drop,
    DropState,
    HoldKind,
    Pause,
    Place,
    iso,
)
from sisdrop.status import snapshot
from sisdrop.steps import Again, Wait, When, commands
from sisdrop.steps.undo import ask_undo
from tests.support.invariants import pairs
from tests.support.machine.effects import Cut, CutJournal, Effects
from tests.support.machine.ledger import Ledger, tokens_in
from tests.support.machine.still_service import StillService
from tests.support.machine.times import Times
from tests.support.machine.witness import Witness

FEEDS: Mapping[str, dict[str, Any]] = {
    "nightly": {},
    "late": {"order": "arrival", "hold": {"failed": False, "messages_over": None, "blocks": "nothing"}},
}
GATE_TIMEOUT_S = 600
LONGEST_LEAP_S = 60.0
MOST_ROUNDS = 600
"""More than any world needs to come to rest."""


class World:
    """Everything of one example. Use it as a context manager."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.times = Times()
        self.effects = Effects()
        self.service: StillService | None = None
        self.journal: CutJournal | None = None
        self.backups: list[Path] = []
        self.restarts = 0
        self._overrides: dict[str, Any] = {}
        self._open = ExitStack()

    def __enter__(self) -> World:
        with self._open as opening:
            self.sandbox = opening.enter_context(start(port=0, speed="max"))
            self.sandbox._clock.now = self.times.canvas  # type: ignore[method-assign]
            opening.enter_context(self.effects.watched())
            self.ledger = Ledger(self.root, self.sandbox)
            self.witness = Witness(self.sandbox, self._running, self.times)
            token = self.root / "token"
            token.touch(mode=0o600)
            token.write_text(self.sandbox.token)
            for feed in FEEDS:
                for name in ("inbox", "archive", "failed"):
                    (self.root / feed / name).mkdir(parents=True)
            self.configure({})
            self.start()
            opening.callback(self.kill)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.effects.revive()
        self._open.close()

    def _running(self) -> tuple[CutJournal, Config] | None:
        return (self.journal, self.config) if self.journal and self.service else None

    # the service

    def configure(self, overrides: Mapping[str, Any]) -> None:
        """Write the configuration, with keys of the feed `nightly` that differ."""
        feeds = {
            name: {
                **{folder: f"{name}/{folder}" for folder in ("inbox", "archive", "failed", "held")},
                "watch": "poll",
                "settle_s": 1e-6,
                "poll_s": 1,
                **keys,
                **(overrides if name == "nightly" else {}),
            }
            for name, keys in FEEDS.items()
        }
        config = {
            "canvas": {"url": self.sandbox.url, "token": {"file": "token"}, "timeout_s": 5},
            "gate_timeout_s": GATE_TIMEOUT_S,
            "feeds": feeds,
        }
        (self.root / "config.yaml").write_text(yaml.safe_dump(config))

    def start(self, *, die_after: int | None = None) -> None:
        """A new process: it opens the journal and picks up what the last one left. It may die again, in its start."""
        self.effects.revive()
        self.config = load(self.root / "config.yaml")
        CutJournal.effects = self.effects
        self.journal = CutJournal(self.config.state, mend=True)
        assert not self.journal.was_damaged
        if die_after is not None:
            self.effects.arm(die_after)
        self._serve()
        self.restarts += 1

    def _serve(self) -> None:
        assert self.journal is not None
        self.service = StillService(self.config, self.journal, clock=self.times.clock())
        try:
            self.service.start()
        except Cut:
            self.kill()

    def reload(self) -> None:
        """As SIGHUP does it: the process lives on with its journal and the configuration as it is now."""
        if self.service is not None:
            self.service.stop()
            self.config = load(self.root / "config.yaml")
            self._serve()

    def kill(self) -> None:
        """The process is no more, and with it all that it had in memory."""
        if self.service is not None:
            self.service.die()
        if self.journal is not None:
            self.journal.die()
        self.service = self.journal = None

    def turn(self) -> When | None:
        """One turn of every worker, then the time until the next is due passes. None when the process died in it."""
        if self.service is None:
            return None
        try:
            when = self.service.turn()
        except Cut:
            self.kill()
            return None
        assert self.service.lost is None, self.service.lost
        if not isinstance(when, Again):
            self.times.passed_s += min(when.seconds, LONGEST_LEAP_S) if isinstance(when, Wait) else 1.0
        return when

    def work(self, turns: int) -> None:
        for _ in range(turns):
            if self.turn() is None:
                return

    # Canvas

    def fault(self, fault: Mapping[str, Any]) -> None:
        """One more thing that Canvas, or the line to it, does wrong."""
        present = [each.to_json() for each in self.sandbox._book.all() if each.count != 0]
        self.sandbox.set_faults([*(each for each in present if each["kind"] != "foreign_import"), fault])

    def lift_faults(self) -> None:
        """Canvas is as it should be, and what others left unfinished ends."""
        self.sandbox.set_faults([])
        self.sandbox._queue.stalls.drop()
        self.sandbox._queue.let_go()
        self.sandbox.wait_until_quiet()

    # state/

    def back_up(self) -> None:
        """Keep a copy of state/ as it is."""
        copy = self.root / f"backup{len(self.backups)}"
        shutil.copytree(self.root / "state", copy)
        self.backups.append(copy)

    def restore(self, backup: Path) -> None:
        """The machine is lost, and an old copy of state/ is put in its place."""
        self.kill()
        shutil.rmtree(self.root / "state")
        shutil.copytree(backup, self.root / "state")

    # people

    def ask(self, question: Callable[[SqliteJournal], Any]) -> Any:
        """Something a command asks of the journal, in a process of its own; None when it does not fit."""
        with closing(SqliteJournal(self.root / "state")) as journal:
            try:
                return question(journal)
            except UsageError:
                return None

    def open_drops(self) -> list[Drop]:
        return list(self.ask(lambda journal: journal.open_drops()))

    def filed(self) -> list[Drop]:
        return list(self.ask(lambda journal: journal.recent(1000)))

    def held(self) -> list[Drop]:
        return [drop for drop in self.open_drops() if drop.state is DropState.HELD]

    def release(self, drop: Drop) -> None:
        self.ledger.look_at_canvas()
        tokens = self.ledger.tokens_of(drop)
        lane = self.config.feeds[drop.feed].lane
        if self.ask(lambda journal: commands.release(journal, drop.id, lane, self.times.clock())):
            self.ledger.may_come_again(tokens)

    def reject(self, drop: Drop) -> None:
        self.ask(lambda journal: commands.reject(journal, drop.id, self.times.clock()))

    def retry(self, drop: Drop) -> None:
        self.ledger.look_at_canvas()
        tokens = self.ledger.tokens_of(drop)
        if self.ask(lambda journal: commands.retry(journal, drop.id, clock=self.times.clock())):
            self.ledger.may_come_again(tokens)

    def undo(self, drop: Drop) -> None:
        lane = self.config.feeds[drop.feed].lane
        self.ask(lambda journal: ask_undo(journal, drop.id, lane, "ada", clock=self.times.clock()))

    def abort(self, drop: Drop) -> None:
        self.ask(lambda journal: journal.ask_abort(drop.id))

    def say_by_file(self, drop: Drop, word: str) -> None:
        """It is said as soon as the file lies there, whenever it is read."""
        if word == "release":
            self.ledger.look_at_canvas()
            self.ledger.may_come_again(self.ledger.tokens_of(drop))
        (self.root / drop.feed / "inbox" / f"{drop.id}.{word}").touch()

    def pause(self, feed: str | None, minutes: int | None) -> None:
        now = self.times.ours()
        pause = Pause(feed or EVERYTHING, "ada", iso(now), iso(now + timedelta(minutes=minutes)) if minutes else None)
        self.ask(lambda journal: journal.pause(pause))

    def resume(self) -> None:
        self.ask(lambda journal: [journal.resume(pause, "ada says so") for pause in journal.pauses()])

    def release_lanes(self) -> None:
        """What waits goes on: also what may be in Canvas, when that was the reason."""
        holds = self.ask(lambda journal: journal.all_holds())
        for lane, seen in holds.items():
            for hold in seen:
                if hold.kind is HoldKind.DOUBT:
                    self.ledger.look_at_canvas()
                    for drop in self.open_drops():
                        self.ledger.may_come_again(self.ledger.tokens_of(drop))
                self.ask(lambda journal, lane=lane, hold=hold: journal.release(lane, hold, "a person"))

    # what must hold

    def assert_sound(self) -> None:
        """At any moment, also with the process just cut off."""
        self.ledger.look_at_canvas()
        self.ledger.assert_none_too_often()
        self.ledger.assert_each_in_one_place()
        assert not self.witness.wrongs, "\n".join(self.witness.wrongs)
        crashed = [path.read_text() for path in (self.root / "state").glob("error-*.txt")]
        assert not crashed, "\n".join(crashed)

    def come_to_rest(self) -> None:
        """All is well with Canvas, and a person looks after everything until nothing waits any more."""
        self.lift_faults()
        if self.service is None:
            self.start()
        for _ in range(MOST_ROUNDS):
            self.turn()
            self.assert_sound()
            if self._is_still():
                if self._is_at_rest():
                    return
                self._decide()
        raise AssertionError(f"it never comes to rest\n{self.told()}")

    def _is_still(self) -> bool:
        """Whether nothing moves without a person's word."""
        inboxes = [path for feed in FEEDS for path in (self.root / feed / "inbox").iterdir() if path.name != ".sisdrop"]
        waiting = {drop.id for drop, _ in self._waiting()}
        return not [path for path in inboxes if path.suffix in {".csv", ".zip"}] and all(
            (drop.state is DropState.HELD and drop.place is Place.HELD and not drop.is_held_file_due)
            or drop.id in waiting
            for drop in self.open_drops()
        )

    def _waiting(self) -> list[Any]:
        assert self.service is not None
        lines = [context.line(context.open_drops()).waiting() for context in self.service.contexts]
        paused = {pause.feed for pause in self.ask(lambda journal: journal.pauses())}
        shut = [(drop, None) for drop in self.open_drops() if {EVERYTHING, drop.feed} & paused]
        return [
            *(each for line in lines for each in line),
            *(each for each in shut if each[0].state is DropState.QUEUED),
        ]

    def _is_at_rest(self) -> bool:
        return not (self.open_drops() or self.ask(lambda journal: journal.open_undos()))

    def _decide(self) -> None:
        """Reject what is held, as the careful do, and let the lanes go on."""
        self.resume()
        for drop in self.held():
            self.reject(drop)
        self.release_lanes()

    def assert_whole(self) -> None:
        """At rest: results and files in pairs, what they say is so, nothing is left over, the journal is sound."""
        for feed in FEEDS:
            for place in ("archive", "failed"):
                folder = self.root / feed / place
                for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
                    path.unlink()  # what a cut left half-written; it goes by itself when it is an hour old
                pairs(folder)
                for path in folder.glob("*.result.json"):
                    self._assert_true(json.loads(path.read_text("utf-8")), path)
            spool = [path.name for path in (self.root / feed / "inbox" / ".sisdrop").iterdir()]
            left = [name for name in spool if not name.startswith(TEMPORARY_PREFIX)]
            assert left == ["inbox-id"], f"left in the spool: {left}"
            held = self.root / feed / "held"
            left = [
                str(path.relative_to(held)) for path in held.rglob("*") if not path.name.startswith(TEMPORARY_PREFIX)
            ]
            assert not left, f"left in held: {left}"
        with closing(sqlite3.connect(self.root / "state" / FILE_NAME)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert all(drop.state in AT_REST for drop in self.filed())
        self.ask(lambda journal: snapshot(journal, self.config, self.times.ours()))

    def _assert_true(self, result: Mapping[str, Any], path: Path) -> None:
        """What a result says of Canvas is what Canvas has."""
        # Only of an older journal may it say that a file is lost: it lies where the younger one filed it.
        assert self.backups or ".lost.txt" not in path.name, f"{path.name}: {result['summary']}"
        tokens = tokens_in(path.with_name(path.name.removesuffix(".result.json")).read_bytes())
        import_id = result["canvas"]["import_id"]
        for token in tokens:
            ids = self.ledger.imports.get(token, [])
            assert import_id is None or import_id in ids, f"{path.name}: {token} came with {ids}, not with {import_id}"
            if result["outcome"] in {"imported", "imported_with_messages"}:
                assert ids, f"{path.name} says {result['outcome']}, and Canvas never got {token}"
        # What somebody wrote late holds all that was sent before it; its own is the last.
        sent = self.ledger.imports.get(max(tokens, default=""))
        is_said = "nothing was sent" in result["summary"]
        assert not (sent and is_said) or self.backups, f"{path.name} says {result['summary']!r}, and Canvas has {sent}"

    def everything(self) -> dict[str, bytes]:
        """All that lies outside of state/, and the snapshots."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in files
            if ("state" not in path.parts or "snapshots" in path.parts) and path.name != "config.yaml"
        }

    def assert_another_start_changes_nothing(self) -> None:
        before, imports = self.everything(), dict(self.ledger.imports)
        self.kill()
        self.start()
        self.work(6)
        self.assert_sound()
        after = self.everything()
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        assert not changed, f"a start changed {changed}"
        assert self.ledger.imports == imports

    def told(self) -> str:
        """The biography of everything, for a failing example."""
        events = self.ask(lambda journal: journal.events(limit=100_000))
        drops = [f"{drop.id} {drop.name} {drop.state} in {drop.place}" for drop in self.open_drops()]
        holds = [str(hold) for hold in self.ask(lambda journal: journal.all_holds()).items()]
        return "\n".join([*(f"{event.drop} {event.kind}: {event.text}" for event in events[-80:]), *drops, *holds])
