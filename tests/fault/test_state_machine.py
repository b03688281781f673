"""Anything in any order: drops, crashes, people, a Canvas that is away or loses answers. Nothing is lost or doubled.

The long form takes 10,000 steps (`pytest -m long -n 0 tests/fault/test_state_machine.py`). Its seed is printed and may
be given again as SISDROP_SEED; of an example that fails the steps, the log and all folders are kept.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sisdrop.model import DropState
from tests.support.machine.world import FEEDS, KINDS, World, content_of

STEPS = 50
EXAMPLES = 200
IN_MEMORY = Path("/dev/shm")
KNOWN_GAPS = frozenset(os.environ.get("SISDROP_GAPS", "").split())
"""Acts that meet a fault which is being mended: `restore`, `clock`, `late`."""

ACTS = (
    *("release", "release", "reject", "retry", "undo", "abort", "correct", "release by file", "reject by file"),
    *("let the lanes go", "let the lanes go", "pause", "resume"),
)
feeds = st.sampled_from(sorted(FEEDS))
which = st.integers(0, 7)
turns = st.sampled_from([0, 1, 1, 2, 3, 4, 6, 9])
"""Of the service, after whatever was done: most of what is done meets a service at work."""
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


class AnyOrder(RuleBasedStateMachine):
    """Four kinds of rules, so that an example that does without one of them is still worth its time."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="sisdrop-machine-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.world = World(self.root).__enter__()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.world.come_to_rest()
                self.world.assert_whole()
                self.world.assert_another_start_changes_nothing()
        except AssertionError as error:
            error.add_note(self.world.told())
            raise
        finally:
            self.world.__exit__()
            shutil.rmtree(self.root)

    @invariant()
    def sound(self) -> None:
        try:
            self.world.assert_sound()
        except AssertionError as error:
            error.add_note(self.world.told())
            raise

    @initialize(drops=st.lists(st.tuples(feeds, st.sampled_from(KINDS)), min_size=1, max_size=4))
    def begin(self, drops: list[tuple[str, str]]) -> None:
        for feed, kind in drops:
            self.drop(feed, kind)

    @rule(
        act=st.sampled_from(["drop", "drop", "rewrite", "take back", "late"]),
        feed=feeds,
        kind=st.sampled_from(KINDS),
        what=which,
        turns=turns,
    )
    def writer(self, act: str, feed: str, kind: str, what: int, turns: int) -> None:
        inbox, ledger = self.root / feed / "inbox", self.world.ledger
        match act:
            case "drop":
                self.drop(feed, kind)
            case "rewrite":
                for path in pick(inbox.glob("users*.csv"), what):
                    ledger.write(path, content_of("users", ledger.new_token())[1])
            case "take back":
                for path in pick(inbox.glob("*.csv"), what):
                    ledger.forget(path)
                    path.unlink()
            case "late" if "late" not in KNOWN_GAPS:
                for path in pick(inbox.glob(".sisdrop/*/users*.csv"), what):
                    token = ledger.new_token()
                    ledger.change(path, path.read_bytes() + f"{token},{token},Eve,Elder,active\n".encode())
        self.world.work(turns)

    @rule(
        act=st.sampled_from(
            ["wait", "crash", "crash inside", "crash inside", "crash inside", "reload", "back up", "restore", "clock"]
        ),
        amount=st.integers(0, 40),
        change=st.sampled_from(CHANGES),
        turns=turns,
    )
    def service(self, act: str, amount: int, change: Mapping[str, Any], turns: int) -> None:
        world = self.world
        match act:
            case "wait":
                world.times.passed_s += (5, 61, 700)[amount % 3]
            case "crash":
                world.kill()
            case "crash inside":
                world.effects.arm(amount)
                world.work(12)
            case "reload":
                world.configure(change)
                world.reload()
            case "back up" if "restore" not in KNOWN_GAPS:
                world.back_up()
            case "restore":
                for backup in pick(world.backups, amount):
                    world.restore(backup)
            case "clock" if "clock" not in KNOWN_GAPS:
                world.times.ahead_s += (-3600, -70, 70, 3600)[amount % 4]
        if world.service is None:
            world.start()  # armed, it may die in its start, too
        world.work(turns)
        world.effects.revive()

    @rule(trouble=st.sampled_from(TROUBLES), turns=turns)
    def canvas(self, trouble: Mapping[str, Any], turns: int) -> None:
        self.world.fault(trouble)
        self.world.work(turns)

    @rule(turns=turns)
    def canvas_is_well(self, turns: int) -> None:
        self.world.lift_faults()
        self.world.work(turns)

    @rule(act=st.sampled_from(ACTS), what=which, turns=turns)
    def person(self, act: str, what: int, turns: int) -> None:  # noqa: C901 - one case for each act
        world = self.world
        match act:
            case "release":
                for drop in pick(world.held(), what):
                    world.release(drop)
            case "reject":
                waiting = [drop for drop in world.open_drops() if drop.state in {DropState.HELD, DropState.QUEUED}]
                for drop in pick(waiting, what):
                    world.reject(drop)
            case "retry":
                for drop in pick(world.filed(), what):
                    world.retry(drop)
            case "undo":
                for drop in pick([drop for drop in world.filed() if drop.import_id], what):
                    world.undo(drop)
            case "abort":
                for drop in pick(world.open_drops(), what):
                    world.abort(drop)
            case "correct":
                for drop in pick([drop for drop in world.held() if drop.name.startswith(("users", "courses"))], what):
                    kind = drop.name.removesuffix(".csv") if drop.name == "courses.csv" else "users"
                    _, content = content_of(kind, world.ledger.new_token())
                    world.ledger.write(self.root / drop.feed / "inbox" / drop.name, content)
            case "release by file" | "reject by file":
                for drop in pick(world.held(), what):
                    world.say_by_file(drop, act.partition(" ")[0])
            case "let the lanes go":
                world.release_lanes()
            case "pause":
                world.pause((None, *sorted(FEEDS))[what % 3], minutes=(None, 1, 20)[what // 3])
            case "resume":
                world.resume()
        world.work(turns)

    def drop(self, feed: str, kind: str) -> None:
        name, content = content_of(kind, self.world.ledger.new_token())
        self.world.ledger.write(self.root / feed / "inbox" / name, content)


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
    run_state_machine_as_test(
        AnyOrder, settings=settings(BASE, max_examples=6, stateful_step_count=30, derandomize=True, database=None)
    )


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_ten_thousand_steps_in_any_order_lose_nothing_and_double_nothing() -> None:
    number = int(os.environ.get("SISDROP_SEED") or random.SystemRandom().randrange(2**32))
    print(f"SISDROP_SEED={number}")
    machine = seed(number)(AnyOrder)
    run_state_machine_as_test(machine, settings=settings(BASE, max_examples=EXAMPLES))
