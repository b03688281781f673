"""Anything in any order: drops, crashes, people, a Canvas that is away or loses answers; nothing is lost or doubled.

The long form takes 10,000 steps (`pytest -m long -n 0 tests/fault/test_state_machine.py`). Its seed is printed and may
be given again as SISDROP_SEED; of an example that fails its steps, what was told and all folders are kept.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sisdrop.model import DropState
from tests.support.machine.exports import KINDS, content_of
from tests.support.machine.world import FEEDS, World

STEPS = 50
EXAMPLES = 200
IN_MEMORY = Path("/dev/shm")
KEPT = Path(tempfile.gettempdir()) / "sisdrop-machine-failed"

feeds = st.sampled_from(sorted(FEEDS))
kinds = st.sampled_from(KINDS)
which = st.integers(0, 7)
turns = st.sampled_from([0, 1, 1, 2, 3, 4, 6, 9])
"""Of the service, after whatever was done: most of what is done meets a service at work."""
A_LIFE = 12
"""Turns in which a drop lives its whole life, when nothing is in its way."""
LOST_ANSWERS: tuple[Mapping[str, Any], ...] = (
    {"kind": "accept_then_drop"},
    {"kind": "drop_before_accept"},
    {"kind": "cut_status_line"},
    {"kind": "cut_body"},
    {"kind": "answer", "status": 502, "when": "after"},
    {"kind": "answer", "status": 502, "when": "before"},
)
TROUBLES: tuple[Mapping[str, Any], ...] = (
    {"kind": "answer", "status": 503, "count": 1},
    {"kind": "answer", "status": 503, "count": 5},
    {"kind": "throttle", "count": 3},
    {"kind": "token", "count": 3},
    {"kind": "refuse", "says": "permission", "count": 2},
    *({**fault, "method": "POST", "path": "/sis_imports$"} for fault in LOST_ANSWERS),
    *({**fault, "method": "PUT", "path": "/restore_states"} for fault in LOST_ANSWERS[:2]),
    {"kind": "slow_progress", "looks": 3},
    {"kind": "slow_progress", "looks": 9},
    {"kind": "stuck", "looks": 4},
    {"kind": "stuck", "looks": None},
    {"kind": "unknown_state", "looks": 4},
    {"kind": "late_errors", "looks": 3},
    {"kind": "fail"},
    {"kind": "foreign_import", "looks": 2},
    {"kind": "foreign_import", "state": "created", "looks": 7},
    {"kind": "foreign_import", "state": "initializing", "looks": None},
    {"kind": "foreign_import", "looks": None},
)
CHANGES: tuple[Mapping[str, Any], ...] = (
    {},
    {"order": "arrival"},
    {"hold": {"blocks": "dependents"}},
    {"hold": {"failed": False, "messages_over": None, "blocks": "nothing"}},
    {"skip_identical": True, "hold": {"findings": "never"}},
)


def act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """A method of the machine, with what it is called with."""
    return st.tuples(st.just(name), *arguments)


ACTS = (
    *[act("drop", feeds, kinds)] * 5,
    act("rewrite", feeds, which),
    act("take_back", feeds, which),
    *[act("write_late", feeds, which)] * 2,
    act("wait", st.sampled_from([5, 61, 700])),
    act("crash"),
    *[act("crash_inside", feeds, kinds, st.integers(0, 70))] * 4,
    act("reload", st.sampled_from(CHANGES)),
    act("back_up"),
    act("restore", which),
    act("set_clock", st.sampled_from([-3600, -70, 70, 3600])),
    *[act("canvas", st.sampled_from(TROUBLES))] * 5,
    *[act("canvas_is_well")] * 2,
    *[act("release", which)] * 2,
    act("reject", which),
    *[act("retry", which)] * 2,
    act("undo", which),
    act("abort", which),
    act("correct", which),
    act("say_by_file", which, st.sampled_from(["release", "reject"])),
    *[act("let_the_lanes_go")] * 2,
    act("pause", st.sampled_from([None, *sorted(FEEDS)]), st.sampled_from([None, 1, 20])),
    *[act("resume")] * 2,
)
"""The more often one stands here, the more often it is done."""


class AnyOrder(RuleBasedStateMachine):
    """One example: anything in any order, and in the end a person who looks after everything."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="sisdrop-machine-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.world = World(self.root).__enter__()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                with self._kept():
                    self.world.come_to_rest()
                    self.world.assert_whole()
                    self.world.assert_another_start_changes_nothing()
        finally:
            self.world.__exit__()
            shutil.rmtree(self.root)

    @invariant()
    def sound(self) -> None:
        with self._kept():
            self.world.assert_sound()

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep the folders of a failure, in place of those of an earlier one: the last is the smallest."""
        try:
            yield
        except Exception as error:
            error.add_note(self.world.told())
            shutil.rmtree(KEPT, ignore_errors=True)
            shutil.copytree(self.root, KEPT / "world", symlinks=True)
            raise

    @initialize(drops=st.lists(st.tuples(feeds, st.sampled_from(KINDS)), min_size=1, max_size=4))
    def begin(self, drops: list[tuple[str, str]]) -> None:
        for feed, kind in drops:
            self.drop(feed, kind)

    @rule(do=st.one_of(*ACTS), turns=turns)
    def step(self, do: tuple[Any, ...], turns: int) -> None:
        """One rule for all: where each has its own, Hypothesis leaves many out of an example."""
        act, *arguments = do
        getattr(self, act)(*arguments)
        if self.world.service is None:
            self.world.start()
        self.world.work(turns)

    # who writes to the inbox

    def drop(self, feed: str, kind: str) -> None:
        name, content = content_of(kind, self.world.ledger.new_token())
        self.world.ledger.write(self.root / feed / "inbox" / name, content)

    def rewrite(self, feed: str, what: int) -> None:
        for path in pick((self.root / feed / "inbox").glob("users*.csv"), what):
            self.world.ledger.write(path, content_of("users", self.world.ledger.new_token())[1])

    def take_back(self, feed: str, what: int) -> None:
        for path in pick((self.root / feed / "inbox").glob("*.csv"), what):
            self.world.ledger.forget(path)
            path.unlink()

    def write_late(self, feed: str, what: int) -> None:
        for path in pick((self.root / feed / "inbox").glob(".sisdrop/*/users*.csv"), what):
            token = self.world.ledger.new_token()
            self.world.ledger.change(path, path.read_bytes() + f"{token},{token},Eve,Elder,active\n".encode())

    # the service

    def wait(self, seconds: int) -> None:
        self.world.times.passed_s += seconds

    def crash(self) -> None:
        self.world.kill()

    def crash_inside(self, feed: str, kind: str, steps: int) -> None:
        """Die in the life of a drop, and perhaps once more in the start after it."""
        self.drop(feed, kind)
        for left in (steps, steps // 4):
            if self.world.service is None:
                self.world.start(die_after=left)
            else:
                self.world.effects.arm(left)
            self.world.work(A_LIFE)
        self.world.effects.revive()

    def reload(self, change: Mapping[str, Any]) -> None:
        self.world.configure(change)
        self.world.reload()

    def back_up(self) -> None:
        if len(self.world.backups) < 3:
            self.world.back_up()

    def restore(self, what: int) -> None:
        for backup in pick(self.world.backups, what):
            self.world.restore(backup)

    def set_clock(self, seconds: int) -> None:
        self.world.times.ahead_s += seconds

    # Canvas

    def canvas(self, trouble: Mapping[str, Any]) -> None:
        self.world.fault(trouble)

    def canvas_is_well(self) -> None:
        self.world.lift_faults()

    # people

    def release(self, what: int) -> None:
        for drop in pick(self.world.held(), what):
            self.world.release(drop)

    def reject(self, what: int) -> None:
        waiting = [drop for drop in self.world.open_drops() if drop.state in {DropState.HELD, DropState.QUEUED}]
        for drop in pick(waiting, what):
            self.world.reject(drop)

    def retry(self, what: int) -> None:
        for drop in pick(self.world.filed(), what):
            self.world.retry(drop)

    def undo(self, what: int) -> None:
        for drop in pick([drop for drop in self.world.filed() if drop.import_id], what):
            self.world.undo(drop)

    def abort(self, what: int) -> None:
        for drop in pick(self.world.open_drops(), what):
            self.world.abort(drop)

    def correct(self, what: int) -> None:
        for drop in pick([drop for drop in self.world.held() if drop.name.endswith("s.csv")], what):
            _, content = content_of(drop.name.removesuffix(".csv"), self.world.ledger.new_token())
            self.world.ledger.write(self.root / drop.feed / "inbox" / drop.name, content)

    def say_by_file(self, what: int, word: str) -> None:
        for drop in pick(self.world.held(), what):
            self.world.say_by_file(drop, word)

    def let_the_lanes_go(self) -> None:
        self.world.release_lanes()

    def pause(self, feed: str | None, minutes: int | None) -> None:
        self.world.pause(feed, minutes)

    def resume(self) -> None:
        self.world.resume()


def pick(things: Iterable[Any], what: int) -> list[Any]:
    """At most one of them."""
    ordered = sorted(things) if not isinstance(things, list) else things
    return [ordered[what % len(ordered)]] if ordered else []


BASE = settings(
    deadline=None,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    report_multiple_bugs=False,
)


def test_anything_in_any_order_loses_nothing_and_doubles_nothing() -> None:
    short = settings(BASE, max_examples=3, stateful_step_count=25, derandomize=True, database=None)
    run_state_machine_as_test(AnyOrder, settings=short)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_ten_thousand_steps_in_any_order_lose_nothing_and_double_nothing() -> None:
    number = int(os.environ.get("SISDROP_SEED") or random.SystemRandom().randrange(2**32))
    print(f"SISDROP_SEED={number}")
    try:
        run_state_machine_as_test(seed(number)(AnyOrder), settings=settings(BASE, max_examples=EXAMPLES))
    except Exception as error:
        KEPT.mkdir(exist_ok=True)
        (KEPT / "example.txt").write_text("".join([f"SISDROP_SEED={number}\n", *traceback.format_exception(error)]))
        error.add_note(f"kept in {KEPT}")
        raise
