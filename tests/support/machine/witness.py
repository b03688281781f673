"""Stands beside Canvas, and looks at every submission in the moment when it comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from canvas_sandbox import Sandbox
from canvas_sandbox.rows import ImportFilter
from sisdrop.config import Config
from sisdrop.journal import Journal
from sisdrop.model import EVERYTHING, Drop, DropState, Hold, HoldKind
from sisdrop.order import corrects, mends
from sisdrop.order.ranks import first_rank
from tests.support.machine.times import Times

_UNFINISHED = ("created", "importing", "cleanup_batch", "restoring")
_POSTS = ("sis_imports", "restore_states")


class Witness:
    """What was wrong with submissions, in sentences. Rules of order are judged by themselves, not by `order/`."""

    def __init__(self, sandbox: Sandbox, now: Callable[[], tuple[Journal, Config] | None], times: Times) -> None:
        """`now`: the journal of the service that runs, and its configuration."""
        self.wrongs: list[str] = []
        self._sandbox = sandbox
        self._now = now
        self._times = times
        self._answer = sandbox._app._answer
        sandbox._app._answer = self._see  # type: ignore[method-assign]

    def _see(self, request: Any, faults: Sequence[Any]) -> Any:
        self._sandbox.wait_until_quiet()
        if request.method == "POST" and request.path.rpartition("/")[2] in _POSTS:
            try:
                self.wrongs += self._judge(is_undo=request.path.endswith("restore_states"))
            except Exception as error:  # noqa: BLE001 - it would look like an error of Canvas
                self.wrongs.append(f"the witness failed: {error!r}")
        answer = self._answer(request, faults)
        self._sandbox.wait_until_quiet()
        return replace(answer, ahead_s=round(self._times.passed_s))  # the Date header is Canvas's time, too

    def _judge(self, *, is_undo: bool) -> list[str]:
        rows = self._sandbox._store.imports(ImportFilter(), limit=100)
        wrongs = [
            f"submitted while import {row.id} is {row.workflow_state}"
            for row in rows
            if row.workflow_state in _UNFINISHED
        ]
        now = self._now()
        if is_undo or now is None:
            return wrongs
        journal, config = now
        drops = journal.open_drops()
        sending = [drop for drop in drops if drop.state is DropState.SUBMITTING]
        if len(sending) != 1:
            return [*wrongs, f"submitted while {len(sending)} drops are being submitted"]
        drop = sending[0]
        if drop.contents is None or not drop.contents.marker:
            wrongs.append(f"{drop.name} was sent without a marker")
        return [
            *wrongs,
            *_unheeded_pauses(drop, journal, self._times.ours()),
            *_unheeded_holds(drop, drops, journal.holds(drop.lane)),
            *_overtaken(drop, drops, config, journal.holds(drop.lane)),
        ]


def _unheeded_pauses(drop: Drop, journal: Journal, now: datetime) -> list[str]:
    standing = [pause for pause in journal.pauses() if pause.feed in {EVERYTHING, drop.feed} and not pause.is_over(now)]
    return [f"{drop.name} was sent while {pause.reason}" for pause in standing]


def _unheeded_holds(drop: Drop, drops: Sequence[Drop], holds: Sequence[Hold]) -> list[str]:
    """Behind a failed import only the corrected file goes, and what must go before that; behind all others nothing."""
    wrongs = []
    for hold in holds:
        mending = [
            each
            for each in drops
            if each.feed == hold.feed and mends(each, hold) and (each.state is DropState.QUEUED or each is drop)
        ]
        if hold.kind is HoldKind.ACCESS or (hold.kind is HoldKind.IMPORT and mending):
            continue
        wrongs.append(f"{drop.name} was sent while the lane is on hold ({hold.kind}: {hold.reason})")
    return wrongs


def _overtaken(drop: Drop, drops: Sequence[Drop], config: Config, holds: Sequence[Hold]) -> list[str]:
    """Who stood before the drop in its feed, and was passed by."""
    feed = config.feeds[drop.feed]
    mates = [each for each in drops if each.feed == drop.feed and each is not drop]
    before = mates[: [each.id for each in drops if each.feed == drop.feed].index(drop.id)]
    held = [each for each in mates if each.state is DropState.HELD]
    wrongs = []
    is_correcting = any(corrects(drop, each) for each in held) or any(mends(drop, hold) for hold in holds)
    for each in held:
        is_corrected = any(corrects(other, each) for other in mates if other.state is DropState.QUEUED)
        if feed.hold.blocks == "feed" and each in before and not is_correcting and not is_corrected:
            wrongs.append(f"{drop.name} ({drop.id}) overtook {each.name} ({each.id}), which is held")
    if held or holds:
        return wrongs
    queued = [each for each in mates if each.state is DropState.QUEUED]
    for each in queued:
        if feed.order == "arrival":
            is_first = each in before
        else:
            mine, its = first_rank(drop.types), first_rank(each.types)
            is_first = its < mine or (its == mine and each in before)
        if is_first:
            wrongs.append(f"{drop.name} ({drop.id}) overtook {each.name} ({each.id}), which was queued")
    return wrongs
