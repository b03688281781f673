"""The file beside a held drop: why it waits, and how it goes on, so that a hold is understood in the share alone.

Makes and describes the file, does not write it. It lies where the drop's data lie, so it may quote rows; `schema` is
what `sisdrop schema held` prints.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from canvas_sis_csv.model import Level
from sisdrop.folders.result import ResultFinding, ResultPlan, json_bytes, plan_of
from sisdrop.model import Drop, Held, Report

VERSION = 1
MOST_FINDINGS = 100
_WORST_FIRST = (Level.ERROR, Level.WARNING, Level.NOTE)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class HeldGuard(_Part):
    """One guard that said no."""

    code: str
    message: str


class HeldDrop(_Part):
    """Why a drop is held, and how it goes on."""

    version: Literal[1]
    drop: str = Field(description="the drop's id")
    feed: str
    name: str = Field(description="the name it was dropped under")
    why: str = Field(description="one sentence for people")
    code: str = Field(description="what said no first: a guard, or a finding of the preflight; empty when neither did")
    since: str = Field(description="since when it waits, UTC")
    guards: list[HeldGuard] = Field(description="every guard that said no, when guards hold it")
    finding_count: int = Field(description="how many problems the preflight found")
    findings_by_code: dict[str, int] = Field(description="of those that are kept (a thousand of a code), how many each")
    findings: list[ResultFinding] = Field(description=f"the first {MOST_FINDINGS}, the worst first")
    plan: ResultPlan | None = Field(
        description="what it would change, in numbers; null when there is nothing to compare with"
    )
    release: str = Field(description="how to let it go on, in words")
    reject: str = Field(description="how to file it under failed, in words")
    correct: str = Field(description="how to put a corrected one in its place, in words")

    def to_json_bytes(self) -> bytes:
        """The file's content: indented JSON, all but ASCII escaped, so that any file name survives."""
        return json_bytes(self.model_dump())


def from_held(drop: Drop, report: Report, *, by_file: bool) -> HeldDrop:
    """What the file beside the held `drop` says. `by_file`: a file in the inbox counts as a person's word."""
    held = drop.held or Held("")
    kept = sorted(report.findings, key=lambda each: (_WORST_FIRST.index(each.level), each.file, each.row or 0))
    return HeldDrop(
        version=VERSION,
        drop=drop.id,
        feed=drop.feed,
        name=drop.name,
        why=held.reason,
        code=held.code,
        since=held.since,
        guards=[HeldGuard(code=guard.code, message=guard.reason) for guard in held.guards],
        finding_count=drop.contents.finding_count if drop.contents else 0,
        findings_by_code=dict(Counter(finding.code for finding in kept).most_common()),
        findings=[ResultFinding.model_validate(finding) for finding in kept[:MOST_FINDINGS]],
        plan=plan_of(report),
        release=f"To send it as it is: {_ways(drop, 'release', by_file=by_file)}. What waits behind it follows.",
        reject=f"To file it under failed, unsent: {_ways(drop, 'reject', by_file=by_file)}.",
        correct=f"Or drop a corrected {drop.name}: it goes first, and when it has ended well, this one is rejected.",
    )


def _ways(drop: Drop, word: str, *, by_file: bool) -> str:
    command = f"`sisdrop {word} {drop.id}`"
    if not by_file:
        return command
    # The name says more to people, the id is certain when several drops of that name are held.
    return f"{command}, or put an empty file named {drop.name}.{word} (or {drop.id}.{word}) into the inbox"


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    described = HeldDrop.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "sisdrop held file"}
