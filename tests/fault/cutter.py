"""Runs of the service that end, as with `kill -9`, at the Nth thing they do to the world outside.

`python -m tests.fault.cutter` is a small server: for every line of JSON on its standard input it forks a service that
is cut off at that step and answers with one line: the step's name (null when the service came to rest before) and how
many steps it took.
Forking from a process that has everything imported makes one run cost a third of a second.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from sisdrop.cli.logs import set_up_logging
from sisdrop.config import Config, load
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import AT_REST, IN_CANVAS, AttemptKind, Clock, Drop, DropState, Place
from sisdrop.steps import commands
from sisdrop.steps.undo import ask_undo
from sisdrop.workers import Service
from tests.support.lane_kit import USERS

CUT = 77
PACE = 0.01
ABSENT_GRACE_S = 0.4
PATIENCE_S = 30.0
FLIGHT_S = 0.03
"""A request that the sandbox has is carried out in this time."""
_MOVES = frozenset({"os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir"})
_REQUEST = "http.client.send"
_connect = sqlite3.connect


class Cut:
    """An audit hook that ends the process at step `at`: a commit, a move, or a request (before it, or `after` it)."""

    def __init__(self, at: int, *, after: bool, say: int) -> None:
        self.steps = 0
        self._at = at
        self._after = after
        self._say = say
        self._mutex = threading.Lock()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _MOVES:
            self._step(f"{event} {arguments[:2]}")
        elif event == _REQUEST:
            self._step(f"{event} {bytes(arguments[1][:60])!r}" if isinstance(arguments[1], bytes) else event)

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        """`sqlite3.connect`, with an ear on its statements."""
        database = _connect(*arguments, **options)
        database.set_trace_callback(self._sql)
        return database

    def _sql(self, statement: str) -> None:
        if statement.startswith("COMMIT"):
            self._step("commit")

    def _step(self, name: str) -> None:
        with self._mutex:
            self.steps += 1
            if self.steps == self._at:
                os.write(self._say, name.encode("utf-8", "replace"))
                if not (self._after and name.startswith(_REQUEST)):
                    os._exit(CUT)
                threading.Thread(target=self._later, daemon=True).start()

    @staticmethod
    def _later() -> None:
        time.sleep(FLIGHT_S)
        os._exit(CUT)


def run(config: Config, *, person: str) -> None:
    """The service and, with a name in `person`, somebody who gives commands, until nothing is left to do."""
    act = PERSONS[person]
    with (
        SqliteJournal(config.state, mend=True) as journal,
        Service(config, journal, clock=Clock(scale=PACE), absent_grace_s=ABSENT_GRACE_S) as service,
    ):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            sights = service.board.sights()
            looked = all(feed in sights and sights[feed].looks >= 2 for feed in config.feeds)
            if looked and not act(journal, config) and _is_at_rest(config, journal):
                return
            service.wake()
            time.sleep(0.01)
        told = "\n".join(f"{event.kind}: {event.text}" for event in journal.events()[-30:])
        raise AssertionError(f"it never came to rest\n{told}")


def _is_at_rest(config: Config, journal: Journal) -> bool:
    inboxes_empty = not any(any(feed.inbox.glob("*.csv")) for feed in config.feeds.values())
    return inboxes_empty and all(
        drop.state in AT_REST or (drop.state is DropState.HELD and drop.place is Place.HELD)
        for drop in journal.open_drops()
    )


def nobody(_journal: Journal, _config: Config) -> bool:
    return False


def decider(journal: Journal, _config: Config) -> bool:
    """Releases what is held, retries what is filed, and rejects it when it is held again. Whether something is left."""
    for lane, holds in journal.all_holds().items():
        for hold in holds:
            journal.release(lane, hold, "released by a person")
    left = [_decide(journal, drop) for drop in (*journal.open_drops(), *journal.recent(10))]
    return any(left)


def _decide(journal: Journal, drop: Drop) -> bool:
    done = [attempt.what for attempt in drop.attempts]
    if drop.state is DropState.HELD:
        (commands.reject if AttemptKind.RETRY in done else commands.release)(journal, drop.id)
    elif drop.state is DropState.FILED and AttemptKind.RETRY not in done:
        commands.retry(journal, drop.id)
    else:
        return drop.state is not DropState.FILED
    return True


def aborter(journal: Journal, _config: Config) -> bool:
    """Aborts whatever is in Canvas, and rejects what could be stopped before it came there."""
    for lane, holds in journal.all_holds().items():
        for hold in holds:
            journal.release(lane, hold, "released by a person")
    for drop in journal.open_drops():
        if drop.state is DropState.HELD:
            commands.reject(journal, drop.id)
        elif drop.state in IN_CANVAS and not journal.abort_asked(drop.id):
            journal.ask_abort(drop.id)
    return any(drop.state is DropState.HELD for drop in journal.open_drops())


def undoer(journal: Journal, _config: Config) -> bool:
    """Undoes what is filed, once. Whether something is left, a drop that is not filed yet included."""
    filed = journal.recent(10)
    for drop in filed:
        if journal.undo(drop.id) is None:
            ask_undo(journal, drop.id, drop.lane, "ada")
    return not filed or bool(journal.open_undos())


def writer(journal: Journal, config: Config) -> bool:
    """Releases what is held by a file in the inbox, and waits until that is gone."""
    drops = journal.open_drops()
    for drop in drops:
        word = config.feeds[drop.feed].inbox / f"{drop.name}.release"
        if drop.state is DropState.HELD and drop.place is Place.HELD and not word.exists():
            word.touch()
    return bool(drops) or any(any(feed.inbox.glob("*.release")) for feed in config.feeds.values())


def corrector(journal: Journal, config: Config) -> bool:
    """Drops a corrected file for what is held, once, and waits until that has taken its place."""
    drops = journal.open_drops()
    for drop in drops:
        inbox = config.feeds[drop.feed].inbox
        is_corrected = any(other.name == drop.name and other.state is not DropState.HELD for other in drops)
        is_held = drop.state is DropState.HELD and drop.place is Place.HELD
        if is_held and not is_corrected and not journal.accepted_after(drop) and not (inbox / drop.name).exists():
            (inbox / "corrected.tmp").write_text(USERS)
            (inbox / "corrected.tmp").rename(inbox / drop.name)
    return bool(drops)


PERSONS = {
    "nobody": nobody,
    "decider": decider,
    "aborter": aborter,
    "writer": writer,
    "undoer": undoer,
    "corrector": corrector,
}


def _fork(config: Path, at: int, *, after: bool, person: str) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_cut(config, at, writer, after=after, person=person)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == CUT:
        return {"step": text, "steps": at}
    return {"step": None, "steps": int(text)} if code == 0 else {"failed": text}


def _be_cut(config: Path, at: int, say: int, *, after: bool, person: str) -> None:
    code = 1
    try:
        set_up_logging(file=config.parent / "service.log", verbose=True)
        cut = Cut(at, after=after, say=say)
        sys.addaudithook(cut)
        sqlite3.connect = cut.connect  # type: ignore[assignment]
        run(load(config), person=person)
        os.write(say, str(cut.steps).encode())
        code = 0
    except BaseException:  # noqa: BLE001  # the test shall say it, whatever it is
        os.write(say, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _fork(Path(asked["config"]), asked["at"], after=asked["after"], person=asked["person"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
