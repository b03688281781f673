"""Every rule that needs Canvas's database, one small import each."""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_sandbox.engine import Engine
from canvas_sis_csv.catalog import RULES, Known
from canvas_sis_csv.types import TYPES
from tests.canvas_sandbox.rules import CASES, Case
from tests.support.sandbox_engine import Bench

OUT_OF_REACH = {
    "file.generic_failure": "tested with hostile uploads",
    "diff.multiple_files": "what Canvas said before it matched files by name",
    "diff.failed": "tested with diffing",
    "course.template_invalid": "needs a course that is invalid already",
    "xlist.active_failed": "a fault in Canvas",
    "xlist.deleted_failed": "a fault in Canvas",
    "user.email_not_valid": "a fault in Canvas",
    "user.not_valid": "a fault in Canvas",
    "enrollment.no_usable_login": "needs trusted accounts",
    "enrollment.save_conflict": "a fault in Canvas",
    "differentiation_tag.invalid": "a fault in Canvas",
    "group_membership.invalid": "a fault in Canvas",
    "differentiation_tag_membership.invalid": "a fault in Canvas",
    "institutional_tag_category.not_enabled": "the file is not recognised then",
    "institutional_tag_category.invalid": "a fault in Canvas",
    "institutional_tag.invalid": "a fault in Canvas",
    "institutional_tag_association.invalid": "a fault in Canvas",
    "user_observer.failed": "a fault in Canvas",
}
"""Rules of the database without a case here, and why."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_canvas_says_what_its_rule_says(case: Case, engine: Engine, tmp_path: Path) -> None:
    engine.load_state(case.state)
    report = Bench(engine, tmp_path).run(case.files, features=case.features, **case.options)
    last = list(case.files)[-1]
    said = {(row, text) for _, file, row, text in report.messages if file == last or row is None}
    assert said == set(case.says)
    assert len(report.messages) == len(case.says)
    assert {key: report.counts[key] for key in case.counts} == dict(case.counts)


def test_every_rule_of_the_database_has_a_case_or_a_reason() -> None:
    files = {"file.invalid_utf8", "file.malformed_csv", "file.unknown_headers", "file.unknown_type"}
    needs_database = {
        code
        for code, rule in RULES.items()
        if code.partition(".")[0] in {*TYPES, "file", "diff"} and (rule.knowable != Known.ROW or rule.when is None)
    }
    covered = {case.code for case in CASES}
    assert needs_database - covered - files == set(OUT_OF_REACH)
