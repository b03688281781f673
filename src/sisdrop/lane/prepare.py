"""From the inbox to the queue: claim, snapshot, preflight, policy.

Room: steps of `advance`; touches only what its Tools touch.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import canvas_sis_csv
from canvas_sis_csv import ImportOptions
from sisdrop import policy
from sisdrop.config import Feed
from sisdrop.errors import FilesMissing, SpoolError, StateError
from sisdrop.known import KINDS, kinds_touched
from sisdrop.lane.missing import are_gone, given_up
from sisdrop.lane.tools import Step, Tools
from sisdrop.model import Drop, DropKind, DropState, Outcome, Place, new_marker
from sisdrop.policy import plural
from sisdrop.snapshot import Snapshot, Unreadable, Unsettled, make_snapshot, open_members
from sisdrop.spool import Changed, Claimed, Gone

logger = logging.getLogger("sisdrop.lane")

MAX_STUMBLES = 3
"""How often sisdrop may die or stumble over the same drop before a person must look at it."""

NUL_GRACE_S = 600.0
"""How long NUL bytes may stand for content that is still to come; after that they are the content."""


def claim(tools: Tools, drop: Drop) -> Step:
    """CLAIMING: move its files from the inbox into the spool. Safe to repeat after a crash."""
    spool = tools.spools[drop.feed]
    match spool.claim(drop.id, drop.paths, drop.stats):
        case Claimed():
            return Step(tools.move(replace(drop, state=DropState.CLAIMED), event=f"Took {drop.name} from the inbox."))
        case Changed(why=why):
            return Step(_returned(tools, drop, why), None)
        case Gone():
            return Step(_returned(tools, drop, "its owner took it back"), None)


def check(tools: Tools, drop: Drop) -> Step:
    """CLAIMED: make the snapshot, read it as Canvas would, and decide to send, hold or file it."""
    if drop.place in {Place.ARCHIVE, Place.FAILED}:
        return _take_back(tools, drop)
    if are_gone(tools, drop):
        return given_up(tools, drop)
    if drop.stumbles >= MAX_STUMBLES:
        return _hold(
            tools, replace(drop, stumbles=0), f"sisdrop failed {MAX_STUMBLES} times while it read {drop.name}."
        )
    # Counted before the attempt, so that a file which kills the process is counted too.
    counted = tools.move(replace(drop, stumbles=drop.stumbles + 1))
    try:
        return _read(tools, counted)
    except (SpoolError, StateError, OSError):
        # A share that is away or a full disk is not the file's fault.
        tools.move(replace(counted, stumbles=drop.stumbles))
        raise


def _read(tools: Tools, drop: Drop) -> Step:
    feed = tools.feeds[drop.feed]
    options = feed.options_for(_csv_names(drop))
    drop = replace(drop, options=options, marker=_marker_for(drop, options))
    made = make_snapshot(
        drop.kind,
        tools.spools[drop.feed].folder(drop.id, drop.place),
        _content_paths(drop, feed),
        tools.snapshot_of(drop),
        marker=drop.marker,
    )
    match made:
        case Snapshot():
            return _judge(tools, drop, feed, made)
        case Unsettled(why=why, nul=nul):
            return _not_whole(tools, drop, why, nul=nul)
        case Unreadable(sentence=sentence):
            return _unreadable(tools, drop, sentence)


def _take_back(tools: Tools, drop: Drop) -> Step:
    """A retried drop is at rest: bring its files back into the spool first, and begin its life anew."""
    try:
        tools.spools[drop.feed].take_back(drop)
    except FilesMissing as error:
        why = f"{drop.name} cannot be retried: {error}"
        at_rest = replace(tools.tried(drop, "retry", why), state=DropState.FILED)
        return Step(tools.move(at_rest, event=why, what="not retried"), None)
    return Step(tools.move(_born_again(drop), event=f"Took {drop.name} back from {drop.place}/."))


def _born_again(drop: Drop) -> Drop:
    return replace(
        drop,
        place=Place.SPOOL,
        stored_as=None,
        released=False,
        held_because=None,
        intent=None,
        marker="",
        import_id=None,
        workflow_state=None,
        progress=0,
        answer={},
        outcome=None,
        summary="",
        error=None,
        message_count=0,
        submitted_at=None,
        finished_at=None,
        filed_at=None,
    )


def _judge(tools: Tools, drop: Drop, feed: Feed, snapshot: Snapshot) -> Step:
    members = open_members(snapshot.path, snapshot.members)
    preflight = _preflight(tools, drop, members)
    findings = preflight.findings if feed.check else ()
    drop = replace(
        drop,
        size_bytes=snapshot.size_bytes,
        sha256=snapshot.sha256,
        members=dict(snapshot.members),
        files=preflight.files,
        rows=sum(facts.rows for facts in preflight.files),
        finding_count=sum(preflight.counts.values()) if feed.check else 0,
        stumbles=0,
    )
    reason = None if drop.released or not feed.check else _reason(drop, feed, preflight)
    if reason:
        return _hold(tools, drop, reason, findings=findings)
    checked = (
        f"Checked {drop.name}: {_types(drop)}, {plural(drop.rows, 'row')}, {plural(drop.finding_count, 'finding')}."
    )
    queued = replace(drop, state=DropState.QUEUED)
    return Step(tools.move(queued, event=checked, what="checked", report=((), findings)), None)


def _preflight(tools: Tools, drop: Drop, members: list[canvas_sis_csv.Member]) -> canvas_sis_csv.Preflight:
    options = ImportOptions.of(drop.options)
    if tools.known is None:
        return canvas_sis_csv.preflight(members, options=options)
    with tools.known.lookup(tools.lane, _still_to_come(tools, drop)) as known:
        return canvas_sis_csv.preflight(members, options=options, known=known)


def _still_to_come(tools: Tools, drop: Drop) -> Collection[str]:
    """The kinds of ids that other drops on their way may bring or change: absence of them proves nothing yet."""
    others = [one for one in tools.open_drops() if one.id != drop.id]
    if any(one.state in {DropState.CLAIMING, DropState.CLAIMED} for one in others):
        return KINDS
    return kinds_touched({facts.type for one in others for facts in one.files if facts.type})


def _reason(drop: Drop, feed: Feed, preflight: canvas_sis_csv.Preflight) -> str | None:
    return policy.reason_to_hold(
        files=preflight.files,
        findings=preflight.findings,
        counts=preflight.counts,
        refused=preflight.refused,
        options=drop.options,
        hold_level=feed.hold.findings,
        hold_over=feed.hold.findings_over,
    )


def _hold(tools: Tools, drop: Drop, reason: str, findings: tuple[canvas_sis_csv.Finding, ...] = ()) -> Step:
    held = replace(drop, state=DropState.HELD, held_because=reason)
    event = f"Held {drop.name}: {reason} Release it with `sisdrop release {drop.id}`, or reject it."
    return Step(tools.move(held, event=event, report=((), findings)))


def _unreadable(tools: Tools, drop: Drop, sentence: str) -> Step:
    finished = replace(
        drop,
        state=DropState.FINISHED,
        outcome=Outcome.UNREADABLE,
        error={"message": sentence},
        finished_at=tools.time(),
        stumbles=0,
    )
    finished = replace(finished, summary=policy.summary(finished))
    return Step(tools.move(finished, event=finished.summary))


def _not_whole(tools: Tools, drop: Drop, why: str, *, nul: bool) -> Step:
    """What was taken was still being written: put it back and let it settle anew, unless it never will."""
    waited_s = (tools.now() - datetime.fromisoformat(drop.noticed_at)).total_seconds()
    if nul and waited_s > NUL_GRACE_S:
        return _unreadable(tools, drop, f"it holds NUL bytes, and nothing came to replace them: {why}")
    tools.spools[drop.feed].put_back(drop.id, drop.paths)
    return Step(_returned(tools, drop, why), None)


def _returned(tools: Tools, drop: Drop, why: str) -> Drop:
    returned = replace(drop, state=DropState.RETURNED, returns=drop.returns + 1)
    return tools.move(returned, event=f"Left {drop.name} in the inbox: {why}.")


def _types(drop: Drop) -> str:
    return ", ".join(dict.fromkeys(facts.type or "not recognised" for facts in drop.files)) or "no CSV"


def _csv_names(drop: Drop) -> tuple[str, ...]:
    """The names that `overrides` are matched against: those of the files, or of a folder or zip as a whole."""
    return drop.paths if drop.kind is DropKind.GROUP else (drop.name,)


def _content_paths(drop: Drop, feed: Feed) -> tuple[str, ...]:
    """The drop's files without the `.done` files that vouch for them."""
    if not feed.done_suffix:
        return drop.paths
    return tuple(path for path in drop.paths if not path.endswith(feed.done_suffix))


def _marker_for(drop: Drop, options: Mapping[str, Any]) -> str:
    """The marker for the members' names; none where Canvas matches files by name.

    With diffing, several files of one type are compared by file name with those of the last import, so names must
    stay the same (Canvas's public source, diff generator); a single file is compared whatever its name.
    """
    if options.get("diffing_data_set_identifier") and drop.kind is not DropKind.FILE:
        return ""
    return drop.marker or new_marker()
