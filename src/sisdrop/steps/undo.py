"""The undo of an import: asked of Canvas, followed, told beside the result; and the lane on hold behind it.

The intention is journaled before Canvas is asked. An undo found in SENDING afterwards is one whose answer is unknown,
and the import itself says whether it has begun. Canvas forgets each change that it has put back (its public source, SIS
batch), so that asking twice does no harm; it is done only after looking all the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from sisdrop.errors import CanvasRefused, CanvasUnavailable, Conflict, OutcomeUnknown, RefusalKind, UsageError
from sisdrop.folders.undo_file import undo_json
from sisdrop.journal import Journal
from sisdrop.model import AttemptKind, Clock, Drop, EventKind, HoldKind, Note, Transition, Undo, UndoState, duration
from sisdrop.protocol import RESTORED, Progress, SisImport, scrub
from sisdrop.steps.commands import TRIES
from sisdrop.steps.context import Context
from sisdrop.steps.filing import canvas_of
from sisdrop.steps.look_up import ABSENT_LOOKS, look_every_s
from sisdrop.steps.step import Again, Idle, Wait, When
from sisdrop.steps.submit import FIRST_LOOK_S
from sisdrop.steps.undo_words import summary, too_late, why_not, why_on_hold

MAX_ASKED = 3
"""After so many questions of which nothing came, something is wrong that repeating does not mend."""
STATE_LOOK_S = 2.0
"""Canvas ends its job an instant before it writes the import's new state."""
_OF_THE_LANE = frozenset({RefusalKind.TOKEN, RefusalKind.ADDRESS})
"""Refusals that concern everything we ask; the others are an answer to this question."""


def ask_undo(
    journal: Journal,
    drop_id: str,
    lane: str,
    asked_by: str,
    *,
    undelete_only: bool = False,
    unconclude_only: bool = False,
    clock: Clock | None = None,
) -> Undo:
    """Journal a person's wish; the service carries it out. Raises UsageError when it does not fit the drop."""
    clock = clock or Clock()
    for _ in range(TRIES):
        drop, former = journal.get(drop_id), journal.undo(drop_id)
        reason = why_not(drop, former, lane, clock.now()) if drop else f"there is no drop {drop_id}."
        if drop is None or drop.import_id is None or reason:
            raise UsageError(str(reason))
        now = clock.time()
        wish = Undo(drop.id, drop.lane, drop.feed, drop.import_id, UndoState.ASKED, now, asked_by)
        wish = replace(wish, undelete_only=undelete_only, unconclude_only=unconclude_only).after(former)
        note = Note(EventKind.UNDO, f"{asked_by} asked to undo SIS import {drop.import_id} of {drop.name}.")
        try:
            journal.apply(Transition(drop.tried(now, AttemptKind.UNDO, f"asked by {asked_by}"), note, undo=wish))
        except Conflict:
            continue  # somebody retried it, say: does the wish still fit?
        return wish
    raise UsageError(f"{drop_id} changes all the time; try again in a moment.")


def undo(context: Context, drop: Drop) -> When:
    """Take one step with the drop's open undo and journal it; when to come again.

    For an ASKED one the caller has asked the gate. Raises as `advance` does.
    """
    wish = context.journal.undo(drop.id)
    if wish is None:
        return Idle()
    match wish.state:
        case UndoState.ASKED:
            return _ask(context, drop, wish)
        case UndoState.SENDING:
            return _look_up(context, drop, wish)
        case UndoState.STARTED:
            return _follow(context, drop, wish)
        case UndoState.ENDED:
            return _tell(context, drop, wish)
        case UndoState.CLOSED:
            return Idle()
        case _:
            assert_never(wish.state)


def _ask(context: Context, drop: Drop, wish: Undo) -> When:
    try:
        before = context.canvas.get(wish.import_id)
    except CanvasRefused as error:
        if error.kind is not RefusalKind.NOT_FOUND:
            raise
        return _not_done(context, drop, wish, f"Canvas no longer knows SIS import {wish.import_id}.")
    if wish.lost and _has_begun(wish, before) and before.workflow_state in RESTORED:
        return _end(context, drop, wish, before)  # by the question whose answer was lost, later than we waited
    # Once more: the wish may have waited, and this is the time by Canvas's own clock.
    late = too_late(wish.import_id, before.raw.get("ended_at"), context.clock.now())
    if late or before.workflow_state == "restored":
        why = late or f"SIS import {wish.import_id} was restored in Canvas already."
        return _not_done(context, drop, wish, why)
    sending = replace(
        wish,
        state=UndoState.SENDING,
        sent_at=context.clock.time(),
        seen_before=_sight(before),
        unknown_since=None,
        absent_looks=0,
    )
    drop = context.apply(Transition(drop, undo=sending))
    context.journal.check_lease()
    try:
        progress = context.canvas.restore_states(
            wish.import_id, undelete_only=wish.undelete_only, unconclude_only=wish.unconclude_only
        )
    except OutcomeUnknown as error:
        lost = replace(sending, unknown_since=context.clock.time())
        text = f"Canvas's answer to the undo of {drop.name} was lost ({error}); looking whether it has begun."
        context.apply(Transition(drop, Note(EventKind.ANSWER_LOST, text), undo=lost))
        return Wait(FIRST_LOOK_S)
    except CanvasUnavailable:
        context.apply(Transition(drop, undo=wish))
        raise
    except CanvasRefused as error:
        if error.kind in _OF_THE_LANE:
            context.apply(Transition(drop, undo=wish))
            raise
        return _not_done(context, drop, wish, str(error))
    return _started(context, drop, sending, progress)


def _started(context: Context, drop: Drop, wish: Undo, progress: Progress | None) -> When:
    started = replace(wish, state=UndoState.STARTED, progress_id=progress.id if progress else None)
    note = Note(EventKind.UNDO, f"Canvas has begun to undo SIS import {wish.import_id} of {drop.name}.")
    context.apply(Transition(drop, note, undo=started))
    return Again()


def _look_up(context: Context, drop: Drop, wish: Undo) -> When:
    """SENDING: the answer is not known. The import shows when it has begun, a queue of Canvas's jobs permitting."""
    now = context.canvas.get(wish.import_id)
    if _has_begun(wish, now):
        return _started(context, drop, wish, None)
    since = wish.unknown_since or context.clock.time()
    looked = replace(wish, unknown_since=since, absent_looks=wish.absent_looks + 1)
    if context.clock.seconds_since(since) < context.absent_grace_s or looked.absent_looks < ABSENT_LOOKS:
        context.apply(Transition(drop, undo=looked))
        return Wait(look_every_s(context))
    asked = replace(looked, state=UndoState.ASKED, lost=wish.lost + 1)
    if asked.lost >= MAX_ASKED:
        return _end(context, drop, asked, now, f"Canvas was asked {MAX_ASKED} times, and nothing began.")
    note = Note(EventKind.NOT_IN_CANVAS, f"Canvas has not begun to undo {drop.name}: it is asked again.")
    context.apply(Transition(drop, note, undo=asked))
    return Again()


def _follow(context: Context, drop: Drop, wish: Undo) -> When:
    """STARTED: look once at Canvas's job, or at the import when the job's number is not known."""
    progress = _progress(context, wish)
    if progress is None or progress.is_over:
        now = context.canvas.get(wish.import_id)
        if progress is not None and progress.workflow_state == "failed":
            why = progress.message or "Canvas does not say why"
            return _end(context, drop, wish, now, f"Canvas's job failed ({why}); parts of it may be done.")
        if now.workflow_state in RESTORED:
            return _end(context, drop, wish, now)
        if not _is_overdue(context, wish):
            return Wait(STATE_LOOK_S)
    elif _is_overdue(context, wish):
        now = context.canvas.get(wish.import_id)
    else:
        if progress.completion != wish.completion:
            context.apply(Transition(drop, undo=replace(wish, completion=progress.completion)))
        return Idle()
    waited = duration(context.gate_timeout_s)
    why = f"SIS import {now.id} was still {now.workflow_state} after {waited}; look at it in Canvas."
    return _end(context, drop, wish, now, why)


def _progress(context: Context, wish: Undo) -> Progress | None:
    """Canvas's job as it stands; None when its number is not known, or who uses our token may not see it."""
    if wish.progress_id is None:
        return None
    try:
        return context.canvas.progress(wish.progress_id)
    except CanvasRefused as error:
        if error.kind in _OF_THE_LANE:
            raise
        return None


def _is_overdue(context: Context, wish: Undo) -> bool:
    return context.clock.seconds_since(wish.sent_at or wish.asked_at) > context.gate_timeout_s


def _end(context: Context, drop: Drop, wish: Undo, now: SisImport, problem: str | None = None) -> When:
    """It is certain what became of it, as far as it ever will be: the lane is on hold from here on."""
    data = scrub(now.raw).get("data")
    ended = replace(
        wish,
        state=UndoState.ENDED,
        completion=wish.completion if problem else 100,
        ended_at=context.clock.time(),
        workflow_state=now.workflow_state,
        data=data if isinstance(data, dict) else {},
        problem=problem,
    )
    ended = replace(ended, summary=summary(ended, drop.name))
    hold = context.hold(HoldKind.UNDONE, why_on_hold(ended, drop.name), drop)
    note = Note(EventKind.NOT_UNDONE if problem else EventKind.UNDONE, ended.summary)
    context.apply(Transition(drop.tried(hold.since, AttemptKind.UNDO, ended.summary), note, hold=hold, undo=ended))
    return Again()


def _not_done(context: Context, drop: Drop, wish: Undo, problem: str) -> When:
    """Nothing was changed in Canvas, and nothing will be: it is told, and over."""
    ended = replace(wish, state=UndoState.CLOSED, problem=problem)
    ended = replace(ended, summary=f"{drop.name} was not undone: {problem}")
    drop = drop.tried(context.clock.time(), AttemptKind.UNDO, ended.summary)
    context.apply(Transition(drop, Note(EventKind.NOT_UNDONE, ended.summary), undo=ended))
    return Again()


def _tell(context: Context, drop: Drop, wish: Undo) -> When:
    """ENDED: write `….undo.json` beside the result."""
    document = undo_json(wish, drop, *canvas_of(drop, context.feeds[drop.feed].canvas))
    context.spools[drop.feed].tell_undo(drop, document)
    context.apply(Transition(drop, undo=replace(wish, state=UndoState.CLOSED)))
    context.forget_snapshots()  # nothing is compared with it any more
    return Again()


def _has_begun(wish: Undo, now: SisImport) -> bool:
    """Whether the import was touched by a restore since Canvas was asked for one."""
    return now.workflow_state in {"restoring", *RESTORED} and _sight(now) != wish.seen_before


def _sight(now: SisImport) -> tuple[str, str]:
    """What changes in an import when its states are being restored."""
    return now.workflow_state, str(now.raw.get("updated_at") or "")
