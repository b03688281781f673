"""`kill -9` at any moment, start again: no file is lost and no import is made twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.journal import FILE_NAME
from tests.support.invariants import imports_of, pairs
from tests.support.lane_kit import COURSES, ENROLLMENTS, SECTIONS, USERS, write_config
from tests.support.places import ROOT

FILES = {"users.csv": USERS, "courses.csv": COURSES, "sections.csv": SECTIONS, "enrollments.csv": ENROLLMENTS}
PATIENCE_S = 40.0


def begin(config: Path) -> subprocess.Popen[str]:
    """A service that is about to begin: Python and the program are loaded, which takes its time on a busy machine."""
    command = [sys.executable, "-m", "tests.fault.hurried_run", str(config)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert next_word(process) == "begins"
    return process


def next_word(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=10)


def brought(sandbox: Sandbox) -> list[list[str]]:
    """What each import in the sandbox brought, oldest first."""
    return [made["data"].get("supplied_batches", []) for made in imports_of(sandbox)]


def wait_for_rest(root: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    spool = root / "inbox" / ".sisdrop"
    # The result is written before the drop's empty folder goes.
    while len(list((root / "archive").glob("*.result.json"))) < len(FILES) or len(list(spool.iterdir())) > 1:
        assert time.monotonic() < deadline, sorted(str(path) for path in root.rglob("*"))
        time.sleep(0.05)


def assert_nothing_lost_and_nothing_twice(root: Path, sandbox: Sandbox) -> None:
    assert sorted(name for types in brought(sandbox) for name in types) == [
        "course",
        "enrollment",
        "section",
        "user",
    ]
    assert pairs(root / "archive") == sorted(FILES)
    assert pairs(root / "failed") == []
    assert [path.name for path in (root / "inbox").iterdir()] == [".sisdrop"]
    stored = {path.name[17:]: path.read_text() for path in (root / "archive").glob("*.csv")}
    assert stored == FILES
    with sqlite3.connect(root / "state" / FILE_NAME) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    database.close()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))])
def test_killed_again_and_again_at_random_moments_every_file_is_imported_once(
    tmp_path: Path, sandbox: Sandbox, seed: int
) -> None:
    chance = random.Random(seed)
    config = write_config(tmp_path, sandbox, settle_s=0.1, poll_s=0.1)
    for name, content in FILES.items():
        (tmp_path / "inbox" / name).write_text(content)
    for _ in range(6):
        process = begin(config)
        time.sleep(chance.random() * 0.8)  # the work itself is over after half a second
        kill(process)
    process = begin(config)
    try:
        wait_for_rest(tmp_path)
    finally:
        kill(process)

    assert_nothing_lost_and_nothing_twice(tmp_path, sandbox)

    before = sorted(str(path) for path in tmp_path.rglob("*") if "state" not in path.parts)
    process = begin(config)
    assert next_word(process) == "looked"
    kill(process)
    assert sorted(str(path) for path in tmp_path.rglob("*") if "state" not in path.parts) == before
    assert len(imports_of(sandbox)) == len(FILES)


def test_killed_while_the_answer_to_the_post_is_on_its_way_the_import_is_adopted(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    hang = {"kind": "hang", "method": "POST", "path": "sis_imports", "when": "after", "seconds": 30}
    sandbox.set_faults({"faults": [hang]})
    config = write_config(tmp_path, sandbox, settle_s=0.1, poll_s=0.1, order="arrival")
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    process = begin(config)
    deadline = time.monotonic() + PATIENCE_S
    while not imports_of(sandbox):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kill(process)
    sandbox.set_faults({"faults": []})
    for name, content in FILES.items():
        if name != "users.csv":
            (tmp_path / "inbox" / name).write_text(content)

    process = begin(config)
    try:
        wait_for_rest(tmp_path)
    finally:
        kill(process)

    assert brought(sandbox)[0] == ["user"]
    assert_nothing_lost_and_nothing_twice(tmp_path, sandbox)
