"""The snapshot: all that status shows, as one plain value made from the journal and the configuration.

Room (floor 5): reads; touches nothing. Views never hold state: whoever wants to know asks again. It carries no
personal data: names of files, counts, ids and codes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sisdrop.config import Config, Feed
from sisdrop.journal import Journal, LaneView
from sisdrop.model import (
    IN_CANVAS,
    DataSet,
    Drop,
    DropState,
    EventKind,
    Held,
    Hold,
    InboxState,
    Undo,
    Waiting,
    now_utc,
    of_lane,
    why_stranded,
)
from sisdrop.order import corrects, rules_of
from sisdrop.status.disk import state_trouble
from sisdrop.status.times import Times
from sisdrop.status.waiting import Wait, shut_out, waits

RECENT = 10

_WAITING = frozenset({DropState.CLAIMING, DropState.CLAIMED, DropState.QUEUED})


def snapshot(journal: Journal, config: Config, now: datetime | None = None) -> dict[str, Any]:
    """What `status --json` prints (contract.md, section 5); what depends on the time is as at `now`."""
    times = Times.of(journal, config, now or now_utc())
    lease = journal.lease()
    running = lease is not None
    drops = journal.open_drops()
    waiting = _waits(journal, config, drops, times, running=running)
    return {
        "service": {
            "running": running,
            "pid": lease.pid if lease else None,
            "since": lease.since if lease else None,
        },
        "lanes": [_lane(journal, lane, feeds, drops, running=running) for lane, feeds in config.lanes().items()],
        "stranded": [*_stranded(config, drops), *_stranded_undos(journal, config)],
        "feeds": [_feed(journal, feed, drops, waiting, times, running=running) for feed in config.feeds.values()],
        "recent": [recent_entry(drop) for drop in journal.recent(RECENT)],
        "paused": times.pause_entry(),
        "state": {"folder": str(config.state), "trouble": state_trouble(config.state, lease, times.now)},
    }


def _waits(journal: Journal, config: Config, drops: Sequence[Drop], times: Times, *, running: bool) -> dict[str, Wait]:
    """Why each drop on its way waits, by its id."""
    if not running:
        nobody = Wait("sisdrop is not running here", way_out="`sisdrop run`")
        return {drop.id: shut_out(drop, times.shut) or nobody for drop in drops}
    by_id: dict[str, Wait] = {}
    for lane, feeds in config.lanes().items():
        rules = {feed.name: rules_of(feed) for feed in feeds}
        of_it = of_lane(drops, lane, {feed.name: feed.inbox for feed in feeds})
        by_id |= waits(of_it, journal.holds(lane), rules, journal.lane_view(lane), times.shut)
    return by_id


def needs_a_person(shot: dict[str, Any]) -> bool:
    """Whether anything in a snapshot waits for a person.

    A hold, a held or stranded drop, an inbox that is away, an export that is missing, a disk that state/ cannot use, a
    file that has not settled or cannot be taken for longer than `settle_alert_s`.
    """
    overdue = any(entry["overdue"] for feed in shot["feeds"] for entry in (*feed["settling"], *feed["waiting"]))
    held = any(feed["held"] for feed in shot["feeds"])
    away = any(feed["inbox_state"] == InboxState.AWAY for feed in shot["feeds"])
    missing = any(feed["missing"] for feed in shot["feeds"])
    stuck = bool(shot["stranded"]) or bool(shot["state"]["trouble"])
    on_hold = any(lane["on_hold"] for lane in shot["lanes"])
    return held or away or missing or overdue or on_hold or stuck


def _lane(
    journal: Journal, lane: str, feeds: Sequence[Feed], drops: Sequence[Drop], *, running: bool
) -> dict[str, Any]:
    holds = journal.holds(lane)
    view = journal.lane_view(lane) if running else LaneView()  # what a service that ended saw last is not so now
    current = next((drop for drop in drops if drop.lane == lane and drop.state in IN_CANVAS), None)
    settings = feeds[0].canvas
    return {
        "lane": lane,
        "canvas": {"url": settings.url, "account": settings.account},
        "on_hold": bool(holds),
        "reason": holds[0].reason if holds else None,
        "holds": [_hold(hold) for hold in holds],
        "gate": {"waits": view.gate, "since": view.gate_since, "blocked_by": view.blocked_by} if view.gate else None,
        "away": {"reason": view.away, "since": view.away_since, "next_try": view.next_try} if view.away else None,
        "import": _import(current) if current else None,
        "data_sets": [_data_set(data_set) for data_set in journal.data_sets(lane)],
        "undo": next((_undo(journal, undo) for undo in journal.open_undos() if undo.lane == lane), None),
    }


def _hold(hold: Hold) -> dict[str, Any]:
    return {name: value for name, value in asdict(hold).items() if name != "id"}


def _data_set(data_set: DataSet) -> dict[str, Any]:
    last, base = data_set.last, data_set.base
    return {
        "identifier": data_set.identifier,
        "import_id": last.import_id,
        "drop": last.drop,
        "feed": last.feed,
        "name": last.name,
        "types": last.types,
        "submitted_at": last.at,
        "outcome": data_set.outcome,
        "diffed_against_import_id": data_set.diffed_against,
        "base_import_id": base.import_id if base else None,
        "sent_whole_at": data_set.whole_at,
        "note": data_set.note or None,
    }


def _import(drop: Drop) -> dict[str, Any]:
    submission = drop.submission
    return {
        "drop": drop.id,
        "feed": drop.feed,
        "name": drop.name,
        "state": drop.state,
        "import_id": drop.import_id,
        "workflow_state": submission.workflow_state if submission else None,
        "progress": submission.progress if submission else 0,
        "submitted_at": submission.at if submission else None,
    }


def _undo(journal: Journal, undo: Undo) -> dict[str, Any]:
    drop = journal.get(undo.drop)
    return {
        "drop": undo.drop,
        "feed": undo.feed,
        "name": drop.name if drop else "",
        "state": undo.state,
        "import_id": undo.import_id,
        "progress": undo.completion,
        "asked_by": undo.asked_by,
        "asked_at": undo.asked_at,
        "reason": _trouble(journal, undo.drop),
    }


def _feed(
    journal: Journal, feed: Feed, drops: Sequence[Drop], waiting: Mapping[str, Wait], times: Times, *, running: bool
) -> dict[str, Any]:
    mine = [drop for drop in drops if drop.feed == feed.name and why_stranded(drop, feed.lane, feed.inbox) is None]
    view = journal.inbox_view(feed.name)
    return {
        "name": feed.name,
        "inbox": str(feed.inbox),
        "inbox_state": (view.state if view else "unknown") if running else "not watched",
        "inbox_why": (view.why if view and view.why else None) if running else None,
        "waiting": [
            _on_its_way(journal, feed, drop, waiting[drop.id], times.now, running=running)
            for drop in mine
            if drop.state in _WAITING
        ],
        "settling": [_settling(feed, entry, times.now) for entry in view.settling] if view and running else [],
        "held": [_held(journal, drop) for drop in mine if drop.state is DropState.HELD],
        "filing": [_filing(journal, drop) for drop in mine if drop.state is DropState.FINISHED],
        "settling_count": view.settling_count if view and running else 0,
        "ignored": [asdict(entry) for entry in view.ignored] if view and running else [],
        "ignored_count": view.ignored_count if view and running else 0,
        **times.feed_entry(journal, feed, view if running else None),
    }


def _stranded(config: Config, drops: Sequence[Drop]) -> list[dict[str, Any]]:
    """Open drops that cannot go on because the configuration was changed, and why."""
    told = ((drop, why_stranded(drop, *config.whereabouts(drop.feed))) for drop in drops)
    return [{**_waiting(drop), "feed": drop.feed, "lane": drop.lane, "reason": why} for drop, why in told if why]


def _stranded_undos(journal: Journal, config: Config) -> list[dict[str, Any]]:
    """Undos that nobody carries out, because their feed goes elsewhere now or is no more."""
    lanes = {feed.name: feed.lane for feed in config.feeds.values()}
    return [
        {
            **_waiting(drop),
            "state": undo.state,
            "since": undo.asked_at,
            "feed": undo.feed,
            "lane": undo.lane,
            "reason": f"its undo waits for feed {undo.feed} to go to {undo.lane} again: change the configuration back.",
        }
        for undo in journal.open_undos()
        if lanes.get(undo.feed) != undo.lane and (drop := journal.get(undo.drop)) is not None
    ]


def _held(journal: Journal, drop: Drop) -> dict[str, Any]:
    held = drop.held or Held("")
    later = next((later for later in journal.accepted_after(drop) if corrects(later, drop)), None)
    return {
        **_waiting(drop),
        "reason": held.reason,
        "held_since": held.since,
        "guards": [asdict(guard) for guard in held.guards],
        "superseded_by": later.id if later else None,
    }


def _settling(feed: Feed, entry: Waiting, now: datetime) -> dict[str, Any]:
    return {
        "name": entry.name,
        "why": entry.why,
        "since": entry.since,
        "overdue": entry.is_overdue(now, feed.settle_alert_s),
    }


def _on_its_way(
    journal: Journal, feed: Feed, drop: Drop, wait: Wait, now: datetime, *, running: bool
) -> dict[str, Any]:
    """A drop that is not in Canvas yet; one that cannot be taken or read says what keeps it."""
    in_spool = running and drop.state in {DropState.CLAIMING, DropState.CLAIMED}
    trouble = (_trouble(journal, drop.id) or "").removeprefix(f"{drop.name} waits: ") if in_spool else ""
    in_inbox = Waiting(drop.name, wait.reason, drop.origin.noticed_at) if drop.state is DropState.CLAIMING else None
    overdue = running and in_inbox is not None and in_inbox.is_overdue(now, feed.settle_alert_s)
    return {**_waiting(drop), **asdict(wait), "reason": trouble or wait.reason, "overdue": overdue}


def _filing(journal: Journal, drop: Drop) -> dict[str, Any]:
    """A finished drop that does not rest yet, with the reason when a move failed."""
    return {**_waiting(drop), "reason": _trouble(journal, drop.id)}


def _trouble(journal: Journal, drop_id: str) -> str | None:
    """What kept the drop's last step from being taken."""
    last = journal.events_of(drop_id)[-1:]
    return next((event.text for event in last if event.kind is EventKind.WAITS), None)


def _waiting(drop: Drop) -> dict[str, Any]:
    return {
        "drop": drop.id,
        "name": drop.name,
        "state": drop.state,
        "rows": drop.rows,
        "findings": drop.contents.finding_count if drop.contents else 0,
        "since": drop.origin.claimed_at,
    }


def recent_entry(drop: Drop) -> dict[str, Any]:
    """One filed drop in a line."""
    return {
        "drop": drop.id,
        "feed": drop.feed,
        "name": drop.name,
        "outcome": drop.outcome,
        "rows": drop.rows,
        "messages": drop.message_count,
        "import_id": drop.import_id,
        "stored_as": drop.stored_as,
        "filed_at": drop.rest.at if drop.rest else None,
        "summary": drop.summary,
    }
