"""One pass, for cron and Task Scheduler: the same service, ended when its schedule is idle, and why it leaves what.

Reads the journal's drops and the board; `standing` is pure.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

from canvas_sis_csv.text import sentence
from sisdrop.config import Config
from sisdrop.journal import Journal
from sisdrop.model import (
    IN_CANVAS,
    Clock,
    Drop,
    DropState,
    Hold,
    HoldKind,
    InboxState,
    NotNow,
    Outcome,
    Place,
    Undo,
    UndoState,
    of_lane,
    why_stranded,
)
from sisdrop.order import Behind, Line, rules_of
from sisdrop.steps.ending import replaced_by
from sisdrop.workers.board import AbsenceKind, Board
from sisdrop.workers.schedule import STEPPED_BY, Role
from sisdrop.workers.service import Service
from sisdrop.workers.window import shut_feeds

logger = logging.getLogger("sisdrop.workers")

LOOK_S = 0.2
"""How often the pass looks whether anything still moves."""
SETTLE_PATIENCE_S = 120.0
"""How long one pass waits for files that do not settle (an empty file has a minute); the next pass finds them again."""
SAID_AFTER_S = 5.0
"""When a pass says what it still waits for: whoever looks at it should not wonder for two minutes."""
CANVAS_PATIENCE_S = 60.0
"""How long one pass waits for a Canvas that is away; nothing is lost, the next pass goes on."""
FOLDER_PATIENCE_S = 60.0
"""How long one pass waits for a folder that a drop cannot be moved to or from."""
LOOKS_NEEDED = 2
"""Of each inbox: the first look can only say that a file is there, the second that it lay still."""

_BAD = frozenset(Outcome) - {Outcome.IMPORTED, Outcome.IMPORTED_WITH_MESSAGES, Outcome.SKIPPED}


class ExitCode(IntEnum):
    """How a pass ended, as the exit code of `run --once`."""

    DONE = 0
    NEEDS_A_PERSON = 1
    NO_CANVAS = 5


class Cause(StrEnum):
    """What a thing that was left waits for."""

    PERSON = "a person"
    CANVAS = "canvas"
    FOLDER = "a folder"
    WRITER = "its writer"
    OTHERS = "others"
    WINDOW = "its hours, or the end of a pause"


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that a pass leaves behind, and why."""

    feed: str
    name: str
    cause: Cause
    why: str


@dataclass(frozen=True, slots=True)
class PassEnd:
    """The end of a pass."""

    code: ExitCode
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What decides whether a drop will move by itself. Times are monotonic seconds."""

    lanes: Mapping[str, str]
    """The lane of each configured feed."""
    inboxes: Mapping[str, Path]
    holds: Mapping[str, Sequence[Hold]]
    behind: Mapping[str, Behind]
    """What a queued drop waits behind, by its id; not of those whose turn comes by itself."""
    replaced: frozenset[str]
    """The held drops that a corrected file has replaced: they are filed by themselves."""
    board: Board
    now: float
    shut: Mapping[str, NotNow] = field(default_factory=dict)
    """The feeds of which no import may start now."""


def standing(drop: Drop, scene: Scene) -> Left | None:
    """Why the open drop will not go on within this pass; None when a worker will step it."""
    stranded = why_stranded(drop, scene.lanes.get(drop.feed), scene.inboxes.get(drop.feed))
    if stranded:
        return Left(drop.feed, drop.name, Cause.PERSON, stranded)
    stuck = _stuck(drop.id, scene)
    if stuck is not None:
        return Left(drop.feed, drop.name, Cause.FOLDER, stuck)
    if drop.is_held_file_due and drop.state in {DropState.HELD, DropState.QUEUED}:
        return None
    if drop.state is DropState.HELD:
        left = Left(drop.feed, drop.name, Cause.PERSON, f"held: {drop.held_because}")
        return left if drop.place is Place.HELD and drop.id not in scene.replaced else None
    sight = scene.board.sights().get(drop.feed)
    in_the_spool = STEPPED_BY[drop.state] in {Role.WATCH, Role.CHECK}
    if in_the_spool and sight is not None and sight.state is InboxState.AWAY:
        # Its files are in the inbox's spool: they come back when the inbox does.
        left = Left(drop.feed, drop.name, Cause.FOLDER, f"its inbox is away: {sight.why}")
        return left if scene.now - sight.since >= FOLDER_PATIENCE_S else None
    if drop.state is DropState.QUEUED and drop.feed in scene.shut and drop.id not in scene.behind:
        # Before what is the matter with Canvas: nobody has to mend that now.
        return Left(drop.feed, drop.name, Cause.WINDOW, scene.shut[drop.feed].reason)
    if drop.state is DropState.QUEUED or drop.state in IN_CANVAS:
        return _standing_in_queue(drop, scene)
    return None


def _standing_in_queue(drop: Drop, scene: Scene) -> Left | None:
    absent = _absent(drop.lane, scene)
    if absent is not None:
        return Left(drop.feed, drop.name, Cause.CANVAS, absent)
    if drop.state is DropState.QUEUED:
        behind = scene.behind.get(drop.id)
        if behind is None or (isinstance(behind.cause, Hold) and behind.cause.kind is HoldKind.ACCESS):
            return None
        return Left(drop.feed, drop.name, Cause.PERSON, behind.sentence)
    for hold in scene.holds.get(drop.lane, ()):
        if hold.kind is HoldKind.GATE and hold.drop == drop.id:
            return Left(drop.feed, drop.name, Cause.PERSON, f"the queue is on hold: {hold.reason}")
    return None


def standing_undo(undo: Undo, scene: Scene) -> Left | None:
    """Why the open undo will not go on within this pass; None when it will."""
    name = f"the undo of SIS import {undo.import_id}"
    if scene.lanes.get(undo.feed) != undo.lane:
        return Left(undo.feed, name, Cause.PERSON, f"feed {undo.feed} does not go to {undo.lane} any more")
    stuck = _stuck(undo.drop, scene)
    if stuck is not None:
        return Left(undo.feed, name, Cause.FOLDER, stuck)
    absent = _absent(undo.lane, scene)
    if absent is not None:
        return Left(undo.feed, name, Cause.CANVAS, absent)
    for hold in scene.holds.get(undo.lane, ()):
        if undo.state is UndoState.ASKED and hold.kind is HoldKind.GATE:
            return Left(undo.feed, name, Cause.PERSON, f"the queue is on hold: {hold.reason}")
    return None


def _stuck(drop_id: str, scene: Scene) -> str | None:
    """What keeps the drop from its next step for longer than a pass waits."""
    trouble = scene.board.troubles().get(drop_id)
    return trouble.why if trouble is not None and scene.now - trouble.since >= FOLDER_PATIENCE_S else None


def _absent(lane: str, scene: Scene) -> str | None:
    """Why the lane's Canvas cannot be asked, where a pass does not wait (any longer) for that."""
    absence = scene.board.absences().get(lane)
    if absence is None:
        return None
    is_over = absence.kind is AbsenceKind.REFUSES or scene.now - absence.since >= CANVAS_PATIENCE_S
    return absence.why if is_over else None


class OnePass:
    """Waits until a pass of the service is over."""

    def __init__(self, service: Service, journal: Journal, config: Config, *, clock: Clock | None = None) -> None:
        self._service = service
        self._board = service.board
        self._journal = journal
        self._config = config
        self._lanes = {feed.name: feed.lane for feed in config.feeds.values()}
        self._inboxes = {feed.name: feed.inbox for feed in config.feeds.values()}
        self._feeds = {lane: {feed.name: feed.inbox for feed in feeds} for lane, feeds in config.lanes().items()}
        self._rules = {feed.name: rules_of(feed) for feed in config.feeds.values()}
        self._clock = clock or Clock()
        self._began = self._clock.monotonic()
        self._said: set[tuple[str, str]] = set()

    def wait(self, stop: threading.Event) -> PassEnd | None:
        """Wait until everything is handled as far as it can be, and say how it went. None when `stop` cut it short."""
        while not stop.wait(LOOK_S):
            if not self._all_looked():
                self._service.wake()  # the second look need not wait for poll_s
                continue
            drops = self._journal.open_drops()
            scene = self._scene(drops)
            lefts = self._standings(drops, scene)
            lefts += [standing_undo(undo, scene) for undo in self._journal.open_undos()]
            if not self._may_still_settle() and all(left is not None for left in lefts):
                return self._end([left for left in lefts if left is not None])
        return None

    def _all_looked(self) -> bool:
        sights = self._board.sights()
        return all(
            feed in sights and (sights[feed].looks >= LOOKS_NEEDED or sights[feed].state is InboxState.AWAY)
            for feed in self._lanes
        )

    def _may_still_settle(self) -> bool:
        """Not for ever, and not for a Canvas that would not take what settles."""
        waited_s = self._clock.monotonic() - self._began
        if self._board.absences() or waited_s > SETTLE_PATIENCE_S:
            return False
        ready = {feed: sight for feed, sight in self._board.sights().items() if sight.state is InboxState.READY}
        settling = {(feed, entry.name): entry for feed, sight in ready.items() for entry in sight.settling}
        awaited = {key: entry.why for key, entry in settling.items() if not entry.is_stuck}
        for feed, name in sorted(awaited.keys() - self._said if waited_s >= SAID_AFTER_S else ()):
            left_s = SETTLE_PATIENCE_S - waited_s
            logger.info("feed=%s waits %d s at most for %s: %s", feed, left_s, name, awaited[feed, name])
            self._said.add((feed, name))
        return bool(awaited)

    def _standings(self, drops: Sequence[Drop], scene: Scene) -> list[Left | None]:
        standings = [(drop, standing(drop, scene)) for drop in drops]
        # What waits in a queue goes behind what is still being taken or checked, so it is left with that.
        first = {
            drop.lane: drop for drop, left in standings if left and STEPPED_BY[drop.state] in {Role.WATCH, Role.CHECK}
        }
        return [
            Left(drop.feed, drop.name, Cause.OTHERS, f"waits behind {first[drop.lane].name}")
            if left is None and drop.state is DropState.QUEUED and drop.lane in first
            else left
            for drop, left in standings
        ]

    def _scene(self, drops: Sequence[Drop]) -> Scene:
        holds = self._journal.all_holds()
        behind = {
            drop.id: cause
            for lane, feeds in self._feeds.items()
            for drop, cause in Line(of_lane(drops, lane, feeds), holds.get(lane, ()), self._rules).waiting()
        }
        return Scene(
            lanes=self._lanes,
            inboxes=self._inboxes,
            holds=holds,
            behind=behind,
            replaced=frozenset(drop.id for drop in drops if self._is_replaced(drop)),
            board=self._board,
            now=self._clock.monotonic(),
            shut=shut_feeds(self._journal, self._config.feeds.values(), self._clock.now()),
        )

    def _is_replaced(self, drop: Drop) -> bool:
        feed = self._config.feeds.get(drop.feed)
        if drop.state is not DropState.HELD or feed is None:
            return False
        later = self._journal.accepted_after(drop)
        return replaced_by(drop, later, messages_over=feed.hold.messages_over) is not None

    def _end(self, drops: Sequence[Left]) -> PassEnd:
        missing = self._service.expect.tell_missing()
        lacks = [Left(feed, "its export", Cause.PERSON, lack.sentence) for feed, lack in missing.items()]
        left = (*drops, *self._left_in_inboxes(), *lacks)
        if self._board.absences():
            return PassEnd(ExitCode.NO_CANVAS, left)
        # Waiting for its hours, or for the end of a pause, is as somebody wants it.
        faults = [thing for thing in left if thing.cause is not Cause.WINDOW]
        needs_a_person = bool(faults or self._journal.all_holds() or self._board.outcomes() & _BAD)
        return PassEnd(ExitCode.NEEDS_A_PERSON if needs_a_person else ExitCode.DONE, left)

    def _left_in_inboxes(self) -> Iterator[Left]:
        for feed, sight in self._board.sights().items():
            if sight.state is InboxState.AWAY:
                yield Left(feed, "the inbox", Cause.FOLDER, sentence(f"away: {sight.why}"))
            for entry in sight.settling:
                cause = Cause.PERSON if entry.is_stuck else Cause.WRITER
                yield Left(feed, entry.name, cause, f"not settled: {entry.why}")
