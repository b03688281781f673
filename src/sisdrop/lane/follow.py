"""From submitted to finished: ask Canvas until the state is terminal, then collect all it has to say.

Room: steps of `advance`; touches only what its Tools touch. `workflow_state` alone decides; `ended_at` and `progress`
decide nothing, and a state we do not know is waited on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from canvas_sis_csv import recognise
from canvas_sis_csv.options import ImportOptions
from sisdrop import policy
from sisdrop.errors import CanvasRefused, RefusalKind
from sisdrop.journal import Hold, HoldKind
from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropState, Message, Outcome
from sisdrop.protocol import RUNNING, SisImport, echo_mismatches, inline_messages, original_file, read_import, scrub

REPORT_GRACE_S = 60.0
"""How long the error report, which a later job of Canvas writes, may stay away after the end (it took 7 s when
measured in production)."""
REPORT_LOOK_S = 2.0

_OUTCOMES = {
    "imported": Outcome.IMPORTED,
    "imported_with_messages": Outcome.IMPORTED_WITH_MESSAGES,
    "failed": Outcome.FAILED,
    "failed_with_messages": Outcome.FAILED_WITH_MESSAGES,
    "aborted": Outcome.ABORTED,
    # Somebody undid the import in Canvas before we saw its end: what it brought is gone again.
    "restored": Outcome.ABORTED,
    "partially_restored": Outcome.ABORTED,
}


def follow(tools: Tools, drop: Drop) -> Step:
    """SUBMITTED or IMPORTING: look once, and journal what is new. The caller decides when to look again."""
    if drop.import_id is None:
        raise ValueError(f"drop {drop.id} is {drop.state} without an import id")
    if drop.state is DropState.SUBMITTED:
        mismatches = _echo(drop)
        if mismatches:
            return _abort_for_echo(tools, drop, mismatches)
    if tools.journal.abort_asked(drop.id):
        _abort(tools, drop)
    try:
        now = tools.canvas.get(drop.import_id)
    except CanvasRefused as error:
        if error.kind is RefusalKind.NOT_FOUND:
            return _vanished(tools, drop)
        raise
    if now.is_terminal:
        return _ended(tools, drop, now)
    return _still_running(tools, drop, now)


def _echo(drop: Drop) -> list[str]:
    """What Canvas's answer does not repeat of the options that were asked for."""
    return echo_mismatches(ImportOptions.of(drop.options), read_import(drop.answer))


def _abort_for_echo(tools: Tools, drop: Drop, mismatches: list[str]) -> Step:
    """Canvas understood other options than were meant: stop the import before it does harm, and ask a person."""
    _abort(tools, drop)
    told = "; ".join(mismatches)
    why = f"Canvas did not take the import options as asked ({told}); SIS import {drop.import_id} was aborted."
    drop = tools.tried(drop, "abort", why)
    held = replace(drop, state=DropState.HELD, held_because=why, import_id=None, workflow_state=None, intent=None)
    return Step(tools.move(held, event=f"Held {drop.name}: {why}"))


def _abort(tools: Tools, drop: Drop) -> None:
    """Ask Canvas to abort; an import that has ended already stays as it is."""
    try:
        tools.canvas.abort(drop.import_id or 0)
    except CanvasRefused as error:
        if error.kind is not RefusalKind.NOT_FOUND:
            raise
    tools.journal.abort_done(drop.id)


def _vanished(tools: Tools, drop: Drop) -> Step:
    """Canvas does not know the import any more (a test instance is overwritten weekly): only a person can judge."""
    why = f"Canvas no longer knows SIS import {drop.import_id}. Release it to send it again, or reject it."
    drop = tools.tried(drop, "follow", why)
    held = replace(drop, state=DropState.HELD, held_because=why, import_id=None, workflow_state=None, intent=None)
    hold = Hold(HoldKind.DOUBT, f"{drop.name}: {why}", tools.time(), drop.id, drop.feed, drop.name)
    return Step(tools.move(held, event=f"Held {drop.name}: {why}", hold=hold))


def _still_running(tools: Tools, drop: Drop, now: SisImport) -> Step:
    state = DropState.IMPORTING if now.workflow_state in RUNNING else drop.state
    seen = replace(drop, state=state, workflow_state=now.workflow_state, progress=now.progress)
    hold = _overdue(tools, drop, now)
    if seen != drop or hold:
        event = f"Canvas: {drop.name} is {now.workflow_state}, {now.progress} %."
        drop = tools.move(replace(seen, answer=scrub(now.raw)), event=event, hold=hold)
    return Step(drop, None)


def _overdue(tools: Tools, drop: Drop, now: SisImport) -> Hold | None:
    """A hold when the import takes longer than gate_timeout_s; told once, and the import is followed on."""
    running_s = (tools.now() - datetime.fromisoformat(drop.submitted_at or tools.time())).total_seconds()
    if running_s <= tools.gate_timeout_s or tools.journal.hold(tools.lane):
        return None
    state = f"SIS import {now.id} ({drop.name}) is still {now.workflow_state} after {policy.duration(running_s)}"
    why = f"{state}; it is followed on, but look at it in Canvas."
    return Hold(HoldKind.GATE, why, tools.time(), drop.id, drop.feed, drop.name)


def _ended(tools: Tools, drop: Drop, now: SisImport) -> Step:
    """The state is terminal: fetch every message and the report, then journal the outcome and what follows from it."""
    if drop.finished_at is None:
        seen = replace(drop, workflow_state=now.workflow_state, progress=now.progress, finished_at=tools.time())
        drop = tools.move(seen)
    if _has_messages(now) and not _report_fetched(tools, drop, now):
        return Step(drop, REPORT_LOOK_S)
    messages = _messages(tools, drop, now) if _has_messages(now) else []
    finished = replace(
        drop,
        state=DropState.FINISHED,
        outcome=_OUTCOMES[now.workflow_state],
        answer=scrub(now.raw),
        message_count=len(messages),
    )
    finished = replace(finished, summary=policy.summary(finished))
    hold, release = _what_follows(tools, finished)
    findings = tools.journal.report(drop.id)[1]
    return Step(
        tools.move(finished, event=finished.summary, hold=hold, release_hold=release, report=(messages, findings))
    )


def _has_messages(now: SisImport) -> bool:
    counted = now.counts.get("error_count", 0) + now.counts.get("warning_count", 0)
    return bool(counted or inline_messages(now))


def _messages(tools: Tools, drop: Drop, now: SisImport) -> list[Message]:
    """All messages, files named as they were dropped; the first 24 of Canvas's answer where it keeps no list."""
    messages = list(tools.canvas.errors(now.id)) or list(inline_messages(now))
    return [_for_people(message, drop) for message in messages]


def _for_people(message: Message, drop: Drop) -> Message:
    """The message about the file as it was dropped, and what to do about it where that is known."""
    rule = recognise(message.message)
    file = original_file(message.file, drop.members) if message.file else None
    return replace(message, file=file, hint=rule.hint if rule else "")


def _report_fetched(tools: Tools, drop: Drop, now: SisImport) -> bool:
    """Whether the error report is there, or has been waited for long enough."""
    if tools.errors_of(drop).exists() or tools.canvas.download_errors(now, tools.errors_of(drop)):
        return True
    since = datetime.fromisoformat(drop.finished_at or tools.time())
    return (tools.now() - since).total_seconds() > REPORT_GRACE_S


def _what_follows(tools: Tools, drop: Drop) -> tuple[Hold | None, bool]:
    """The hold this outcome puts on the lane, and whether it takes the present one away."""
    settings = tools.feeds[drop.feed].hold
    reason = policy.reason_to_stop(drop, after_failure=settings.failed, messages_over=settings.messages_over)
    if reason:
        return Hold(HoldKind.IMPORT, reason, tools.time(), drop.id, drop.feed, drop.name), False
    present = tools.journal.hold(tools.lane)
    caused_by_it = present is not None and (present.drop == drop.id or _mends(drop, present))
    return None, caused_by_it and policy.ended_well(drop, messages_over=settings.messages_over)


def _mends(drop: Drop, hold: Hold) -> bool:
    return hold.kind is HoldKind.IMPORT and (hold.feed, hold.name) == (drop.feed, drop.name)
