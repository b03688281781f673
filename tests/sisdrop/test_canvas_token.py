"""The token comes back from nowhere: whoever echoes it, in whatever spelling, it is masked before anybody reads it."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
import traceback
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from canvas_sis_csv.options import NO_OPTIONS
from sisdrop.canvas.secrets import MASK, MIN_SECRET, Secrets
from sisdrop.errors import CanvasError, CanvasRefused
from sisdrop.protocol import read_import, scrub
from tests.support.canvas_client import Token, canvas_at, import_json
from tests.support.scripted import Act, Scripted, answer, json_answer, says

SECRET = "7~q8/Zr+Vh2N0sK4mWbX6tJ1cYpL9eUaGdRf3oBnTiMjHwQkEv5uCyAxDzSgFPlOI7"


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS = {
    "plain": SECRET,
    "header": f"Bearer {SECRET}",
    "lower case": SECRET.lower(),
    "in an address": quote(f"Bearer {SECRET}", safe=""),
    "in an address twice": quote(quote(SECRET, safe=""), safe=""),
    "every letter in an address": "".join(f"%{ord(char):02x}" for char in SECRET),
    "json": json.dumps(SECRET).strip('"').replace("/", "\\/"),
    "every letter in json": "".join(f"\\u{ord(char):04X}" for char in SECRET),
    "json in json": json.dumps("".join(f"\\u{ord(char):04x}" for char in SECRET)).strip('"'),
    "html": "".join(f"&#{ord(char)};" for char in SECRET),
    "html, hexadecimal": "".join(f"&#x{ord(char):X};" for char in SECRET),
    "html of quotes": html.escape(f'"{SECRET}"'),
    "base64": base64_of(SECRET),
    "base64 of the header": base64_of(f"Bearer {SECRET}"),
    "base64 with its name": base64_of(f"Authorization: Bearer {SECRET}\r\n"),
    "base64 of basic": base64_of(f"me:{SECRET}"),
    "base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
}


def shows_the_token(text: str) -> bool:
    """Whether anybody could read the token in `text`: in one of the spellings, or after undoing some of them."""
    plain = html.unescape(text).lower()
    # What base64 makes of its middle, which stands in every encoding of it at one of three places.
    middles = [base64_of("x" * before + SECRET)[8:-8] for before in range(3)]
    return SECRET.lower() in plain or any(
        spelling.lower() in text.lower() for spelling in [*SPELLINGS.values(), *middles]
    )


def answers_with(echo: str, status: str) -> list[Act]:
    """The places of an answer in which `echo` may stand."""
    in_json = echo if "\\" in echo else json.dumps(echo).strip('"')
    page = {"Content-Type": "text/html"}
    asks = {"WWW-Authenticate": f'Bearer realm="{echo}"'}
    kind = {"Content-Type": "application/json"}
    head = f"HTTP/1.1 {status}\r\n"
    body = f'{{"errors": [{{"message": "{in_json}"}}]}}'
    return [
        Act(answer(status, body, kind)),
        Act(answer(status, body, {**kind, **asks})),
        Act(answer(status, f'{{"{in_json}": ["{in_json}"], "status": "unauthorized"}}', kind)),
        Act(answer(status, f"<html><pre>{echo}</pre></html>", page)),
        Act(answer(status, f"you sent {echo}", {"Content-Type": "text/plain"})),
        Act(answer(status, "x", {"X-Debug": echo, "Retry-After": echo, "Date": echo, "Location": f"/{echo}"})),
        Act(answer(status, "x", {"Location": f"https://{echo}@elsewhere.example/{echo}?{echo}"})),
        Act(answer(status, "x", {"Location": f"https://[{echo}/"})),
        Act(answer(status, gzip.compress(body.encode()), {**kind, "Content-Encoding": "gzip"})),
        Act(answer(status, body.encode("utf-16"), kind)),
        # Cut off: by the length that was promised, and by the end of the connection in the middle of the token.
        Act(f"{head}Content-Length: 900\r\n\r\nBearer {echo}".encode(), end="close"),
        Act(f"{head}\r\nAuthorization: {echo[: -len(echo) // 8]}".encode(), end="close"),
        # What is no head of an answer.
        Act(f"{head}{echo}\r\n: {echo}\r\nno header {echo}\r\nX: 1\r\n\r\n{echo}".encode(), end="close"),
        Act(f"HTTP/1.1 {echo} {echo}\r\n\r\n".encode(), end="close"),
        Act(f"{echo}\r\n\r\n".encode(), end="close"),
    ]


def everything_shown(error: BaseException) -> str:
    """All that somebody could print of `error` and of what led to it, shown or not."""
    shown = "".join(traceback.format_exception(error))
    causes: list[BaseException] = [error]
    for cause in causes:
        shown += f"{cause!r} {vars(cause)}"
        causes += [other for other in (cause.__cause__, cause.__context__) if other and other not in causes]
    return shown


@pytest.mark.parametrize(
    ("spelling", "status"),
    [(spelling, "401 x") for spelling in SPELLINGS]
    + [("header", f"{status} x") for status in (200, 302, 307, 400, 403, 404, 407, 413, 422, 429, 500, 503)],
)
def test_no_error_log_or_value_shows_a_token_that_an_answer_echoes(spelling, status, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    upload = tmp_path / "one.zip"
    upload.write_bytes(b"PK")
    acts = answers_with(SPELLINGS[spelling], status)
    with Scripted() as server, canvas_at(server.url, token=Token([SECRET])) as canvas:
        for act in acts:
            for ask in (lambda: canvas.create(upload, NO_OPTIONS), lambda: canvas.get(8123)):
                server.then(act)
                canvas.close()  # on a connection kept alive a question may be asked twice
                with pytest.raises(CanvasError) as caught:
                    ask()
                shown = everything_shown(caught.value) + repr(vars(canvas)) + repr(canvas.server_time)
                assert not shows_the_token(shown), act
        assert {one.headers["authorization"] for one in server.requests} == {f"Bearer {SECRET}"}
        assert len(server.requests) == 2 * len(acts)
    records = "".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in caplog.records)
    assert not shows_the_token(caplog.text + records)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_value_shows_a_token_that_an_accepted_answer_echoes(spelling):
    echo = SPELLINGS[spelling]
    in_json = echo if "\\" in echo else json.dumps(echo).strip('"')
    fields = f'"note": "{in_json}", "name": "{in_json}", "{in_json}": 1, "message": "{in_json}", "file": "{in_json}"'
    body = f'{{"id": 7, "workflow_state": "{in_json}", "processing_errors": [["{in_json}", "{in_json}"]], {fields}}}'
    listed = f'{{"sis_imports": [{body}], "sis_import_errors": [{body}]}}'
    with Scripted() as server, canvas_at(server.url, token=Token([SECRET])) as canvas:
        server.then(*[Act(answer("200 OK", body))] * 4, *[Act(answer("200 OK", listed))] * 3)
        found = canvas.get(7)
        values = [found, scrub(found.raw), canvas.me(), canvas.account(), canvas.progress(7)]
        values += [canvas.imports_above(None)]
        server.then(*[Act(answer("200 OK", listed))] * 2)
        server.then(Act(answer("200 OK", body)))
    assert found.id == 7
    assert MASK in found.workflow_state
    assert not shows_the_token(repr(values))


def test_messages_and_the_addresses_of_pages_and_reports_are_masked_too(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    entry = {"file": SECRET, "message": f"you are {SECRET}", "row": 4}
    with Scripted() as elsewhere, Scripted() as server, canvas_at(server.url, token=Token([SECRET])) as canvas:
        link = {"Link": f'<{server.url}/p2?access_token={quote(SECRET)}>; rel="next"'}
        server.then(
            says(import_json(data={"counts": {"error_count": 0}})),
            says({"sis_import_errors": [entry]}, headers=link),
            says({"sis_import_errors": [entry]}),
            says(import_json(errors_attachment={"url": f"{elsewhere.url}/{quote(SECRET)}?{SECRET}"})),
        )
        elsewhere.then(Act(answer("404 Not Found", SECRET, {"Location": SECRET})))
        messages = list(canvas.errors(8123))
        assert canvas.download_errors(read_import(import_json()), tmp_path / "errors.csv") is False
        sent = repr([one.target for one in (*server.requests, *elsewhere.requests)])
        assert [one.headers.get("authorization") for one in elsewhere.requests] == [None]
    assert len(messages) == 2
    assert not shows_the_token(repr(messages) + sent + caplog.text)


def test_a_token_that_was_replaced_stays_masked():
    old, new = "7~old-token-of-last-year", "7~new-token-of-this-year"
    refused = {"errors": [{"message": f"{old} has expired"}]}
    bearer = {"WWW-Authenticate": "Bearer"}
    late = json_answer({"errors": [{"message": f"{old} and {new} are both wrong"}]}, "401 x", bearer)
    with Scripted([says(refused, "401 x", bearer), Act(late)]) as server:
        with (
            canvas_at(server.url, token=Token([old, new])) as canvas,
            pytest.raises(CanvasRefused, match=r"\[token\] and \[token\] are both wrong") as caught,
        ):
            canvas.me()
        assert [one.headers["authorization"] for one in server.requests] == [f"Bearer {old}", f"Bearer {new}"]
    assert "7~" not in everything_shown(caught.value)


def test_what_a_refusal_says_besides_stays_readable():
    told = says({"errors": [{"message": f"Your token {SECRET} may not import"}]}, "403 x")
    with (
        Scripted([told]) as server,
        canvas_at(server.url, token=Token([SECRET])) as canvas,
        pytest.raises(CanvasRefused, match=r"Your token \[token\] may not import") as caught,
    ):
        canvas.me()
    assert json.loads(caught.value.body) == {"errors": [{"message": "Your token [token] may not import"}]}


PRINTED = st.characters(min_codepoint=33, max_codepoint=126)
AROUND = st.text(st.characters(min_codepoint=1, codec="utf-8"), max_size=20)


@settings(deadline=None)
@example(secret="0" * 16, before="", after="")
@given(secret=st.text(PRINTED, min_size=MIN_SECRET, max_size=90), before=AROUND, after=AROUND)
def test_no_token_is_left_whatever_stands_around_it(secret, before, after):
    secrets = Secrets()
    secrets.add(secret)
    assert secret not in secrets.mask_text(before + secret + after)
    assert Secrets().mask_text(before + secret + after) == before + secret + after


@settings(deadline=None)
@example(secret="0" * 16, before="", after="")
@given(
    # A backslash may stand before any character of a quoted text: of a token that holds some nobody could tell which
    # are its own.
    secret=st.text(PRINTED.filter(lambda char: char != "\\"), min_size=MIN_SECRET, max_size=90),
    before=AROUND,
    after=AROUND,
)
def test_nothing_but_the_token_is_taken_out(secret, before, after):
    plain = (before + after).replace("\\", "").lower()
    assume(secret[:MIN_SECRET].lower() not in plain)
    secrets = Secrets()
    secrets.add(secret)
    masked = secrets.mask_text(before + secret + after)
    # In any case, for a token that repeats itself may seem to begin in what stands before it.
    left = masked.replace(MASK, "", 1).lower()
    assert left in ((before + after).lower(), (before.rstrip("\\") + after).lower())


@given(before=st.text(max_size=9), after=st.text(max_size=9))
def test_base64_is_masked_whatever_stands_around_the_token(before, after):
    secrets = Secrets()
    secrets.add(SECRET)
    masked = secrets.mask_text(base64_of(before + SECRET + after))
    # Of its first and last letters some bits are mixed with what stands around it.
    assert len(masked) < len(base64_of(before + after)) + len(MASK) + 10


def test_a_text_too_short_for_a_token_masks_nothing():
    secrets = Secrets()
    secrets.add("id")
    assert secrets.mask(b'{"id": 7}') == b'{"id": 7}'
