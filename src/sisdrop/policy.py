"""Send or hold: the decisions, as values with the sentence that says why.

Room: pure; touches nothing. Two questions are answered here: may this drop be sent (`reason_to_hold`), and may
anything follow after this outcome (`reason_to_stop`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from canvas_sis_csv.model import FileFacts, Finding, Level
from sisdrop.model import IN_CANVAS, Drop, DropState, Outcome

BAD_ENDS = frozenset({Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED, Outcome.REFUSED})
"""Outcomes after which what the next import needs may be missing. A drop that was never sent is none of them."""

_RANK = {Level.NOTE: 0, Level.WARNING: 1, Level.ERROR: 2}


def reason_to_hold(
    *,
    files: Sequence[FileFacts],
    findings: Sequence[Finding],
    counts: Mapping[str, int],
    refused: bool,
    options: Mapping[str, Any],
    hold_level: str,
    hold_over: int,
) -> str | None:
    """Why this drop must wait for a person, or None when it may be sent.

    `counts` has the number of findings of each code, whole; `findings` may be bounded but names every code.
    `hold_level` is `error`, `warning` or `never`: findings of that level or worse hold it when they are more than
    `hold_over`. A file that Canvas would refuse whole is held whatever the level.
    """
    if refused:
        return _refused_whole(findings)
    emptied = [facts for facts in files if facts.type and not facts.rows]
    if emptied and is_batch_mode(options):
        return _would_empty(emptied)
    if hold_level == "never":
        return None
    bad = _count_from(Level(hold_level), findings, counts)
    return _too_many_findings(bad, hold_over) if sum(bad.values()) > hold_over else None


def is_batch_mode(options: Mapping[str, Any]) -> bool:
    """Whether these import options make Canvas delete what is absent from the upload."""
    return bool(options.get("batch_mode") or options.get("multi_term_batch_mode"))


def reason_to_stop(drop: Drop, *, after_failure: bool, messages_over: int | None) -> str | None:
    """Why nothing may be sent after this finished drop, or None when the next one may go.

    `after_failure` and `messages_over` are `hold.failed` and `hold.messages_over` of the feed.
    """
    if drop.outcome in BAD_ENDS and after_failure:
        return f"{drop.name} ended as {drop.outcome}: what it should have brought may be missing. {drop.summary}"
    if (
        drop.outcome is Outcome.IMPORTED_WITH_MESSAGES
        and messages_over is not None
        and drop.message_count > messages_over
    ):
        return (
            f"Canvas imported {drop.name} with {plural(drop.message_count, 'message')} "
            f"(hold.messages_over is {messages_over}): rows it names may be missing."
        )
    return None


def ended_well(drop: Drop, *, messages_over: int | None) -> bool:
    """Whether this finished drop mends what an earlier one of its name left behind."""
    if drop.outcome is Outcome.IMPORTED:
        return True
    few = messages_over is None or drop.message_count <= messages_over
    return drop.outcome is Outcome.IMPORTED_WITH_MESSAGES and few


def summary(drop: Drop) -> str:
    """One sentence for people about a finished drop."""
    what = f"{drop.name} ({plural(drop.rows, 'row')})"
    told = f" with {plural(drop.message_count, 'message')}" if drop.message_count else ""
    match drop.outcome:
        case Outcome.IMPORTED | Outcome.IMPORTED_WITH_MESSAGES:
            return f"Canvas imported {what}{told}."
        case Outcome.FAILED | Outcome.FAILED_WITH_MESSAGES:
            return f"Canvas failed to import {what}{told}; parts of it may be imported."
        case Outcome.ABORTED:
            return f"The import of {what} was aborted{told}; parts of it may be imported."
        case Outcome.REFUSED:
            return f"Canvas refused {what}: {_error_text(drop)}"
        case Outcome.REJECTED:
            sent = "what Canvas has imported of it stays" if drop.submitted_at else "nothing was sent to Canvas"
            return f"{what} was rejected; {sent}."
        case Outcome.UNREADABLE:
            return f"{drop.name} cannot be imported: {_error_text(drop)}"
        case None:
            return ""


def why_stranded(drop: Drop, lane: str | None) -> str | None:
    """Why an open drop cannot go on under the present configuration, or None when it can.

    `lane` is where its feed's imports go now, None when there is no such feed. Nothing is ever sent to another Canvas
    account than the one a drop was taken for, unless a person says so.
    """
    if lane is None:
        return f"its feed {drop.feed} is not in the configuration any more: put it back under that name."
    if drop.lane == lane or drop.state in {DropState.HELD, DropState.FINISHED}:
        return None
    back = f"feed {drop.feed} went to {drop.lane} when it was taken, and goes to {lane} now: change that back"
    if drop.state in IN_CANVAS:
        return f"{back}, for its import is in {drop.lane}."
    return f"{back}, or `sisdrop release {drop.id}` to send it to {lane}, or reject it."


def plural(count: int, word: str) -> str:
    """`count` with its word: `1 row`, `1,200 rows`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """A span of time for people: `45 seconds`, `12 minutes`."""
    return plural(round(seconds), "second") if seconds < 120 else plural(round(seconds / 60), "minute")


def _error_text(drop: Drop) -> str:
    return str((drop.error or {}).get("message", "no reason is known."))


def _refused_whole(findings: Sequence[Finding]) -> str:
    first = next((finding for finding in findings if finding.code.startswith("file.")), None)
    if first is None:
        return "Canvas would refuse the file whole."
    hint = f" {first.hint}" if first.hint else ""
    return f"Canvas would refuse {first.file} whole: {first.message}.{hint}"


def _would_empty(emptied: Iterable[FileFacts]) -> str:
    names = ", ".join(f"{facts.name} ({facts.type})" for facts in emptied)
    return f"{names} has a header and no rows, and batch mode is on: Canvas would delete everything of that type."


def _count_from(level: Level, findings: Sequence[Finding], counts: Mapping[str, int]) -> Counter[Level]:
    level_of = {finding.code: finding.level for finding in findings}
    bad: Counter[Level] = Counter()
    for code, count in counts.items():
        if code in level_of and _RANK[level_of[code]] >= _RANK[level]:
            bad[level_of[code]] += count
    return bad


def _too_many_findings(bad: Counter[Level], allowed: int) -> str:
    parts = " and ".join(plural(bad[level], str(level)) for level in (Level.ERROR, Level.WARNING) if bad[level])
    limit = f" (hold.findings_over is {allowed})" if allowed else ""
    return f"The preflight found {parts}{limit}: Canvas would not import what the sender meant."
