"""The answer to a POST was lost: find the import in Canvas and adopt it, or make sure that Canvas has none.

Sending again is the last resort: only after several looks, spread over the grace that Canvas's own front end gives a
request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sisdrop.errors import CanvasUnavailable
from sisdrop.model import AttemptKind, Drop, DropState, EventKind, HoldKind, Note, Submission, Transition
from sisdrop.protocol import ORPHAN_AGE, Listing, SisImport, candidates, confirms, holds_files
from sisdrop.snapshot import member_sizes
from sisdrop.steps.context import Context
from sisdrop.steps.patience import For
from sisdrop.steps.step import Step, Wait
from sisdrop.steps.submit import mixed_up, submitted, unsent

ABSENT_LOOKS = 3
"""How many looks, spread over the grace (Context.absent_grace_s), must find nothing before the same bytes are sent
again."""
MAX_RESENDS = 3
"""After so many lost answers without an import, something is wrong that repeating does not mend."""


def look_up(context: Context, drop: Drop) -> Step:
    """SUBMITTING: the answer to the POST is not known."""
    intent = drop.submission
    if intent is None:
        note = Note(EventKind.QUEUED, "Nothing was sent yet.")
        return Step(Transition(replace(drop, state=DropState.QUEUED), note))
    listing = context.canvas.imports_above(intent.after_id)
    possible = _possible_imports(context, drop, intent, listing)
    ours = _ours(context, drop, possible)
    if ours is not None:
        return _adopted(context, drop, intent, ours)
    if possible:
        return _cannot_be_told_yet(context, drop, intent, possible)
    if not listing.is_whole:
        return _may_be_missing(context, drop, intent)
    return _absent(context, drop, intent)


def _possible_imports(context: Context, drop: Drop, intent: Submission, listing: Listing) -> list[SisImport]:
    """The imports the lost answer may belong to. One left `initializing` will never run and counts as none: by the
    time that has passed here, for what no other clock shows yet may be ours."""
    possible = candidates(listing.imports, intent, context.canvas.user_id(), drop.options)
    # What stands for another drop of ours is not this one.
    taken = context.journal.import_ids(drop.lane, intent.after_id or 0)
    if context.patience.waited_s(drop.id, For.ANSWER) >= ORPHAN_AGE.total_seconds():
        possible = [made for made in possible if made.workflow_state != "initializing"]
    return [made for made in possible if made.id not in taken and _is_of(context, drop, made) is not False]


def _is_of(context: Context, drop: Drop, made: SisImport) -> bool | None:
    """Whether the files of the import are the drop's: by their marker, else by names and sizes; None: not told yet."""
    marker = drop.submission.marker if drop.submission else ""
    return confirms(made, marker) if marker else holds_files(made, member_sizes(context.snapshot_of(drop)))


def _ours(context: Context, drop: Drop, possible: Sequence[SisImport]) -> SisImport | None:
    """The import that is certainly this drop's, or None. That it is the only one left makes nothing certain: another
    program may import as the same user."""
    of_it = [made for made in possible if _is_of(context, drop, made)]
    has_marker = drop.submission is not None and drop.submission.marker
    return of_it[0] if of_it and (has_marker or len(of_it) == 1) else None


def _adopted(context: Context, drop: Drop, intent: Submission, ours: SisImport) -> Step:
    transition = submitted(context, drop, intent, ours, AttemptKind.ADOPT)
    if intent.foreign_id is None:
        return Step(transition)
    why = (
        f"{drop.name}: Canvas answered its upload with SIS import {intent.foreign_id}, which is not its own; its own "
        f"is {ours.id}, found by its files and followed. Something mixes up Canvas's answers: mend that, then "
        "`sisdrop release`."
    )
    return Step(replace(transition, hold=mixed_up(context, drop, why)))


def _cannot_be_told_yet(context: Context, drop: Drop, intent: Submission, possible: Sequence[SisImport]) -> Step:
    """Canvas names the files of an import once it has begun with it; where it never will, a person must look."""
    if intent.unknown_since is None:
        intent = replace(intent, unknown_since=context.clock.time())
        drop = context.apply(Transition(replace(drop, submission=intent)))
    will_be_named = not all(candidate.is_terminal for candidate in possible)
    if will_be_named and context.patience.waited_s(drop.id, For.ANSWER) <= context.gate_timeout_s:
        return Step(None, Wait(look_every_s(context) / 4))
    ids = ", ".join(str(candidate.id) for candidate in possible)
    return _held(context, drop, f"it cannot be told whether SIS import {ids} is this drop's")


def _may_be_missing(context: Context, drop: Drop, intent: Submission) -> Step:
    """What is not in a list that is not whole may be in Canvas all the same: that is no look."""
    gap = f"Canvas's list of SIS imports does not go down to {intent.after_id or 'the first'}"
    if context.patience.waited_s(drop.id, For.ANSWER) <= context.gate_timeout_s:
        raise CanvasUnavailable(
            f"{gap}, so that the import of {drop.name} may be missing in it. It is looked at again."
        )
    return _held(context, drop, f"{gap}, so that it cannot be told whether it has this drop")


def _held(context: Context, drop: Drop, doubt: str) -> Step:
    why = (
        f"Canvas's answer was lost, and {doubt}. Look in Canvas: reject the drop when Canvas has imported it, release "
        "it to send it when not."
    )
    now = context.clock.time()
    held = drop.tried(now, AttemptKind.DOUBT, why).holding(why, now)
    hold = context.hold(HoldKind.DOUBT, f"{drop.name}: {why}", drop)
    return Step(Transition(held, Note(EventKind.HELD, f"Held {drop.name}: {why}"), hold=hold))


def _absent(context: Context, drop: Drop, intent: Submission) -> Step:
    """Canvas shows no import of ours: count the look, and when patience ends put the drop back in the queue."""
    since = intent.unknown_since or context.clock.time()
    intent = replace(intent, absent_looks=intent.absent_looks + 1, unknown_since=since)
    waited_s = context.patience.waited_s(drop.id, For.ANSWER)
    if waited_s < context.absent_grace_s or intent.absent_looks < ABSENT_LOOKS:
        first = intent.absent_looks == 1
        note = Note(EventKind.ANSWER_LOST, "Canvas shows no import of this drop yet; looking again.")
        looked = Transition(replace(drop, submission=intent), note if first else None)
        return Step(looked, Wait(look_every_s(context)))
    if intent.foreign_id is not None:
        doubt = f"SIS import {intent.foreign_id}, which it named, is another one; none of this drop shows"
        return _held(context, drop, doubt)
    return _send_again(context, drop)


def _send_again(context: Context, drop: Drop) -> Step:
    """Canvas has nothing of it. After too many times something is wrong that sending again does not mend."""
    lost = drop.lost_submissions + 1
    drop = replace(drop, lost_submissions=lost)
    drop = unsent(context, drop.tried(context.clock.time(), AttemptKind.LOOK_UP, "Canvas has no such import"))
    if drop.state is DropState.HELD:
        return Step(Transition(drop, Note(EventKind.HELD, f"Held {drop.name}: {drop.held_because}")))
    if lost >= MAX_RESENDS:
        why = f"Canvas lost the submission of {drop.name} {lost} times in a row; see `sisdrop show {drop.id}`."
        hold = context.hold(HoldKind.SUBMISSION, why, drop)
        return Step(Transition(drop, Note(EventKind.NOT_IN_CANVAS, why), hold=hold))
    note = Note(EventKind.NOT_IN_CANVAS, "Canvas has no import of this drop: it is sent again.")
    return Step(Transition(drop, note))


def look_every_s(context: Context) -> float:
    """The wait between two looks for an import that does not show."""
    return context.absent_grace_s / (2 * ABSENT_LOOKS)
