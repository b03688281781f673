"""Uploading to the sandbox: parameters and forms, read and refused as Canvas reads and refuses them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from canvas_sandbox.params import Params, truthy
from canvas_sandbox.rows import ImportFilter
from tests.support.sandbox_client import USERS, Client

NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}


# parameters of the POST


def test_options_are_echoed_as_canvas_types_them(canvas: Client) -> None:
    body = canvas.upload(
        override_sis_stickiness="yes", add_sis_stickiness="1", skip_deletes="T", change_threshold="10",
        diffing_data_set_identifier="nightly", diffing_remaster_data_set="on", diffing_drop_status="inactive",
        diffing_user_remove_status="suspended", diff_row_count_threshold="7", update_sis_id_if_login_claimed="true",
    ).json()  # fmt: skip
    asked = {
        "override_sis_stickiness": True, "add_sis_stickiness": True, "skip_deletes": True, "change_threshold": 10,
        "diffing_data_set_identifier": "nightly", "diffing_remaster": True, "diffing_drop_status": "inactive",
        "diffing_user_remove_status": "suspended", "diff_row_count_threshold": 7,
        "update_sis_id_if_login_claimed": True,
    }  # fmt: skip
    assert {name: body[name] for name in asked} == asked
    not_asked = ("batch_mode", "batch_mode_term_id", "multi_term_batch_mode", "clear_sis_stickiness")
    assert [body[name] for name in not_asked] == [None] * 4
    assert body["diffing_threshold_exceeded"] is False


def test_what_canvas_drops_without_a_word_is_dropped_without_a_word(canvas: Client) -> None:
    assert canvas.upload(diff_row_count_threshold="0").json()["diff_row_count_threshold"] is None
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
    assert list(canvas.sandbox._store.uploads.iterdir()) == []


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
    assert canvas.show(orphan["id"])["workflow_state"] == "initializing"
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
    body = shared.show(answer.json()["id"])
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
    assert shared.show(answer.json()["id"])["data"]["counts"]["users"] == 2


@pytest.mark.parametrize("name", ["Schüler 2026.csv", 'a"b;c.csv', "日本.csv", "x" * 200 + ".CSV"])
def test_a_file_name_comes_back_as_it_was_sent(shared: Client, name: str) -> None:
    body = shared.imported(USERS, name)
    assert [file["display_name"] for file in body["csv_attachments"]] == [name]


def test_a_later_attachment_of_one_form_wins_and_other_files_are_ignored(shared: Client) -> None:
    files = [("attachment", ("a.csv", USERS)), ("other", ("o.csv", b"x")), ("attachment", ("b.csv", USERS))]
    made = shared.call("POST", files=files).json()["id"]
    shared.sandbox.wait_for_end(made)
    assert [file["display_name"] for file in shared.show(made)["csv_attachments"]] == ["b.csv"]
    assert {path.name for path in shared.sandbox._store.uploads.iterdir()} == {
        row.upload for row in shared.sandbox._store.imports(ImportFilter(), limit=1000)
    }, "nothing else was left on disk"
