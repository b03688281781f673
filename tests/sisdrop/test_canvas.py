"""The client of one Canvas account, against scripted answers on loopback."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import socket
import ssl
import subprocess
import time
import traceback
from urllib.parse import parse_qsl, urlsplit

import pytest

from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from sisdrop.errors import (
    CanvasError,
    CanvasRefused,
    CanvasUnavailable,
    ConfigError,
    OutcomeUnknown,
    RefusalKind,
    StateError,
)
from tests.support.canvas_client import PAGE, TOKEN, Token, canvas_at, import_json
from tests.support.scripted import Act, Scripted, answer, json_answer, says


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "snapshot.zip"
    path.write_bytes(b"PK\x05\x06" + b"\0" * 18)
    return path


@pytest.fixture
def big(tmp_path):
    """A file that no socket buffer holds."""
    path = tmp_path / "big.zip"
    with path.open("wb") as file:
        file.truncate(20 << 20)
    return path


class TestTheUpload:
    def test_it_is_the_raw_zip_with_every_option_in_the_query(self, upload):
        with Scripted([says(import_json())]) as server, canvas_at(server.url) as canvas:
            created = canvas.create(
                upload, ImportOptions(skip_deletes=True, change_threshold=0, multi_term_batch_mode=False)
            )
            (arrived,) = server.requests
        assert (created.id, created.workflow_state) == (8123, "created")
        target = urlsplit(arrived.target)
        assert (arrived.method, target.path) == ("POST", "/api/v1/accounts/self/sis_imports")
        assert dict(parse_qsl(target.query)) == {
            "import_type": "instructure_csv",
            "extension": "zip",
            "skip_deletes": "true",
            "change_threshold": "0",
        }
        assert arrived.body == upload.read_bytes()
        assert arrived.headers["content-type"] == "application/zip"
        assert arrived.headers["content-length"] == str(upload.stat().st_size)
        assert "transfer-encoding" not in arrived.headers
        assert arrived.headers["authorization"] == f"Bearer {TOKEN}"
        assert arrived.headers["user-agent"] == "sisdrop/test"
        assert "cookie" not in arrived.headers

    def test_a_snapshot_that_cannot_be_read_is_told_as_our_own_trouble_and_nothing_is_sent(self, tmp_path):
        with Scripted() as server, canvas_at(server.url) as canvas:
            with pytest.raises(StateError, match=r"gone\.zip"):
                canvas.create(tmp_path / "gone.zip", NO_OPTIONS)
            assert server.requests == []

    @pytest.mark.parametrize(
        "act",
        [
            Act(end="close"),
            Act(end="reset"),
            Act(end="reset", early=True),
            Act(b"HTTP/1.1 201 Cre", end="close"),
            Act(b"HTTP/1.1 200 OK\r\nContent-Le", end="close"),
            Act(json_answer(import_json())[:-9], end="close"),
            Act(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"id": 8123, ', end="close"),
            Act(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", end="close"),
            Act(b"hello\r\n\r\n", end="close"),
            Act(answer("200 OK", '{"id": 8123, ')),
            Act(answer("200 OK", "[" * 100_000)),
            says({"id": 8123}),
            says([import_json()]),
            says({"workflow_state": "created"}),
            Act(answer("200 OK")),
            Act(answer("204 No Content")),
            Act(PAGE),
            Act(answer("303 See Other", headers={"Location": "/elsewhere"})),
            Act(answer("500 Internal Server Error")),
            Act(answer("502 Bad Gateway", "<html>")),
            Act(answer("503 Service Unavailable", "<html>")),
            Act(answer("504 Gateway Timeout", "<html>")),
            Act(answer("200 OK", b"\x1f\x8b\x08 not gzip", {"Content-Encoding": "gzip"})),
        ],
        ids=lambda act: f"{act.reply[:24]!r}-{act.end}",
    )
    def test_after_a_lost_or_unfit_answer_the_outcome_is_unknown_and_it_is_sent_once(self, act, upload):
        with Scripted([act]) as server, canvas_at(server.url) as canvas:
            with pytest.raises(OutcomeUnknown, match="look there before asking again"):
                canvas.create(upload, NO_OPTIONS)
            assert [one.method for one in server.requests] == ["POST"]

    def test_a_connection_that_is_reset_as_soon_as_it_stands_is_not_used_for_a_second_try(self, big):
        with Scripted([says(import_json())], hang_up=1) as server, canvas_at(server.url) as canvas:
            # Which of the two depends on whether the reset comes before the first byte is sent.
            with pytest.raises((OutcomeUnknown, CanvasUnavailable)):
                canvas.create(big, NO_OPTIONS)
            assert (server.connections, server.requests) == (1, [])

    def test_a_server_that_never_answers_is_waited_for_as_long_as_configured(self, upload):
        with Scripted([Act(end="hang")]) as server, canvas_at(server.url, timeout_s=0.3) as canvas:
            with pytest.raises(OutcomeUnknown, match=r"nothing came for 0\.3 s"):
                canvas.create(upload, NO_OPTIONS)
            assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "reply",
        [
            b"HTTP/1.1 200 " + b"O" * 600,
            b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" + b" " * 600,
            b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600,
        ],
        ids=["head", "body", "body that ends with the connection"],
    )
    def test_a_server_that_drips_its_answer_is_cut_off_at_the_total_deadline(self, reply, upload):
        with Scripted([Act(reply, pause_s=0.01)]) as server, canvas_at(server.url, timeout_s=0.8) as canvas:
            began = time.monotonic()
            with pytest.raises(OutcomeUnknown, match="not over within 2 s"):
                canvas.create(upload, NO_OPTIONS)
            assert time.monotonic() - began < 5
            assert len(server.requests) == 1

    def test_an_early_413_while_sending_is_a_refusal_of_the_file(self, big):
        refusal = answer("413 Payload Too Large", "<html>too big</html>", {"Connection": "close"})
        with Scripted([Act(refusal, early=True, end="close")]) as server, canvas_at(server.url) as canvas:
            with pytest.raises(CanvasRefused, match="too large") as caught:
                canvas.create(big, NO_OPTIONS)
            assert (caught.value.kind, caught.value.status) == (RefusalKind.FILE, 413)
            assert len(server.requests) == 1

    def test_an_early_413_from_a_server_that_just_stops_reading_is_a_refusal_too(self, big):
        act = Act(answer("413 Payload Too Large", "too big"), early=True, end="hang")
        with Scripted([act, says({"id": 7})]) as server, canvas_at(server.url, timeout_s=1.0) as canvas:
            with pytest.raises(CanvasRefused) as caught:
                canvas.create(big, NO_OPTIONS)
            assert caught.value.kind is RefusalKind.FILE
            assert canvas.me().id == 7
            assert [one.connection for one in server.requests] == [1, 2], "not on the half-used connection"

    def test_a_server_that_stops_reading_and_says_nothing_leaves_the_outcome_unknown(self, big):
        with (
            Scripted([Act(early=True, end="hang")]) as server,
            canvas_at(server.url, timeout_s=0.3) as canvas,
            pytest.raises(OutcomeUnknown),
        ):
            canvas.create(big, NO_OPTIONS)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_refused_and_never_followed(self, status, upload):
        with Scripted([], None) as other, Scripted() as server, canvas_at(server.url) as canvas:
            server.then(Act(answer(f"{status} Moved", headers={"Location": f"{other.url}/api"})))
            with pytest.raises(CanvasRefused, match=r"canvas\.url") as caught:
                canvas.create(upload, NO_OPTIONS)
            assert caught.value.kind is RefusalKind.ADDRESS
            assert len(server.requests) == 1
            assert other.requests == []

    def test_an_upload_never_goes_over_a_connection_that_was_kept_alive(self, upload):
        with Scripted([says({"id": 7, "name": "Feed Robot"}), says(import_json())]) as server:
            with canvas_at(server.url) as canvas:
                canvas.me()
                canvas.create(upload, NO_OPTIONS)
            assert [one.connection for one in server.requests] == [1, 2]

    def test_an_answer_without_end_is_cut_off(self, upload):
        endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * (9 << 20)
        with (
            Scripted([Act(endless, end="close")]) as server,
            canvas_at(server.url) as canvas,
            pytest.raises(OutcomeUnknown, match="larger than 8 MiB"),
        ):
            canvas.create(upload, NO_OPTIONS)

    def test_a_gzip_bomb_is_cut_off(self, upload):
        bomb = answer("200 OK", gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"})
        with (
            Scripted([Act(bomb)]) as server,
            canvas_at(server.url) as canvas,
            pytest.raises(OutcomeUnknown, match="larger than 8 MiB"),
        ):
            canvas.create(upload, NO_OPTIONS)

    def test_a_packed_answer_is_read(self, upload):
        packed = answer("200 OK", gzip.compress(json.dumps(import_json(9)).encode()), {"Content-Encoding": "gzip"})
        with Scripted([Act(packed)]) as server, canvas_at(server.url) as canvas:
            assert canvas.create(upload, NO_OPTIONS).id == 9


class TestNotReached:
    def test_a_refused_connection_means_that_nothing_was_sent(self, upload):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        with (
            canvas_at(f"http://127.0.0.1:{port}") as canvas,
            pytest.raises(CanvasUnavailable, match=r"connection refused.*Nothing was sent"),
        ):
            canvas.create(upload, NO_OPTIONS)

    def test_a_name_that_does_not_resolve_means_that_nothing_was_sent(self, upload):
        with (
            canvas_at("http://school.invalid") as canvas,
            pytest.raises(CanvasUnavailable, match=r"name cannot be resolved.*Nothing was sent"),
        ):
            canvas.create(upload, NO_OPTIONS)

    def test_a_connection_that_does_not_come_about_in_time_means_that_nothing_was_sent(self, upload):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, socket.socket() as one, socket.socket() as two:
            for filler in (one, two):
                filler.setblocking(False)
                filler.connect_ex(deaf.getsockname())
            with (
                canvas_at(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout_s=0.3) as canvas,
                pytest.raises(CanvasUnavailable, match=r"no connection within 0\.3 s.*Nothing was sent"),
            ):
                canvas.create(upload, NO_OPTIONS)

    def test_a_proxy_that_cannot_be_reached_means_that_nothing_was_sent(self, upload, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with canvas_at("https://school.invalid") as canvas, pytest.raises(CanvasUnavailable, match="Nothing was sent"):
            canvas.create(upload, NO_OPTIONS)

    def test_a_proxy_of_the_environment_is_used_and_never_sees_the_token_in_the_clear(self, upload, monkeypatch):
        with Scripted([Act(answer("502 No such host"), end="close")]) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            with (
                canvas_at("https://school.invalid") as canvas,
                pytest.raises(CanvasUnavailable, match="Nothing was sent"),
            ):
                canvas.create(upload, NO_OPTIONS)
            (arrived,) = proxy.requests
        assert (arrived.method, arrived.target) == ("CONNECT", "school.invalid:443")
        assert "authorization" not in arrived.headers

    def test_a_proxy_is_not_asked_for_this_machine(self, monkeypatch):
        with Scripted() as proxy, Scripted([says({"id": 7})]) as server, canvas_at(server.url) as canvas:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            assert canvas.me().id == 7
            assert proxy.requests == []


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for 127.0.0.1 and its key, made for this test."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = tmp_path / "cert.pem", tmp_path / "key.pem"
    ask = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run([*ask.split(), *files], check=True, capture_output=True)
    return made


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


class TestTls:
    def test_a_certificate_that_nobody_vouches_for_means_that_nothing_was_sent(self, tls, upload):
        with Scripted([says(import_json())], tls) as server, canvas_at(server.url) as canvas:
            with pytest.raises(CanvasUnavailable, match=r"not trusted.*canvas\.ca_file.*Nothing was sent"):
                canvas.create(upload, NO_OPTIONS)
            assert server.requests == []

    def test_a_certificate_for_another_name_means_that_nothing_was_sent(self, tls, certificate, upload):
        with Scripted([says(import_json())], tls) as server:
            with (
                canvas_at(f"https://localhost:{server.port}", ca_file=certificate[0]) as canvas,
                pytest.raises(CanvasUnavailable, match=r"not trusted.*Nothing was sent"),
            ):
                canvas.create(upload, NO_OPTIONS)
            assert server.requests == []

    def test_ca_file_names_an_authority_to_trust_besides_the_usual_ones(self, tls, certificate, upload):
        with Scripted([says(import_json())], tls) as server, canvas_at(server.url, ca_file=certificate[0]) as canvas:
            assert canvas.create(upload, NO_OPTIONS).id == 8123

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_the_environment_may_name_authorities_too(self, name, tls, certificate, upload, monkeypatch):
        monkeypatch.setenv(name, str(certificate[0]))
        with Scripted([says(import_json())], tls) as server, canvas_at(server.url) as canvas:
            assert canvas.create(upload, NO_OPTIONS).id == 8123

    def test_a_ca_file_that_cannot_be_used_is_a_configuration_error(self, tmp_path):
        empty = tmp_path / "empty.pem"
        empty.touch()
        for path in (tmp_path / "gone.pem", empty):
            with pytest.raises(ConfigError, match=r"canvas\.ca_file"):
                canvas_at("https://school.invalid", ca_file=path)

    @pytest.mark.parametrize("act", [Act(end="close"), Act(end="reset"), Act(b"HTTP/1.1 20", end="close")])
    def test_a_secure_connection_that_breaks_after_sending_leaves_the_outcome_unknown(self, act, tls, certificate, big):
        for one in (act, Act(act.reply, early=True, end=act.end)):
            with Scripted([one], tls) as server, canvas_at(server.url, ca_file=certificate[0]) as canvas:
                with pytest.raises(OutcomeUnknown):
                    canvas.create(big, NO_OPTIONS)
                assert len(server.requests) == 1

    @pytest.mark.parametrize(("end", "timeout_s"), [("close", 5.0), ("hang", 1.0)])
    def test_an_early_413_over_a_secure_connection_is_a_refusal_too(self, end, timeout_s, tls, certificate, big):
        act = Act(answer("413 Payload Too Large", "too big"), early=True, end=end)
        with (
            Scripted([act], tls) as server,
            canvas_at(server.url, ca_file=certificate[0], timeout_s=timeout_s) as canvas,
            pytest.raises(CanvasRefused, match="too large"),
        ):
            canvas.create(big, NO_OPTIONS)

    def test_a_secure_answer_that_drips_is_cut_off_at_the_total_deadline(self, tls, certificate, upload):
        dripping = Act(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600, pause_s=0.01)
        with (
            Scripted([dripping], tls) as server,
            canvas_at(server.url, ca_file=certificate[0], timeout_s=0.8) as canvas,
            pytest.raises(OutcomeUnknown, match="not over within 2 s"),
        ):
            canvas.create(upload, NO_OPTIONS)


class TestTheToken:
    def test_netrc_does_not_replace_it(self, upload, tmp_path, monkeypatch):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with Scripted([says(import_json())]) as server, canvas_at(server.url) as canvas:
            canvas.create(upload, NO_OPTIONS)
            assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"

    def test_it_is_read_once_and_again_when_canvas_refuses_it(self, upload):
        bad = says(
            {"errors": [{"message": "Invalid access token."}]}, "401 x", {"WWW-Authenticate": 'Bearer realm="x"'}
        )
        token = Token(["old", "old", "new"])
        with Scripted([says({"id": 7}), says({"id": 7}), bad, bad, says(import_json())]) as server:
            with canvas_at(server.url, token=token) as canvas:
                canvas.me()
                canvas.me()
                assert token.reads == 1
                with pytest.raises(CanvasRefused, match="Invalid access token") as caught:
                    canvas.create(upload, NO_OPTIONS)
                assert (caught.value.kind, token.reads) == (RefusalKind.TOKEN, 2)
                assert len(server.requests) == 3, "the same token is not tried again"
                assert canvas.create(upload, NO_OPTIONS).id == 8123
            assert [one.headers["authorization"] for one in server.requests[3:]] == ["Bearer old", "Bearer new"]
            assert server.requests[3].body == server.requests[4].body == upload.read_bytes()

    @pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "t\u00f6ken"])
    def test_one_that_cannot_stand_in_a_header_is_refused_without_being_shown(self, text):
        with canvas_at("http://127.0.0.1:9", token=Token([text])) as canvas, pytest.raises(CanvasRefused) as caught:
            canvas.me()
        assert caught.value.kind is RefusalKind.TOKEN
        assert not text or text not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize(
        "act", [Act(end="close"), Act(answer("500 x")), Act(answer("401 x", TOKEN[:3])), Act(answer("302 x"))]
    )
    def test_it_is_in_no_error_text_log_or_repr(self, act, upload, caplog):
        caplog.set_level(logging.DEBUG)
        with Scripted([act]) as server, canvas_at(server.url) as canvas:
            with pytest.raises(CanvasError) as caught:
                canvas.create(upload, NO_OPTIONS)
            shown = "".join(traceback.format_exception(caught.value)) + repr(canvas) + repr(vars(canvas)) + caplog.text
            assert TOKEN not in shown
            assert TOKEN not in server.requests[0].target
