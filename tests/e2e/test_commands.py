"""The commands, as a person or a service manager calls them, against a sandbox.

A command is a process of its own where that is the point: exit codes as the shell sees them, signals, what a service
manager collects. Everywhere else it runs in this process, and the service beside it in threads.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox
from sisdrop.cli.common import journal_to_read
from sisdrop.config import load
from sisdrop.status import snapshot
from tests.support import service as in_process
from tests.support.command import PROGRAM, installed_sisdrop, sisdrop
from tests.support.lane_kit import BAD_ENROLLMENTS, COURSES, SECTIONS, USERS, write_config
from tests.support.service import running

wait = partial(in_process.wait, pause_s=0.1)  # `status` reads configuration and journal anew at each look

BROKEN_USERS = "user_id,login_id,status\nP-1,,active\nP-2,p2,active\n"


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox) -> Path:
    return write_config(tmp_path, sandbox, settle_s=0.1, poll_s=0.2)


@contextmanager
def service(config: Path) -> Iterator[subprocess.Popen[str]]:
    """The service as a process."""
    process = subprocess.Popen([*PROGRAM, "run", "--config", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        wait(lambda: status(config)["service"]["running"])
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def status(config: Path) -> dict[str, Any]:
    """What `status --json` prints, asked often: without a new Python for each look."""
    with journal_to_read(load(config)) as journal:
        return snapshot(journal, load(config))


def drop(config: Path, name: str, content: str) -> None:
    (config.parent / "inbox" / name).write_text(content)


# run --once


def test_one_pass_imports_what_is_there_and_exits_zero(config: Path) -> None:
    drop(config, "users.csv", USERS)
    drop(config, "courses.csv", COURSES)

    ended = installed_sisdrop("run", "--once", "--config", config)

    assert ended.returncode == 0, ended.stderr
    assert len(list((config.parent / "archive").glob("*.result.json"))) == 2
    assert not (config.parent / "inbox" / "users.csv").exists()


def test_one_pass_over_an_empty_inbox_is_soon_over(tmp_path: Path, sandbox: Sandbox) -> None:
    config = write_config(tmp_path, sandbox, poll_s=3600)
    began = time.monotonic()

    ended = sisdrop("run", "--once", "--config", config)

    assert ended.returncode == 0
    assert time.monotonic() - began < 10


def test_one_pass_that_leaves_something_to_a_person_exits_one_and_status_says_what(config: Path) -> None:
    drop(config, "users.csv", BROKEN_USERS)

    assert sisdrop("run", "--once", "--config", config).returncode == 1

    told = sisdrop("status", "--config", config)
    assert told.returncode == 1
    assert "HELD      users.csv" in told.stdout
    assert "sisdrop release" in told.stdout


def test_a_held_drop_is_shown_whole_with_its_findings(config: Path) -> None:
    drop(config, "users.csv", BROKEN_USERS)
    sisdrop("run", "--once", "--config", config)

    human = sisdrop("show", "users.csv", "--config", config)
    machine = json.loads(sisdrop("show", "users.csv", "--json", "--config", config).stdout)

    assert "No login_id given for user P-1" in human.stdout
    assert (machine["state"], machine["outcome"]) == ("held", None)
    assert [finding["row"] for finding in machine["findings"]] == [2]


def test_of_many_findings_show_gives_the_first_and_the_very_command_for_the_rest(config: Path) -> None:
    drop(config, "users.csv", "user_id,login_id,status\n" + "".join(f"P-{number},,active\n" for number in range(30)))
    sisdrop("run", "--once", "--config", config)

    shown = sisdrop("show", "users.csv", "--config", config).stdout

    assert shown.count("No login_id given") == 20
    assert "{" not in shown
    drop_id = shown[shown.index("(") + 1 : shown.index(",")]
    assert f"sisdrop show {drop_id} --json" in shown


def test_one_pass_with_a_failed_import_exits_one(config: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "fail"}]})
    drop(config, "users.csv", USERS)

    assert sisdrop("run", "--once", "--config", config).returncode == 1
    assert len(list((config.parent / "failed").glob("*.result.json"))) == 1


@pytest.mark.long
def test_one_pass_after_the_other_goes_on_where_the_first_was_held(config: Path) -> None:
    drop(config, "users.csv", BROKEN_USERS)
    assert sisdrop("run", "--once", "--config", config).returncode == 1

    released = sisdrop("release", "users.csv", "--config", config)
    ended = sisdrop("run", "--once", "--config", config)

    assert released.returncode == 0
    assert "not running here" in released.stderr
    # Canvas skips the row, and one message holds the queue: a person again.
    assert ended.returncode == 1
    assert len(list((config.parent / "archive").glob("*-users.csv"))) == 1


# the service


def test_the_service_imports_and_a_person_follows_it_with_the_commands(config: Path) -> None:
    with running(load(config)):
        for name, text in [("users.csv", USERS), ("courses.csv", COURSES), ("sections.csv", SECTIONS)]:
            drop(config, name, text)
        wait(lambda: len(status(config)["recent"]) == 3)
        drop(config, "enrollments.csv", BAD_ENROLLMENTS)
        wait(lambda: len(status(config)["recent"]) == 4)

        history = json.loads(sisdrop("history", "--json", "--config", config).stdout)
        shown = json.loads(sisdrop("show", "enrollments.csv", "--json", "--config", config).stdout)
        human = sisdrop("show", "enrollments.csv", "--config", config)
        told = json.loads(sisdrop("status", "--json", "--config", config).stdout)
        released = sisdrop("release", "--config", config)
        wait(lambda: not status(config)["lanes"][0]["on_hold"])

    assert next(entry["name"] for entry in history) == "enrollments.csv"
    assert told["service"]["running"]
    assert told["lanes"][0]["on_hold"]
    assert shown["outcome"] == "imported_with_messages"
    assert "P-999" in human.stdout
    assert "goes on" in released.stdout


def test_sigterm_ends_it_cleanly_and_soon(config: Path) -> None:
    with service(config) as process:
        began = time.monotonic()
        process.terminate()

        assert process.wait(10) == 0
        assert time.monotonic() - began < 5

    assert status(config)["service"] == {"running": False, "pid": None, "since": None}


def test_an_interrupt_exits_130(config: Path) -> None:
    with service(config) as process:
        process.send_signal(signal.SIGINT)

        assert process.wait(10) == 130


def test_a_second_service_on_the_same_state_exits_four_and_names_the_first(config: Path) -> None:
    with service(config) as process:
        second = installed_sisdrop("run", "--config", config)

    assert second.returncode == 4
    assert str(process.pid) in second.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_sighup_reloads_the_configuration(config: Path, sandbox: Sandbox) -> None:
    with service(config) as process:
        write_config(config.parent, sandbox, settle_s=0.1, poll_s=0.2, inbox="inbox2")
        (config.parent / "inbox2").mkdir()
        process.send_signal(signal.SIGHUP)
        wait(lambda: (config.parent / "inbox2" / ".sisdrop").exists())
        (config.parent / "inbox2" / "users.csv").write_text(USERS)
        wait(lambda: len(status(config)["recent"]) == 1)


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_reload_that_cannot_be_used_leaves_the_old_configuration_in_force(config: Path) -> None:
    good = config.read_text()
    with service(config) as process:
        config.write_text("feeds: nonsense\n")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        config.write_text(good)
        drop(config, "users.csv", USERS)
        wait(lambda: len(status(config)["recent"]) == 1)


def test_an_import_is_aborted_by_command_while_the_service_runs(config: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "stuck", "state": "created"}]})
    with running(load(config)):
        drop(config, "users.csv", USERS)
        wait(lambda: (status(config)["lanes"][0]["import"] or {}).get("import_id"))

        aborted = sisdrop("abort", "users.csv", "--config", config)
        wait(lambda: status(config)["recent"])

        assert aborted.returncode == 0
        assert status(config)["recent"][0]["outcome"] == "aborted"


@pytest.mark.long
def test_an_import_is_aborted_by_command_when_no_service_runs(config: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "stuck", "state": "created"}]})
    with running(load(config)):
        drop(config, "users.csv", USERS)
        wait(lambda: (status(config)["lanes"][0]["import"] or {}).get("import_id"))

    aborted = sisdrop("abort", "users.csv", "--config", config)
    ended = sisdrop("run", "--once", "--config", config)

    assert "aborted" in aborted.stdout
    assert ended.returncode == 1
    assert status(config)["recent"][0]["outcome"] == "aborted"


def test_a_failed_drop_is_retried_and_a_held_one_rejected_by_command(config: Path, sandbox: Sandbox) -> None:
    sandbox.set_faults({"faults": [{"kind": "fail"}]})
    with running(load(config)):
        drop(config, "users.csv", USERS)
        wait(lambda: status(config)["recent"])
        assert sisdrop("release", "--config", config).returncode == 0
        assert sisdrop("retry", "users.csv", "--config", config).returncode == 0
        wait(lambda: [entry["outcome"] for entry in status(config)["recent"]] == ["imported"])

        drop(config, "courses.csv", "colour\nblue\n")
        wait(lambda: status(config)["feeds"][0]["held"])
        assert sisdrop("reject", "courses.csv", "--config", config).returncode == 0
        wait(lambda: [entry["outcome"] for entry in status(config)["recent"]] == ["rejected", "imported"])

    assert not list((config.parent / "failed").glob("*-users.csv*"))


# what is said when it cannot be done


def test_an_import_is_undone_by_command_and_show_tells_how_it_went(config: Path, sandbox: Sandbox) -> None:
    drop(config, "users.csv", USERS)
    assert sisdrop("run", "--once", "--config", config).returncode == 0

    unasked = installed_sisdrop("undo", "users.csv", "--config", config, stdin=subprocess.DEVNULL)
    assert (unasked.returncode, "--yes" in unasked.stderr) == (2, True)
    assert "created 2 logins: to be deleted" in unasked.stdout
    both = sisdrop("undo", "users.csv", "--undelete-only", "--unconclude-only", "--config", config)
    assert both.returncode == 2

    asked = sisdrop("undo", "users.csv", "--yes", "--config", config)
    assert asked.returncode == 0
    assert "not running here" in asked.stderr
    assert "undoing users.csv" in sisdrop("status", "--config", config).stdout
    assert sisdrop("run", "--once", "--config", config).returncode == 1

    assert len(list((config.parent / "archive").glob("*.undo.json"))) == 1
    shown = json.loads(sisdrop("show", "users.csv", "--json", "--config", config).stdout)["undo"]
    assert (shown["state"], shown["workflow_state"]) == ("closed", "restored")
    assert "Canvas undid SIS import" in sisdrop("show", "users.csv", "--config", config).stdout
    again = sisdrop("undo", "users.csv", "--yes", "--config", config)
    assert (again.returncode, "was undone already" in again.stderr) == (2, True)


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_on_a_terminal_an_undo_is_asked_about(config: Path, monkeypatch: Any, answer: bytes, code: int) -> None:
    drop(config, "users.csv", USERS)
    sisdrop("run", "--once", "--config", config)
    keyboard, terminal = os.openpty()
    os.write(keyboard, answer)
    with os.fdopen(terminal) as stdin, os.fdopen(keyboard, "rb", 0):
        monkeypatch.setattr(sys, "stdin", stdin)
        ended = sisdrop("undo", "users.csv", "--config", config)
    assert ended.returncode == code
    assert ("Nothing is undone." in ended.stdout) is (code == 1)


def test_all_that_is_wrong_with_a_configuration_is_said_at_once_with_exit_two(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("canvas: {url: http://school.example}\nfeeds: {nightly: {pol_s: 5, hold: {messages_over: ten}}}\n")

    ended = sisdrop("run", "--config", path)

    assert ended.returncode == 2
    assert 'feeds.nightly.hold.messages_over: expected a whole number, got "ten"' in ended.stderr
    assert "poll_s" in ended.stderr
    assert "canvas.token" in ended.stderr
    assert "https" in ended.stderr


def test_keys_of_a_later_version_are_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    config = write_config(tmp_path, sandbox, result_page="always", top={"metrics": "127.0.0.1:9108"})

    ended = sisdrop("run", "--once", "--config", config)

    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if "does not have this yet" in line]
    assert len(lines) == 2
    assert any("metrics" in line for line in lines)
    assert any("result_page" in line for line in lines)


def test_a_drop_that_does_not_exist_is_a_usage_error(config: Path) -> None:
    sisdrop("run", "--once", "--config", config)

    ended = sisdrop("show", "nothing.csv", "--config", config)

    assert ended.returncode == 2
    assert "there is no drop nothing.csv" in ended.stderr


def test_asking_for_status_before_the_first_run_leaves_nothing_behind(config: Path) -> None:
    ended = sisdrop("status", "--config", config)

    assert ended.returncode == 0
    assert "not running" in ended.stdout
    assert not (config.parent / "state").exists()


def test_a_bug_is_reported_in_a_file_with_exit_three(config: Path) -> None:
    sisdrop("run", "--once", "--config", config)
    environment = {**os.environ, "PYTHONPATH": str(config.parent)}
    (config.parent / "sitecustomize.py").write_text(
        "import sisdrop.status.snapshot as s\nimport sisdrop.status as t\n"
        "def broken(*a, **k): raise KeyError('unforeseen')\nt.snapshot = s.snapshot = broken\n"
    )

    ended = installed_sisdrop("status", "--config", config, env=environment)

    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    (report,) = (config.parent / "state").glob("error-*.txt")
    assert "unforeseen" in report.read_text()


def test_the_token_is_in_no_log_no_journal_and_no_process_list(config: Path, sandbox: Sandbox) -> None:
    with service(config) as process:
        drop(config, "users.csv", USERS)
        wait(lambda: status(config)["recent"])
        if sys.platform == "linux":
            assert sandbox.token not in Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        log = process.communicate(timeout=10)[1]

    assert "Submitted users.csv" in log
    assert sandbox.token not in log
    for path in config.parent.rglob("*"):
        if path.is_file() and path.name != "token":
            assert sandbox.token.encode() not in path.read_bytes(), path


# practice


def test_practice_once_ends_with_four_pairs_in_archive(tmp_path: Path) -> None:
    ended = sisdrop("practice", "--once", "--speed", "20", tmp_path / "try")

    assert ended.returncode == 0, ended.stderr
    names = sorted(path.name[17:] for path in (tmp_path / "try" / "archive").iterdir())
    files = ["courses.csv", "enrollments.csv", "sections.csv", "users.csv"]
    assert names == sorted([*files, *(f"{name}.result.json" for name in files)])
    for word in ("noticed", "settled", "checked", "submitted", "finished", "filed"):
        assert f"  {word} " in ended.stdout


@pytest.mark.long
def test_practice_plays_every_night_and_at_the_end_only_the_broken_off_one_is_held(tmp_path: Path) -> None:
    folder = tmp_path / "try"

    ended = sisdrop("practice", "--all", "--speed", "20", folder)

    assert ended.returncode == 0, ended.stdout
    mistakes = ended.stdout.partition("The next night has mistakes")[2]
    assert re.search(r"waiting +enrollments\.csv \(351 rows.*\): waits behind users\.csv \(held\)", mistakes)
    assert re.findall(r"Submitted (\S+):", mistakes) == ["users.csv", "enrollments.csv", "enrollments.csv"]
    assert [path.name[17:] for path in sorted((folder / "failed").iterdir())] == ["users.csv", "users.csv.result.json"]
    (held,) = status(folder / "config.yaml")["feeds"][0]["held"]
    assert held["name"] == "enrollments.csv"
    assert "210 rows" in held["reason"]
    assert "Active before and lost now: 141 of 351" in ended.stdout


@pytest.mark.long
def test_practice_stays_and_goes_on_with_what_is_dropped_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "try"
    command = [*PROGRAM, "practice", "--empty", "--speed", "20", str(folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait(lambda: (folder / "inbox" / ".sisdrop").exists())
        for name in ("users.csv", "enrollments.csv"):
            (folder / "inbox" / name).write_bytes((folder / "samples" / "mistakes" / name).read_bytes())
        wait(lambda: status(folder / "config.yaml")["feeds"][0]["held"])
        wait(lambda: status(folder / "config.yaml")["feeds"][0]["waiting"])
        held = status(folder / "config.yaml")["feeds"][0]["held"]
        process.send_signal(signal.SIGINT)
        told, problems = process.communicate(timeout=15)
    finally:
        process.kill()
        process.wait(10)

    assert [entry["name"] for entry in held] == ["users.csv"]
    assert "held " in told
    assert problems == ""
    assert process.returncode == 0


def test_practice_leaves_a_configuration_of_your_own_alone(tmp_path: Path, config: Path) -> None:
    before = config.read_text()

    ended = sisdrop("practice", "--once", config.parent)

    assert ended.returncode == 2
    assert config.read_text() == before
