"""`sisdrop release` and `reject`: a person at a terminal sees what they decide about, and a script is not asked."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from canvas_sis_csv.comparison import Comparison
from sisdrop.cli.common import user_name
from sisdrop.cli.main import run
from sisdrop.errors import UsageError
from sisdrop.journal import SqliteJournal
from sisdrop.model import (
    Drop,
    DropState,
    EventKind,
    Hold,
    HoldKind,
    Outcome,
    Place,
    Plan,
    Report,
    Transition,
    Tripped,
    WordKind,
)
from sisdrop.steps.commands import reject
from tests.support.command import PROGRAM, sisdrop
from tests.support.config_files import feed
from tests.support.journal_drops import a_drop

LANE = "school.instructure.com/self"
SHRANK = Tripped("guard.shrank", "users.csv has 4 rows, the last one had 40.")
ABSENT = Tripped("guard.absent", "36 of 40 users are gone.")


class Terminal(io.StringIO):
    """Where a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(feed())
    SqliteJournal(tmp_path / "state").close()
    return path


@pytest.fixture
def held(config: Path) -> Drop:
    """users.csv, held by two guards, with a plan, and enrollments.csv behind it."""
    users = a_drop(state=DropState.HELD, place=Place.HELD, held_because=SHRANK.reason, type="user", rows=4, lane=LANE)
    assert users.held is not None
    users = replace(users, held=replace(users.held, since="2026-11-23T04:15:09Z", guards=(SHRANK, ABSENT)))
    change = Comparison("user", ("users.csv",), before=40, rows=4, added=0, changed=1, absent=36)
    with SqliteJournal(config.parent / "state") as journal:
        stored = journal.add(users)
        stored = journal.apply(Transition(stored, report=Report(plan=Plan(("20261122T041502Z-91b0",), (change,)))))
        journal.add(a_drop("enrollments.csv", DropState.QUEUED, type="enrollment", lane=LANE))
    return stored


def at_terminal(monkeypatch: pytest.MonkeyPatch, answer: str, *words: object) -> tuple[int, str]:
    """The command with a person before it who types this; its exit code and all that was shown."""
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    shown = Terminal()
    with redirect_stdout(shown):
        code = run([str(word) for word in words])
    return code, shown.getvalue()


def stored(config: Path, drop: Drop) -> Drop:
    with SqliteJournal(config.parent / "state") as journal:
        now = journal.get(drop.id)
    assert now is not None
    return now


def test_a_terminal_shows_why_what_would_change_and_what_waits_before_it_asks(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = at_terminal(monkeypatch, "y\n", "release", "users.csv", "--config", config)

    assert code == 0
    asked = shown.partition("[y/N]")[0]
    assert SHRANK.reason in asked
    assert f"guard.absent: {ABSENT.reason}" in asked
    assert "guard.shrank" not in asked  # its sentence is the reason
    assert "user: 40 rows before, 4 now: 0 added, 1 changed, 36 absent, 0 deleted" in asked
    assert "Waits behind it: enrollments.csv." in asked
    assert stored(config, held).state is DropState.QUEUED


@pytest.mark.parametrize(("word", "state"), [("release", DropState.HELD), ("reject", DropState.HELD)])
def test_a_no_changes_nothing_and_ends_with_one(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch, word: str, state: DropState
) -> None:
    code, shown = at_terminal(monkeypatch, "\n", word, "users.csv", "--config", config)

    assert (code, stored(config, held)) == (1, held)
    assert "It was not" in shown
    assert stored(config, held).state is state


@pytest.mark.parametrize(("word", "state"), [("release", DropState.QUEUED), ("reject", DropState.FINISHED)])
def test_with_yes_nobody_is_asked(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch, word: str, state: DropState
) -> None:
    code, shown = at_terminal(monkeypatch, "", word, "users.csv", "--yes", "--config", config)

    assert (code, stored(config, held).state) == (0, state)
    assert "[y/N]" not in shown


@pytest.mark.parametrize(("word", "state"), [("release", DropState.QUEUED), ("reject", DropState.FINISHED)])
def test_a_script_is_not_asked_and_who_ran_it_is_journaled(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch, word: str, state: DropState
) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert sisdrop(word, "users.csv", "--config", config).returncode == 0

    decided = stored(config, held)
    assert decided.state is state
    assert decided.word is not None
    assert (decided.word.by, decided.word.how) == ("ada", WordKind.COMMAND)
    assert "asked by ada" in decided.attempts[-1].result


def test_show_says_who_released_it(config: Path, held: Drop) -> None:
    sisdrop("release", held.id, "--config", config)

    shown = sisdrop("show", held.id, "--config", config).stdout
    document = json.loads(sisdrop("show", held.id, "--json", "--config", config).stdout)

    assert f"released by {user_name()}: {SHRANK.reason}" in shown
    assert f"users.csv was released by {user_name()}." in shown
    assert (document["released_by"], document["word"]["how"]) == (user_name(), "command")
    assert [guard["released_by"] for guard in document["guards"]] == [user_name()] * 2


def test_that_a_newer_one_was_imported_since_is_shown(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = a_drop(
        id="20261124T041502Z-0001",
        state=DropState.FILED,
        place=Place.ARCHIVE,
        type="user",
        outcome=Outcome.IMPORTED,
        stored_as="20261124T041502Z-users.csv",
        lane=LANE,
    )
    with SqliteJournal(config.parent / "state") as journal:
        journal.add(newer)

    _, shown = at_terminal(monkeypatch, "n\n", "release", held.id, "--config", config)

    assert "A newer users.csv was imported since (20261124T041502Z-0001)" in shown


def test_a_reason_that_came_after_the_one_that_was_shown_is_not_released(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = AnswerAfter("y\n", lambda: hold_again(config, held))
    monkeypatch.setattr(sys, "stdin", answers)
    shown = Terminal()
    with redirect_stdout(shown):
        code = run(["release", held.id, "--config", str(config)])

    assert code == 2
    assert stored(config, held).held_because == "Another reason."


class AnswerAfter(Terminal):
    """A person who takes so long to answer that something happens meanwhile."""

    def __init__(self, answer: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(answer)
        self._meanwhile = meanwhile

    def readline(self, *limit: object) -> str:
        self._meanwhile()
        return super().readline()


def hold_again(config: Path, held: Drop) -> None:
    with SqliteJournal(config.parent / "state") as journal:
        journal.apply(Transition(stored(config, held).holding("Another reason.", "2026-11-23T05:00:00Z")))


def test_a_reason_that_came_after_the_one_that_was_seen_is_not_rejected_either(config: Path, held: Drop) -> None:
    hold_again(config, held)

    with SqliteJournal(config.parent / "state") as journal, pytest.raises(UsageError, match="held for another reason"):
        reject(journal, held.id, seen=held.held)


def test_that_the_file_beside_it_was_written_meanwhile_is_no_other_reason(config: Path, held: Drop) -> None:
    assert held.held is not None
    with SqliteJournal(config.parent / "state") as journal:
        journal.apply(Transition(replace(held, held=replace(held.held, written=True))))
        assert reject(journal, held.id, seen=held.held).state is DropState.FINISHED


def test_a_queue_on_hold_is_shown_with_what_waits_and_released_by_name(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = Hold(HoldKind.IMPORT, "courses.csv ended as failed.", "2026-11-23T04:15:09Z")
    with SqliteJournal(config.parent / "state") as journal:
        journal.add(a_drop("enrollments.csv", DropState.QUEUED, type="enrollment", lane=LANE))
        journal.put_on_hold(LANE, hold)

    refused, asked = at_terminal(monkeypatch, "n\n", "release", "--config", config)
    agreed, _ = at_terminal(monkeypatch, "y\n", "release", "--config", config)

    assert (refused, agreed) == (1, 0)
    assert "courses.csv ended as failed. (since 2026-11-23T04:15:09Z)" in asked
    assert "Waits: enrollments.csv." in asked
    with SqliteJournal(config.parent / "state") as journal:
        assert journal.holds(LANE) == ()
        told = [event.text for event in journal.events() if event.kind is EventKind.RELEASED]
    assert told == [f"The queue goes on: released by {user_name()}."]


def test_what_is_not_held_is_a_usage_error_without_a_question(
    config: Path, held: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = at_terminal(monkeypatch, "y\n", "release", "enrollments.csv", "--config", config)

    assert (code, shown) == (2, "")


def test_a_file_name_writes_on_the_terminal_of_no_command(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "users\x1b]0;gotcha\x1b[2J\n.csv"
    drop = a_drop(evil, DropState.HELD, place=Place.HELD, held_because=f"{evil} is odd.", type="user", lane=LANE)
    with SqliteJournal(config.parent / "state") as journal:
        journal.add(drop)
        journal.put_on_hold(LANE, Hold(HoldKind.IMPORT, f"{evil} failed.", "2026-11-23T04:15:09Z"))
    for words in (["show", drop.id], ["status"], ["retry", drop.id], ["release", drop.id], ["release"]):
        run([*words, "--config", str(config)])
        shown = capsys.readouterr()
        assert "\x1b" not in shown.out + shown.err, words
        assert "users\\x1b]0;gotcha" in shown.out + shown.err, words


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal of its own")
def test_a_real_terminal_is_asked(config: Path, held: Drop) -> None:
    person, terminal = os.openpty()
    os.write(person, b"n\n")
    ended = subprocess.run(
        [*PROGRAM, "release", held.id, "--config", str(config)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        timeout=60,
        check=False,
    )
    shown = os.read(person, 65536).decode()
    os.close(terminal)
    os.close(person)

    assert ended.returncode == 1
    assert "[y/N]" in shown
    assert stored(config, held) == held
