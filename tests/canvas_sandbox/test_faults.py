"""Faults on demand: each does what its name says, to the requests it is meant for, as often as it was told."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from canvas_sandbox.faults import KINDS, BadFault, FaultBook, read_faults
from tests.support.sandbox_client import Client, rows

BROKEN = b"user_id,login_id,status\n,u1,active\n"


def _states(canvas: Client) -> list[str]:
    return [item["workflow_state"] for item in canvas.get().json()["sis_imports"]]


def _raw_answer(canvas: Client) -> bytes:
    head = b"GET /api/v1/users/self HTTP/1.1\r\nHost: localhost\r\nUser-Agent: t\r\nAuthorization: Bearer secret\r\n"
    return canvas.raw(head + b"Connection: close\r\n\r\n")


# lost answers


def test_accept_then_drop_makes_the_import_and_gives_no_answer(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "accept_then_drop", "method": "POST"}])
    with pytest.raises(requests.ConnectionError):
        canvas.upload()
    assert len(canvas.ids()) == 1
    assert canvas.imported()["workflow_state"] == "imported", "it hits once"


@pytest.mark.parametrize("early", [False, True])
def test_drop_before_accept_makes_nothing(canvas: Client, early: bool) -> None:
    canvas.sandbox.set_faults([{"kind": "drop_before_accept", "method": "POST", "early": early}])
    with pytest.raises(requests.ConnectionError):
        canvas.upload(rows(50_000))
    assert canvas.ids() == []


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_gateway_error_comes_as_html_before_or_after_the_import_is_made(canvas: Client, when: str, made: int) -> None:
    for status in (502, 503, 504, 500):
        before = len(canvas.ids(per_page=100))
        canvas.sandbox.set_faults([{"kind": "answer", "method": "POST", "status": status, "when": when}])
        answer = canvas.upload()
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.text.startswith("<html>")
        assert len(canvas.ids(per_page=100)) == before + made


def test_any_other_answer_can_be_given(canvas: Client) -> None:
    fault = {
        "kind": "answer", "path": "users/self$", "status": 200, "body": "<h1>Log in</h1>",
        "content_type": "text/html", "headers": {"X-Any": "thing", "Location": "https://elsewhere.example/"},
    }  # fmt: skip
    canvas.sandbox.set_faults([fault])
    answer = canvas.get("/api/v1/users/self")
    assert (answer.status_code, answer.text, answer.headers["X-Any"]) == (200, "<h1>Log in</h1>", "thing")


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_the_status_line_can_be_cut_off(canvas: Client, when: str, made: int) -> None:
    canvas.sandbox.set_faults([{"kind": "cut_status_line", "path": "users/self"}])
    assert _raw_answer(canvas) == b"HTTP/1.1 200"
    script = [{"kind": "cut_status_line", "method": "POST", "when": when, "bytes": size} for size in (12, 5)]
    canvas.sandbox.set_faults(script)
    answer = canvas.upload()
    assert (answer.status_code, answer.content) == (200, b""), "requests takes half a status line for a success"
    with pytest.raises(requests.ConnectionError):
        canvas.upload()
    assert len(canvas.ids()) == 2 * made


def test_the_body_can_be_cut_off(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "cut_body", "method": "POST"}])
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError, ValueError)):
        canvas.upload().json()
    assert len(canvas.ids()) == 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_hanging_request_is_let_go_when_the_faults_are_replaced(canvas: Client, when: str, made: int) -> None:
    canvas.sandbox.set_faults([{"kind": "hang", "method": "POST", "when": when}])
    ended: list[str] = []

    def ask() -> None:
        try:
            canvas.upload()
        except requests.ConnectionError:
            ended.append("no answer")

    thread = threading.Thread(target=ask)
    thread.start()
    other = Client(canvas.sandbox)
    while not other.get("/sandbox/faults").json()["faults"][0]["hits"]:
        time.sleep(0.001)  # until the request hangs
    while len(other.ids()) < made:
        time.sleep(0.001)  # until it was carried out
    assert ended == []
    other.call("DELETE", "/sandbox/faults")
    thread.join(20)
    assert ended == ["no answer"]
    assert len(other.ids()) == made
    other.close()


def test_a_hang_of_some_seconds_and_a_slow_answer_take_their_time(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow", "seconds": 0.2}, {"kind": "hang", "seconds": 0.2, "after": 1}])
    started = time.monotonic()
    assert canvas.get("/api/v1/users/self").status_code == 200
    assert time.monotonic() - started >= 0.2
    with pytest.raises(requests.ConnectionError):
        canvas.get("/api/v1/users/self")
    assert time.monotonic() - started >= 0.4


# refusals


@pytest.mark.parametrize("style", [403, 429])
def test_throttling_is_plain_text_without_retry_after(canvas: Client, style: int) -> None:
    canvas.sandbox.set_faults([{"kind": "throttle", "style": style}])
    answer = canvas.get()
    assert answer.status_code == style
    assert answer.text == f"{style} Forbidden (Rate Limit Exceeded)\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == 0
    assert not {"Retry-After", "X-Request-Cost"} & set(answer.headers)
    assert "X-Request-Cost" in canvas.get().headers


@pytest.mark.parametrize("says", ["invalid", "expired", "revoked"])
def test_a_token_can_go_bad_in_the_middle_of_polling(canvas: Client, says: str) -> None:
    made = canvas.imported()["id"]
    canvas.sandbox.set_faults([{"kind": "token", "says": says, "after": 2, "count": 2}])
    seen = [canvas.get(str(made)) for _ in range(5)]
    assert [answer.status_code for answer in seen] == [200, 200, 401, 401, 200]
    assert seen[2].json()["errors"][0]["message"] == f"{says.title()} access token."
    assert ("expired_at" in seen[2].json()["errors"][0]) == (says == "expired")
    assert seen[2].headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


@pytest.mark.parametrize(
    ("says", "status", "body"),
    [
        ("permission", 401, "user not authorized to perform that action"),
        ("permission_403", 403, "user not authorized to perform that action"),
        ("scope", 401, "Insufficient scopes on access token."),
        ("not_root", 400, "SIS imports can only be executed on root accounts"),
        ("not_enabled", 403, "SIS imports are not enabled for this account"),
        ("user_agent", 403, "have not provided a valid user agent"),
    ],
)
def test_canvas_can_refuse_in_each_of_its_ways(canvas: Client, says: str, status: int, body: str) -> None:
    canvas.sandbox.set_faults([{"kind": "refuse", "says": says, "method": "POST"}])
    answer = canvas.upload()
    assert answer.status_code == status
    assert body in answer.text
    assert "WWW-Authenticate" not in answer.headers
    assert canvas.ids() == []


# lists and headers


def test_the_page_size_can_be_forced_small(canvas: Client) -> None:
    made = [canvas.imported()["id"] for _ in range(5)]
    canvas.sandbox.set_faults([{"kind": "page_size", "size": 2}])
    answer, found = canvas.get(params={"per_page": 100}), []
    while True:
        found += [item["id"] for item in answer.json()["sis_imports"]]
        if "next" not in answer.links:
            break
        answer = canvas.session.get(answer.links["next"]["url"])
    assert found == made[::-1]


@pytest.mark.parametrize(("case", "name"), [("lower", b"content-type: "), ("title", b"X-Request-Cost: ")])
def test_header_names_can_be_spelled_otherwise(canvas: Client, case: str, name: bytes) -> None:
    canvas.sandbox.set_faults([{"kind": "header_case", "case": case}])
    assert name in _raw_answer(canvas)
    assert name in _raw_answer(canvas), "for good, unless a count is given"


# imports that misbehave


@pytest.mark.parametrize("state", ["created", "initializing", "importing", "reticulating"])
def test_an_import_can_be_stuck_in_any_state_for_a_number_of_looks(canvas: Client, state: str) -> None:
    fault = {"kind": "unknown_state"} if state == "reticulating" else {"kind": "stuck", "state": state}
    canvas.sandbox.set_faults([{**fault, "looks": 3}])
    answer = canvas.upload()
    assert answer.json()["workflow_state"] == "created"
    import_id = answer.json()["id"]
    assert [canvas.show(import_id)["workflow_state"] for _ in range(3)] == [state] * 3
    assert canvas.sandbox.wait_for_end(import_id) == "imported"


def test_an_unknown_state_is_no_end(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "unknown_state"}])
    import_id = canvas.created()
    ends: list[str] = []
    waiting = threading.Thread(target=lambda: ends.append(canvas.sandbox.wait_for_end(import_id)))
    waiting.start()
    assert {canvas.show(import_id)["workflow_state"] for _ in range(20)} == {"reticulating"}
    assert ends == []
    canvas.sandbox.set_faults([])
    waiting.join(20)
    assert ends == ["imported"]


def test_an_import_that_is_stuck_for_good_goes_on_when_the_faults_are_replaced(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "stuck"}])
    import_id = canvas.created()
    assert {canvas.show(import_id)["workflow_state"] for _ in range(20)} == {"created"}
    canvas.sandbox.set_faults([])
    assert canvas.sandbox.wait_for_end(import_id) == "imported"


def test_an_import_that_is_stuck_in_created_stays_there_whatever_else_is_imported(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "foreign_import", "state": "created"}, {"kind": "stuck", "looks": 9}])
    foreign = canvas.ids()
    stuck = canvas.created()
    assert canvas.imported()["workflow_state"] == "imported"
    assert [canvas.show(held)["workflow_state"] for held in (stuck, *foreign)] == ["created", "created"]


def test_a_slow_import_shows_importing_and_its_progress_for_a_number_of_looks(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow_progress", "looks": 4}])
    import_id = canvas.created(rows(60))
    canvas.sandbox.wait_for_state(import_id, "importing")
    seen = [canvas.show(import_id) for _ in range(4)]
    assert {body["workflow_state"] for body in seen} == {"importing"}
    assert [body["progress"] for body in seen] == sorted(body["progress"] for body in seen)
    assert canvas.sandbox.wait_for_end(import_id) == "imported"


def test_all_that_goes_on_by_itself_has_ended_when_the_sandbox_is_quiet(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow_progress", "looks": 2}])
    slow, other = canvas.created(), canvas.created()
    canvas.sandbox.wait_until_quiet()
    assert [canvas.show(made)["workflow_state"] for made in (slow, other)] == ["importing", "created"]
    canvas.show(slow)
    canvas.sandbox.wait_until_quiet()
    assert [canvas.show(made)["workflow_state"] for made in (slow, other)] == ["imported", "imported"]


def test_a_slow_import_can_be_aborted(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow_progress", "looks": 1000}])
    import_id = canvas.created()
    canvas.sandbox.wait_for_state(import_id, "importing")
    assert canvas.get("importing").json()["sis_imports"][0]["id"] == import_id
    assert canvas.put(f"{import_id}/abort").json()["workflow_state"] == "aborted"
    assert canvas.sandbox.wait_for_end(import_id) == "aborted"


def test_the_error_file_can_come_late_or_never(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "late_errors", "looks": 2}, {"kind": "late_errors", "looks": None, "after": 1}])
    import_id = canvas.created(BROKEN)
    canvas.sandbox.wait_for_end(import_id)
    assert ["errors_attachment" in canvas.show(import_id) for _ in range(4)] == [False, False, True, True]
    never = canvas.created(BROKEN)
    canvas.sandbox.wait_for_end(never)
    assert not any("errors_attachment" in canvas.show(never) for _ in range(20))


@pytest.mark.parametrize(
    ("option", "sent", "shown"),
    [
        ("skip_deletes", {"skip_deletes": "true"}, {"skip_deletes": False}),
        ("batch_mode", {"batch_mode": "1", "batch_mode_term_id": "default"}, {"batch_mode": None}),
        (
            "diffing_remaster_data_set",
            {"diffing_data_set_identifier": "x", "diffing_remaster_data_set": "1"},
            {"diffing_remaster": None, "diffing_data_set_identifier": "x"},
        ),
    ],
)
def test_an_option_can_be_dropped_from_the_echo(
    canvas: Client, option: str, sent: dict[str, str], shown: dict[str, Any]
) -> None:
    canvas.sandbox.set_faults([{"kind": "echo", "option": option}])
    body = canvas.upload(**sent).json()
    assert {name: body[name] for name in shown} == shown


def test_an_import_can_end_as_failed(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "fail"}])
    body = canvas.imported()
    assert (body["workflow_state"], body["ended_at"]) == ("failed", None)
    assert "told to fail" in body["data"]["error_message"]


def test_another_users_import_can_be_in_the_way_and_end(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "foreign_import", "looks": 2, "end_state": "failed_with_messages"}])
    mine = canvas.created()
    foreign = canvas.get("importing").json()["sis_imports"][0]
    assert foreign["user"]["id"] != canvas.get("/api/v1/users/self").json()["id"]
    assert canvas.get("importing").json()["sis_imports"][0]["workflow_state"] == "importing"
    assert canvas.sandbox.wait_for_end(mine) == "imported"
    assert canvas.show(foreign["id"])["workflow_state"] == "failed_with_messages"


def test_another_users_import_can_come_between_two_requests(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "foreign_import", "method": "POST", "state": "created"}])
    assert canvas.ids() == []
    mine = canvas.created()
    listed = canvas.get().json()["sis_imports"]
    assert [item["id"] for item in listed] == [mine, mine - 1]


# counting and matching


def test_a_foreign_import_may_be_of_the_tokens_user_and_of_some_age(canvas: Client) -> None:
    canvas.sandbox.set_faults(
        [{"kind": "foreign_import", "user": "ours", "age_s": 3600}, {"kind": "foreign_import", "state": "initializing"}]
    )
    foreign, ours = canvas.get().json()["sis_imports"]
    me = canvas.get("/api/v1/users/self").json()["id"]
    assert (ours["user"]["id"], foreign["user"]["id"] == me) == (me, False)
    assert ours["created_at"] < foreign["created_at"]
    assert ours["id"] < foreign["id"]


def test_the_date_header_can_be_wrong(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "clock", "ahead_s": -7200}])
    shown = parsedate_to_datetime(canvas.get().headers["Date"])
    assert 7100 < (datetime.now(UTC) - shown).total_seconds() < 7300


def test_a_list_can_be_cut_or_lag_behind(canvas: Client) -> None:
    made = [canvas.created() for _ in range(4)]
    canvas.sandbox.set_faults([{"kind": "page_size", "size": 2}, {"kind": "cut_list"}, {"kind": "stale_list"}])
    answer = canvas.get()
    assert [item["id"] for item in answer.json()["sis_imports"]] == [made[2], made[1]]
    assert "next" not in answer.links


def test_an_upload_can_be_carried_out_late(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "slow", "method": "POST", "when": "before", "seconds": 0.1}])
    began = time.monotonic()
    canvas.created()
    assert time.monotonic() - began >= 0.1


def test_faults_count_only_what_they_match(canvas: Client) -> None:
    canvas.sandbox.set_faults(
        [{"kind": "answer", "status": 503, "method": "GET", "path": "/errors$", "after": 1, "count": 2}]
    )
    made = canvas.imported()["id"]
    assert [canvas.get(f"{made}/errors").status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    (fault,) = canvas.get("/sandbox/faults").json()["faults"]
    assert (fault["hits"], fault["count"], fault["after"]) == (2, 0, 0)


def test_a_list_of_faults_is_a_script(canvas: Client) -> None:
    canvas.sandbox.set_faults(
        [{"kind": "answer", "status": 502}, {"kind": "throttle", "count": 2}, {"kind": "answer", "status": 504}]
    )
    assert [canvas.get().status_code for _ in range(6)] == [502, 403, 403, 504, 200, 200]


def test_a_fault_without_a_path_leaves_the_sandboxs_own_endpoints_alone(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "answer", "count": None}])
    assert canvas.get("/sandbox/faults").status_code == 200
    assert canvas.get().status_code == 502


def test_faults_are_put_added_and_cleared_over_http(canvas: Client) -> None:
    first = canvas.put("/sandbox/faults", json={"faults": [{"kind": "throttle"}]})
    assert [fault["kind"] for fault in first.json()["faults"]] == ["throttle"]
    more = canvas.call("POST", "/sandbox/faults", json=[{"kind": "token"}])
    assert [fault["kind"] for fault in more.json()["faults"]] == ["throttle", "token"]
    assert canvas.call("DELETE", "/sandbox/faults").json() == {"faults": []}
    assert canvas.get().status_code == 200


def test_what_the_list_of_faults_gives_can_be_put_again(canvas: Client) -> None:
    given = canvas.put(
        "/sandbox/faults", json=[{"kind": "stuck", "looks": 1}, {"kind": "answer", "status": 500}]
    ).json()
    assert canvas.put("/sandbox/faults", json=given).json() == given


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "nonsense"}, {"kind": "hang", "colour": 1}, {"kind": "answer", "status": "500"}, "text", 7,
        {"kind": "token", "says": "lost"}, {"kind": "hang", "seconds": "long"}, {"kind": "throttle", "count": -1},
        {"kind": "answer", "path": "("}, {"kind": "page_size", "size": True}, {"kind": "hang", "when": "soon"},
        {"kind": "echo", "option": 1}, {"kind": "answer", "headers": []}, {"kind": "drop_before_accept", "early": 1},
        {"kind": "page_size", "size": 0}, {"kind": "answer", "status": 99}, {"kind": "stuck", "state": ""},
        {"kind": "answer", "headers": {"X": "a\r\nSet-Cookie: b"}}, {"kind": "answer", "headers": {"a b": "c"}},
        {"kind": "answer", "headers": {"X": 1}},
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_understood_is_refused_with_a_sentence(canvas: Client, bad: Any) -> None:
    answer = canvas.put("/sandbox/faults", json=[bad])
    assert answer.status_code == 400
    assert len(answer.json()["errors"][0]["message"]) > 10
    with pytest.raises(BadFault):
        read_faults([bad])


def test_a_fault_lasts_no_infinite_number_of_seconds(canvas: Client) -> None:
    answer = canvas.put("/sandbox/faults", data=b'[{"kind": "slow", "seconds": 1e400}]')
    assert answer.status_code == 400
    assert canvas.get("/sandbox/faults").json() == {"faults": []}


def test_every_kind_of_fault_can_be_given_by_its_name_alone() -> None:
    assert [fault.kind for fault in read_faults([{"kind": kind} for kind in KINDS])] == list(KINDS)


def test_at_most_one_fault_replaces_an_answer_and_the_others_keep_their_turn() -> None:
    book = FaultBook()
    book.replace(read_faults([{"kind": "throttle"}, {"kind": "slow"}, {"kind": "token"}]))
    path = "/api/v1/users/self"
    assert [[fault.kind for fault in book.strike("GET", path)] for _ in range(3)] == [
        ["throttle", "slow"],
        ["token"],
        [],
    ]
