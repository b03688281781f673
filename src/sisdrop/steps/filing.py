"""Coming to rest: into held/ while a person decides, into archive/ or failed/ with the result at the end.

Room: steps of `advance`; touches only what its Tools touch. The name a drop will rest under is journaled before its
files move, so that a crash between two moves is finished, not guessed. A drop that Canvas accepted is never sent
again because a move failed: it stays FINISHED and the move is tried until it works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sisdrop.errors import FilesMissing
from sisdrop.lane.missing import are_gone, given_up, inbox_is_ready
from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropState, Outcome, Place
from sisdrop.folders.result import from_drop
from sisdrop.snapshot import open_members


def keep_held(tools: Tools, drop: Drop) -> Step:
    """HELD: move its files to held/, where a person finds them."""
    if drop.place is Place.HELD:
        return Step(drop, None)
    if are_gone(tools, drop):
        return given_up(tools, drop)
    tools.spools[drop.feed].move_to_held(drop)
    return Step(tools.move(replace(drop, place=Place.HELD)), None)


def file_away(tools: Tools, drop: Drop) -> Step:
    """FINISHED: move its files to where the outcome belongs, the result beside them, and clean up behind it."""
    _remember(tools, drop)
    spool = tools.spools[drop.feed]
    target = (drop.outcome or Outcome.FAILED).place
    if drop.filed_at is None or drop.stored_as is None:
        # The time of filing stands in the result, so it is fixed before the first move and not at the last try.
        name = spool.choose_name(target, drop)
        drop = tools.move(replace(drop, stored_as=name, filed_at=tools.time()))
    errors = tools.errors_of(drop)
    try:
        name = spool.file_away(drop, _result_of(tools, drop), errors if errors.exists() else None)
    except FilesMissing:
        if drop.import_id is None and inbox_is_ready(tools, drop):
            return given_up(tools, drop)
        raise
    filed = replace(drop, state=DropState.FILED, place=target, stored_as=name)
    filed = tools.move(filed, event=f"Filed {drop.name} in {target}/ as {name}.")
    tools.snapshot_of(drop).unlink(missing_ok=True)
    errors.unlink(missing_ok=True)
    return Step(filed, None)


def _remember(tools: Tools, drop: Drop) -> None:
    """Keep what the import brought, while the snapshot is there and in the order in which imports ended."""
    if tools.known is not None:
        messages, _ = tools.journal.report(drop.id)
        tools.known.update(drop, messages, lambda: open_members(tools.snapshot_of(drop), drop.members))


def _result_of(tools: Tools, drop: Drop) -> Callable[[str], bytes]:
    """What makes the result file's bytes, once the name that the drop rests under is certain."""
    messages, findings = tools.journal.report(drop.id)
    url, account = _canvas_of(tools, drop)

    def result(stored_as: str) -> bytes:
        named = replace(drop, stored_as=stored_as)
        return from_drop(named, messages, findings, url, account).to_json_bytes()

    return result


def _canvas_of(tools: Tools, drop: Drop) -> tuple[str, str]:
    """URL and account of the Canvas the drop was for: its feed may go to another one by now."""
    settings = tools.feeds[drop.feed].canvas
    if drop.lane == tools.lane:
        return settings.url, settings.account
    host, _, account = drop.lane.partition("/")
    return f"https://{host}", account
