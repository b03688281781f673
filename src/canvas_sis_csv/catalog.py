"""Every message of Canvas about a SIS CSV, by its code: text, level, what to do, and who can know it.

Room: a table gathered from rules/, where each message is written beside its check. The sandbox takes its texts from
here, the preflight its findings, the reference page its rows. Source: Canvas's public source and SIS CSV documentation;
advice and notes are our own.
"""

from __future__ import annotations

from collections.abc import Iterator

from canvas_sis_csv.rules import CHECKS, FILE_STAGES
from canvas_sis_csv.rules.advice.texts import ADVICE
from canvas_sis_csv.rules.notes import NOTES
from canvas_sis_csv.rules.rule import Known, Rule

__all__ = ["RULES", "Known", "Rule"]


def _rules() -> Iterator[Rule]:
    for stages in (FILE_STAGES, *CHECKS.values(), (ADVICE, NOTES)):
        for stage in stages:
            yield from stage.rules


RULES: dict[str, Rule] = {}
"""All messages by code (`user.missing_login`), in the order of the types and of Canvas's questions."""

for _rule in _rules():
    RULES.setdefault(_rule.code, _rule)
