"""The result file: what happened to a drop, as it lies beside it in archive or failed.

Room: pure; makes and describes the file, does not write it. Keys, their order and their meaning are the contract's, so
that scripts and monitoring can rely on them; `schema` is what `sisdrop schema result` prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from canvas_sis_csv.model import Finding, Level
from sisdrop.model import Drop, Message, Outcome

VERSION = 1


class _Part(BaseModel):
    # Readers ignore keys they do not know: a later version may add some.
    model_config = ConfigDict(frozen=True, extra="ignore")


class ResultFile(_Part):
    """One CSV of the drop."""

    name: str
    type: str | None = Field(description="Canvas's type of the CSV, such as user; null when it was not recognised")
    rows: int


class ResultTimes(_Part):
    """When each step was reached, UTC; null when it was not."""

    noticed_at: str
    claimed_at: str
    submitted_at: str | None
    finished_at: str | None
    filed_at: str | None


class ResultCanvas(_Part):
    """The SIS import in Canvas."""

    url: str
    account: str
    import_id: int | None = Field(description="null when nothing was sent, or Canvas did not take it")
    workflow_state: str | None = Field(description="Canvas's own word for the state the import ended in")
    options: dict[str, Any] = Field(description="the import options that were asked for, in Canvas's own names")
    answer: dict[str, Any] = Field(
        description="Canvas's last answer for the import, whole, minus users' personal fields"
    )


class ResultMessage(_Part):
    """One message of Canvas about the import."""

    level: Level
    file: str | None
    row: int | None = Field(description="as Canvas counts: the header is row 1, blank lines do not count")
    message: str
    hint: str = Field(description="what to do about it; empty when sisdrop has no advice")


class ResultFinding(_Part):
    """One problem the preflight found."""

    level: Level
    code: str
    file: str
    row: int | None = Field(description="as Canvas counts: the header is row 1, blank lines do not count")
    message: str
    hint: str = Field(description="what to do about it")


class ResultAttempt(_Part):
    """One thing that was tried, when, and what came of it."""

    at: str
    what: str
    result: str


class Result(_Part):
    """What happened to a drop."""

    version: Literal[1]
    drop: str = Field(description="the drop's id")
    feed: str
    name: str = Field(description="the name it was dropped under")
    stored_as: str = Field(description="the name it is filed under, beside this file")
    outcome: Outcome
    summary: str = Field(description="one sentence for people")
    size_bytes: int
    sha256: str
    rows: int = Field(description="data rows of all its files")
    files: list[ResultFile]
    times: ResultTimes
    canvas: ResultCanvas
    counts: dict[str, int] = Field(
        description="what Canvas processed, by its own names (users, courses, ...); only what is not 0"
    )
    statistics: dict[str, Any] = Field(description="Canvas's own statistics of created, restored and deleted objects")
    messages: list[ResultMessage] = Field(description="all messages of Canvas, not only the first 25")
    message_count: int
    findings: list[ResultFinding]
    attempts: list[ResultAttempt]
    error: dict[str, Any] | None = Field(description="why it was not imported; has status and body when Canvas refused")

    def to_json_bytes(self) -> bytes:
        """The file's content: indented JSON in UTF-8, keys in the contract's order.

        All non-ASCII characters are escaped, so that file names that are no valid text survive.
        """
        return json.dumps(self.model_dump(), indent=2, ensure_ascii=True).encode("ascii") + b"\n"


def from_drop(drop: Drop, messages: Iterable[Message], findings: Iterable[Finding], url: str, account: str) -> Result:
    """The result of a finished `drop`, imported (or not) into `account` at `url`.

    `messages` are all that Canvas has, `findings` all that were kept. Raises ValueError when the drop has no outcome or
    no place to rest yet: such a drop has no result file.
    """
    if drop.outcome is None or drop.stored_as is None:
        raise ValueError(f"drop {drop.id} is not finished and filed; it has no result yet")
    told = [_message(message) for message in messages]
    return Result(
        version=VERSION,
        drop=drop.id,
        feed=drop.feed,
        name=drop.name,
        stored_as=drop.stored_as,
        outcome=drop.outcome,
        summary=drop.summary,
        size_bytes=drop.size_bytes,
        sha256=drop.sha256,
        rows=drop.rows,
        files=[ResultFile(name=file.name, type=file.type, rows=file.rows) for file in drop.files],
        times=_times(drop),
        canvas=_canvas(drop, url, account),
        counts=_counts(drop),
        statistics=_statistics(drop),
        messages=told,
        message_count=max(drop.message_count, len(told)),
        findings=[_finding(finding) for finding in findings],
        attempts=[ResultAttempt(at=attempt.at, what=attempt.what, result=attempt.result) for attempt in drop.attempts],
        error=drop.error,
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the result file."""
    found = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "sisdrop result file"}


def _times(drop: Drop) -> ResultTimes:
    return ResultTimes(
        noticed_at=drop.noticed_at,
        claimed_at=drop.claimed_at,
        submitted_at=drop.submitted_at,
        finished_at=drop.finished_at,
        filed_at=drop.filed_at,
    )


def _canvas(drop: Drop, url: str, account: str) -> ResultCanvas:
    return ResultCanvas(
        url=url,
        account=account,
        import_id=drop.import_id,
        workflow_state=drop.workflow_state,
        options=drop.options,
        answer=drop.answer,
    )


def _message(message: Message) -> ResultMessage:
    return ResultMessage(
        level=message.level, file=message.file, row=message.row, message=message.message, hint=message.hint
    )


def _finding(finding: Finding) -> ResultFinding:
    return ResultFinding(
        level=finding.level,
        code=finding.code,
        file=finding.file,
        row=finding.row,
        message=finding.message,
        hint=finding.hint,
    )


def _data(drop: Drop) -> dict[str, Any]:
    """Canvas keeps counts and statistics under `data` (its public source; the documentation shows them elsewhere)."""
    data = drop.answer.get("data")
    return data if isinstance(data, dict) else {}


_MESSAGE_COUNTS = frozenset({"error_count", "warning_count"})


def _counts(drop: Drop) -> dict[str, int]:
    counts = _data(drop).get("counts")
    if not isinstance(counts, dict):
        return {}
    return {
        name: count
        for name, count in counts.items()
        if type(count) is int and count != 0 and name not in _MESSAGE_COUNTS
    }


def _statistics(drop: Drop) -> dict[str, Any]:
    statistics = _data(drop).get("statistics")
    return statistics if isinstance(statistics, dict) else {}
