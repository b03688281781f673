"""What an answer of Canvas means for the one who asked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.protocol import requests as ask
from sisdrop.protocol.answers import Answer, Verdict, judge, judge_no_response, next_page, same_origin

POST = ask.create_import("self", NO_OPTIONS)
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
    (page(413), FILE, OPTIONS),
    (answer(415, {"error": "no"}), FILE, OPTIONS),
    (answer(422, {"errors": {"name": [{"message": "is too long"}]}}), FILE, OPTIONS),
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
            (answer(403, NO_AGENT), ["user agent", "User-Agent header"]),
            (answer(400, NO_ROOT), ["root account", "canvas.account"]),
            (answer(400, {"error": "Invalid content type, UTF-8 required"}), ["UTF-8 required"]),
            (answer(401, NOBODY, www_authenticate=BEARER), ["Invalid access token", "canvas.token"]),
            (answer(307, location="https://other.example/x?secret=1"), ["https://other.example", "canvas.url"]),
            (answer(404, NOT_THERE), ["no such account (canvas.account)"]),
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
        request = ask.create_import("self", ImportOptions(batch_mode=True, batch_mode_term_id="sis_term_id:F26"))
        assert "batch_mode_term_id" in judge(request, answer(404, NOT_THERE)).sentence

    def test_a_refusal_keeps_four_thousand_characters_of_the_body(self):
        error = judge(POST, answer(400, "x" * 9000)).error()
        assert isinstance(error, CanvasRefused)
        assert error.body == "x" * 4000
        assert len(str(error)) < 500

    def test_silence_means_not_sent_before_the_first_byte_and_unknown_after_it(self):
        assert judge_no_response(POST, "refused", began=False).verdict is Verdict.NOT_SENT
        assert isinstance(judge_no_response(POST, "refused", began=False).error(), CanvasUnavailable)
        assert isinstance(judge_no_response(POST, "reset", began=True).error(), OutcomeUnknown)
        assert isinstance(judge_no_response(GET, "reset", began=True).error(), CanvasUnavailable)

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


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"errors":' * 200_000])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_nested_without_end_is_no_data(body: bytes, status: int) -> None:
    expected = {200: Verdict.RETRY, 400: Verdict.REFUSED}[status]
    assert judge(ask.get_me(), Answer(status, {}, body)).verdict is expected
