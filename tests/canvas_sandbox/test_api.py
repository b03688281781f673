"""The sandbox answers SIS-import requests as Canvas does: bodies, statuses, the order of checks, odd turns included."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from canvas_sandbox.http.files import GOOD_FOR_S, Signer
from tests.support.sandbox_client import USERS, Client

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


def test_24_messages_are_all_there(shared: Client) -> None:
    body = shared.imported(b"user_id,login_id,status\n" + b",x,active\n" * 24)
    assert [message for _, message in body["processing_warnings"]] == ["No user_id given for a user"] * 24


def test_a_page_has_at_most_100_entries(shared: Client) -> None:
    made = shared.imported(b"user_id,login_id,status\n" + b"".join(b",x%d,active\n" % n for n in range(120)))["id"]
    answer = shared.get(f"{made}/errors", params={"per_page": 1000})
    assert len(answer.json()["sis_import_errors"]) == 100
    assert "per_page=100" in _links(answer)["next"]


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
    answer = shared.raw(b"GET /api/v1/users/self HTTP/1.1\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n")
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


# abort and restore


def test_an_import_that_ended_cannot_be_aborted(shared: Client) -> None:
    body = shared.imported()
    answer = shared.put(f"{body['id']}/abort")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert shared.show(body["id"])["workflow_state"] == "imported"


def test_abort_all_pending_says_aborted_even_when_nothing_waits(canvas: Client) -> None:
    assert canvas.put("abort_all_pending").json() == {"aborted": True}
    canvas.sandbox.set_faults([{"kind": "stuck", "count": 2}])
    made = [canvas.created(), canvas.created()]
    before = canvas.show(made[0])["updated_at"]
    assert canvas.put("abort_all_pending").json() == {"aborted": True}
    for import_id in made:
        body = canvas.show(import_id)
        assert (body["workflow_state"], body["progress"], body["ended_at"]) == ("aborted", 100, None)
    assert canvas.show(made[0])["updated_at"] == before


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
    assert canvas.show(made)["workflow_state"] == "restored"
    partly = canvas.put(f"{made}/restore_states", data={"undelete_only": "true"}).json()
    while partly["workflow_state"] in ("queued", "running"):
        partly = canvas.session.get(partly["url"]).json()
    assert canvas.show(made)["workflow_state"] == "partially_restored"


@pytest.mark.parametrize("body", [{"json": {"undelete_only": True}}, {"files": {"undelete_only": (None, "1")}}])
def test_a_put_may_carry_its_parameters_as_json_or_as_a_form(canvas: Client, body: dict[str, Any]) -> None:
    made = canvas.imported()["id"]
    progress = canvas.put(f"{made}/restore_states", **body).json()
    while progress["workflow_state"] in ("queued", "running"):
        progress = canvas.session.get(progress["url"]).json()
    assert canvas.show(made)["workflow_state"] == "partially_restored"


@pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 100_000, b"\xff"])
def test_json_that_cannot_be_read_is_refused(shared: Client, body: bytes) -> None:
    made = shared.imported()["id"]
    answer = shared.put(f"{made}/restore_states", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert shared.show(made)["workflow_state"] == "imported"


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


def _links(answer: Any) -> dict[str, str]:
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])
    return {rel: url for url, rel in found}
