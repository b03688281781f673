"""What Canvas's answers mean, its imports, the echo of options, and whose a lost answer is: all without a network."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.model import Intent, Level, Message
from sisdrop.protocol import (
    PENDING,
    RUNNING,
    TERMINAL,
    Answer,
    Verdict,
    candidates,
    confirms,
    echo_mismatches,
    inline_messages,
    judge,
    judge_silence,
    original_file,
    read_import,
    request_params,
    same_origin,
    scrub,
)
from sisdrop.protocol import requests as ask
from sisdrop.protocol.answers import next_page

POST = ask.create_import("self", {})
GET = ask.get_import("self", 8123)
IMPORT = {"id": 8123, "workflow_state": "created"}


def answer(status, body="", **headers):
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode())


def page(status):
    return answer(status, "<html><body>Sorry</body></html>", content_type="text/html; charset=utf-8")


NOBODY = {"errors": [{"message": "Invalid access token."}]}
NOT_ALLOWED = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
NO_SCOPE = {"errors": [{"message": "Insufficient scopes on access token."}]}
SIS_OFF = {"errors": ["SIS imports are not enabled for this account"]}
NO_ROOT = {"errors": ["SIS imports can only be executed on root accounts"]}
NO_AGENT = {"error": "Forbidden", "message": "You have not provided a valid user agent."}
NOT_THERE = {"errors": [{"message": "The specified resource does not exist."}]}
BEARER = 'Bearer realm="canvas-lms"'

ACCEPTED, REFUSED, RETRY, UNKNOWN = Verdict.ACCEPTED, Verdict.REFUSED, Verdict.RETRY, Verdict.UNKNOWN
TOKEN, PERMISSION, NOT_FOUND = RefusalKind.TOKEN, RefusalKind.PERMISSION, RefusalKind.NOT_FOUND
OPTIONS, FILE, ADDRESS = RefusalKind.OPTIONS, RefusalKind.FILE, RefusalKind.ADDRESS

ANSWERS = [
    # answer, what it means for the upload, what it means for a question
    (answer(200, IMPORT), ACCEPTED, ACCEPTED),
    (answer(201, IMPORT), ACCEPTED, ACCEPTED),
    (answer(200, {**IMPORT, "id": "8123"}), ACCEPTED, ACCEPTED),
    (answer(201), UNKNOWN, RETRY),
    (answer(200, '{"id": 8123, "workflow_st'), UNKNOWN, RETRY),
    (answer(200, {"id": 8123}), UNKNOWN, RETRY),
    (answer(200, "null"), UNKNOWN, RETRY),
    (page(200), UNKNOWN, ADDRESS),
    (answer(301, location="https://other.example/"), ADDRESS, ADDRESS),
    (answer(302, location="/login"), ADDRESS, ADDRESS),
    (answer(303, location="/done"), UNKNOWN, ADDRESS),
    (answer(304), UNKNOWN, ADDRESS),
    (answer(307, location="https://other.example/"), ADDRESS, ADDRESS),
    (answer(308, location="https://other.example/"), ADDRESS, ADDRESS),
    (answer(400, {"message": "Invalid diffing_drop_status"}), OPTIONS, OPTIONS),
    (answer(400, {"error": True, "error_message": "Missing attachment"}), OPTIONS, OPTIONS),
    (answer(400, {"error": "Invalid content type, UTF-8 required"}), OPTIONS, OPTIONS),
    (answer(400, NO_ROOT), OPTIONS, OPTIONS),
    (page(400), ADDRESS, ADDRESS),
    (answer(401, NOBODY, www_authenticate=BEARER), TOKEN, TOKEN),
    (answer(401, NOT_ALLOWED), PERMISSION, PERMISSION),
    (answer(401, NO_SCOPE), PERMISSION, PERMISSION),
    (answer(401, "", www_authenticate='Basic realm="staging"'), ADDRESS, ADDRESS),
    (page(401), ADDRESS, ADDRESS),
    (answer(403, NOT_ALLOWED), PERMISSION, PERMISSION),
    (answer(403, SIS_OFF), PERMISSION, PERMISSION),
    (answer(403, NO_AGENT), PERMISSION, PERMISSION),
    (answer(403, "403 Forbidden (Rate Limit Exceeded)\n"), RETRY, RETRY),
    (page(403), ADDRESS, ADDRESS),
    (answer(404, NOT_THERE), NOT_FOUND, NOT_FOUND),
    (page(404), ADDRESS, ADDRESS),
    (answer(405, {"error": "no"}), OPTIONS, OPTIONS),
    (answer(407), ADDRESS, ADDRESS),
    (answer(408), RETRY, RETRY),
    (answer(409, {"message": "conflict"}), OPTIONS, OPTIONS),
    (page(413), FILE, FILE),
    (answer(415, {"error": "no"}), FILE, FILE),
    (answer(422, {"errors": {"name": [{"message": "is too long"}]}}), FILE, FILE),
    (answer(425), RETRY, RETRY),
    (answer(429, "429 Forbidden (Rate Limit Exceeded)"), RETRY, RETRY),
    (answer(500, {"errors": [{"message": "An error occurred."}]}), UNKNOWN, RETRY),
    (page(502), UNKNOWN, RETRY),
    (page(503), UNKNOWN, RETRY),
    (answer(503, "", retry_after="120"), RETRY, RETRY),
    (answer(503, "", retry_after="soon"), UNKNOWN, RETRY),
    (page(504), UNKNOWN, RETRY),
    (answer(520), UNKNOWN, RETRY),
]


def meaning(judgement):
    return judgement.kind if judgement.verdict is REFUSED else judgement.verdict


class TestAnswers:
    @pytest.mark.parametrize(
        ("given_answer", "to_post", "to_get"), ANSWERS, ids=lambda one: str(getattr(one, "status", ""))
    )
    def test_each_means_what_the_caller_may_do_next(self, given_answer, to_post, to_get):
        assert meaning(judge(POST, given_answer)) == to_post
        assert meaning(judge(GET, given_answer)) == to_get

    @given(status=st.integers(100, 599), body=st.binary(max_size=40), retry=st.text(max_size=12))
    def test_whatever_comes_a_write_is_repeated_only_when_it_surely_was_not_done(self, status, body, retry):
        found = judge(POST, Answer(status, {"retry-after": retry}, body))
        if found.verdict is RETRY:
            assert status in {403, 408, 425, 429, 503}
        if found.verdict is ACCEPTED:
            assert json.loads(body)["id"]
        if status >= 500 and status != 503:
            assert found.verdict is UNKNOWN

    @pytest.mark.parametrize(
        ("given_answer", "words"),
        [
            (answer(401, NOT_ALLOWED), ['"SIS Data – import"', "user not authorized"]),
            (answer(401, NO_SCOPE), ["url:POST|/api/v1/accounts/:account_id/sis_imports"]),
            (answer(403, SIS_OFF), ["not enabled", "Ask Canvas"]),
            (answer(403, NO_AGENT), ["user agent"]),
            (answer(400, NO_ROOT), ["root account", "canvas.account"]),
            (answer(400, {"error": "Invalid content type, UTF-8 required"}), ["UTF-8 required"]),
            (answer(401, NOBODY, www_authenticate=BEARER), ["Invalid access token", "canvas.token"]),
            (answer(307, location="https://other.example/x?secret=1"), ["https://other.example", "canvas.url"]),
            (answer(404, NOT_THERE), ["canvas.account"]),
            (page(413), ["too large"]),
            (answer(422, {"errors": {"name": [{"message": "is too long"}]}}), ["name: is too long"]),
        ],
        ids=lambda one: str(getattr(one, "status", "")),
    )
    def test_a_refusal_says_what_happened_and_what_to_do(self, given_answer, words):
        error = judge(POST, given_answer).error()
        assert isinstance(error, CanvasRefused)
        assert error.status == given_answer.status
        assert all(word in str(error) for word in words), str(error)
        assert "secret" not in str(error)

    def test_a_missing_term_is_thought_of_when_one_was_named(self):
        request = ask.create_import("self", {"batch_mode": True, "batch_mode_term_id": "sis_term_id:F26"})
        assert "batch_mode_term_id" in judge(request, answer(404, NOT_THERE)).sentence

    def test_a_refusal_keeps_four_thousand_characters_of_the_body(self):
        error = judge(POST, answer(400, "x" * 9000)).error()
        assert isinstance(error, CanvasRefused)
        assert error.body == "x" * 4000
        assert len(str(error)) < 500

    def test_silence_means_not_sent_before_the_first_byte_and_unknown_after_it(self):
        assert judge_silence(POST, "refused", began=False).verdict is Verdict.NOT_SENT
        assert isinstance(judge_silence(POST, "refused", began=False).error(), CanvasUnavailable)
        assert isinstance(judge_silence(POST, "reset", began=True).error(), OutcomeUnknown)
        assert isinstance(judge_silence(GET, "reset", began=True).error(), CanvasUnavailable)

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("120", 120),
            ("0", 0),
            ("-30", 0),
            ("99999999999", 3600),
            ("1.5", 1.5),
            ("Mon, 23 Nov 2026 04:16:02 GMT", 60),
            ("Mon, 23 Nov 2026 04:14:02 GMT", 0),
            ("Mon, 23 Nov 2099 04:14:02 GMT", 3600),
            ("soon", None),
            ("", None),
            ("1e9", None),
            ("9" * 400, None),
        ],
    )
    def test_retry_after_is_read_in_both_forms_and_capped(self, text, seconds):
        error = judge(GET, answer(429, "", retry_after=text, date="Mon, 23 Nov 2026 04:15:02 GMT")).error()
        assert isinstance(error, CanvasUnavailable)
        assert error.retry_after_s == seconds

    @pytest.mark.parametrize(
        ("link", "following"),
        [
            (
                '<https://c.example/a?page=1>; rel="current",<https://c.example/a?page=2,3>; rel="next"',
                "https://c.example/a?page=2,3",
            ),
            ('</a?page=2>;rel=next, <https://c.example/a>; rel="first"', "https://c.example/a?page=2"),
            ('<https://c.example/a?page=1>; rel="prev"', None),
            ("rubbish", None),
        ],
    )
    def test_the_next_page_is_taken_as_it_is_said(self, link, following):
        assert next_page(answer(200, "{}", link=link), "https://c.example/a") == following

    @pytest.mark.parametrize(
        ("url", "same"),
        [
            ("https://c.example/x", True),
            ("https://c.example:443/x", True),
            ("https://C.EXAMPLE./x", True),
            ("http://c.example/x", False),
            ("https://c.example:444/x", False),
            ("https://c.example.evil/x", False),
            ("https://c.example@evil/x", False),
            ("https://c.example:port/x", False),
        ],
    )
    def test_only_the_same_scheme_host_and_port_see_the_token(self, url, same):
        assert same_origin(url, "https://c.example") is same


class TestAnImport:
    def test_states_are_sorted_without_overlap_and_an_unknown_one_is_not_terminal(self):
        assert not (PENDING & RUNNING) | (RUNNING & TERMINAL) | (PENDING & TERMINAL)
        assert {
            state
            for state in (*PENDING, *RUNNING, "dreaming")
            if read_import({"id": 1, "workflow_state": state}).is_terminal
        } == set()
        assert all(read_import({"id": 1, "workflow_state": state}).is_terminal for state in TERMINAL)

    def test_ended_at_and_progress_decide_nothing(self):
        running = {"id": 1, "workflow_state": "importing", "progress": 100, "ended_at": "2026-11-23T04:15:02Z"}
        ended = {"id": 1, "workflow_state": "aborted", "progress": 3, "ended_at": None}
        assert not read_import(running).is_terminal
        assert read_import(ended).is_terminal

    def test_every_key_but_two_may_be_missing_null_or_of_another_kind(self):
        bare = read_import({"id": "8123", "workflow_state": "created", "new_key": [1]})
        assert (bare.id, bare.progress, bare.counts, bare.created_at, bare.user_id) == (8123, 0, {}, None, None)
        odd = {
            "progress": "55",
            "data": {"counts": {"users": "40", "x": None, "y": True}},
            "user": None,
            "created_at": 5,
        }
        found = read_import({"id": 1, "workflow_state": "x", **odd})
        assert (found.progress, found.counts, found.created_at) == (55, {"users": 40}, None)
        assert read_import({"id": 1, "workflow_state": "x", "data": [], "user": {"id": "77"}}).user_id == 77

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            "x",
            {},
            {"id": 1},
            {"id": True, "workflow_state": "x"},
            {"id": "1~2", "workflow_state": "x"},
            {"id": 1, "workflow_state": ""},
        ],
    )
    def test_what_has_no_id_or_state_is_none(self, value):
        with pytest.raises(ValueError):
            read_import(value)

    def test_inline_messages_leave_out_the_entry_that_only_counts_the_others(self):
        raw = {
            "processing_errors": [
                ["c.csv", "Malformed CSV"],
                [None, "Error while importing CSV."],
                ["and 7 more errors that were not included", "Download the error file to see all errors."],
            ],
            "processing_warnings": [["u.csv", "No login_id given for user U3"], "bare text", ["odd"], 5],
        }
        assert inline_messages(read_import(IMPORT | raw)) == (
            Message(Level.ERROR, "c.csv", None, "Malformed CSV"),
            Message(Level.ERROR, None, None, "Error while importing CSV."),
            Message(Level.WARNING, "u.csv", None, "No login_id given for user U3"),
            Message(Level.WARNING, None, None, "bare text"),
        )
        assert inline_messages(read_import(IMPORT)) == ()

    def test_what_is_kept_of_an_answer_has_no_person_and_no_signed_address(self):
        url = "https://c.example/files/2/download?verifier=abc"
        file = {"id": 2, "uuid": "abc", "display_name": "users.csv", "size": 9, "url": url, "thumbnail_url": None}
        raw = IMPORT | {
            "user": {"id": 77, "name": "Feed Robot", "login_id": "robot"},
            "csv_attachments": [file],
            "errors_attachment": file,
            "data": {"counts": {"users": 1}, "stack_trace": "x", "statistics": {"total_state_changes": 1}},
            "skip_deletes": False,
        }
        kept = scrub(raw)
        shown = {"id": 2, "display_name": "users.csv", "size": 9}
        assert kept == IMPORT | {
            "user": {"id": 77},
            "csv_attachments": [shown],
            "errors_attachment": shown,
            "data": {"counts": {"users": 1}, "statistics": {"total_state_changes": 1}},
            "skip_deletes": False,
        }
        assert scrub(kept) == kept
        assert raw["user"]["name"] == "Feed Robot", "the answer itself is not touched"
        assert read_import(raw).errors_attachment_url == url

    @pytest.mark.parametrize(
        ("told", "dropped"),
        [
            ("users.m1.csv", "users.csv"),
            ("users.m1_filtered.csv", "users.csv"),
            ("users.m1_deduplicated_filtered.csv", "users.csv"),
            ("sub/users.m1.csv", "sub/users.csv"),
            ("sub/courses.m1.csv", "sub/courses.csv"),
            ("courses.m1.csv", "sub/courses.csv"),
            ("readme.txt", "readme.txt"),
            ("20261123-4711.csv", "20261123-4711.csv"),
        ],
    )
    def test_messages_name_the_file_as_it_was_dropped(self, told, dropped):
        members = {
            "users.csv": "users.m1.csv",
            "sub/users.csv": "sub/users.m1.csv",
            "sub/courses.csv": "sub/courses.m1.csv",
            "readme.txt": "readme.txt",
        }
        assert original_file(told, members) == dropped


PLAIN = {
    "skip_deletes": False,
    "update_sis_id_if_login_claimed": False,
    "batch_mode": None,
    "multi_term_batch_mode": None,
    "change_threshold": None,
    "diffing_remaster": None,
}


class TestOptions:
    def test_what_is_off_is_left_out_since_canvas_takes_any_text_as_on(self):
        off = {
            "multi_term_batch_mode": False,
            "batch_mode": "no",
            "skip_deletes": 0,
            "diffing_remaster_data_set": None,
            "change_threshold": "",
            "diffing_drop_status": [],
        }
        assert request_params(off) == {"import_type": "instructure_csv"}

    def test_what_is_on_is_sent_as_canvas_reads_it(self):
        on = {
            "batch_mode": True,
            "skip_deletes": "Yes",
            "change_threshold": 0,
            "batch_mode_term_id": 5,
            "diffing_drop_status": ["completed"],
            "new_option": "x",
        }
        assert request_params(on) == {
            "import_type": "instructure_csv",
            "batch_mode": "true",
            "skip_deletes": "true",
            "change_threshold": "0",
            "batch_mode_term_id": "5",
            "diffing_drop_status": "completed",
            "new_option": "x",
        }

    @pytest.mark.parametrize(
        ("asked", "echo"),
        [
            ({}, {}),
            ({"skip_deletes": True}, {"skip_deletes": True}),
            (
                {"batch_mode": True, "batch_mode_term_id": "sis_term_id:F26"},
                {"batch_mode": True, "batch_mode_term_id": 12},
            ),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {"batch_mode": True, "batch_mode_term_id": "12"}),
            (
                {"batch_mode": True, "batch_mode_term_id": 12},
                {"batch_mode": True, "batch_mode_term_id": 70000000000012},
            ),
            (
                {"batch_mode": True, "batch_mode_term_id": 12, "multi_term_batch_mode": True},
                {"batch_mode": True, "batch_mode_term_id": 12},
            ),
            (
                {"multi_term_batch_mode": True, "change_threshold": 5},
                {"batch_mode": True, "multi_term_batch_mode": True, "change_threshold": 5},
            ),
            ({"batch_mode_term_id": 12}, {}),
            (
                {"batch_mode": True, "batch_mode_term_id": 1, "batch_mode_enrollment_drop_status": "completed"},
                {"batch_mode": True, "batch_mode_term_id": 1},
            ),
            (
                {"diffing_data_set_identifier": "a", "diffing_remaster_data_set": True},
                {"diffing_data_set_identifier": "a", "diffing_remaster": True},
            ),
            (
                {"diffing_data_set_identifier": "a", "diff_row_count_threshold": 0},
                {"diffing_data_set_identifier": "a", "diffing_remaster": False},
            ),
            (
                {"diffing_data_set_identifier": "a", "batch_mode": True, "batch_mode_term_id": 1},
                {"batch_mode": True, "batch_mode_term_id": 1},
            ),
            (
                {"diffing_remaster_data_set": True, "diffing_drop_status": "inactive"},
                {"diffing_drop_status": "inactive"},
            ),
            ({"change_threshold": 0}, {"change_threshold": 0}),
            ({"add_sis_stickiness": True}, {}),
            (
                {"override_sis_stickiness": True, "add_sis_stickiness": True, "clear_sis_stickiness": True},
                {"override_sis_stickiness": True, "clear_sis_stickiness": True},
            ),
        ],
    )
    def test_the_echo_that_canvas_owes_is_no_mismatch(self, asked, echo):
        assert echo_mismatches(asked, read_import(IMPORT | PLAIN | echo)) == []

    @pytest.mark.parametrize(
        ("asked", "echo", "name"),
        [
            ({"skip_deletes": True}, {}, "skip_deletes"),
            ({}, {"skip_deletes": True}, "skip_deletes"),
            ({}, {"batch_mode": True}, "batch_mode"),
            ({}, {"multi_term_batch_mode": True}, "multi_term_batch_mode"),
            ({}, {"diffing_data_set_identifier": "b"}, "diffing_data_set_identifier"),
            ({}, {"override_sis_stickiness": True}, "override_sis_stickiness"),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {}, "batch_mode"),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {"batch_mode": True}, "batch_mode_term_id"),
            (
                {"batch_mode": True, "batch_mode_term_id": 12},
                {"batch_mode": True, "batch_mode_term_id": 13},
                "batch_mode_term_id",
            ),
            ({"change_threshold": 10}, {"change_threshold": 0}, "change_threshold"),
            ({"change_threshold": 10}, {}, "change_threshold"),
            ({"diffing_data_set_identifier": "a"}, {"diffing_data_set_identifier": "A"}, "diffing_data_set_identifier"),
            (
                {"diffing_data_set_identifier": "a", "diffing_remaster_data_set": True},
                {"diffing_data_set_identifier": "a", "diffing_remaster": False},
                "diffing_remaster",
            ),
            (
                {"diffing_data_set_identifier": "a", "diffing_drop_status": "inactive"},
                {"diffing_data_set_identifier": "a"},
                "diffing_drop_status",
            ),
            (
                {"override_sis_stickiness": True, "add_sis_stickiness": True},
                {"override_sis_stickiness": True},
                "add_sis_stickiness",
            ),
            (
                {"update_sis_id_if_login_claimed": True},
                {"update_sis_id_if_login_claimed": None},
                "update_sis_id_if_login_claimed",
            ),
        ],
    )
    def test_any_other_echo_is_told_with_both_values(self, asked, echo, name):
        mismatches = echo_mismatches(asked, read_import(IMPORT | PLAIN | echo))
        assert [sentence for sentence in mismatches if sentence.startswith(f"{name} was asked as ")]

    def test_an_old_server_that_does_not_know_an_option_owes_nothing_for_what_is_off(self):
        assert echo_mismatches({}, read_import(IMPORT)) == []
        assert echo_mismatches({"update_sis_id_if_login_claimed": True}, read_import(IMPORT)) != []

    def test_an_import_that_has_not_got_its_options_yet_is_not_judged(self):
        assert echo_mismatches({"skip_deletes": True}, read_import(IMPORT | {"workflow_state": "initializing"})) == []


def one(number, *, made="2026-11-23T04:15:05Z", user=77, files=None, **more):
    raw = {"id": number, "workflow_state": "created", "created_at": made, "user": {"id": user}, **more}
    if files is not None:
        raw["csv_attachments"] = [{"display_name": name} for name in files]
    return read_import(raw)


class TestTheLostAnswer:
    INTENT = Intent("2026-11-23T04:15:03Z", "sdaaaa1111", 100, "2026-11-23T04:15:02Z")

    def found(self, *imports, intent=INTENT, options=None):
        return [found.id for found in candidates(imports, intent, 77, options or {})]

    def test_it_may_belong_to_what_is_newer_ours_and_alike(self):
        assert self.found(one(103), one(101), one(102, user=78), one(100), one(99)) == [101, 103]
        assert self.found(one(101, skip_deletes=True), one(102)) == [102]
        assert self.found(one(101, skip_deletes=True), one(102), options={"skip_deletes": True}) == [101]

    def test_it_may_belong_to_one_that_is_still_initializing_or_does_not_say_whose_it_is(self):
        assert self.found(one(101, workflow_state="initializing"), options={"skip_deletes": True}) == [101]
        assert self.found(read_import({"id": 102, "workflow_state": "created"})) == [102]

    def test_without_a_known_newest_id_time_decides_with_a_margin_for_clocks(self):
        intent = Intent("2026-11-23T04:15:03Z", "", None, None)
        early, old = "2026-11-23T04:05:00Z", "2026-11-23T03:15:00Z"
        assert self.found(one(5, made=early), one(6, made=old), one(7, made="?"), intent=intent) == [5, 7]

    def test_other_peoples_file_names_rule_it_out(self):
        assert self.found(one(101, files=["users.sdbbbb2222.csv"]), one(102, files=["users.sdaaaa1111.csv"])) == [102]

    @pytest.mark.parametrize(
        ("raw", "sure"),
        [
            ({}, None),
            ({"csv_attachments": []}, None),
            ({"csv_attachments": [{"display_name": "users.sdaaaa1111_filtered.csv"}]}, True),
            ({"csv_attachments": [[{"filename": "users.sdaaaa1111.csv"}]]}, True),
            ({"csv_attachments": [{"display_name": "users.csv"}]}, False),
            ({"processing_errors": [["users.sdaaaa1111.csv", "Malformed CSV"]]}, True),
            ({"processing_errors": [["users.csv", "Malformed CSV"]]}, False),
            ({"processing_warnings": [["readme.txt", "Skipping unknown file type"]]}, None),
            ({"processing_errors": [[None, "Error while importing CSV."]]}, None),
        ],
    )
    def test_the_marker_in_file_names_makes_it_sure(self, raw, sure):
        assert confirms(read_import(IMPORT | raw), "sdaaaa1111") is sure

    def test_without_a_marker_nothing_is_ever_sure(self):
        assert confirms(one(101, files=["users.csv"]), "") is None
