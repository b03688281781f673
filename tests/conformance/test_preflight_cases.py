"""The preflight says what Canvas says, as far as row, file and import let it know, and nothing else as an error."""

from __future__ import annotations

import pytest

from canvas_sis_csv import preflight
from canvas_sis_csv.model import Finding, Level
from canvas_sis_csv.options import ImportOptions
from tests.conformance.cases import FOLDER, Case, load_cases, members_of

CASES = load_cases()
WARNED = ("file.unknown_type",)
"""What Canvas says and we do not call an error: all that was meant is imported."""


def errors_of(case: Case) -> list[Finding]:
    options = ImportOptions.of(case.get("options") or {})
    found = preflight(members_of(case), options=options, features=case.get("features") or ())
    assert sum(found.counts.values()) == len(found.findings), "no case is so large that findings are left out"
    return [finding for finding in found.findings if finding.level is Level.ERROR or finding.code in WARNED]


def foreseeable(case: Case) -> list[Case]:
    return [message for message in case["expect"] if message["knowable"] != "database"]


def test_there_are_cases() -> None:
    assert len(CASES) > 100, f"no cases in {FOLDER}"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_errors_are_exactly_the_messages_canvas_would_give(case: Case) -> None:
    found = sorted((error.file, error.row or 0, error.code) for error in errors_of(case))
    expected = sorted((message["file"], message["row"] or 0, message["code"]) for message in foreseeable(case))
    assert found == expected


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_texts_are_canvas_s_own(case: Case) -> None:
    texts = {(error.file, error.row, error.code): error.message for error in errors_of(case)}
    for message in foreseeable(case):
        text = texts[message["file"], message["row"], message["code"]]
        if message.get("match") == "prefix":
            assert text.revealed().startswith(message["canvas_message"])
        elif not message.get("text_inferred"):
            assert text == message["canvas_message"]


@pytest.mark.parametrize("case", [case for case in CASES if case.get("accepts")], ids=lambda case: case["id"])
def test_what_canvas_accepts_has_no_error(case: Case) -> None:
    assert errors_of(case) == []


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_knowable_is_told_as_the_cases_have_it(case: Case) -> None:
    told = {(error.file, error.row, error.code): error.knowable.value for error in errors_of(case)}
    for message in foreseeable(case):
        assert told[message["file"], message["row"], message["code"]] == message["knowable"]
