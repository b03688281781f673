"""Commands given at random while the service works: every drop is in exactly one place, nothing is sent unasked."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from canvas_sandbox import start
from sisdrop.config import Config, load
from sisdrop.errors import UsageError
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import Clock, Drop, DropState, Place
from sisdrop.steps import commands
from sisdrop.workers import Service
from tests.support.invariants import imports_of, pairs
from tests.support.lane_kit import USERS, write_config

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"
FILES = 20
PATIENCE_S = 30.0
COMMANDS: tuple[Callable[[Journal, str], object], ...] = (
    commands.release,
    commands.reject,
    commands.retry,
    lambda journal, drop_id: journal.ask_abort(drop_id),
)


def command_at_random(root: Path, journal: Journal, chance: random.Random) -> None:
    """Drop the files one by one, and give commands about any drop there is, also those that make no sense."""
    for number in range(FILES):
        (root / "inbox" / f"users{number}.csv").write_text(chance.choice([USERS, MISTAKEN]))
        for _ in range(6):
            drops = [*journal.open_drops(), *journal.recent(10)]
            if drops:
                with contextlib.suppress(UsageError):  # where it does not fit the drop's state
                    chance.choice(COMMANDS)(journal, chance.choice(drops).id)
            time.sleep(chance.random() * 0.02)


def wait_for_rest(config: Config, journal: Journal) -> list[Drop]:
    """All drops, once each is filed or held."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        still = all(drop.state is DropState.HELD and drop.place is Place.HELD for drop in journal.open_drops())
        drops = [*journal.open_drops(), *journal.recent(100)]
        if still and len(drops) >= FILES and not any(config.feeds["nightly"].inbox.glob("*.csv")):
            return drops
        time.sleep(0.05)
    raise AssertionError([f"{event.kind}: {event.text}" for event in journal.events()][-20:])


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_commands_that_race_the_service_leave_every_drop_in_one_place_and_send_none_unasked(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with start(port=0, speed="max") as sandbox:
        hold = {"failed": False, "messages_over": None}
        config = load(write_config(tmp_path, sandbox, settle_s=0, poll_s=0.1, hold=hold))
        with (
            SqliteJournal(config.state) as journal,
            Service(config, journal, clock=Clock(scale=0.01), absent_grace_s=0.3),
            SqliteJournal(config.state) as commands,
        ):
            command_at_random(tmp_path, commands, chance)
            drops = wait_for_rest(config, journal)
            submitted = [event for event in journal.events(limit=100_000) if event.kind == "submitted"]
        assert len(imports_of(sandbox)) == min(100, len(submitted))

    held = [path.name for folder in (tmp_path / "held").glob("*") for path in folder.iterdir()]
    resting = pairs(tmp_path / "archive") + pairs(tmp_path / "failed") + held
    assert sorted(resting) == sorted(drop.name for drop in drops)
    assert sorted(resting) == sorted(f"users{number}.csv" for number in range(FILES))
    assert [path.name for path in (tmp_path / "inbox" / ".sisdrop").iterdir()] == ["inbox-id"]
    assert list(config.state.glob("error*")) == []
