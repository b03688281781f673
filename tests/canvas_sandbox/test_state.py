"""What is in the sandbox's Canvas, as JSON: put, read, and put again."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from tests.support.sandbox_client import USERS, Client

# state


def test_putting_a_state_replaces_everything_but_ids_go_on(canvas: Client) -> None:
    before = canvas.imported()["id"]
    state = {"users": [{"user_id": "s1", "login_id": "s1"}], "features": ["institutional_tags"], "runs_as": "s1"}
    assert canvas.put("/sandbox/state", json=state).status_code == 200
    assert canvas.ids() == []
    assert canvas.get("/api/v1/users/sis_user_id:u1").status_code == 404
    assert canvas.get("/api/v1/users/sis_user_id:s1").json()["login_id"] == "s1"
    assert canvas.get("/api/v1/users/self").json()["sis_user_id"] == "s1"
    found = canvas.get("/sandbox/state").json()
    assert {key: found[key] for key in ("features", "runs_as")} == {"features": ["institutional_tags"], "runs_as": "s1"}
    assert [(user["user_id"], user["login_id"]) for user in found["users"]] == [("s1", "s1")]
    assert canvas.created() > before


def test_a_state_comes_back_as_it_was_put_until_something_is_imported(canvas: Client) -> None:
    state = {"users": [{"user_id": "s1", "login_id": "s1"}], "terms": [], "features": []}
    canvas.put("/sandbox/state", json=state)
    assert canvas.get("/sandbox/state").json() == state
    canvas.imported(USERS)
    assert [user["user_id"] for user in canvas.get("/sandbox/state").json()["users"]] == ["s1", "u1"]


def test_a_conformance_case_can_be_put_as_it_stands(canvas: Client) -> None:
    case = {"id": "x", "canvas_state": {"terms": [{"term_id": "t1"}]}, "features": ["institutional_tags"], "files": []}
    assert canvas.put("/sandbox/state", json=case).status_code == 200
    expected = {"terms": [{"term_id": "t1"}], "features": ["institutional_tags"]}
    assert canvas.get("/sandbox/state").json() == expected


def test_a_dumped_state_can_be_put_again(canvas: Client) -> None:
    canvas.imported(USERS)
    state = canvas.get("/sandbox/state").json()
    assert canvas.put("/sandbox/state", json=state).status_code == 200
    assert canvas.get("/sandbox/state").json() == state


def test_putting_a_state_ends_the_running_import(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow_progress", "looks": 1000}])
    import_id = canvas.created()
    canvas.sandbox.wait_for_state(import_id, "importing")
    assert canvas.put("/sandbox/state", json={}).status_code == 200
    assert canvas.get(str(import_id)).status_code == 404
    assert canvas.imported(USERS)["workflow_state"] == "imported"


@pytest.mark.parametrize(
    "bad",
    [
        [], "x", {"nonsense": 1}, {"users": [{}]}, {"users": 7}, {"features": "x"}, None,
        {"users": [{"user_id": "a", "login_id": "b", "canvas_id": 10**30}]},
        {"accounts": [{"account_id": "a", "parent": "b"}, {"account_id": "b", "parent": "a"}]},
        {"accounts": [{"account_id": "a", "parent": "a"}]}, {"groups": [{"group_id": "g", "ctx": ["z", "x"]}]},
    ],
)  # fmt: skip
def test_a_state_that_cannot_be_read_is_refused_and_changes_nothing(canvas: Client, bad: Any) -> None:
    canvas.imported(USERS)
    answer = canvas.put("/sandbox/state", json=bad) if bad is not None else canvas.put("/sandbox/state", data=b"{")
    assert answer.status_code == 400, answer.text
    assert not answer.json()["errors"][0]["message"].startswith("ValueError")
    assert canvas.get("/api/v1/users/sis_user_id:u1").status_code == 200
    assert len(canvas.ids()) == 1


def test_control_endpoints_answer_on_loopback_names_only(canvas: Client) -> None:
    host, port = canvas.sandbox.url.removeprefix("http://").split(":")
    for name, status in (
        ("localhost:1", 200),
        ("[::1]", 200),
        ("sandbox.example", 403),
        ("127.0.0.1.evil.example", 403),
    ):
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/sandbox/faults", headers={"Host": name, "Authorization": "Bearer secret"})
        assert connection.getresponse().status == status, name
        connection.close()
