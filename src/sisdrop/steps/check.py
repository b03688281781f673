"""From the spool to the queue: snapshot, preflight, guards."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace

import canvas_sis_csv
from canvas_sis_csv.options import ImportOptions
from sisdrop.config import Feed
from sisdrop.errors import Conflict, FilesMissing, SpoolError, StateError
from sisdrop.known import KINDS, kinds_touched
from sisdrop.model import (
    AttemptKind,
    Contents,
    Drop,
    DropKind,
    DropState,
    Ending,
    EventKind,
    Failure,
    Note,
    Outcome,
    Place,
    Report,
    Transition,
    Tripped,
    new_marker,
    plural,
)
from sisdrop.snapshot import Snapshot, Unreadable, Unsettled, make_snapshot, open_members
from sisdrop.steps.claim import left_in_inbox
from sisdrop.steps.context import Context
from sisdrop.steps.ending import finished
from sisdrop.steps.judging import judge
from sisdrop.steps.missing import are_gone, brought_back
from sisdrop.steps.step import Idle, Step

logger = logging.getLogger("sisdrop.steps")

MAX_CRASHES = 3
"""How often sisdrop may die or crash over the same drop before a person must look at it."""

NUL_GRACE_S = 600.0
"""How long NUL bytes may stand for content that is still to come; after that they are the content."""


def check(context: Context, drop: Drop) -> Step:
    """CLAIMED: make the snapshot, read it as Canvas would, and decide to send, hold or file it."""
    if drop.place in {Place.ARCHIVE, Place.FAILED}:
        return _take_back(context, drop)
    if are_gone(context, drop):
        return brought_back(context, drop)
    if drop.crash_count >= MAX_CRASHES:
        why = f"sisdrop failed {MAX_CRASHES} times while it read {drop.name}."
        return _hold(context, replace(drop, crash_count=0), why)
    # Counted before the attempt, so that a file which kills the process is counted too.
    counted = context.apply(Transition(replace(drop, crash_count=drop.crash_count + 1)))
    try:
        step = _read(context, counted)
        if step.transition is not None:
            # Here, not by the caller: a journal that cannot be written after the check is not the file's fault either.
            context.apply(step.transition)
    except Conflict:
        raise  # a person was quicker: the count is in the drop that they changed
    except (SpoolError, StateError, OSError):
        # Nor is a share that is away, or a full disk.
        context.apply(Transition(replace(counted, crash_count=drop.crash_count)))
        raise
    return Step(None, step.when)


def _take_back(context: Context, drop: Drop) -> Step:
    """A retried drop is at rest: bring its files back into the spool first, and begin its life anew."""
    try:
        context.spools[drop.feed].take_back(drop)
    except FilesMissing as error:
        why = f"{drop.name} cannot be retried: {error}"
        at_rest = replace(drop.tried(context.clock.time(), AttemptKind.RETRY, why), state=DropState.FILED)
        return Step(Transition(at_rest, Note(EventKind.NOT_RETRIED, why)), Idle())
    note = Note(EventKind.CLAIMED, f"Took {drop.name} back from {drop.place}/.")
    anew = replace(drop, place=Place.SPOOL, contents=None, held=None, submission=None, ended=None, rest=None, late=None)
    return Step(Transition(anew, note))


def _read(context: Context, drop: Drop) -> Step:
    if drop.contents is not None and drop.contents.is_due and context.snapshot_of(drop).exists():
        # It was read before and its turn has come: the local copy stays what is checked and sent.
        return _judge(context, replace(drop, crash_count=0), drop.contents)
    feed = context.feeds[drop.feed]
    options = feed.options_for(drop.origin.paths if drop.kind is DropKind.GROUP else (drop.name,))
    marker = _marker_for(drop, options)
    made = make_snapshot(
        drop.kind,
        context.spools[drop.feed].where(drop),
        _content_paths(drop, feed),
        context.snapshot_of(drop),
        marker=marker,
    )
    # From here on the local copy is what is checked, sent and sent again, whatever happens to the share.
    match made:
        case Snapshot():
            contents = Contents(
                made.size_bytes,
                made.sha256,
                members=dict(made.members),
                marker=marker,
                options=options,
                is_due=drop.contents is not None and drop.contents.is_due,
            )
            return _judge(context, replace(drop, contents=contents, crash_count=0), contents)
        case Unsettled(why=why, nul=nul):
            return _not_whole(context, drop, why, nul=nul)
        case Unreadable(sentence=why):
            return _unreadable(context, drop, why)


def _judge(context: Context, drop: Drop, contents: Contents) -> Step:
    feed = context.feeds[drop.feed]
    members = open_members(context.snapshot_of(drop), contents.members)
    preflight = _preflight(context, drop, members)
    findings = preflight.findings if feed.check else ()
    contents = replace(
        contents, files=preflight.files, finding_count=sum(preflight.counts.values()) if feed.check else 0
    )
    drop = replace(drop, contents=contents)
    verdict = judge(context, drop, preflight, members)
    drop = replace(drop, contents=replace(contents, judged=verdict.judged, is_due=False))
    report = Report(findings=findings, plan=verdict.plan)
    if verdict.tripped and not drop.is_released:
        return _hold(context, drop, verdict.tripped[0].reason, report, verdict.tripped)
    types = ", ".join(dict.fromkeys(facts.type or "not recognised" for facts in drop.files)) or "no CSV"
    text = f"Checked {drop.name}: {types}, {plural(drop.rows, 'row')}, {plural(contents.finding_count, 'finding')}."
    queued = replace(drop, state=DropState.QUEUED)
    return Step(Transition(queued, Note(EventKind.CHECKED, text), report=report))


def _preflight(context: Context, drop: Drop, members: list[canvas_sis_csv.Member]) -> canvas_sis_csv.Preflight:
    if context.known is None:
        return canvas_sis_csv.preflight(members, options=drop.options)
    unsure, waiting = _on_their_way(context, drop)
    with context.known.lookup(context.lane, unsure, waiting=waiting) as known:
        return canvas_sis_csv.preflight(members, options=drop.options, known=known)


def _on_their_way(context: Context, drop: Drop) -> tuple[Collection[str], list[canvas_sis_csv.Member]]:
    """What other drops of the account will bring: kinds of ids of which nothing is known yet, and files to look at."""
    unsure: set[str] = set()
    waiting: list[canvas_sis_csv.Member] = []
    for other in context.open_drops():
        if other.id == drop.id:
            continue
        snapshot = context.snapshot_of(other)
        if other.state in {DropState.CLAIMING, DropState.CLAIMED}:
            unsure.update(KINDS)
        elif other.contents is not None and snapshot.exists():
            waiting += open_members(snapshot, other.contents.members)
        else:
            unsure.update(kinds_touched(other.types))
    return unsure, waiting


def _hold(
    context: Context, drop: Drop, reason: str, report: Report | None = None, tripped: tuple[Tripped, ...] = ()
) -> Step:
    text = f"Held {drop.name}: {reason} Release it with `sisdrop release {drop.id}`, or reject it."
    held = drop.holding(reason, context.clock.time(), tripped)
    return Step(Transition(held, Note(EventKind.HELD, text), report=report or Report()))


def _unreadable(context: Context, drop: Drop, why: str) -> Step:
    ending = Ending(Outcome.UNREADABLE, context.clock.time(), failure=Failure(why))
    transition = finished(replace(drop, crash_count=0), ending)
    # What it should have brought is missing, and whether the next one needs it cannot be told.
    return Step(replace(transition, hold=context.hold_after(transition.drop)))


def _not_whole(context: Context, drop: Drop, why: str, *, nul: bool) -> Step:
    """What was taken was still being written: put it back and let it settle anew, unless it never will."""
    if nul and context.clock.seconds_since(drop.origin.noticed_at) > NUL_GRACE_S:
        return _unreadable(context, drop, f"it holds NUL bytes, and nothing came to replace them: {why}")
    context.spools[drop.feed].put_back(drop.id, drop.origin.paths)
    return left_in_inbox(drop, why)


def _content_paths(drop: Drop, feed: Feed) -> tuple[str, ...]:
    """The drop's files without the `.done` files that vouch for them."""
    if not feed.done_suffix:
        return drop.origin.paths
    return tuple(path for path in drop.origin.paths if not path.endswith(feed.done_suffix))


def _marker_for(drop: Drop, options: ImportOptions) -> str:
    """The marker for the members' names; none where Canvas matches files by name.

    With diffing, several files of one type are compared by file name with those of the last import, so names must
    stay the same (Canvas's public source, diff generator); a single file is compared whatever its name.
    """
    if options.diffing_data_set_identifier and drop.kind is not DropKind.FILE:
        return ""
    return drop.contents.marker if drop.contents and drop.contents.marker else new_marker()
