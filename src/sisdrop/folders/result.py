"""The result file: what happened to a drop, as it lies beside it in archive or failed.

Makes and describes the file, does not write it. Keys, their order and their meaning are the contract's, so that scripts
and monitoring can rely on them; `schema` is what `sisdrop schema result` prints. The format is written out here and not
derived from our own values, which may grow fields that are nobody's business; the values are read from those by name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Finding, Level
from sisdrop.folders.filing import stand_in
from sisdrop.model import Contents, Drop, Ending, Message, Outcome, Report, Rest

VERSION = 1


def _revealed(text: object) -> object:
    return text.revealed() if isinstance(text, CellText) else text


Shown = Annotated[str, BeforeValidator(_revealed)]
"""A text of the result, which may show what no log may."""


class _Part(BaseModel):
    # Readers ignore keys they do not know: a later version may add some.
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


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
    message: Shown
    hint: str = Field(description="what to do about it; empty when sisdrop has no advice")


class ResultFinding(_Part):
    """One problem the preflight found."""

    level: Level
    code: str
    file: str
    row: int | None = Field(description="as Canvas counts: the header is row 1, blank lines do not count")
    message: Shown
    hint: Shown = Field(description="what to do about it")


class ResultPlanned(_Part):
    """What the files of one CSV type change, counted in rows and in the keys that tell rows apart."""

    name: str = Field(description="the file; of several of one type all, with a comma between")
    type: str
    before: int | None = Field(description="rows of the last accepted one; null when there is none of this type")
    rows: int
    added: int
    changed: int
    absent: int = Field(description="were in the last accepted one and are not in this")
    deleted: int = Field(description="delete now, and did not in the last accepted one")


class ResultPlan(_Part):
    """The drop beside the last accepted one of its series."""

    against: str = Field(description="the drop it is compared with; of several, for zips, all, with a comma between")
    files: list[ResultPlanned]


class ResultGuard(_Part):
    """A guard that held the drop."""

    code: str
    message: str
    released_by: str | None = Field(description="who let it go on; null when nobody did")


class ResultAttempt(_Part):
    """One thing that was tried, when, and what came of it."""

    at: str
    what: str
    result: str


class ResultLate(_Part):
    """The drop's files had changed after they were sent: what they are now is a drop of its own, held."""

    drop: str = Field(description="the id of the drop that what they are now is held as")
    at: str = Field(description="when it was noticed, UTC")
    size_bytes: int = Field(description="of what they are now; what was sent lies beside this file")
    sha256: str


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
    plan: ResultPlan | None = Field(description="null when there is nothing to compare with")
    guards: list[ResultGuard]
    findings: list[ResultFinding]
    attempts: list[ResultAttempt]
    error: dict[str, Any] | None = Field(
        description="why it was not imported, or that its file is lost; has status and body when Canvas refused"
    )
    changed_after_sending: ResultLate | None = Field(
        default=None, description="null when the dropped files were still what was sent when they were filed"
    )

    def to_json_bytes(self) -> bytes:
        """The file's content: indented JSON in UTF-8, keys in the contract's order.

        All non-ASCII characters are escaped, so that file names that are no valid text survive.
        """
        return json_bytes(self.model_dump())


def json_bytes(document: dict[str, Any]) -> bytes:
    """The content of a JSON file of ours: indented, all but ASCII escaped, so that any file name survives."""
    return json.dumps(document, indent=2, ensure_ascii=True).encode("ascii") + b"\n"


def from_drop(drop: Drop, report: Report, url: str, account: str) -> Result:
    """The result of a finished `drop`, imported (or not) into `account` at `url`.

    `report` has all messages that Canvas has and all findings that were kept; both stand in it by file and row. A drop
    that was never read must have been measured (`Spool.measure`), for size and check sum are its contents'. Raises
    ValueError when the drop has no outcome or no place to rest yet: such a drop has no result file.
    """
    if drop.ended is None or drop.rest is None:
        raise ValueError(f"drop {drop.id} is not finished and filed; it has no result yet")
    contents, submission, failure = drop.contents or Contents(), drop.submission, drop.ended.failure
    if drop.rest.is_lost:
        text = stand_in(drop)
        contents = replace(contents, size_bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    # Canvas keeps counts and statistics under `data` (its public source; the documentation shows them elsewhere).
    data = _object(submission.answer if submission else {}, "data")
    sorted_messages = [ResultMessage.model_validate(message) for message in sorted(report.messages, key=_by_place)]
    return Result(
        version=VERSION,
        drop=drop.id,
        feed=drop.feed,
        name=drop.name,
        stored_as=drop.rest.stored_as,
        outcome=drop.ended.outcome,
        summary=drop.ended.summary,
        size_bytes=contents.size_bytes,
        sha256=contents.sha256,
        rows=contents.rows,
        files=[ResultFile.model_validate(facts) for facts in contents.files],
        times=ResultTimes(
            noticed_at=drop.origin.noticed_at,
            claimed_at=drop.origin.claimed_at,
            submitted_at=submission.at if submission else None,
            finished_at=drop.ended.at or None,
            filed_at=drop.rest.at or None,
        ),
        canvas=ResultCanvas(
            url=url,
            account=account,
            import_id=drop.import_id,
            workflow_state=submission.workflow_state if submission else None,
            options=drop.options.asked(),
            answer=submission.answer if submission else {},
        ),
        # Canvas's counts of messages are no objects, and what is 0 says nothing.
        counts={
            name: count
            for name, count in _object(data, "counts").items()
            if type(count) is int and count != 0 and name not in {"error_count", "warning_count"}
        },
        statistics=_object(data, "statistics"),
        messages=sorted_messages,
        message_count=max(drop.ended.message_count, len(sorted_messages)),
        plan=plan_of(report),
        guards=[
            ResultGuard(code=guard.code, message=guard.reason, released_by=drop.held.released_by)
            for guard in (drop.held.guards if drop.held else ())
            if drop.held
        ],
        findings=[ResultFinding.model_validate(finding) for finding in sorted(report.findings, key=_by_place)],
        attempts=[ResultAttempt.model_validate(attempt) for attempt in drop.attempts],
        error={key: value for key, value in asdict(failure).items() if value is not None} if failure else None,
        changed_after_sending=ResultLate.model_validate(drop.late) if drop.late else None,
    )


def plan_of(report: Report) -> ResultPlan | None:
    """The plan in numbers, as it stands in results and beside held drops."""
    if report.plan is None:
        return None
    files = [
        ResultPlanned(
            name=", ".join(each.names),
            type=each.type,
            before=each.before,
            rows=each.rows,
            added=each.added,
            changed=each.changed,
            absent=each.absent,
            deleted=each.deleted,
        )
        for each in report.plan.comparisons
    ]
    return ResultPlan(against=", ".join(report.plan.against), files=files)


def so_far(drop: Drop, report: Report, url: str, account: str) -> dict[str, Any]:
    """What the result file of a drop on its way would say now; what is not known yet is null."""
    stand_in = replace(drop, ended=drop.ended or Ending(Outcome.REJECTED, ""), rest=drop.rest or Rest("", ""))
    document: dict[str, Any] = json.loads(from_drop(stand_in, report, url, account).to_json_bytes())
    return {**document, "stored_as": drop.stored_as, "outcome": drop.outcome}


def schema() -> dict[str, Any]:
    """The JSON Schema of the result file."""
    described = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "sisdrop result file"}


def _by_place(about: Message | Finding) -> tuple[bool, str, int]:
    """Sorts by file and row: what concerns a whole file before its rows, what concerns the whole import at the end."""
    return about.file is None, about.file or "", about.row or 0


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    """What is under `key`, when it is an object; else an empty one: Canvas promises neither."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}
