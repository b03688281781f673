"""Coming to rest: into held/ while a person decides, into archive/ or failed/ with the result at the end.

The name a drop will rest under is journaled before its files move, so that a crash between two moves is finished, not
guessed. A drop that Canvas accepted is never sent again because a move failed: it stays FINISHED and the move is tried
until it works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sisdrop.config import CanvasSettings
from sisdrop.durable import sha256_of
from sisdrop.errors import FilesMissing
from sisdrop.folders.held_json import from_held
from sisdrop.folders.result import from_drop
from sisdrop.model import (
    AttemptKind,
    Contents,
    Drop,
    DropState,
    Ending,
    EventKind,
    Failure,
    Held,
    Note,
    Outcome,
    Place,
    Rest,
    Transition,
)
from sisdrop.snapshot import open_members
from sisdrop.steps.context import Context
from sisdrop.steps.ending import finished, replaced_by
from sisdrop.steps.late import sent_apart_from_late
from sisdrop.steps.missing import are_gone, brought_back
from sisdrop.steps.step import Again, Idle, Step


def keep_held(context: Context, drop: Drop) -> Step:
    """HELD: move its files to held/, where a person finds them, with a file beside them that says why."""
    messages_over = context.feeds[drop.feed].hold.messages_over
    replacement = replaced_by(drop, context.journal.accepted_after(drop), messages_over=messages_over)
    if replacement is not None:
        return Step(_replaced(context, drop, replacement))
    if drop.place is Place.HELD and not drop.is_held_file_due:
        return Step(None, Idle())
    spool = context.spools[drop.feed]
    if drop.place is not Place.HELD:
        if are_gone(context, drop):
            return brought_back(context, drop)
        spool.move_to_held(drop)
    spool.write_held(drop, _held_json(context, drop))
    return Step(Transition(replace(drop, place=Place.HELD, held=_written(drop))))


def withdraw_held(context: Context, drop: Drop) -> Step:
    """QUEUED after it was held: the file beside it must not go on saying that it waits for a person."""
    context.spools[drop.feed].remove_held(drop)
    return Step(Transition(replace(drop, held=_written(drop))))


def _held_json(context: Context, drop: Drop) -> bytes:
    by_file = context.feeds[drop.feed].release_by_file
    return from_held(drop, context.journal.report(drop.id), by_file=by_file).to_json_bytes()


def _written(drop: Drop) -> Held | None:
    return drop.held and replace(drop.held, written=True)


def _replaced(context: Context, drop: Drop, replacement: Drop) -> Transition:
    why = f"{replacement.name} ({replacement.id}) took its place and was imported"
    ending = Ending(Outcome.REJECTED, context.clock.time(), failure=Failure(f"{why}; it was held: {drop.held_because}"))
    transition = finished(drop.tried(ending.at, AttemptKind.REJECT, why), ending)
    return replace(transition, note=Note(EventKind.REJECTED, f"{drop.name} is filed under failed: {why}."))


def file_away(context: Context, drop: Drop) -> Step:
    """FINISHED: move its files to where the outcome belongs, the result beside them, and clean up behind it."""
    if drop.ended is None:
        raise ValueError(f"drop {drop.id} is {drop.state} without an outcome")
    _remember(context, drop)
    spool = context.spools[drop.feed]
    # Before its folder is moved, or found empty; a journal that was taken back in time may not know that it was held.
    spool.remove_held(drop)
    target = drop.ended.outcome.place
    if drop.late is not None or spool.has_unfiled(drop):
        drop = sent_apart_from_late(context, drop)
    rest = drop.rest
    if rest is None:
        # The time of filing stands in the result, so it is fixed before the first move and not at the last try.
        rest = Rest(spool.choose_name(target, drop), context.clock.time())
        if drop.contents is None:
            # It was never read as a whole; its result tells size and hash of the file beside it all the same.
            if are_gone(context, drop):
                return brought_back(context, drop)
            drop = replace(drop, contents=Contents(*spool.measure(drop)))
        drop = context.apply(Transition(replace(drop, rest=rest)))
    errors = context.errors_of(drop)
    try:
        name = spool.file_away(drop, _result_of(context, drop), errors if errors.exists() else None)
    except FilesMissing:
        if not are_gone(context, drop):
            raise
        return brought_back(context, drop)
    rest = replace(rest, stored_as=name, report=sha256_of(errors) if errors.exists() else "")
    filed = replace(drop, state=DropState.FILED, place=target, rest=rest)
    # Journaled before the snapshot goes: until then a crash finds all that the result is made from.
    context.apply(Transition(filed, Note(EventKind.FILED, f"Filed {drop.name} in {target}/ as {name}.")))
    context.forget_snapshots()
    errors.unlink(missing_ok=True)
    return Step(None, Again())  # what is held may be replaced by it, and what waits behind that may go


def _remember(context: Context, drop: Drop) -> None:
    """Keep what the import brought, while the snapshot is there and in the order in which imports ended."""
    if context.known is not None:
        messages = context.journal.report(drop.id).messages
        members = drop.contents.members if drop.contents else {}
        context.known.update(drop, messages, lambda: open_members(context.snapshot_of(drop), members))


def _result_of(context: Context, drop: Drop) -> Callable[[str], bytes]:
    """What makes the result file's bytes, once the name that the drop rests under is certain."""
    report = context.journal.report(drop.id)
    url, account = canvas_of(drop, context.feeds[drop.feed].canvas)

    def result(stored_as: str) -> bytes:
        named = replace(drop, rest=replace(drop.rest, stored_as=stored_as)) if drop.rest else drop
        return from_drop(named, report, url, account).to_json_bytes()

    return result


def canvas_of(drop: Drop, settings: CanvasSettings | None) -> tuple[str, str]:
    """URL and account of the Canvas the drop was for: its feed, whose `settings` these are, may go elsewhere by now."""
    if settings is not None and settings.lane == drop.lane:
        return settings.url, settings.account
    host, _, account = drop.lane.partition("/")
    return f"https://{host}", account
