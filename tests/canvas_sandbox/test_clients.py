"""Clients that others wrote against the real Canvas work with the sandbox: canvasapi, uw-restclients-canvas, curl."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import canvasapi
import canvasapi.exceptions
import pytest
from commonconf import override_settings
from commonconf.backends import use_configparser_backend
from commonconf.proxy import ConfProxy
from restclients_core.dao import LiveDAO
from restclients_core.exceptions import DataFailureException
from uw_canvas.accounts import Accounts
from uw_canvas.courses import Courses
from uw_canvas.enrollments import Enrollments
from uw_canvas.sis_import import SISImport
from uw_canvas.terms import Terms
from uw_canvas.users import Users

import canvas_sandbox as sandbox
from canvas_sandbox import Sandbox
from tests.support.sandbox_client import USERS, rows

COURSES = b"course_id,short_name,long_name,status\nc1,C 1,Course one,active\n"
ENROLLMENTS = b"course_id,user_id,role,status\nc1,u1,student,active\nc1,u2,teacher,active\nc1,nobody,student,active\n"
PEOPLE = USERS + b"u2,u2,active\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox.start(speed="max", token="secret") as made:
        yield made


# canvasapi


@pytest.fixture
def account(running: Sandbox) -> Iterator[Any]:
    with pytest.warns(UserWarning, match="HTTP"):
        canvas = canvasapi.Canvas(running.url, "secret")
    requester = canvas._Canvas__requester
    yield canvas.get_account(1)
    requester._session.close()


def test_canvasapi_creates_follows_and_reads_an_import(running: Sandbox, account: Any, tmp_path: Path) -> None:
    csv = tmp_path / "users.csv"
    csv.write_bytes(b"user_id,login_id,status\n" + b",x,active\n" * 14)
    made = account.create_sis_import(str(csv), skip_deletes=True)
    running.wait_for_end(made.id)
    followed = account.get_sis_import(made.id)
    assert followed.workflow_state == "imported_with_messages"
    assert followed.skip_deletes is True
    assert len(followed.processing_warnings) == 14
    assert followed.errors_attachment["display_name"] == f"sis_errors_attachment_{made.id}.csv"
    assert made.id in [item.id for item in account.get_sis_imports()]
    assert list(account.get_sis_imports_running()) == []


def test_canvasapi_aborts_and_restores(running: Sandbox, account: Any, tmp_path: Path) -> None:
    csv = tmp_path / "users.csv"
    csv.write_bytes(USERS)
    running.set_faults([{"kind": "stuck"}])
    assert account.create_sis_import(str(csv)).abort().workflow_state == "aborted"
    assert account.abort_sis_imports_pending() is True
    made = account.create_sis_import(str(csv))
    running.wait_for_end(made.id)
    progress = made.restore_states()
    assert progress.tag == "sis_batch_state_restore"
    assert progress.query().id == progress.id


def test_canvasapi_tells_refusals_apart(running: Sandbox, account: Any, tmp_path: Path) -> None:
    csv = tmp_path / "users.csv"
    csv.write_bytes(USERS)
    with pytest.raises(canvasapi.exceptions.BadRequest, match="batch_mode_term_id"):
        account.create_sis_import(str(csv), batch_mode=True)
    with pytest.raises(canvasapi.exceptions.ResourceDoesNotExist):
        account.get_sis_import(1)
    running.set_faults([{"kind": "token"}])
    with pytest.raises(canvasapi.exceptions.InvalidAccessToken):
        account.get_sis_import(1)
    running.set_faults([{"kind": "throttle", "style": 429}])
    with pytest.raises(canvasapi.exceptions.RateLimitExceeded):
        account.get_sis_import(1)


def test_canvasapi_finds_what_was_imported(running: Sandbox, account: Any, tmp_path: Path) -> None:
    archive = tmp_path / "feed.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in (("e.csv", ENROLLMENTS), ("u.csv", PEOPLE), ("c.csv", COURSES)):
            out.writestr(name, content)
    made = account.create_sis_import(str(archive))
    assert running.wait_for_end(made.id) == "imported_with_messages"
    with pytest.warns(UserWarning, match="HTTP"):
        canvas = canvasapi.Canvas(running.url, "secret")
    course = canvas.get_course("c1", use_sis_id=True)
    assert (course.name, course.workflow_state) == ("Course one", "unpublished")
    assert [item.sis_user_id for item in course.get_enrollments()] == ["u1", "u2"]
    assert canvas.get_user("u1", "sis_user_id").login_id == "u1"
    assert "u2" in [user.sis_user_id for user in account.get_users()]
    assert "c1" in [item.sis_course_id for item in account.get_courses()]
    canvas._Canvas__requester._session.close()


# uw-restclients-canvas


@pytest.fixture
def washington(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    settings = tmp_path_factory.mktemp("settings") / "settings.ini"
    settings.write_text("[settings]\n")
    use_configparser_backend(str(settings), "settings")
    with override_settings(
        RESTCLIENTS_CANVAS_DAO_CLASS="Live",
        RESTCLIENTS_CANVAS_HOST=running.url,
        RESTCLIENTS_CANVAS_OAUTH_BEARER="secret",
        RESTCLIENTS_CANVAS_ACCOUNT_ID="1",
    ):
        yield
    LiveDAO.pools.pop("canvas").close()
    ConfProxy.backend = None


@pytest.mark.usefixtures("washington")
def test_uw_restclients_imports_a_string_and_a_folder(running: Sandbox, tmp_path: Path) -> None:
    client = SISImport()
    made = client.import_str(rows(3).decode(), {"override_sis_stickiness": "1"})
    assert (made.workflow_state, made.override_sis_stickiness) == ("created", True)
    running.wait_for_end(made.import_id)
    assert client.get_import_status(made).workflow_state == "imported"
    for name, content in (("users.csv", PEOPLE), ("courses.csv", COURSES), ("enrollments.csv", ENROLLMENTS)):
        (tmp_path / name).write_bytes(content)
    folder = client.import_dir(str(tmp_path))
    running.wait_for_end(folder.import_id)
    (error,) = client.get_import_errors(folder)
    assert (error.import_file, error.row) == ("enrollments.csv", 4)
    assert [item.import_id for item in client.get_imports()][:2] == [folder.import_id, made.import_id]


@pytest.mark.usefixtures("washington")
def test_uw_restclients_aborts(running: Sandbox) -> None:
    client = SISImport()
    running.set_faults([{"kind": "stuck"}])
    made = client.import_str(USERS.decode())
    assert client.delete_import(made).workflow_state == "aborted"
    assert client.delete_all_pending_imports() == {"aborted": True}
    with pytest.raises(DataFailureException) as refused:
        client.delete_import(made)
    assert refused.value.status == 404


@pytest.mark.usefixtures("washington")
def test_uw_restclients_reads_accounts_people_and_courses(running: Sandbox, tmp_path: Path) -> None:
    client = SISImport()
    for name, content in (("users.csv", PEOPLE), ("courses.csv", COURSES), ("enrollments.csv", ENROLLMENTS)):
        (tmp_path / name).write_bytes(content)
    running.wait_for_end(client.import_dir(str(tmp_path)).import_id)
    assert Accounts().get_account("1").name == "Sandbox"
    assert Users().get_user_by_sis_id("u1").login_id == "u1"
    assert Courses().get_course_by_sis_id("c1").code == "C 1"
    assert {item.sis_user_id for item in Enrollments().get_enrollments_for_course_by_sis_id("c1")} == {"u1", "u2"}
    assert [term.name for term in Terms().get_all_terms()] == ["Default Term"]


# curl and the command


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_of_the_documentation_works(running: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "test_course.csv").write_bytes(COURSES)
    url = f"{running.url}/api/v1/accounts/self/sis_imports.json?import_type=instructure_csv"
    line = ["curl", "-sS", "-F", "attachment=@test_course.csv", "-H", "Authorization: Bearer secret", url]
    answer = json.loads(subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, timeout=20).stdout)
    assert answer["workflow_state"] == "created"
    assert running.wait_for_end(answer["id"]) == "imported"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("way", [["-T", "-"], ["--data-binary", "@-"]])
def test_curl_sends_large_raw_bodies_with_expect_and_chunks(running: Sandbox, way: list[str]) -> None:
    url = f"{running.url}/api/v1/accounts/self/sis_imports?extension=csv"
    headers = ["-H", "Authorization: Bearer secret", "-H", "Expect: 100-continue", "-H", "Content-Type: text/csv"]
    line = ["curl", "-sS", "-X", "POST", *headers, *way, url]
    ran = subprocess.run(line, input=rows(5_000), check=True, capture_output=True, timeout=20)
    answer = json.loads(ran.stdout)
    running.wait_for_end(answer["id"])
    request = urllib.request.Request(f"{url.partition('?')[0]}/{answer['id']}?access_token=secret")
    with urllib.request.urlopen(request, timeout=20) as found:
        assert json.load(found)["data"]["counts"]["users"] == 5_000


@contextlib.contextmanager
def _command(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, running; killed at the end if a failing test left it so."""
    line = [sys.executable, "-W", "error", "-m", "sisdrop", "sandbox", *arguments]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_line_when_ready_and_ends_by_a_signal(tmp_path: Path, stop: signal.Signals) -> None:
    seed, faults = tmp_path / "seed", tmp_path / "faults.json"
    seed.mkdir()
    for name, content in (("1.csv", ENROLLMENTS), ("2.csv", COURSES), ("3.csv", PEOPLE), ("note.txt", b"x")):
        (seed / name).write_bytes(content)
    faults.write_text('{"faults": [{"kind": "throttle", "path": "users/self"}]}')
    arguments = ("--token", "t", "--speed", "max", "--seed-from", str(seed), "--faults", str(faults))
    with _command(tmp_path, *arguments) as process:
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
        made = [_post(url, rows(100_000)), _post(url, USERS)]
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
    ("arguments", "says"),
    [
        (["--speed", "fast"], "number above 0"),
        (["--reset"], "--data"),
        (["--port", "70000"], "65535"),
        (["--seed-from", "nowhere"], "nowhere"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(tmp_path: Path, arguments: list[str], says: str) -> None:
    with _command(tmp_path, *arguments) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert says in err
