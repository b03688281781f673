"""The answer to a POST was lost: find the import in Canvas and adopt it, or make sure that Canvas has none.

Sending again is the last resort: only after several looks, spread over the grace that Canvas's own front end gives a
request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sisdrop.model import AttemptKind, Drop, DropState, EventKind, HoldKind, Note, Submission, Transition
from sisdrop.protocol import ORPHAN_AGE, SisImport, candidates, confirms
from sisdrop.steps.context import Context
from sisdrop.steps.patience import For
from sisdrop.steps.step import Step, Wait
from sisdrop.steps.submit import submitted, unsent

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
    possible = _possible_imports(context, drop, intent)
    ours = _ours(possible, intent)
    if ours is not None:
        return Step(submitted(context, drop, intent, ours, AttemptKind.ADOPT))
    if possible:
        return _cannot_be_told_yet(context, drop, intent, possible)
    return _absent(context, drop, intent)


def _possible_imports(context: Context, drop: Drop, intent: Submission) -> list[SisImport]:
    """The imports the lost answer may belong to. One left `initializing` will never run and counts as none: by the
    time that has passed here, for what no other clock shows yet may be ours."""
    imports = context.canvas.imports_above(intent.after_id).imports
    possible = candidates(imports, intent, context.canvas.user_id(), drop.options)
    # What stands for another drop of ours is not this one.
    taken = context.journal.import_ids(drop.lane, intent.after_id or 0)
    counts_orphans = context.patience.waited_s(drop.id, For.ANSWER) < ORPHAN_AGE.total_seconds()
    return [
        made for made in possible if made.id not in taken and (counts_orphans or made.workflow_state != "initializing")
    ]


def _ours(possible: Sequence[SisImport], intent: Submission) -> SisImport | None:
    """The import that is certainly this drop's, or None."""
    confirmed = next((candidate for candidate in possible if confirms(candidate, intent.marker)), None)
    if confirmed or len(possible) != 1:
        return confirmed
    only = possible[0]
    # Same user, same options, newer than our intent, alone, and Canvas will never name its files: it is ours.
    return only if only.is_terminal or not intent.marker else None


def _cannot_be_told_yet(context: Context, drop: Drop, intent: Submission, possible: Sequence[SisImport]) -> Step:
    """Canvas names the files of an import once it has begun with it; where it never will, a person must look."""
    if intent.unknown_since is None:
        intent = replace(intent, unknown_since=context.clock.time())
        drop = context.apply(Transition(replace(drop, submission=intent)))
    will_be_named = intent.marker and not all(candidate.is_terminal for candidate in possible)
    if will_be_named and context.patience.waited_s(drop.id, For.ANSWER) <= context.gate_timeout_s:
        return Step(None, Wait(look_every_s(context) / 4))
    ids = ", ".join(str(candidate.id) for candidate in possible)
    why = (
        f"Canvas's answer was lost, and it cannot be told whether SIS import {ids} is this drop's. Look at it in "
        "Canvas; reject the drop when it is, release it to send it when it is not."
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
