"""From submitted to finished: ask Canvas until the state is terminal, then collect all it has to say.

`workflow_state` alone decides; `ended_at` and `progress` decide nothing, and a state we do not know is waited on.
"""

from __future__ import annotations

from dataclasses import replace

from canvas_sis_csv import recognise
from sisdrop.errors import CanvasRefused, RefusalKind
from sisdrop.model import (
    AttemptKind,
    Drop,
    DropState,
    Ending,
    EventKind,
    Hold,
    HoldKind,
    Message,
    Note,
    Outcome,
    Submission,
    Transition,
    duration,
)
from sisdrop.order import mends
from sisdrop.protocol import RUNNING, SisImport, echo_mismatches, inline_messages, original_file, read_import, scrub
from sisdrop.steps.context import Context
from sisdrop.steps.diffing import with_data_set
from sisdrop.steps.ending import ended_well, finished
from sisdrop.steps.patience import For
from sisdrop.steps.step import Again, Idle, Step, Wait

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


def follow(context: Context, drop: Drop) -> Step:
    """SUBMITTED or IMPORTING: look once, and journal what is new. The caller decides when to look again."""
    submission = drop.submission
    if submission is None or submission.import_id is None:
        raise ValueError(f"drop {drop.id} is {drop.state} without an import id")
    if drop.state is DropState.SUBMITTED:
        echo = read_import(submission.answer)
        mismatches = echo_mismatches(drop.options, echo)
        if mismatches:
            return _abort_for_echo(context, drop, echo, mismatches)
    if context.journal.abort_asked(drop.id):
        # Not the end yet: the state that Canvas tells next is, whatever the answer to this was.
        _abort(context, drop, submission.import_id)
    try:
        now = context.canvas.get(submission.import_id)
    except CanvasRefused as error:
        if error.kind is RefusalKind.NOT_FOUND:
            return _vanished(context, drop, submission.import_id)
        raise
    # Not `ended_at`, which stays null for aborted imports, nor `progress`, which stays below 100 for failed ones
    # (Canvas's public source, SIS batch).
    if now.is_terminal:
        return _ended(context, drop, submission, now)
    return _still_running(context, drop, submission, now)


def _abort_for_echo(context: Context, drop: Drop, echo: SisImport, mismatches: list[str]) -> Step:
    """Canvas understood other options than were meant: stop the import before it does harm, and ask a person."""
    _abort(context, drop, echo.id)
    differences = "; ".join(mismatches)
    why = f"Canvas did not take the import options as asked ({differences}); SIS import {echo.id} was aborted."
    held = _held_without_import(context, drop, AttemptKind.ABORT, why)
    return Step(with_data_set(context, held, echo, Outcome.ABORTED))


def _abort(context: Context, drop: Drop, import_id: int) -> None:
    """Ask Canvas to abort; an import that has ended already stays as it is."""
    try:
        context.canvas.abort(import_id)
    except CanvasRefused as error:
        if error.kind is not RefusalKind.NOT_FOUND:
            raise
    context.journal.abort_done(drop.id)


def _vanished(context: Context, drop: Drop, import_id: int) -> Step:
    """Canvas does not know the import any more (a test instance is overwritten weekly): only a person can judge."""
    why = f"Canvas no longer knows SIS import {import_id}. Release it to send it again, or reject it."
    held = _held_without_import(context, drop, AttemptKind.FOLLOW, why)
    return Step(replace(held, hold=context.hold(HoldKind.DOUBT, f"{drop.name}: {why}", drop)))


def _held_without_import(context: Context, drop: Drop, what: AttemptKind, why: str) -> Transition:
    """That it was sent stays known; the import is not its import any more."""
    now = context.clock.time()
    held = drop.without_import().tried(now, what, why).holding(why, now)
    return Transition(held, Note(EventKind.HELD, f"Held {drop.name}: {why}"))


def _still_running(context: Context, drop: Drop, submission: Submission, now: SisImport) -> Step:
    state = DropState.IMPORTING if now.workflow_state in RUNNING else drop.state
    hold = _overdue(context, drop, now)
    seen = (now.workflow_state, now.progress)
    if state is drop.state and seen == (submission.workflow_state, submission.progress) and hold is None:
        return Step(None, Idle())
    submission = replace(submission, workflow_state=now.workflow_state, progress=now.progress, answer=scrub(now.raw))
    note = Note(EventKind.IMPORTING, f"Canvas: {drop.name} is {now.workflow_state}, {now.progress} %.")
    return Step(Transition(replace(drop, state=state, submission=submission), note, hold=hold), Idle())


def _overdue(context: Context, drop: Drop, now: SisImport) -> Hold | None:
    """A hold when the import takes longer than gate_timeout_s; told once, and the import is followed on."""
    running_s = context.patience.waited_s(drop.id, For.END)
    if running_s <= context.gate_timeout_s or context.journal.holds(context.lane):
        return None
    state = f"SIS import {now.id} ({drop.name}) is still {now.workflow_state} after {duration(running_s)}"
    return context.hold(HoldKind.GATE, f"{state}; it is followed on, but look at it in Canvas.", drop)


def _ended(context: Context, drop: Drop, submission: Submission, now: SisImport) -> Step:
    """The state is terminal: fetch every message and the report, then journal the outcome and what follows from it."""
    ended_at = submission.terminal_at or context.clock.time()
    if submission.terminal_at is None:
        context.patience.begin(drop.id, For.REPORT)
        # Fixed before the report is waited for: a crash must not move the end.
        submission = replace(submission, workflow_state=now.workflow_state, progress=now.progress, terminal_at=ended_at)
        drop = context.apply(Transition(replace(drop, submission=submission)))
    if _has_messages(now) and not _report_fetched(context, drop, now):
        return Step(None, Wait(REPORT_LOOK_S))
    messages = _messages(context, drop, now) if _has_messages(now) else []
    ending = Ending(_OUTCOMES[now.workflow_state], ended_at, message_count=len(messages))
    transition = finished(replace(drop, submission=replace(submission, answer=scrub(now.raw))), ending)
    hold, releases = _what_follows(context, transition.drop)
    report = replace(context.journal.report(drop.id), messages=messages)
    transition = replace(transition, hold=hold, releases=releases, report=report)
    return Step(with_data_set(context, transition, now, ending.outcome, messages), Again())


def _has_messages(now: SisImport) -> bool:
    counted = now.counts.get("error_count", 0) + now.counts.get("warning_count", 0)
    return bool(counted or inline_messages(now))


def _report_fetched(context: Context, drop: Drop, now: SisImport) -> bool:
    """Whether the error report is there, or has been waited for long enough."""
    report = context.errors_of(drop)
    if report.exists() or context.canvas.download_errors(now, report):
        return True
    return context.patience.waited_s(drop.id, For.REPORT) > REPORT_GRACE_S


def _messages(context: Context, drop: Drop, now: SisImport) -> list[Message]:
    """All messages by file and row, files named as they were dropped; of Canvas's answer where it keeps no list."""
    messages = list(context.canvas.errors(now.id)) or list(inline_messages(now))
    named = (_as_dropped(message, drop) for message in messages)
    return sorted(named, key=lambda message: (message.file or "", message.row or 0))


def _as_dropped(message: Message, drop: Drop) -> Message:
    """The message about the file as it was dropped, and what to do about it where that is known."""
    rule = recognise(message.message.revealed())
    members = drop.contents.members if drop.contents else {}
    file = original_file(message.file, members) if message.file else None
    return replace(message, file=file, hint=rule.hint if rule else "")


def _what_follows(context: Context, drop: Drop) -> tuple[Hold | None, tuple[Hold, ...]]:
    """The hold this outcome puts on the lane, and the present ones that it takes away."""
    hold = context.hold_after(drop)
    if hold is not None or not ended_well(drop, messages_over=context.feeds[drop.feed].hold.messages_over):
        return hold, ()
    holds = context.journal.holds(context.lane)
    return None, tuple(hold for hold in holds if hold.drop == drop.id or mends(drop, hold))
