"""`sisdrop doctor` over TLS: whether Canvas's certificate is trusted, and whose word decides."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from sisdrop.cli.main import run
from tests.support.scripted import Act, Scripted, says


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, made for this test."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    ask = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*ask.split(), *files], check=True, capture_output=True)
    return certificate, key


def examined(script: list[Act], certificate: tuple[Path, Path], folder: Path, keys: str) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    run(["init", str(folder)])
    with Scripted(script, context) as server:
        text = f"canvas:\n  url: {server.url}\n  token: {{env: CANVAS_TOKEN}}\n{keys}\nfeeds: {{nightly: {{}}}}\n"
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        return run(["doctor", "--config", str(folder / "config.yaml")])


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", "7~secret")


def test_a_certificate_that_nobody_vouches_for_ends_with_5_and_names_ca_file(
    certificate: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examined([], certificate, tmp_path / "sis", "") == 5
    out = capsys.readouterr().out
    assert "its certificate is not trusted" in out
    assert "canvas.ca_file" in out
    assert "firewall" not in out


def test_a_certificate_that_ca_file_vouches_for_is_trusted(
    certificate: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imports = {"sis_imports": []}
    script = [says(one) for one in ({"id": 7, "name": "Feed Robot"}, {"id": 1}, imports, imports, imports)]
    assert examined(script, certificate, tmp_path / "sis", f"  ca_file: {certificate[0]}") == 0
    out = capsys.readouterr().out
    assert "Canvas answers, and its TLS certificate is trusted" in out
    assert "http without encryption" not in out
