"""A new configuration, and a stop, while an upload is on its way: never two senders for one account."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.cli import run as run_command
from sisdrop.config import Config, load
from sisdrop.journal import SqliteJournal
from sisdrop.model import Clock, DropState, Outcome
from sisdrop.workers import Service, service
from tests.support.invariants import imports_of
from tests.support.lane_kit import COURSES, USERS, write_config
from tests.support.service import PACE, running, wait


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox) -> Config:
    return load(write_config(tmp_path, sandbox, settle_s=0.05, poll_s=0.1))


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service as `sisdrop run` has it, with patience of parts of seconds."""
    fast = partial(Service, clock=Clock(scale=PACE), absent_grace_s=0.2)
    monkeypatch.setattr(run_command, "Service", fast)
    monkeypatch.setattr(service, "STOP_S", 8.0)
    monkeypatch.setattr(service, "REQUEST_GRACE_S", 0.1)


@contextmanager
def serving(config: Config) -> Iterator[tuple[SqliteJournal, run_command.Signals]]:
    """`sisdrop run` without its signals, which tests give by hand."""
    signals = run_command.Signals()
    with SqliteJournal(config.state, mend=True) as journal:
        served = threading.Thread(target=run_command._serve, args=(config, journal, signals))
        served.start()
        try:
            yield journal, signals
        finally:
            signals.on_stop(15, None)
            served.join(20)
            assert not served.is_alive()


def drop_and_wait_for_the_post(config: Config, journal: SqliteJournal) -> None:
    (config.feeds["nightly"].inbox / "users.csv").write_text(USERS)
    wait(lambda: any(drop.state is DropState.SUBMITTING for drop in journal.open_drops()), journal)


def test_a_reload_in_a_slow_upload_waits_for_it_and_sends_nothing_beside_it(config: Config, sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "slow", "method": "POST", "when": "before", "seconds": 1.2}])
    with serving(config) as (journal, signals):
        drop_and_wait_for_the_post(config, journal)

        signals.on_reload(1, None)
        wait(lambda: not journal.open_drops(), journal)
        (drop,) = journal.recent(5)

    assert [made["id"] for made in imports_of(sandbox)] == [drop.import_id]
    assert [attempt.what for attempt in drop.attempts] == ["submit"]


def test_after_a_reload_in_an_upload_files_are_noticed_and_a_stop_cuts_it_off(config: Config, sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "hang", "method": "POST"}])
    with serving(config) as (journal, signals):
        drop_and_wait_for_the_post(config, journal)
        began = time.monotonic()
        signals.on_reload(1, None)

        (config.feeds["nightly"].inbox / "courses.csv").write_text(COURSES)
        wait(lambda: "queued" in [drop.state for drop in journal.open_drops()], journal)
        assert time.monotonic() - began < service.STOP_S, "nobody waited for the upload"
        assert "submitting" in [drop.state for drop in journal.open_drops()]

    with SqliteJournal(config.state) as journal:
        cut_off = next(drop for drop in journal.open_drops() if drop.name == "users.csv")
    assert cut_off.submission is not None
    assert cut_off.submission.unknown_since is not None
    assert imports_of(sandbox) == []


def test_a_lane_under_a_new_name_waits_for_the_upload_under_the_old_one(config: Config, sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "slow", "method": "POST", "when": "before", "seconds": 1}])
    with serving(config) as (journal, signals):
        drop_and_wait_for_the_post(config, journal)
        text = config.path.read_text()
        config.path.write_text(text.replace("canvas:\n", "canvas:\n  account: '1'\n", 1))
        signals.on_reload(1, None)

        (config.feeds["nightly"].inbox / "courses.csv").write_text(COURSES)
        wait(lambda: journal.recent(5), journal)
        first, second = imports_of(sandbox)

    assert first["ended_at"] <= second["created_at"]


def test_a_configuration_that_cannot_be_used_leaves_the_service_as_it_is(config: Config, sandbox: Sandbox) -> None:
    with serving(config) as (journal, signals):
        text = config.path.read_text()
        config.path.write_text("canvas: [")
        signals.on_reload(1, None)

        (config.feeds["nightly"].inbox / "users.csv").write_text(USERS)
        wait(lambda: journal.recent(5), journal)
        config.path.write_text(text)

    assert len(imports_of(sandbox)) == 1


def test_a_stop_cuts_an_upload_off_and_the_next_start_looks_it_up(config: Config, sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "hang", "method": "POST", "when": "after"}])
    with serving(config) as (journal, _):
        drop_and_wait_for_the_post(config, journal)
        began = time.monotonic()
    took_s = time.monotonic() - began

    with SqliteJournal(config.state) as journal:
        (cut_off,) = journal.open_drops()
        kinds = [event.kind for event in journal.events()]
    assert took_s < 5, "not as long as the upload may last"
    assert cut_off.state is DropState.SUBMITTING
    assert cut_off.submission is not None
    assert cut_off.submission.unknown_since is not None
    assert "away" not in kinds, "our own stop is not Canvas's absence"

    sandbox.set_faults([])
    with running(config) as journal:
        wait(lambda: not journal.open_drops(), journal)
        (drop,) = journal.recent(5)
    assert [made["id"] for made in imports_of(sandbox)] == [drop.import_id]
    assert drop.outcome is Outcome.IMPORTED
