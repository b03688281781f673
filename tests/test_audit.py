"""What CI makes of pip-audit's words: a vulnerability fails, a service out of reach does not pass for a clean bill."""

from __future__ import annotations

import json

import pytest
from tools import audit

FLAW = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"], "description": "x"}


def printed(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def good(name: str) -> dict[str, object]:
    return {"name": name, "version": "1.0", "vulns": []}


def test_a_clean_environment_passes_and_says_how_much_was_audited() -> None:
    editable = {"name": "sisdrop", "skip_reason": "distribution marked as editable"}
    assert audit.verdict(printed(good("requests"), good("click"), editable), "") == (
        ["No known vulnerability in 2 packages."],
        0,
    )


def test_a_vulnerability_fails_also_beside_packages_that_nobody_knows() -> None:
    lines, code = audit.verdict(
        printed({**good("requests"), "vulns": [FLAW]}, {"name": "click", "skip_reason": "not found"}), ""
    )
    assert (lines[0], code) == ("requests 1.0: PYSEC-2026-1, mended in 2.0", 1)


def test_an_accepted_one_and_what_comes_with_python_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit.ACCEPTED, "CVE-2026-1", "for this test")
    flawed = [{**good(name), "vulns": [FLAW]} for name in ("requests", "pip")]
    assert audit.verdict(printed(*flawed), "")[1] == 0


@pytest.mark.parametrize(
    ("out", "errors"),
    [
        (printed({"name": "click", "skip_reason": "not found"}), "Found no vulnerabilities"),
        ("", "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\nTip: x"),
        ("", "Traceback …\nrequests.exceptions.ConnectionError: name cannot be resolved"),
    ],
)
def test_a_service_out_of_reach_is_said_in_one_line_and_ci_goes_on(out: str, errors: str) -> None:
    (line,), code = audit.verdict(out, errors)
    assert code == 0
    assert "not audited" in line or "nothing was audited" in line


def test_a_broken_audit_is_no_clean_one() -> None:
    assert audit.verdict("", "No module named pip_audit") == (["pip-audit did not work: No module named pip_audit"], 1)
