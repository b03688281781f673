"""Nights as sisdrop takes them: a lane over HTTP against a sandbox that has a school in it, from a past that is kept.

The past is imported once; every night begins with a copy of its folders. The watcher is left out (how long a file must
lie still is no matter of what is in it); everything from the claim on is the service's own code.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from canvas_sandbox import DATABASE, start
from canvas_sandbox.sqlite import reading
from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.known import Known, Source
from sisdrop.model import Drop, DropState, Outcome
from tests.support.lane_kit import Kit, write_config
from tests.support.nights.night import Kind, Night, Past
from tests.support.nights.pasts import feed_keys
from tests.support.nights.school import Files, inside
from tests.support.nights.verdict import UNREADABLE

BOOKKEEPING = frozenset({"meta", "roll_back"})
"""Tables of the sandbox that say nothing about what is in Canvas."""
KEPT = ("state", "archive", "failed", "held", "canvas")
"""Folders of a campaign that a night may change. The inbox stays where it is: it is known by its own file."""

Contents = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Outcomes:
    """What became of a night."""

    drops: tuple[Drop, ...]
    """All that were dropped, as the journal has them in the end."""
    before: Contents
    after: Contents
    told: str

    def named(self, name: str) -> Drop:
        """The last drop of that file name."""
        return [drop for drop in self.drops if drop.name == name][-1]


class Campaign:
    """A feed with its past in `folder`, and one night after the other that each follow on this past alone."""

    def __init__(self, past: Past, folder: Path) -> None:
        self._past = past
        self._root = folder / "school"
        self._kept = folder / "kept"
        self._port = _a_port()
        self._root.mkdir(parents=True)
        with self._lane() as kit:
            for number, files in enumerate(past.nights):
                _drop(kit, files, age=timedelta(days=len(past.nights) - number))
                kit.run_to_rest()
            assert not kit.journal.open_drops(), kit.told()
            assert {drop.outcome for drop in kit.journal.recent(100)} <= {Outcome.IMPORTED}, kit.told()
        for name in KEPT:
            if (self._root / name).exists():
                shutil.copytree(self._root / name, self._kept / name)

    def play(self, night: Night) -> Outcomes:
        """Let a night come, and say what became of it."""
        for name in KEPT:
            shutil.rmtree(self._root / name, ignore_errors=True)
            if (self._kept / name).exists():
                shutil.copytree(self._kept / name, self._root / name)
        with self._lane() as kit:
            database = self._root / "canvas" / DATABASE
            before = contents_of(database)
            dropped: list[Drop] = []
            for files in night.evenings(self._past.week):
                dropped += _drop(kit, files, age=night.age)
                kit.run_to_rest()
                kit.turn()  # a held drop is still; that another one took its place is seen at the next turn
                kit.run_to_rest()
            drops = tuple(kit.get(drop) for drop in dropped)
            return Outcomes(drops, before, contents_of(database), kit.told())

    @contextmanager
    def _lane(self) -> Iterator[Kit]:
        with start(port=self._port, data=self._root / "canvas", speed="max", token="nights") as sandbox:
            config = load(write_config(self._root, sandbox, **feed_keys(self._past.name)))
            with SqliteJournal(config.state) as journal:
                journal.take_lease()
                kit = Kit(self._root, sandbox, config, journal)
                known = Known(config.state)
                known.catch_up(kit.context.lane, [_source(kit)])
                kit.context = replace(kit.context, known=known)
                kit.restart()
                try:
                    yield kit
                finally:
                    kit.canvas.close()


def _source(kit: Kit) -> Source:
    feed = kit.feed
    return Source(feed.name, feed.archive, feed.failed, feed.canvas.url, feed.canvas.account, False)


def _drop(kit: Kit, files: Files, *, age: timedelta) -> list[Drop]:
    """Drop files; those that stand in a folder together are one drop."""
    return [
        kit.drop(name, files[name], age=age) if name in files else kit.drop_folder(name, inside(name, files), age=age)
        for name in dict.fromkeys(name.partition("/")[0] for name in files)
    ]


def contents_of(database: Path) -> Contents:
    """What the sandbox has, table by table; not which import touched a row last."""
    with reading(database) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: _rows(connection, name) for name in names if name not in BOOKKEEPING}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    columns = [column["name"] for column in connection.execute(f"PRAGMA table_info({table})")]
    wanted = ", ".join(column for column in columns if column != "sis_import_id")
    return [tuple(row) for row in connection.execute(f"SELECT {wanted} FROM {table}")]


def _a_port() -> int:
    """A free port that no system hands out by itself: every night's sandbox listens there again."""
    chosen = random.Random(os.getpid())
    while True:
        port = chosen.randrange(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def problem(night: Night, outcomes: Outcomes, code: str) -> str | None:
    """What is not as the library says; None when all is. `code` is what must hold a bad night."""
    match night.kind:
        case Kind.BAD:
            return _let_through(night, outcomes, code)
        case Kind.UNSEEN | Kind.GOOD:
            return _kept_back(night, outcomes)


def _let_through(night: Night, outcomes: Outcomes, code: str) -> str | None:
    culprit = outcomes.named(night.culprit)
    changed = sorted(table for table, rows in outcomes.before.items() if outcomes.after[table] != rows)
    if changed:
        return f"Canvas has changed: {', '.join(changed)}"
    if culprit.outcome is Outcome.UNREADABLE:
        return None if code == UNREADABLE else f"{culprit.name} is unreadable"
    if culprit.held is None or culprit.state is not DropState.HELD:
        return f"{culprit.name} is {culprit.state}, not held"
    return None if culprit.held.code == code else f"held by {culprit.held.code}, not by {code}: {culprit.held.reason}"


def _kept_back(night: Night, outcomes: Outcomes) -> str | None:
    fine = {Outcome.IMPORTED} if night.kind is Kind.GOOD else {Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES}
    left = [
        f"{drop.name}: {drop.outcome or drop.state} {drop.held_because or ''}"
        for drop in outcomes.drops
        if drop.outcome not in fine
    ]
    return "; ".join(left) or None
