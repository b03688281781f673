"""How far the rows of an import can be taken as imported: its outcome, and what its messages are about.

Room: pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Any

from canvas_sis_csv import ImportOptions
from canvas_sis_csv.catalog import RULES
from sisdrop.model import Drop, Message, Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """An import that ended, as a drop or its result file tells of it."""

    lane: str
    drop: str
    finished_at: str
    feed: str
    outcome: Outcome
    was_sent: bool
    options: ImportOptions
    answer: Mapping[str, Any]
    messages: Sequence[Message]

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others of its lane: a drop that is retried ends more than once."""
        return (self.drop, self.finished_at)

    @property
    def was_diffed(self) -> bool:
        """Whether Canvas looked only at rows that differ from an earlier import's; if it cannot be told, it did."""
        if not self.options.is_diffed:
            return False
        data = self.answer.get("data")
        return not isinstance(data, dict) or "diffed_against_sis_batch_id" in data


def ended(drop: Drop, messages: Sequence[Message]) -> Ended | None:
    """The end of a drop's import; None when it has not ended."""
    if drop.ended is None:
        return None
    return Ended(
        lane=drop.lane,
        drop=drop.id,
        finished_at=drop.ended.at,
        feed=drop.feed,
        outcome=drop.ended.outcome,
        was_sent=drop.submission is not None,
        options=drop.options,
        answer=drop.submission.answer if drop.submission else {},
        messages=messages,
    )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What may have been left out: everything, files whole, or rows by their numbers."""

    is_sure: bool = True
    unsure_files: frozenset[str] = frozenset()
    unsure_rows: Mapping[str, Collection[int]] = field(default_factory=dict)

    def rows(self, file: str) -> Collection[int] | None:
        """The numbers of the file's rows that may have been left out; None = all of them."""
        return None if not self.is_sure or file in self.unsure_files else self.unsure_rows.get(file, ())


UNSURE = LeftOut(is_sure=False)
_GOOD = frozenset({Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES})


def may_be_in_canvas(import_: Ended) -> bool:
    """Whether anything of the drop can have been imported."""
    in_part = {Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED}
    # A rejected drop may have been sent before: its import was aborted, or Canvas forgot it.
    return import_.outcome in _GOOD | in_part or (import_.outcome is Outcome.REJECTED and import_.was_sent)


def judge(import_: Ended, files: Collection[str]) -> LeftOut:
    """What may have been left out of `files`, the drop's."""
    # Of more messages than there are at hand, those that are missing may be about any row.
    if import_.outcome not in _GOOD or _count(import_.answer) > len(import_.messages):
        return UNSURE
    unsure_files: set[str] = set()
    rows: dict[str, set[int]] = {}
    for message in import_.messages:
        if _keeping_the_row().fullmatch(message.message.revealed()):
            continue
        if message.file is None or message.file not in files:
            return UNSURE
        if message.row is None:
            unsure_files.add(message.file)
        else:
            rows.setdefault(message.file, set()).add(message.row)
    return LeftOut(unsure_files=frozenset(unsure_files), unsure_rows=rows)


def _count(answer: Mapping[str, Any]) -> int:
    """How many messages Canvas says there are."""
    data = answer.get("data")
    counts = data.get("counts") if isinstance(data, dict) else None
    if not isinstance(counts, dict):
        return 0
    both = (counts.get("error_count"), counts.get("warning_count"))
    return sum(count for count in both if isinstance(count, int))


NOT_DIFFED = "Diffing not performed because file size difference exceeded threshold"
"""About the whole upload, which is then imported in full. Source: Canvas's public source."""


@cache
def _keeping_the_row() -> re.Pattern[str]:
    """The messages after which the row they are about is imported all the same."""
    kept = (rule.message for rule in RULES.values() if rule.row_is in {"kept", "partial"} and not rule.is_ours)
    return re.compile("|".join(map(_pattern, dict.fromkeys([NOT_DIFFED, *kept]))), re.DOTALL)


def _pattern(template: str) -> str:
    return "".join(re.escape(text) + (".*" if name else "") for text, name, _, _ in Formatter().parse(template))
