"""The canvas group: the address, the account, and where the token comes from."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

import pytest

from sisdrop import config
from sisdrop.config import token
from sisdrop.errors import CanvasRefused, RefusalKind
from tests.support.config_files import feed, parsed, problems

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="permission bits exist on POSIX only")
SECRET = "7~secretsecretsecret"


def canvas(keys: str) -> str:
    return feed(top=f"canvas: {{{keys}}}")


def with_url(url: str) -> str:
    return canvas(f"url: '{url}', token: {{env: T}}")


def with_token(source: str) -> config.TokenSource:
    found = parsed(canvas(f"url: 'https://school.instructure.com', token: {source}")).canvas
    assert found is not None
    return found.token


GOOD_URLS = [
    ("https://school.instructure.com", "https://school.instructure.com"),
    ("https://School.Instructure.COM/", "https://school.instructure.com"),
    ("https://school.instructure.com/api/v1/", "https://school.instructure.com"),
    ("https://school.instructure.com:443", "https://school.instructure.com"),
    ("https://canvas.school.example:8443", "https://canvas.school.example:8443"),
    ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ("http://localhost", "http://localhost"),
    ("http://[::1]:3000/", "http://[::1]:3000"),
    ("https://schüle.example", "https://xn--schle-mva.example"),
]


@pytest.mark.parametrize(("written", "meant"), GOOD_URLS)
def test_an_address_is_taken_without_what_does_not_matter(written: str, meant: str) -> None:
    found = parsed(with_url(written)).canvas
    assert found is not None
    assert found.url == meant
    assert found.lane == meant.partition("://")[2] + "/self"


BAD_URLS = [
    ("school.instructure.com", "write the address with its https://"),
    ("http://school.instructure.com", "http would send the token unencrypted"),
    ("http://127.0.0.1.example.org", "http would send the token unencrypted"),
    ("ftp://school.instructure.com", "expected https://, got ftp://"),
    ("https://u:p@school.instructure.com", "no user name or password in the address"),
    ("https://school.instructure.com?x=1", "only the address of Canvas, without ? and # parts"),
    ("https://school.instructure.com#x", "only the address of Canvas, without ? and # parts"),
    ("https://school.instructure.com/courses", "only the host of Canvas"),
    ("https://school.instructure.com:99999", "this is not a valid address"),
    ("https://", "the host in this address is not valid"),
    ("https://sch ool", "the host in this address is not valid"),
    ("https://[fe80::zz]", "this is not a valid"),
]


@pytest.mark.parametrize(("url", "sentence"), BAD_URLS)
def test_an_address_that_cannot_be_canvas_is_refused(url: str, sentence: str) -> None:
    found = problems(with_url(url))
    assert len(found) == 1
    assert found[0].startswith(f"canvas.url: {sentence}")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("self", "self"), ("1", "1"), ("'42'", "42"), ("12~34", "12~34"), ("sis_account_id:A 1", "sis_account_id:A 1")],
)
def test_an_account_is_self_a_number_or_an_sis_id(written: str, meant: str) -> None:
    found = parsed(canvas(f"url: 'https://x.example', account: {written}, token: {{env: T}}")).canvas
    assert found is not None
    assert found.account == meant


@pytest.mark.parametrize("account", ["Self", "-1", "1.5", "'sis_account_id:'", "'../1'", "true", "null", "''"])
def test_anything_else_is_no_account(account: str) -> None:
    found = problems(canvas(f"url: 'https://x.example', account: {account}, token: {{env: T}}"))
    assert len(found) == 1
    assert found[0].startswith("canvas.account: expected self, a number or sis_account_id:X, got ")


@pytest.mark.parametrize(
    ("source", "got"),
    [
        ("{}", "none"),
        ("{env: A, file: b}", "env and file"),
        ("{env: A, file: b, command: [c]}", "env and file and command"),
    ],
)
def test_exactly_one_token_source_is_wanted(source: str, got: str) -> None:
    assert problems(canvas(f"url: 'https://x.example', token: {source}")) == [
        f"canvas.token: expected exactly one of env, file and command, got {got}"
    ]


@pytest.mark.parametrize("command", ["pass show token", "[]", "[pass, 5]", "['']"])
def test_a_command_is_a_list_of_words(command: str) -> None:
    found = problems(canvas(f"url: 'https://x.example', token: {{command: {command}}}"))
    assert len(found) == 1
    assert found[0].startswith("canvas.token.command: expected a list of words such as [pass, show, canvas/token]")


def refusal(source: config.TokenSource) -> str:
    with pytest.raises(CanvasRefused) as caught:
        source.read()
    assert (caught.value.kind, caught.value.status, caught.value.body) == (RefusalKind.TOKEN, 0, "")
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_token_is_read_from_the_environment_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    source = with_token("{env: SISDROP_TEST_TOKEN}")
    monkeypatch.setenv("SISDROP_TEST_TOKEN", SECRET)
    assert source.read() == SECRET
    monkeypatch.setenv("SISDROP_TEST_TOKEN", "another")
    assert source.read() == "another"
    monkeypatch.delenv("SISDROP_TEST_TOKEN")
    assert refusal(source) == "The environment variable SISDROP_TEST_TOKEN is not set; it should hold the Canvas token."


def test_a_token_never_shows_in_the_source_that_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SISDROP_TEST_TOKEN", SECRET)
    source = with_token("{env: SISDROP_TEST_TOKEN}")
    source.read()
    assert SECRET not in f"{source} {source!r} {source.__dict__} {source.model_dump()}"
    assert source.describe() == "environment variable SISDROP_TEST_TOKEN"


def token_file(tmp_path: Path, content: bytes, mode: int = 0o600) -> config.TokenSource:
    path = tmp_path / "token"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return with_token(f"{{file: '{path}'}}")


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_token_file_may_end_with_one_line_end(tmp_path: Path, ending: bytes) -> None:
    assert token_file(tmp_path, SECRET.encode() + ending).read() == SECRET


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (SECRET.encode() + b"\n\n", "contains blanks, line breaks"),
        (b" " + SECRET.encode(), "contains blanks, line breaks"),
        (SECRET.encode() + b"\x00", "contains blanks, line breaks"),
        (b"\xef\xbb\xbf" + SECRET.encode(), "a BOM?"),
        (b"x" * 9000, "too long to be one"),
    ],
)
def test_a_token_file_that_holds_something_else_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(token_file(tmp_path, content))


@posix_only
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o622])
def test_a_token_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    assert f"(mode {mode:o}); run: chmod 600 {tmp_path / 'token'}" in refusal(
        token_file(tmp_path, SECRET.encode(), mode)
    )


@posix_only
def test_a_credential_of_systemd_may_have_group_bits_but_not_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert token_file(tmp_path, SECRET.encode(), 0o440).read() == SECRET
    assert "can be read by other users" in refusal(token_file(tmp_path, SECRET.encode(), 0o444))


@posix_only
def test_a_missing_file_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(with_token(f"{{file: '{tmp_path / 'none'}'}}"))
    assert "is not a regular file" in refusal(with_token(f"{{file: '{tmp_path}'}}"))
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is not a regular file" in refusal(with_token(f"{{file: '{tmp_path / 'pipe'}'}}"))


def python(code: str) -> config.TokenSource:
    return with_token(f"{{command: ['{sys.executable}', '-c', \"{code}\"]}}")


def test_the_first_line_a_command_prints_is_the_token() -> None:
    assert python(f"print('{SECRET}'); print('and more')").read() == SECRET


def test_a_command_runs_without_a_shell() -> None:
    assert python("import sys; print(sys.argv[0])").read() == "-c"
    assert "cannot be started: No such file" in refusal(with_token("{command: ['echo secret; true']}"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"print('{SECRET}'); exit(3)", "failed with exit code 3"),
        ("print()", "is empty"),
        ("print('two words')", "contains blanks"),
        ("print('x' * 9000)", "too long to be one"),
    ],
)
def test_a_command_that_gives_no_token_is_refused_without_repeating_its_output(code: str, words: str) -> None:
    assert words in refusal(python(code))


@pytest.mark.parametrize(
    "code",
    [
        f"import sys; print('{SECRET}', file=sys.stderr); exit(3)",
        f"import sys; print('{SECRET}', file=sys.stderr); print()",
        f"import sys; print('Token: {SECRET}'); print('{SECRET}'); sys.stderr.write('{SECRET}')",
        f"print('{SECRET} {SECRET}')",
        f"print(); print('{SECRET}')",
        f"raise SystemExit('{SECRET}')",
        f"raise ValueError('{SECRET}')",
        f"import os, signal; print('{SECRET}', flush=True); os.kill(os.getpid(), signal.SIGTERM)",
    ],
)
def test_what_a_command_prints_reaches_no_text_log_or_stream_of_ours(
    code: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CanvasRefused) as caught:
        python(code).read()
    causes = [caught.value, caught.value.__cause__, caught.value.__context__]
    shown = (
        "".join(map(repr, causes)) + f"{caught.value} {vars(caught.value)}" + caplog.text + "".join(capfd.readouterr())
    )
    assert SECRET not in shown


@pytest.mark.parametrize(
    "source", ["env: {token}", "file: {token}", "command: ['{token}']", "command: ['{token}', --show]"]
)
def test_a_token_written_where_its_source_belongs_is_not_shown(source: str) -> None:
    token = "Ab3" + "x9" * 30
    wrong = with_token(f"{{{source.format(token=token)}}}")
    with pytest.raises(CanvasRefused) as caught:
        wrong.read()
    assert token not in f"{caught.value} {wrong} {wrong.describe()}"


@posix_only
def test_a_command_that_never_ends_is_killed_with_its_children() -> None:
    begin = time.monotonic()
    with pytest.raises(CanvasRefused, match=r"did not end within 0\.3 seconds"):
        # The child keeps the pipe open: only its death lets us go on.
        token.from_command(("/bin/sh", "-c", "sleep 30 & wait"), timeout_s=0.3)
    assert time.monotonic() - begin < 10


def test_a_command_that_prints_without_end_is_killed_before_it_fills_the_memory() -> None:
    begin = time.monotonic()
    with pytest.raises(CanvasRefused, match=r"prints more than 64 KiB") as caught:
        python("while True: print('x' * 10_000)").read()
    assert caught.value.kind is RefusalKind.TOKEN
    assert time.monotonic() - begin < 20  # well before its thirty seconds are over
    assert "xx" not in str(caught.value)


@posix_only
def test_a_command_that_closes_its_output_and_goes_on_is_killed_in_time() -> None:
    with pytest.raises(CanvasRefused, match=r"did not end within 0\.3 seconds"):
        token.from_command(("/bin/sh", "-c", "exec >&-; sleep 30"), timeout_s=0.3)


def test_one_account_with_two_tokens_is_refused() -> None:
    text = """
    feeds:
      north:
        {inbox: n/in, archive: n/ok, failed: n/bad, held: n/held, canvas: {url: "https://x.example", token: {env: A}}}
      south:
        {inbox: s/in, archive: s/ok, failed: s/bad, held: s/held, canvas: {url: "https://X.example", token: {env: B}}}
    """
    assert problems(text) == [
        "feeds.south.canvas.token: differs from feeds.north.canvas.token; feeds of one Canvas account share one queue"
    ]
