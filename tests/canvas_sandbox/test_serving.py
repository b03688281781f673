"""The sandbox as a command, alone and in sisdrop: ready by one line, ended by a signal, kept over a kill."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import serving
from sisdrop.__main__ import main as sisdrop_main
from tests.support.sandbox_client import COURSES, ENROLLMENTS, PEOPLE, USERS, rows

ALONE = ("canvas_sandbox",)
IN_SISDROP = ("sisdrop", "sandbox")


@contextlib.contextmanager
def _command(folder: Path, *arguments: str, program: tuple[str, ...] = ALONE) -> Iterator[subprocess.Popen[str]]:
    """The command, running; killed at the end if a failing test left it so."""
    line = [sys.executable, "-W", "error", "-m", *program, *arguments]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(
    ("program", "stop"), [(ALONE, signal.SIGTERM), (ALONE, signal.SIGINT), (IN_SISDROP, signal.SIGTERM)]
)
def test_the_command_prints_one_line_when_ready_and_ends_by_a_signal(
    tmp_path: Path, program: tuple[str, ...], stop: signal.Signals
) -> None:
    seed, faults = tmp_path / "seed", tmp_path / "faults.json"
    seed.mkdir()
    for name, content in (("1.csv", ENROLLMENTS), ("2.csv", COURSES), ("3.csv", PEOPLE), ("note.txt", b"x")):
        (seed / name).write_bytes(content)
    faults.write_text('{"faults": [{"kind": "throttle", "path": "users/self"}]}')
    arguments = ("--token", "t", "--speed", "max", "--seed-from", str(seed), "--faults", str(faults))
    with _command(tmp_path, *arguments, program=program) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"url", "token"}
        base = f"{ready['url']}/api/v1"
        with urllib.request.urlopen(f"{base}/courses/sis_course_id:c1/enrollments?access_token=t", timeout=20) as found:
            assert [item["sis_user_id"] for item in json.load(found)] == ["u1", "u2"], "seeded in Canvas's order"
        with pytest.raises(urllib.error.HTTPError) as throttled:
            urllib.request.urlopen(f"{base}/users/self?access_token=t", timeout=20)
        throttled.value.close()
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines() == [
        "2.csv: imported (import 8001)",
        "3.csv: imported (import 8002)",
        "1.csv: imported_with_messages (import 8003)",
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL to send")
def test_a_killed_sandbox_starts_again_on_its_folder(tmp_path: Path) -> None:
    arguments = ("--data", "data", "--token", "t")
    with _command(tmp_path, *arguments, "--speed", "10") as first:
        assert first.stdout is not None
        url = json.loads(first.stdout.readline())["url"]
        made = [_post(url, rows(20_000)), _post(url, USERS)]
        while _one(url, made[0])["workflow_state"] != "importing":
            pass
        first.kill()
    with _command(tmp_path, *arguments, "--speed", "max") as second:
        assert second.stdout is not None
        url = json.loads(second.stdout.readline())["url"]
        while (waiting := _one(url, made[1]))["workflow_state"] in ("created", "importing"):
            pass
        killed = _one(url, made[0])
        second.terminate()
        second.communicate(timeout=20)
    assert (killed["workflow_state"], killed["ended_at"] is None) == ("failed", False)
    assert waiting["workflow_state"] == "imported"


def _post(url: str, content: bytes) -> int:
    address = f"{url}/api/v1/accounts/self/sis_imports?extension=csv&access_token=t"
    with urllib.request.urlopen(urllib.request.Request(address, data=content), timeout=20) as answer:
        return int(json.load(answer)["id"])


def _one(url: str, import_id: int) -> dict[str, Any]:
    address = f"{url}/api/v1/accounts/self/sis_imports/{import_id}?access_token=t"
    with urllib.request.urlopen(address, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--speed", "fast"], 2, "number above 0"),
        (["--reset"], 2, "--data"),
        (["--port", "70000"], 2, "65535"),
        (["--seed-from", "nowhere"], 2, "nowhere"),
        (["--faults", "no.json"], 2, "no.json"),
        (["--data", "damaged"], 4, "--reset"),
    ],
)
@pytest.mark.parametrize("main", [serving.main, sisdrop_main], ids=["alone", "in sisdrop"])
def test_the_command_refuses_what_it_cannot_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    main: Callable[[], None],
    arguments: list[str],
    status: int,
    says: str,
) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "imports.sqlite3").write_bytes(b"this is no database" * 1000)
    (tmp_path / "no.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the signals of the test run are its own
    monkeypatch.setattr(sys, "argv", ["x", *(["sandbox"] if main is sisdrop_main else []), *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (status, "")
    assert says in err
