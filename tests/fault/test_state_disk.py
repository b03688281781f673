"""The disk of state/ is full or read-only, nobody reads what we say: commands say so, and every exit code is true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.journal import Lease, SqliteJournal
from sisdrop.status.disk import state_trouble
from tests.fault.test_disk import fill
from tests.support.command import PROGRAM, installed_sisdrop, sisdrop
from tests.support.journal_drops import a_drop
from tests.support.lane_kit import COURSES, USERS, write_config
from tests.support.mounts import mounted_tmpfs
from tests.support.service import wait


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """A file system of two megabytes at `small`; what remounts it."""
    (tmp_path / "small").mkdir()
    with mounted_tmpfs(tmp_path / "small", "size=2m") as remount:
        yield remount


def configured(root: Path, sandbox: Sandbox, **top: str) -> Path:
    top = {"state": "small/state", **top}
    return write_config(root, sandbox, settle_s=0.05, poll_s=0.1, top=top)


@contextmanager
def a_run(path: Path, **values: object) -> Iterator[subprocess.Popen[str]]:
    """`sisdrop run` as a service manager starts it; killed with the block if it has not ended by then."""
    process = subprocess.Popen([*PROGRAM, "run", "--config", str(path)], text=True, **values)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def is_watching(path: Path) -> bool:
    shot = json.loads(installed_sisdrop("status", "--json", "--config", path).stdout or "{}")
    return bool(shot) and shot["feeds"][0]["inbox_state"] == "ready"


@pytest.mark.usefixtures("small")
@pytest.mark.long
@pytest.mark.parametrize("has_run", [False, True])
def test_a_disk_that_is_full_at_the_start_is_told_in_a_sentence(
    tmp_path: Path, sandbox: Sandbox, has_run: bool
) -> None:
    path = configured(tmp_path, sandbox)
    if has_run:
        with SqliteJournal(tmp_path / "small" / "state") as journal:
            journal.add(a_drop("users.csv"))
    fill(tmp_path / "small")

    ended = installed_sisdrop("run", "--once", "--config", path)
    assert ended.returncode == 4
    assert ended.stderr.splitlines()[-1].endswith("its disk is full; free some space.")
    status = installed_sisdrop("status", "--config", path)
    assert (status.returncode, status.stderr) == (1, "")
    assert "its disk is full" in status.stdout
    assert ("users.csv" in status.stdout) is has_run


def test_a_read_only_state_can_be_looked_at(tmp_path: Path, sandbox: Sandbox, small: Callable[[str], None]) -> None:
    path = configured(tmp_path, sandbox)
    with SqliteJournal(tmp_path / "small" / "state") as journal:
        journal.add(a_drop("users.csv"))
    small("ro")
    for command in ("status", "history", "show"):
        words = [command, "users.csv"] if command == "show" else [command]
        ended = sisdrop(*words, "--config", path)
        assert (ended.returncode, ended.stderr) == (1 if command == "status" else 0, ""), command
    assert "users.csv" in sisdrop("status", "--config", path).stdout
    assert sisdrop("release", "users.csv", "--config", path).returncode == 4


@pytest.mark.long
@pytest.mark.usefixtures("small")
def test_a_disk_that_becomes_full_is_told_by_status_and_the_service_ends_well(tmp_path: Path, sandbox: Sandbox) -> None:
    path = configured(tmp_path, sandbox)
    with a_run(path, stderr=subprocess.DEVNULL) as process:
        wait(lambda: is_watching(path))
        ballast = fill(tmp_path / "small")
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        status = installed_sisdrop("status", "--json", "--config", path)
        assert status.returncode == 1
        assert "its disk is full" in json.loads(status.stdout)["state"]["trouble"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        ballast.unlink()
    assert (tmp_path / "inbox" / "users.csv").exists()
    assert installed_sisdrop("run", "--once", "--config", path).returncode == 0


def broken_pipe() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.long
@pytest.mark.parametrize("stream", [broken_pipe, full_disk])
def test_a_run_whose_log_nobody_can_read_ends_with_its_own_exit_code(
    tmp_path: Path, sandbox: Sandbox, stream: Callable[[], int]
) -> None:
    path = configured(tmp_path, sandbox, state="state")
    stderr = stream()
    try:
        with a_run(path, stderr=stderr) as process:
            wait(lambda: is_watching(path))
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        (tmp_path / "token").chmod(0o644)
        once = [*PROGRAM, "run", "--once", "--config", str(path)]
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        assert subprocess.run(once, stderr=stderr, timeout=60, check=False).returncode == 5
        (tmp_path / "config.yaml").write_text("feeds: 1")
        assert subprocess.run(once, stderr=stderr, timeout=60, check=False).returncode == 2
    finally:
        os.close(stderr)


def test_a_service_that_has_not_written_its_journal_for_long_is_told(tmp_path: Path) -> None:
    renewed = datetime(2026, 11, 23, 4, 15, tzinfo=UTC)
    lease = Lease("somebody", 7, "2026-11-23T03:00:00Z", "2026-11-23T04:15:00Z")
    assert state_trouble(tmp_path, lease, renewed + timedelta(seconds=60)) is None
    assert "since 2026-11-23T04:15:00Z" in (state_trouble(tmp_path, lease, renewed + timedelta(seconds=300)) or "")
    assert state_trouble(tmp_path, None, renewed) is None


@pytest.mark.long
def test_a_reload_while_canvas_hangs_does_not_stop_the_noticing(tmp_path: Path, sandbox: Sandbox) -> None:
    path = configured(tmp_path, sandbox, state="state")
    path.write_text(path.read_text().replace("timeout_s: 5", "timeout_s: 60"))
    with a_run(path, stderr=subprocess.DEVNULL) as process:
        wait(lambda: is_watching(path))
        sandbox.set_faults({"faults": [{"kind": "hang", "path": "sis_imports", "seconds": 40, "count": 5}]})
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        with SqliteJournal(tmp_path / "state") as journal:
            wait(lambda: [drop.state for drop in journal.open_drops()] == ["queued"], journal)
            process.send_signal(signal.SIGHUP)
            (tmp_path / "inbox" / "courses.csv").write_text(COURSES)
            began = time.monotonic()
            wait(lambda: len(journal.open_drops()) == 2, journal)
            assert time.monotonic() - began < 15
