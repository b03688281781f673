"""Into Canvas, exactly once: the submission, and what is done when its answer was lost.

Room: steps of `advance`; touches only what its Tools touch. The intention is journaled before the POST; a drop found
in SUBMITTING afterwards is one whose answer is unknown, whether the line broke or the process died, and there is one
way on from there: look the import up in Canvas, adopt it, and send again only when Canvas surely has none.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from canvas_sis_csv.options import ImportOptions
from sisdrop import policy
from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.journal import Hold, HoldKind
from sisdrop.lane.gate import is_orphan
from sisdrop.lane.missing import are_gone, given_up
from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropState, Intent, Outcome
from sisdrop.protocol import SisImport, candidates, confirms, scrub

ABSENT_LOOKS = 3
"""How many looks, spread over the grace (Tools.absent_grace_s), must find nothing before the same bytes are sent
again."""
ABORTED_UNSENT = "A person asked to abort it, and Canvas has no import of it. Release it to send it, or reject it."
MAX_RESENDS = 3
"""After so many lost answers without an import, something is wrong that repeating does not mend."""


def submit(tools: Tools, drop: Drop) -> Step:
    """QUEUED, and the gate is open: journal the intention, POST the snapshot, journal the answer."""
    if are_gone(tools, drop):
        return given_up(tools, drop)
    if not tools.snapshot_of(drop).exists():
        return Step(tools.move(replace(drop, state=DropState.CLAIMED), event="The snapshot is gone; making it again."))
    after_id = tools.canvas.newest_import_id()
    intent = Intent(tools.time(), drop.marker, after_id, tools.canvas.server_time)
    drop = tools.move(replace(drop, state=DropState.SUBMITTING, intent=intent, submitted_at=intent.at))
    try:
        answer = tools.canvas.create(tools.snapshot_of(drop), ImportOptions.of(drop.options))
    except OutcomeUnknown as error:
        return _answer_lost(tools, drop, str(error))
    except CanvasUnavailable as error:
        _back_to_queue(tools, drop, str(error))
        raise
    except CanvasRefused as error:
        return _refused(tools, drop, error)
    return Step(_submitted(tools, drop, answer, "submit"))


def look_up(tools: Tools, drop: Drop) -> Step:
    """SUBMITTING: the answer to the POST is not known. Find the import in Canvas, or make sure that there is none."""
    intent = drop.intent
    if intent is None:
        return Step(tools.move(replace(drop, state=DropState.QUEUED), event="Nothing was sent yet."), None)
    possible = _possible_imports(tools, drop, intent)
    ours = _ours(possible, intent)
    if ours is not None:
        return Step(_submitted(tools, drop, ours, "adopt"))
    if possible:
        return _cannot_be_told_yet(tools, drop, intent, possible)
    return _absent(tools, drop, intent)


def _possible_imports(tools: Tools, drop: Drop, intent: Intent) -> list[SisImport]:
    """The imports the lost answer may belong to. One left `initializing` will never run and counts as none."""
    imports = tools.canvas.imports_since(intent.canvas_time or intent.at)
    possible = candidates(imports, intent, tools.canvas.me().id, ImportOptions.of(drop.options))
    taken = tools.journal.import_ids(drop.lane, intent.after_id or 0)
    return [one for one in possible if one.id not in taken and not is_orphan(one, tools.now())]


def _ours(possible: Sequence[SisImport], intent: Intent) -> SisImport | None:
    """The import that is certainly this drop's, or None."""
    told = next((one for one in possible if confirms(one, intent.marker)), None)
    if told or len(possible) != 1:
        return told
    only = possible[0]
    # Same user, same options, newer than our intent, alone, and Canvas will never name its files: it is ours.
    return only if only.is_terminal or not intent.marker else None


def _cannot_be_told_yet(tools: Tools, drop: Drop, intent: Intent, possible: Sequence[SisImport]) -> Step:
    """Canvas names the files of an import once it has begun with it; where it never will, a person must look."""
    if intent.unknown_since is None:
        drop = tools.move(replace(drop, intent=replace(intent, unknown_since=tools.time())))
    since = datetime.fromisoformat(intent.unknown_since or tools.time())
    waited_s = (tools.now() - since).total_seconds()
    will_be_told = intent.marker and not all(one.is_terminal for one in possible)
    if will_be_told and waited_s <= tools.gate_timeout_s:
        return Step(drop, look_every_s(tools) / 4)
    ids = ", ".join(str(one.id) for one in possible)
    why = (
        f"Canvas's answer was lost, and it cannot be told whether SIS import {ids} is this drop's. Look at it in "
        "Canvas; reject the drop when it is, release it to send it when it is not."
    )
    held = replace(tools.tried(drop, "doubt", why), state=DropState.HELD, held_because=why, intent=None)
    hold = _hold(tools, drop, HoldKind.DOUBT, f"{drop.name}: {why}")
    return Step(tools.move(held, event=f"Held {drop.name}: {why}", hold=hold))


def _absent(tools: Tools, drop: Drop, intent: Intent) -> Step:
    """Canvas shows no import of ours: count the look, and when patience ends put the drop back in the queue."""
    since = intent.unknown_since or tools.time()
    intent = replace(intent, absent_looks=intent.absent_looks + 1, unknown_since=since)
    waited_s = (tools.now() - datetime.fromisoformat(since)).total_seconds()
    if waited_s < tools.absent_grace_s or intent.absent_looks < ABSENT_LOOKS:
        event = "" if intent.absent_looks > 1 else "Canvas shows no import of this drop yet; looking again."
        return Step(tools.move(replace(drop, intent=intent), event=event), look_every_s(tools))
    lost = 1 + _lost_in_a_row(drop)
    drop = tools.tried(drop, "look up", "Canvas has no such import")
    queued = _unsent(tools, drop)
    if queued.state is DropState.HELD:
        return Step(tools.move(queued, event=f"Held {drop.name}: {queued.held_because}"))
    if lost >= MAX_RESENDS:
        why = f"Canvas lost the submission of {drop.name} {lost} times in a row; see `sisdrop show {drop.id}`."
        return Step(tools.move(queued, event=why, hold=_hold(tools, drop, HoldKind.SUBMISSION, why)), None)
    return Step(tools.move(queued, event="Canvas has no import of this drop: it is sent again."), None)


def _lost_in_a_row(drop: Drop) -> int:
    """How often Canvas had nothing of it since a person last touched it, or since Canvas last had something."""
    since = itertools.takewhile(lambda attempt: attempt.what in {"submit", "look up"}, reversed(drop.attempts))
    return sum(attempt.what == "look up" for attempt in since)


def _submitted(tools: Tools, drop: Drop, answer: SisImport, how: str) -> Drop:
    """The import exists: from here on it is only followed, never sent again."""
    drop = tools.tried(drop, how, f"SIS import {answer.id}, {answer.workflow_state}")
    submitted = replace(
        drop,
        state=DropState.SUBMITTED,
        import_id=answer.id,
        workflow_state=answer.workflow_state,
        progress=0,
        answer=scrub(answer.raw),
        submitted_at=drop.submitted_at or tools.time(),
    )
    verb = "Submitted" if how == "submit" else "Found in Canvas and adopted"
    return tools.move(submitted, event=f"{verb} {drop.name}: SIS import {answer.id}.")


def _answer_lost(tools: Tools, drop: Drop, why: str) -> Step:
    intent = replace(drop.intent, unknown_since=tools.time()) if drop.intent else None
    drop = tools.tried(replace(drop, intent=intent), "submit", f"answer lost: {why}")
    return Step(tools.move(drop, event=f"Canvas's answer was lost ({why}); looking for the import."), 1.0)


def _back_to_queue(tools: Tools, drop: Drop, why: str) -> Drop:
    drop = tools.tried(drop, "submit", f"not sent: {why}")
    return tools.move(_unsent(tools, drop))


def _unsent(tools: Tools, drop: Drop) -> Drop:
    """The drop after a submission that made no import: it waits for the next one, unless a person aborted it."""
    unsent = replace(drop, state=DropState.QUEUED, intent=None, submitted_at=None)
    if not tools.journal.abort_asked(drop.id):
        return unsent
    return replace(unsent, state=DropState.HELD, released=False, held_because=ABORTED_UNSENT)


def _refused(tools: Tools, drop: Drop, error: CanvasRefused) -> Step:
    drop = tools.tried(drop, "submit", f"refused: {error}")
    if error.kind is not RefusalKind.FILE:
        # Not this file's fault: the next one would be refused too. It stays where it can be sent again.
        return Step(tools.move(_unsent(tools, drop), hold=_hold(tools, drop, HoldKind.SUBMISSION, str(error))), None)
    finished = replace(
        drop,
        state=DropState.FINISHED,
        outcome=Outcome.REFUSED,
        error={"message": str(error), "status": error.status, "body": error.body},
        finished_at=tools.time(),
    )
    finished = replace(finished, summary=policy.summary(finished))
    feed = tools.feeds[drop.feed]
    reason = policy.reason_to_stop(finished, after_failure=feed.hold.failed, messages_over=feed.hold.messages_over)
    hold = _hold(tools, drop, HoldKind.IMPORT, reason) if reason else None
    return Step(tools.move(finished, event=finished.summary, hold=hold))


def _hold(tools: Tools, drop: Drop, kind: HoldKind, reason: str) -> Hold:
    return Hold(kind, reason, tools.time(), drop.id, drop.feed, drop.name)


def look_every_s(tools: Tools) -> float:
    """The wait between two looks for an import that does not show."""
    return tools.absent_grace_s / (2 * ABSENT_LOOKS)
