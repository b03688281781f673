"""The catalog against what Canvas is known to say: the conformance cases."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tools.findings_page import page

from canvas_sis_csv.catalog import RULES, Known, Rule
from canvas_sis_csv.model import Knowable, Level
from canvas_sis_csv.rules.files import OUR_RULES
from canvas_sis_csv.types import TYPES
from tests.conformance.cases import all_cases
from tests.support.places import ROOT

CANVAS = {code: rule for code, rule in RULES.items() if not code.startswith(("advice.", "note."))}


def expectations() -> Iterator[Any]:
    for case in all_cases():
        for number, expected in enumerate(case["expect"]):
            yield pytest.param(expected, id=f"{case['id']}-{number}")


def pattern(rule: Rule) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", rule.message)
    return re.compile("(.*)".join(map(re.escape, parts)), re.DOTALL)


@pytest.mark.parametrize("expected", list(expectations()))
def test_every_expected_message_is_one_of_the_catalog(expected: dict[str, Any]) -> None:
    rule = RULES[expected["code"]]
    if expected.get("match") == "prefix":
        assert expected["canvas_message"].startswith(rule.message.split("{")[0])
    else:
        assert pattern(rule).fullmatch(expected["canvas_message"])
    assert rule.level == expected["level"]
    assert rule.row_is == expected.get("row_applied", rule.row_is)
    if expected["row"] is not None:
        assert rule.numbered


def test_all_messages_of_canvas_are_there() -> None:
    assert Counter(rule.knowable.value for rule in CANVAS.values()) == {
        "row": 102,
        "database": 50,
        "database*": 42,
        "file": 4,
        "file~": 7,
        "import~": 6,
    }
    assert {code.split(".")[0] for code in CANVAS} == {*TYPES, "file", "diff"}


def test_every_text_belongs_to_a_rule() -> None:
    places = (ROOT / "src/canvas_sis_csv/rules").glob("*.toml")
    types = [each for place in places for each in tomllib.loads(place.read_text(encoding="utf-8")).items()]
    texts = [f"{type_}.{name}" for type_, named in types for name in named]
    assert len(texts) == len(set(texts))
    assert set(texts) == {code for code in (*RULES, *OUR_RULES) if not code.startswith("note.")}


def test_only_messages_about_files_are_errors_and_end_the_file() -> None:
    errors = {code for code, rule in CANVAS.items() if rule.level is Level.ERROR}
    assert errors == {"file.invalid_utf8", "file.malformed_csv", "file.unknown_headers", "file.generic_failure"}
    dropped = {code for code, rule in CANVAS.items() if rule.row_is == "file-dropped"}
    assert dropped == errors | {"file.unknown_type"}


def test_messages_without_a_row_number_are_few() -> None:
    numberless = {code for code, rule in CANVAS.items() if not rule.numbered and code.startswith("course.")}
    assert numberless == {
        "course.unknown_abstract",
        "course.blueprint_unknown",
        "course.blueprint_is_blueprint",
        "course.blueprint_other",
        "course.blueprint_account",
    }


@pytest.mark.parametrize("rule", list(RULES.values()), ids=list(RULES))
def test_a_hint_is_one_to_three_short_sentences(rule: Rule) -> None:
    assert rule.hint[0].isupper()
    assert rule.hint.endswith(".")
    assert 15 <= len(rule.hint) <= 200
    assert rule.hint.count(". ") <= 2


def test_a_blank_value_prints_as_nothing() -> None:
    assert RULES["section.missing_id"].text(course_id=None) == "No section_id given for a section in course "


def test_a_forgotten_value_is_an_error_and_not_a_hole_in_the_message() -> None:
    with pytest.raises(KeyError):
        RULES["section.missing_id"].text()


def test_braces_in_a_value_are_left_alone() -> None:
    assert RULES["term.bad_status"].text(status="{x}", term_id="T{1}") == 'Improper status "{x}" for term T{1}'


@pytest.mark.parametrize(
    ("known", "word"),
    [
        (Known.ROW, Knowable.ROW),
        (Known.FILE_SOMETIMES, Knowable.FILE),
        (Known.IMPORT_SOMETIMES, Knowable.IMPORT),
        (Known.DATABASE_OR_NONE, Knowable.DATABASE),
    ],
)
def test_what_must_be_known_has_a_plain_word_for_findings(known: Known, word: Knowable) -> None:
    assert known.knowable is word


REFERENCE = ROOT / "docs" / "reference" / "findings.md"


def test_the_reference_page_is_what_the_tables_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == page(), (
        "run: python tools/findings_page.py > docs/reference/findings.md"
    )


def test_the_reference_page_has_every_code_once_as_a_row_of_its_own() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    codes = [line.split("`")[1] for line in rows if "." in line.split("`")[1]]
    assert sorted(codes) == sorted([*RULES, *OUR_RULES])
