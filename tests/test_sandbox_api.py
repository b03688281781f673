"""The sandbox answers SIS-import requests as Canvas does: bodies, statuses, the order of checks, odd turns included."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sisdrop import sandbox
from sisdrop.sandbox.http.files import GOOD_FOR_S, Signer
from sisdrop.sandbox.params import Params, truthy
from tests.sandbox_client import USERS, Client, rows

ALWAYS = {
    *("id", "created_at", "started_at", "ended_at", "updated_at", "progress", "workflow_state", "data", "batch_mode"),
    *("batch_mode_term_id", "multi_term_batch_mode", "override_sis_stickiness", "add_sis_stickiness"),
    *("clear_sis_stickiness", "update_sis_id_if_login_claimed", "skip_deletes", "diffing_data_set_identifier"),
    *("diffing_remaster", "diffed_against_import_id", "diffing_drop_status", "diffing_user_remove_status"),
    *("change_threshold", "diff_row_count_threshold", "user"),
}
NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}
NOT_ROOT = {"errors": ["SIS imports can only be executed on root accounts"]}
UNAUTHENTICATED = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
BROKEN = b"user_id,login_id,status\n,u1,active\n"
"""Gives a warning."""


@pytest.fixture
def canvas() -> Iterator[Client]:
    with sandbox.start(speed="max", token="secret") as running:
        client = Client(running)
        yield client
        client.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """For tests that leave nothing behind that another could see."""
    with sandbox.start(speed="max", token="secret") as running:
        client = Client(running)
        yield client
        client.close()


def test_the_answer_to_a_post_has_every_key_and_tells_only_the_import_type(shared: Client) -> None:
    answer = shared.upload()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body) == ALWAYS
    assert body["data"] == {"import_type": "instructure_csv"}
    assert (body["workflow_state"], body["progress"], body["started_at"]) == ("created", 0, None)
    assert (body["batch_mode"], body["skip_deletes"], body["diffing_remaster"]) == (None, False, None)
    assert set(body["user"]) == {
        *("id", "name", "created_at", "sortable_name", "short_name", "sis_user_id", "integration_id"),
        *("sis_import_id", "login_id"),
    }


def test_a_finished_import_tells_counts_statistics_and_its_files(shared: Client) -> None:
    body = shared.imported(USERS, "people.csv")
    assert (body["workflow_state"], body["progress"]) == ("imported", 100)
    assert body["data"]["supplied_batches"] == ["user"]
    assert body["data"]["counts"]["users"] == 1
    assert body["data"]["counts"]["error_count"] == 0
    assert body["data"]["running_immediately"] is True
    assert body["data"]["completed_importers"] == ["user"]
    assert body["data"]["statistics"]["Enrollment"] == {
        "created": 0, "restored": 0, "deleted": 0, "concluded": 0, "deactivated": 0,
    }  # fmt: skip
    assert "processing_warnings" not in body
    assert "errors_attachment" not in body
    (file,) = body["csv_attachments"]
    assert (file["display_name"], file["content-type"], file["size"]) == ("people.csv", "text/csv", len(USERS))


def test_a_warning_ends_in_imported_with_messages_and_an_error_in_failed_with_messages(shared: Client) -> None:
    warned = shared.imported(BROKEN)
    assert warned["workflow_state"] == "imported_with_messages"
    assert warned["processing_warnings"] == [["users.csv", "No user_id given for a user"]]
    assert "processing_errors" not in warned
    failed = shared.imported(b"nothing,known\n1,2\n")
    assert failed["workflow_state"] == "failed_with_messages"
    assert failed["processing_errors"] == [["users.csv", "Couldn't find Canvas CSV import headers"]]
    assert failed["progress"] == 0


def test_more_than_24_messages_are_cut_with_a_last_line_that_counts_the_rest(shared: Client) -> None:
    body = shared.imported(b"user_id,login_id,status\n" + b",x,active\n" * 31)
    assert len(body["processing_warnings"]) == 25
    assert body["processing_warnings"][-1] == [
        "and 7 more warnings that were not included",
        "Download the error file to see all warnings.",
    ]
    assert body["data"]["counts"]["warning_count"] == 31


def test_the_errors_list_is_newest_first_paged_and_filtered_by_failure(shared: Client) -> None:
    body = shared.imported(b"user_id,login_id,status\n" + b",x,active\n" * 12)
    first = shared.get(f"{body['id']}/errors")
    assert [item["row"] for item in first.json()["sis_import_errors"]] == list(range(13, 3, -1))
    assert set(first.json()["sis_import_errors"][0]) == {"sis_import_id", "file", "message", "row_info", "row"}
    links = _links(first)
    assert set(links) == {"current", "next", "first", "last"}
    assert [item["row"] for item in shared.session.get(links["next"]).json()["sis_import_errors"]] == [3, 2]
    assert shared.get(f"{body['id']}/errors", params={"failure": "true"}).json() == {"sis_import_errors": []}
    everything = shared.get("/api/v1/accounts/self/sis_import_errors", params={"per_page": 3}).json()
    assert [item["sis_import_id"] for item in everything["sis_import_errors"]] == [body["id"]] * 3


def test_the_list_is_newest_first_and_its_links_keep_other_parameters_but_never_the_token(canvas: Client) -> None:
    made = [canvas.imported()["id"] for _ in range(5)]
    answer = canvas.get(params={"per_page": 2, "workflow_state[]": "imported", "access_token": "secret", "page": 2})
    assert [item["id"] for item in answer.json()["sis_imports"]] == [made[2], made[1]]
    links = _links(answer)
    assert set(links) == {"current", "next", "prev", "first"}
    assert all("access_token" not in link and "workflow_state%5B%5D=imported" in link for link in links.values())
    assert all("per_page=2" in link and link.startswith(canvas.sandbox.url) for link in links.values())
    last = canvas.session.get(links["next"])
    assert [item["id"] for item in last.json()["sis_imports"]] == [made[0]]
    assert "next" not in _links(last)
    assert canvas.get(params={"page": 99}).json() == {"sis_imports": []}


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("-3", 1), ("1000", 12), ("x", 1), ("", 10), ("11", 11)])
def test_the_page_size_is_clamped(shared: Client, asked: str, given: int) -> None:
    while len(shared.ids(per_page=100)) < 12:
        shared.imported()
    found = len(shared.ids(per_page=asked))
    assert found == given or (given == 12 and found == len(shared.ids(per_page=100)))


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "99999999999999"])
def test_a_page_that_is_no_page_is_not_found(shared: Client, page: str) -> None:
    assert shared.get(params={"page": page}).status_code == 404


def test_list_filters_that_cannot_be_read_are_silently_ignored(canvas: Client) -> None:
    made = [canvas.imported()["id"], canvas.imported(BROKEN)["id"]]
    newest_first = made[::-1]
    assert canvas.ids(**{"workflow_state[]": "nonsense"}) == newest_first
    assert canvas.ids(**{"workflow_state[]": ["nonsense", "imported"]}) == [made[0]]
    assert canvas.ids(created_since="soon", created_before="0") == newest_first
    assert canvas.ids(created_since="2100-01-01T00:00:00Z") == []
    assert canvas.ids(created_before="2100-01-01", created_since="2000-01-01T00:00:00-06:00") == newest_first


def test_importing_is_an_unpaged_list_that_a_queued_import_is_not_in(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "stuck", "state": "created"}])
    canvas.created()
    answer = canvas.get("importing")
    assert answer.json() == {"sis_imports": []}
    assert "Link" not in answer.headers
    canvas.sandbox.set_faults([{"kind": "foreign_import", "state": "cleanup_batch"}])
    assert [item["workflow_state"] for item in canvas.get("importing").json()["sis_imports"]] == ["cleanup_batch"]


# who asks, and for which account


@pytest.mark.parametrize("account", ["self", "default", "1"])
def test_the_root_account_has_many_names(shared: Client, account: str) -> None:
    assert shared.get(f"/api/v1/accounts/{account}/sis_imports").status_code == 200


def test_an_unknown_account_is_not_found(shared: Client) -> None:
    for account in ("2222", "sis_account_id:nobody", "hex:sis_account_id:zz", "root", "lti_context_id:x"):
        answer = shared.get(f"/api/v1/accounts/{account}/sis_imports")
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_the_site_admin_account_has_no_sis_imports(shared: Client) -> None:
    answer = shared.get("/api/v1/accounts/site_admin/sis_imports")
    assert answer.status_code == 403
    assert answer.json() == {"errors": ["SIS imports are not enabled for this account"]}


def test_without_a_token_the_answer_names_the_realm(shared: Client) -> None:
    for path in ("", "importing", "/api/v1/users/self", "/api/v1/accounts/self", "/sandbox/state", "/sandbox/faults"):
        answer = shared.get(path, headers={"Authorization": None})
        assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED), path
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


def test_a_wrong_token_is_refused_before_anything_else(shared: Client) -> None:
    answer = shared.get("/api/v1/accounts/nowhere/sis_imports", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"message": "Invalid access token."}]}
    assert "WWW-Authenticate" in answer.headers


def test_the_scheme_word_is_compared_exactly_and_the_token_may_be_a_parameter(shared: Client) -> None:
    assert shared.get(headers={"Authorization": "bearer secret"}).json() == UNAUTHENTICATED
    assert shared.get(headers={"Authorization": None}, params={"access_token": "secret"}).status_code == 200
    assert shared.get(params={"as_user_id": "1"}).json() == {"errors": "Invalid as_user_id"}


def test_without_a_token_a_missing_account_is_still_missing(shared: Client) -> None:
    answer = shared.get("/api/v1/accounts/2222/sis_imports", headers={"Authorization": None})
    assert answer.status_code == 404


def test_a_client_without_a_name_is_refused(shared: Client) -> None:
    answer = _raw(
        shared, b"GET /api/v1/users/self HTTP/1.1\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "Forbidden"


def test_ids_are_text_when_the_client_asks_for_text(shared: Client) -> None:
    made = shared.imported()["id"]
    body = shared.get(str(made), headers={"Accept": "application/json+canvas-string-ids"}).json()
    assert body["id"] == str(made)
    assert isinstance(body["user"]["id"], str)
    assert all(isinstance(number, str) for number in body["data"]["downloadable_attachment_ids"])
    assert body["progress"] == 100


def test_the_json_suffix_is_accepted_everywhere(shared: Client) -> None:
    made = shared.imported()["id"]
    assert shared.get(f"{made}.json").json()["id"] == made
    assert shared.get("/api/v1/users/self.json").status_code == 200
    assert shared.get("importing.json").status_code == 200
    assert shared.call("POST", "/api/v1/accounts/self/sis_imports.json", files={"attachment": ("a.csv", USERS)}).ok


@pytest.mark.parametrize("import_id", ["0", "77", "abc", "8001x", "99999999999999999999", "%00", "8001%2F.."])
def test_an_import_that_is_not_there_is_not_found(shared: Client, import_id: str) -> None:
    for method, path in (("GET", ""), ("GET", "/errors"), ("PUT", "/abort"), ("PUT", "/restore_states")):
        answer = shared.call(method, f"{import_id}{path}")
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


# parameters of the POST


def test_options_are_echoed_as_canvas_types_them(canvas: Client) -> None:
    body = canvas.upload(
        override_sis_stickiness="yes", add_sis_stickiness="1", skip_deletes="T", change_threshold="10",
        diffing_data_set_identifier="nightly", diffing_remaster_data_set="on", diffing_drop_status="inactive",
        diffing_user_remove_status="suspended", diff_row_count_threshold="7", update_sis_id_if_login_claimed="true",
    ).json()  # fmt: skip
    echoed = {name: body[name] for name in ALWAYS if body[name] not in (None, False) and name.count("_")}
    assert {name: echoed[name] for name in echoed if not name.endswith("_at") and name != "workflow_state"} == {
        "override_sis_stickiness": True, "add_sis_stickiness": True, "skip_deletes": True, "change_threshold": 10,
        "diffing_data_set_identifier": "nightly", "diffing_remaster": True, "diffing_drop_status": "inactive",
        "diffing_user_remove_status": "suspended", "diff_row_count_threshold": 7,
        "update_sis_id_if_login_claimed": True,
    }  # fmt: skip
    assert body["diffing_threshold_exceeded"] is False


def test_what_canvas_drops_without_a_word_is_dropped_without_a_word(canvas: Client) -> None:
    body = canvas.upload(
        add_sis_stickiness="true", clear_sis_stickiness="true", diffing_remaster_data_set="true",
        diff_row_count_threshold="-1", change_threshold="", multi_term_batch_mode="",
    ).json()  # fmt: skip
    for name in ("add_sis_stickiness", "clear_sis_stickiness", "diffing_remaster", "diff_row_count_threshold"):
        assert body[name] is None
    assert (body["change_threshold"], body["batch_mode"]) == (None, None)
    under_batch = canvas.upload(batch_mode="1", batch_mode_term_id="default", diffing_data_set_identifier="x").json()
    assert (under_batch["batch_mode"], under_batch["diffing_data_set_identifier"]) == (True, None)
    assert isinstance(under_batch["batch_mode_term_id"], int)


@pytest.mark.parametrize("word", ["false", "0", "no", "true"])
def test_any_word_for_multi_term_batch_mode_switches_batch_mode_on(shared: Client, word: str) -> None:
    body = shared.upload(multi_term_batch_mode=word, change_threshold="100").json()
    assert body["batch_mode"] is True
    assert body["multi_term_batch_mode"] is (word == "true")


@pytest.mark.parametrize(
    ("options", "status", "body"),
    [
        ({"import_type": "instructure_xml"}, 500, None),
        (
            {"batch_mode": "true"},
            400,
            {"message": "Batch mode specified, but the given batch_mode_term_id cannot be found."},
        ),
        ({"batch_mode": "true", "batch_mode_term_id": "sis_term_id:none"}, 404, NOT_FOUND),
    ],
)
def test_what_is_wrong_before_the_row_is_made_leaves_no_row(
    canvas: Client, options: dict[str, str], status: int, body: Any
) -> None:
    answer = canvas.upload(**options)
    assert answer.status_code == status
    if body is None:
        assert answer.json()["errors"] == [{"message": "An error occurred.", "error_code": "internal_server_error"}]
        assert isinstance(answer.json()["error_report_id"], int)
    else:
        assert answer.json() == body
    assert canvas.ids() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"multi_term_batch_mode": "1"}, "change_threshold is required to use multi term_batch mode."),
        ({"diffing_drop_status": "gone"}, "Invalid diffing_drop_status"),
        ({"diffing_user_remove_status": "inactive"}, "Invalid diffing_user_remove_status"),
        ({"batch_mode_enrollment_drop_status": "x"}, "Invalid batch_mode_enrollment_drop_status"),
    ],
)
def test_what_is_wrong_after_the_row_was_made_leaves_an_orphan_that_only_an_abort_clears(
    canvas: Client, options: dict[str, str], message: str
) -> None:
    answer = canvas.upload(**options)
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    (orphan,) = canvas.get().json()["sis_imports"]
    assert (orphan["workflow_state"], orphan["skip_deletes"]) == ("initializing", None)
    assert canvas.imported()["workflow_state"] == "imported", "an orphan blocks nothing"
    assert canvas.one(orphan["id"])["workflow_state"] == "initializing"
    assert canvas.put(f"{orphan['id']}/abort").json()["workflow_state"] == "aborted"


def test_the_first_of_several_wrong_options_is_the_one_that_is_told(canvas: Client) -> None:
    wrong = {"batch_mode_enrollment_drop_status": "x", "diffing_user_remove_status": "x", "diffing_drop_status": "x"}
    assert canvas.upload(**wrong).json() == {"message": "Invalid diffing_drop_status"}
    assert canvas.upload(**wrong, multi_term_batch_mode="1").json()["message"].startswith("change_threshold")
    assert canvas.upload(**wrong, import_type="x").status_code == 500


def test_an_enum_may_be_a_list_of_one_and_an_identifier_has_at_most_128_characters(canvas: Client) -> None:
    assert canvas.upload(**{"diffing_drop_status[]": "completed"}).json()["diffing_drop_status"] == "completed"
    assert canvas.upload(diffing_data_set_identifier="x" * 128).status_code == 200
    assert canvas.upload(diffing_data_set_identifier="x" * 129).status_code == 400


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Yes", True),
        ("OFF", False),
        ("t", True),
        ("2", True),
        ("0x", False),
        ("", False),
        ("maybe", False),
        ("-1", True),
    ],
)
def test_booleans_are_read_as_canvas_reads_them(text: str, value: bool) -> None:
    assert truthy(text) is value
    assert Params([("x", text)]).flag("x") is value


# forms of an upload


def test_a_multipart_post_without_the_attachment_is_refused(canvas: Client) -> None:
    answer = canvas.call("POST", files={"other": ("users.csv", USERS)})
    assert answer.status_code == 400
    assert answer.json() == {"error": True, "error_message": "Missing attachment"}
    assert canvas.ids() == []


def test_an_attachment_that_is_a_plain_field_is_a_server_error_and_leaves_an_orphan(canvas: Client) -> None:
    answer = canvas.call("POST", files={"attachment": (None, "user_id,login_id\n")})
    assert answer.status_code == 500
    assert [item["workflow_state"] for item in canvas.get().json()["sis_imports"]] == ["initializing"]


@pytest.mark.parametrize(
    ("query", "content_type", "ending"),
    [
        ("?extension=csv", "application/octet-stream", "csv"),
        ("?extension=csv", "text/csv; charset=latin1", "csv"),
        ("", "text/csv", "csv"),
        ("", "text/plain; charset=UTF-8", "csv"),
        ("", "application/zip", "zip"),
        ("", "text/xml", "xml"),
        ("", "application/x-www-form-urlencoded", "zip"),
        ("", "application/octet-stream", "zip"),
        ("", None, "zip"),
    ],
)
def test_the_ending_of_a_raw_upload_follows_from_extension_or_content_type(
    shared: Client, query: str, content_type: str | None, ending: str
) -> None:
    path = f"/api/v1/accounts/self/sis_imports{query}"
    answer = shared.call("POST", path, data=USERS, headers={"Content-Type": content_type})
    shared.sandbox.wait_for_end(answer.json()["id"])
    body = shared.one(answer.json()["id"])
    if ending == "csv":
        assert body["csv_attachments"][0]["display_name"] == "sis_import.csv"
    elif ending == "xml":
        assert (body["workflow_state"], body["data"].get("supplied_batches")) == ("imported", [])
        assert not any(body["data"]["counts"].values())
    else:
        assert body["workflow_state"] == "failed_with_messages"
        assert re.search(r"Error report \d+", body["processing_errors"][0][1])


def test_a_raw_upload_in_another_charset_is_refused_without_a_row(canvas: Client) -> None:
    answer = canvas.call("POST", data=USERS, headers={"Content-Type": "text/csv; charset=iso-8859-1"})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid content type, UTF-8 required"})
    assert canvas.ids() == []


def test_the_parameters_of_a_raw_upload_stand_in_the_query(shared: Client) -> None:
    path = "/api/v1/accounts/self/sis_imports?extension=csv&skip_deletes=true"
    assert shared.call("POST", path, data=USERS).json()["skip_deletes"] is True


def test_another_ending_is_accepted_and_imports_nothing_without_a_word(shared: Client) -> None:
    body = shared.imported(USERS, "users.txt")
    assert (body["workflow_state"], body["data"]["supplied_batches"]) == ("imported", [])
    assert "csv_attachments" not in body


def test_a_chunked_upload_is_read_to_its_end(shared: Client) -> None:
    pieces = iter([USERS[:5], USERS[5:], b"u2,u2,active\n"])
    answer = shared.call("POST", "/api/v1/accounts/self/sis_imports?extension=csv", data=pieces)
    shared.sandbox.wait_for_end(answer.json()["id"])
    assert shared.one(answer.json()["id"])["data"]["counts"]["users"] == 2


# abort and restore


def test_an_import_that_ended_cannot_be_aborted(shared: Client) -> None:
    body = shared.imported()
    answer = shared.put(f"{body['id']}/abort")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert shared.one(body["id"])["workflow_state"] == "imported"


def test_abort_all_pending_says_aborted_even_when_nothing_waits(canvas: Client) -> None:
    assert canvas.put("abort_all_pending").json() == {"aborted": True}
    canvas.sandbox.set_faults([{"kind": "stuck", "count": 2}])
    made = [canvas.created(), canvas.created()]
    before = canvas.one(made[0])["updated_at"]
    assert canvas.put("abort_all_pending").json() == {"aborted": True}
    for import_id in made:
        body = canvas.one(import_id)
        assert (body["workflow_state"], body["progress"], body["ended_at"]) == ("aborted", 100, None)
    assert canvas.one(made[0])["updated_at"] == before


def test_an_abort_leaves_progress_and_ended_at_as_they_were(canvas: Client) -> None:
    canvas.sandbox.set_faults([{"kind": "stuck"}])
    body = canvas.put(f"{canvas.created()}/abort").json()
    assert (body["workflow_state"], body["progress"], body["ended_at"]) == ("aborted", 0, None)


def test_restoring_gives_a_progress_to_follow_and_a_final_state(canvas: Client) -> None:
    made = canvas.imported()["id"]
    progress = canvas.put(f"{made}/restore_states").json()
    assert (progress["context_type"], progress["tag"]) == ("SisBatch", "sis_batch_state_restore")
    while progress["workflow_state"] in ("queued", "running"):
        progress = canvas.session.get(progress["url"]).json()
    assert (progress["workflow_state"], progress["completion"]) == ("completed", 100)
    assert canvas.one(made)["workflow_state"] == "restored"
    partly = canvas.put(f"{made}/restore_states", data={"undelete_only": "true"}).json()
    while partly["workflow_state"] in ("queued", "running"):
        partly = canvas.session.get(partly["url"]).json()
    assert canvas.one(made)["workflow_state"] == "partially_restored"


def test_two_restore_flags_at_once_are_refused_in_bare_text(shared: Client) -> None:
    made = shared.imported()["id"]
    answer = shared.put(f"{made}/restore_states?undelete_only=1&unconclude_only=1")
    assert (answer.status_code, answer.text) == (400, "cannot set both undelete_only and unconclude_only")
    assert answer.headers["Content-Type"].startswith("application/json")


# downloads


def test_the_error_file_lies_on_another_port_and_wants_no_token(canvas: Client) -> None:
    body = canvas.imported(BROKEN)
    file = body["errors_attachment"]
    assert (file["content-type"], file["display_name"]) == ("csv", f"sis_errors_attachment_{body['id']}.csv")
    sent_on = canvas.session.get(file["url"], headers={"Authorization": None}, allow_redirects=False)
    assert sent_on.status_code == 302
    place = sent_on.headers["Location"]
    assert place.split("/storage/")[0] != canvas.sandbox.url
    text = canvas.session.get(place, headers={"Authorization": None}).text
    assert text == f"sis_import_id,file,message,row\n{body['id']},users.csv,No user_id given for a user,2\n"
    assert file["size"] == len(text)
    assert canvas.sandbox.leaked_tokens == 0


def test_a_token_that_reaches_the_storage_is_refused_and_counted(canvas: Client) -> None:
    url = canvas.imported(BROKEN)["errors_attachment"]["url"]
    place = canvas.session.get(url, allow_redirects=False).headers["Location"]
    answer = canvas.session.get(place)
    assert answer.status_code == 400
    assert canvas.sandbox.leaked_tokens == 1
    assert canvas.get("/sandbox/leaks").json() == {"authorization_seen_by_storage": 1}


def test_a_download_wants_its_verifier(canvas: Client) -> None:
    url = canvas.imported(BROKEN)["errors_attachment"]["url"]
    for bad in (url[:-1], url.partition("&verifier")[0], re.sub(r"files/\d+", "files/9001", url)):
        assert canvas.session.get(bad, allow_redirects=False).status_code in (401, 404)


def test_a_signed_word_opens_its_file_for_an_hour_and_no_other() -> None:
    now = [1000.0]
    signer = Signer(b"key", lambda: now[0])
    word = signer.sign(7)
    assert signer.opens(7, word)
    assert not signer.opens(8, word)
    now[0] += GOOD_FOR_S - 1
    assert signer.opens(7, word)
    now[0] += 1
    assert not signer.opens(7, word)
    for nonsense in ("", ".", "x.y", "²." + "0" * 64, f"{word}0", "99999999999999." + word.partition(".")[2]):
        assert not signer.opens(7, nonsense)


# hostile input


def _raw(canvas: Client, data: bytes) -> bytes:
    host, port = canvas.sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    return answer


HEAD = b"Host: 127.0.0.1\r\nUser-Agent: t\r\nAuthorization: Bearer secret\r\n"
POST = b"POST /api/v1/accounts/self/sis_imports HTTP/1.1\r\n" + HEAD


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n", b"431"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /api/v1/users/self?" + b"a=1&" * 5000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", b"400"),
        (POST + b"Content-Length: many\r\n\r\n", b"400"),
        (POST + b"Content-Length: -5\r\n\r\n", b"400"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", b"400"),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (POST + b"Content-Length: 99999999999999\r\n\r\n", b"413"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", b"400"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", b"400"),
        (POST + b"Content-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (POST + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (b"BREW /api/v1/users/self HTTP/1.1\r\n" + HEAD + b"\r\n", b"404"),
        (b"GET http://evil/ HTTP/1.1\r\n" + HEAD + b"\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"403"),
        (b"PUT /sandbox/state HTTP/1.1\r\n" + HEAD + b"Content-Length: 9\r\n\r\n[[[[[[[[[", b"400"),
        (b"PUT /sandbox/state HTTP/1.1\r\n" + HEAD + b"Content-Length: 200000\r\n\r\n" + b"[" * 200000, b"400"),
    ],
)
def test_hostile_input_gets_a_short_answer_and_never_a_traceback(shared: Client, data: bytes, status: bytes) -> None:
    before = shared.ids(per_page=100)
    answer = _raw(shared, data)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]
    assert b"Traceback" not in answer
    assert b"xxxx" not in answer, "nothing of the request is repeated"
    assert shared.ids(per_page=100) == before


def test_a_client_that_leaves_in_the_middle_of_its_upload_leaves_nothing_behind(canvas: Client) -> None:
    for head in (b"", b"Content-Type: multipart/form-data; boundary=b\r\n"):
        body = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="u.csv"\r\n\r\nuser_id'
        assert _raw(canvas, POST + head + b"Content-Length: 5000\r\n\r\n" + body) == b""
    assert canvas.ids() == []
    assert list(canvas.sandbox._store.uploads.iterdir()) == []


def test_bytes_that_are_no_text_in_addresses_and_headers_do_no_harm(shared: Client) -> None:
    for target in (b"/api/v1/accounts/%ff%fe/sis_imports", b"/api/v1/accounts/self/sis_imports?created_since=%ff%00"):
        answer = _raw(shared, b"GET " + target + b" HTTP/1.0\r\n" + HEAD + b"X: \xff\xfe\r\n\r\n")
        assert answer.split()[1] in (b"404", b"200")


def test_a_file_name_of_the_client_is_only_a_name(shared: Client) -> None:
    body = shared.imported(USERS, "..\\..\\etc/../passwd.csv")
    assert body["csv_attachments"][0]["display_name"] == "passwd.csv"


def test_an_upload_may_be_compressed_only_as_a_zip(shared: Client) -> None:
    body = shared.imported(gzip.compress(USERS), "users.csv")
    assert body["processing_errors"][0][1] in ("Invalid UTF-8", "Malformed CSV")


def test_several_requests_go_over_one_connection(shared: Client) -> None:
    host, port = shared.sandbox.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    headers = {"Authorization": "Bearer secret", "User-Agent": "t"}
    try:
        for path in ("/api/v1/users/self", "/api/v1/nowhere", "/api/v1/accounts/self"):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert json.loads(answer.read())
            assert not answer.isclosed() or answer.getheader("Connection") != "close"
        connection.request("POST", "/api/v1/accounts/2222/sis_imports", body=rows(5000), headers=headers)
        assert connection.getresponse().read()
        connection.request("GET", "/api/v1/users/self", headers=headers)
        assert connection.getresponse().status == 200, "the refused body was read to its end"
    finally:
        connection.close()


def _links(answer: Any) -> dict[str, str]:
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])
    return {rel: url for url, rel in found}
