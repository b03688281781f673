"""Into Canvas, exactly once: the submission.

The intention is journaled before the POST; a drop found in SUBMITTING afterwards is one whose answer is unknown,
whether the line broke or the process died, and there is one way on from there: `look_up`.
"""

from __future__ import annotations

from dataclasses import replace

from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.model import (
    AttemptKind,
    Drop,
    DropState,
    Ending,
    EventKind,
    Failure,
    Hold,
    HoldKind,
    Note,
    Outcome,
    Submission,
    Transition,
    plural,
)
from sisdrop.protocol import SisImport, confirms, scrub, why_not_ours
from sisdrop.steps.context import Context
from sisdrop.steps.diffing import clash_note, remaster_is_due
from sisdrop.steps.ending import finished
from sisdrop.steps.filing import withdraw_held
from sisdrop.steps.identical import Twin, twin_of
from sisdrop.steps.judging import is_judged
from sisdrop.steps.missing import are_gone, brought_back
from sisdrop.steps.patience import For
from sisdrop.steps.step import Step, Wait

FIRST_LOOK_S = 1.0
"""After a lost answer: Canvas shows an import it took within the second, as a rule."""
ABORTED_UNSENT = "A person asked to abort it, and Canvas has no import of it. Release it to send it, or reject it."


def submit(context: Context, drop: Drop) -> Step:
    """QUEUED, and the gate is open: journal the intention, POST the snapshot, journal the answer.

    Of a drop that was just released only its held file goes, for which no gate is asked.
    """
    if drop.is_held_file_due:
        return withdraw_held(context, drop)
    if are_gone(context, drop):
        return brought_back(context, drop)
    contents = drop.contents
    if contents is None or not context.snapshot_of(drop).exists():
        note = Note(EventKind.CLAIMED, "The snapshot is gone; making it again.")
        return Step(Transition(replace(drop, state=DropState.CLAIMED), note))
    if not is_judged(context, drop):
        why = "its turn has come" if contents.judged is None else "what was accepted before it has changed"
        note = Note(EventKind.CLAIMED, f"Compared with what was accepted last: {why}.")
        due = replace(drop, state=DropState.CLAIMED, contents=replace(contents, is_due=True))
        return Step(Transition(due, note))
    twin = twin_of(context, drop)
    if twin is not None and twin.sent_because is None:
        return Step(_skipped(context, drop, twin.drop))
    listing = context.imports_before_post()
    ours = next((made for made in listing.imports if is_import_of(made, drop)), None)
    if ours is not None:
        return Step(adopted(context, drop, ours))
    intent = Submission(
        context.clock.time(),
        contents.marker,
        # Noted before the POST: an import that answers to a lost one must be newer than this.
        listing.newest_id,
        context.canvas.server_time,
        remaster=remaster_is_due(context, drop),
    )
    submitting = replace(drop, state=DropState.SUBMITTING, submission=intent)
    all_the_same = _sent_all_the_same(drop, twin) if twin is not None else None
    user_id = context.canvas.user_id()
    drop = context.apply(Transition(submitting, all_the_same, warning=clash_note(context, submitting)))
    return _send(context, drop, intent, user_id)


def _send(context: Context, drop: Drop, intent: Submission, user_id: int | None) -> Step:
    """The POST, its intention journaled, and what its answer or the lack of one means."""
    # A service that stood still here may have been taken for dead, and another may have sent the drop meanwhile.
    context.journal.check_lease()
    context.patience.begin(drop.id, For.ANSWER)
    try:
        answer = context.canvas.create(context.snapshot_of(drop), drop.options)
    except OutcomeUnknown as error:
        # It may be in Canvas: the only way on is to look.
        return _answer_lost(context, drop, intent, str(error))
    except CanvasUnavailable as error:
        not_sent = drop.tried(context.clock.time(), AttemptKind.SUBMIT, f"not sent: {error}")
        context.apply(Transition(unsent(context, not_sent)))
        raise
    except CanvasRefused as error:
        return _refused(context, drop, error)
    strange = why_not_ours(answer, intent, user_id)
    if strange is not None:
        return _not_believed(context, drop, intent, answer, strange)
    return Step(submitted(context, drop, intent, answer, AttemptKind.SUBMIT))


def _skipped(context: Context, drop: Drop, twin: Drop) -> Transition:
    now = context.clock.time()
    when = twin.ended.at if twin.ended else twin.origin.claimed_at
    like = f"it is byte for byte {twin.name} ({twin.id}), which Canvas imported on {when[:10]}"
    sentence = f"{drop.name} ({plural(drop.rows, 'row')}) was not sent: {like}."
    return finished(drop.tried(now, AttemptKind.SKIP, like), Ending(Outcome.SKIPPED, now, sentence))


def _sent_all_the_same(drop: Drop, twin: Twin) -> Note | None:
    """Told once, however often the submission has to be tried."""
    if any(attempt.what is AttemptKind.SUBMIT for attempt in drop.attempts):
        return None
    like = f"{drop.name} is byte for byte {twin.drop.name} ({twin.drop.id})"
    return Note(EventKind.QUEUED, f"{like}, and is sent all the same: {twin.sent_because}.")


def is_import_of(made: SisImport, drop: Drop) -> bool:
    """Whether the files of `made` carry the drop's marker, and it is none that the drop is done with."""
    marker = drop.contents.marker if drop.contents else ""
    return confirms(made, marker) is True and made.id not in drop.past_imports


def adopted(context: Context, drop: Drop, made: SisImport) -> Transition:
    """The drop was taken for unsent, and Canvas has it: its marker stands in the names of this import's files.

    Canvas may have shown the import only after all patience; or the journal was taken back to an earlier time.
    """
    intent = Submission(
        made.created_at or context.clock.time(),
        drop.contents.marker if drop.contents else "",
        None,
        context.canvas.server_time,
        remaster=made.raw.get("diffing_remaster") is True,
    )
    return submitted(context, replace(drop, held=None), intent, made, AttemptKind.ADOPT)


def submitted(context: Context, drop: Drop, intent: Submission, answer: SisImport, how: AttemptKind) -> Transition:
    """The import exists: from here on it is only followed, never sent again."""
    context.patience.begin(drop.id, For.END)
    drop = drop.tried(context.clock.time(), how, f"SIS import {answer.id}, {answer.workflow_state}")
    submission = replace(
        intent, import_id=answer.id, workflow_state=answer.workflow_state, progress=0, answer=scrub(answer.raw)
    )
    adopted = how is AttemptKind.ADOPT
    verb = "Found in Canvas and adopted" if adopted else "Submitted"
    whole = ", whole: its diffing data set was due for it (diffing_remaster)" if intent.remaster else ""
    text = f"{verb} {drop.name}: SIS import {answer.id}{whole}."
    note = Note(EventKind.ADOPTED if adopted else EventKind.SUBMITTED, text)
    return Transition(replace(drop, state=DropState.SUBMITTED, submission=submission, lost_submissions=0), note)


def unsent(context: Context, drop: Drop) -> Drop:
    """The drop after a submission that made no import: it waits for the next one, unless a person aborted it."""
    queued = replace(drop, state=DropState.QUEUED, submission=None)
    if context.journal.abort_asked(drop.id):
        return queued.holding(ABORTED_UNSENT, context.clock.time())
    return queued


def _answer_lost(context: Context, drop: Drop, intent: Submission, why: str) -> Step:
    context.patience.begin(drop.id, For.ANSWER)
    drop = replace(drop, submission=replace(intent, unknown_since=context.clock.time()))
    drop = drop.tried(context.clock.time(), AttemptKind.SUBMIT, f"answer lost: {why}")
    note = Note(EventKind.ANSWER_LOST, f"Canvas's answer was lost ({why}); looking for the import.")
    return Step(Transition(drop, note), Wait(FIRST_LOOK_S))


def _not_believed(context: Context, drop: Drop, intent: Submission, answer: SisImport, strange: str) -> Step:
    """The answer belongs to another import: the lane is on hold, and the one that is ours is looked for."""
    now = context.clock.time()
    why = f"Canvas answered the upload with SIS import {answer.id}, which is not this drop's: {strange}"
    context.patience.begin(drop.id, For.ANSWER)
    submission = replace(intent, unknown_since=now, foreign_id=answer.id)
    drop = replace(drop, submission=submission).tried(now, AttemptKind.SUBMIT, f"not believed: {why}")
    hold = mixed_up(context, drop, f"{drop.name}: {why}. Its own import is looked for.")
    return Step(
        Transition(drop, Note(EventKind.ANSWER_LOST, f"{why}; looking for its own."), hold=hold), Wait(FIRST_LOOK_S)
    )


def mixed_up(context: Context, drop: Drop, why: str) -> Hold:
    """A hold because answers get mixed up on their way. Not the drop's: that it ends well mends nothing."""
    return Hold(HoldKind.DOUBT, why, context.clock.time(), feed=drop.feed)


def _refused(context: Context, drop: Drop, error: CanvasRefused) -> Step:
    drop = drop.tried(context.clock.time(), AttemptKind.SUBMIT, f"refused: {error}")
    if error.kind is not RefusalKind.FILE:
        # Not this file's fault: the next one would be refused too. It stays where it can be sent again.
        hold = context.hold(HoldKind.SUBMISSION, str(error), drop)
        return Step(Transition(unsent(context, drop), hold=hold))
    failure = Failure(str(error), error.status, error.body)
    transition = finished(drop, Ending(Outcome.REFUSED, context.clock.time(), failure=failure))
    return Step(replace(transition, hold=context.hold_after(transition.drop)))
