"""The service is cut off at its Nth commit, move or request, for many N, and started again: all ends as it should."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.durable import TEMPORARY_PREFIX
from sisdrop.journal import FILE_NAME, SqliteJournal
from tests.support.invariants import imports_of, pairs
from tests.support.lane_kit import COURSES, ENROLLMENTS, SECTIONS, USERS, write_config
from tests.support.places import ROOT

FOUR = {"users.csv": USERS, "courses.csv": COURSES, "sections.csv": SECTIONS, "enrollments.csv": ENROLLMENTS}
MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,p1,Ada,Ashgrove,active\nP-2,,Bo,Birchwell,active\n"
GROUPS = "group_id,name,status\nG-1,Chess,available\n"
MOST_STEPS = 2000


class Cutter:
    """Asks the fork server for runs. `at=0` is a run that is not cut off."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.cutter"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def run(self, config: Path, at: int = 0, *, after: bool = False, person: str = "nobody") -> tuple[str | None, int]:
        """The name of the step that was cut off at (None: it came to rest before), and the steps it took."""
        assert self._server.stdin
        assert self._server.stdout
        asked = {"config": str(config), "at": at, "after": after, "person": person}
        self._server.stdin.write(f"{json.dumps(asked)}\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return answer["step"], answer["steps"]

    def close(self) -> None:
        self._server.communicate()


@pytest.fixture
def cutter() -> Iterator[Cutter]:
    started = Cutter()
    yield started
    started.close()


def everything(root: Path) -> dict[str, bytes]:
    """All files but the log and those of the state folder, and in it those of drops."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in files
        if path.name != "service.log" and ("state" not in path.parts or "snapshots" in path.parts)
    }


def names_in(folder: Path) -> list[str]:
    """What is in a folder, without half-written files: those are removed when they are an hour old."""
    for path in folder.iterdir():
        if path.name.startswith(TEMPORARY_PREFIX):
            path.unlink()
    return sorted(path.name for path in folder.iterdir())


def assert_tidy(root: Path) -> None:
    assert names_in(root / "inbox") == [".sisdrop"]
    assert names_in(root / "inbox" / ".sisdrop") == ["inbox-id"]
    for folder in ("archive", "failed"):
        names_in(root / folder)
    with sqlite3.connect(root / "state" / FILE_NAME) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    database.close()
    with SqliteJournal(root / "state") as journal:
        snapshots = [path.name.removesuffix(".zip") for path in (root / "state" / "snapshots").iterdir()]
        assert all(journal.is_last_accepted(drop_id) for drop_id in snapshots), "of nothing else a copy is kept"


def assert_four_imported_once(root: Path, made: list[dict[str, Any]]) -> None:
    batches = Counter(name for one in made for name in one["data"].get("supplied_batches", []))
    assert batches == {"user": 1, "course": 1, "section": 1, "enrollment": 1}
    assert pairs(root / "archive") == sorted(FOUR)
    assert pairs(root / "failed") == []
    assert {path.name[17:]: path.read_text() for path in (root / "archive").glob("*.csv")} == FOUR


def assert_sent_once_and_rejected(root: Path, made: list[dict[str, Any]]) -> None:
    assert [one["workflow_state"] for one in made] == ["imported_with_messages"]
    assert pairs(root / "failed") == ["users.csv"]
    assert pairs(root / "archive") == []
    # It is made when a drop first comes to lie there; a person may have been quicker than the move.
    assert not (root / "held").exists() or list((root / "held").iterdir()) == []


def assert_aborted_once(root: Path, made: list[dict[str, Any]]) -> None:
    """Also right: stopped before Canvas had it, or over before a lost answer was found again."""
    ended = [one["workflow_state"] for one in made]
    assert ended in (["aborted"], [], ["imported"])
    archived, failed = (["users.csv"], []) if ended == ["imported"] else ([], ["users.csv"])
    assert pairs(root / "archive") == archived
    assert pairs(root / "failed") == failed


def assert_undone_and_told(root: Path, made: list[dict[str, Any]]) -> None:
    assert [one["workflow_state"] for one in made] == ["restored"]
    assert pairs(root / "archive") == ["users.csv"]
    (told,) = (root / "archive").glob("*-users.csv.undo.json")
    document = json.loads(told.read_text("ascii"))
    assert (document["workflow_state"], document["error"]) == ("restored", None)
    assert document["statistics"]["Pseudonym"]["restored"] == 2


def assert_released_and_sent_once(root: Path, made: list[dict[str, Any]]) -> None:
    assert [one["workflow_state"] for one in made] == ["imported_with_messages"]
    assert pairs(root / "archive") == ["users.csv"]
    assert pairs(root / "failed") == []
    assert list((root / "held").iterdir()) == []


def assert_replaced_and_what_waited_follows(root: Path, made: list[dict[str, Any]]) -> None:
    assert [one["data"]["supplied_batches"] for one in made] == [["user"], ["group"]]
    assert pairs(root / "archive") == ["groups.csv", "users.csv"]
    assert pairs(root / "failed") == ["users.csv"]
    (rejected,) = (root / "failed").glob("*-users.csv.result.json")
    assert "took its place" in json.loads(rejected.read_text("ascii"))["error"]["message"]
    assert list((root / "held").iterdir()) == []


CASES: dict[str, tuple[dict[str, str], Callable[[Path, list[dict[str, Any]]], None]]] = {
    "nobody": (FOUR, assert_four_imported_once),
    "decider": ({"users.csv": MISTAKEN}, assert_sent_once_and_rejected),
    "aborter": ({"users.csv": USERS}, assert_aborted_once),
    "undoer": ({"users.csv": USERS}, assert_undone_and_told),
    "writer": ({"users.csv": MISTAKEN}, assert_released_and_sent_once),
    "corrector": ({"users.csv": MISTAKEN, "groups.csv": GROUPS}, assert_replaced_and_what_waited_follows),
}


def cut_once(root: Path, sandbox: Sandbox, cutter: Cutter, person: str, at: int, *, after: bool) -> str | None:
    """One run cut off at step `at`, one that is not, and one more; the step's name, None when there is no such step."""
    before = max((one["id"] for one in imports_of(sandbox)), default=0)
    config = prepare(root, sandbox, person)
    step: str | None = None
    try:
        step, _ = cutter.run(config, at, after=after, person=person)
        cutter.run(config, person=person)
        assert_tidy(root)
        CASES[person][1](root, imports_of(sandbox, before))
        rest = everything(root)
        cutter.run(config, person=person)
        assert everything(root) == rest
    except Exception as error:
        kept = keep(root, person, at)
        error.add_note(f"cut off at step {at}: {step}, after={after}; folders, journal and log are kept in {kept}")
        raise
    return step


def prepare(root: Path, sandbox: Sandbox, person: str) -> Path:
    """The folders with what is dropped, and the sandbox as it takes it."""
    root.mkdir()
    for name, text in CASES[person][0].items():
        (root / "inbox").mkdir(exist_ok=True)
        (root / "inbox" / name).write_text(text)
    if person == "aborter":
        sandbox.set_faults({"faults": [{"kind": "slow_progress", "looks": 300, "count": None}]})
    return write_config(root, sandbox, settle_s=0, poll_s=0.1)


def keep(root: Path, person: str, at: int) -> Path:
    """A copy of all that a failed run left: pytest removes its own folders after three more runs."""
    kept = Path(tempfile.mkdtemp(prefix=f"sisdrop-cut-{person}-{at}-"))
    shutil.copytree(root, kept, dirs_exist_ok=True, symlinks=True)
    return kept


def spread(steps: int, cuts: int) -> list[int]:
    """Step numbers spread evenly over so many steps."""
    return [steps * number // (cuts + 1) for number in range(1, cuts + 1)]


@pytest.mark.parametrize(
    "person", [case if case == "nobody" else pytest.param(case, marks=pytest.mark.long) for case in CASES]
)
def test_cut_off_at_any_step_nothing_is_lost_nothing_sent_twice_and_a_second_restart_changes_nothing(
    tmp_path: Path, sandbox: Sandbox, cutter: Cutter, person: str
) -> None:
    _, steps = cutter.run(prepare(tmp_path / "whole", sandbox, person), person=person)
    cut_at = spread(steps, 3)
    cuts = [cut_once(tmp_path / str(at), sandbox, cutter, person, at, after=at % 2 == 0) for at in cut_at]
    # One run takes a few steps more or fewer than the next, but none half as many.
    assert sum(step is not None for step in cuts) >= 2


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("person", CASES)
def test_cut_off_at_every_single_step_all_ends_as_it_should(
    tmp_path: Path, sandbox: Sandbox, cutter: Cutter, person: str, after: bool
) -> None:
    for at in range(1, MOST_STEPS):
        if cut_once(tmp_path / str(at), sandbox, cutter, person, at, after=after) is None:
            assert at > 30
            return
    pytest.fail("the run never came to its end")
