"""Clients that others wrote against the real Canvas work with the sandbox: canvasapi, uw-restclients-canvas, curl."""

from __future__ import annotations

import json
import shutil
import subprocess
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
from tests.support.sandbox_client import COURSES, ENROLLMENTS, PEOPLE, USERS, rows


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


# curl


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
