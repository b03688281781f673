"""What the steps of a drop's life work with: one lane's journal, Canvas, folders and clock."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sisdrop.canvas import Canvas
from sisdrop.config import Feed
from sisdrop.errors import CanvasRefused, CanvasUnavailable
from sisdrop.folders import Spool
from sisdrop.journal import Journal
from sisdrop.known import Known, forget_snapshots
from sisdrop.model import Clock, Drop, Hold, HoldKind, Severity, Transition, Undo, of_lane
from sisdrop.order import Line, rules_of
from sisdrop.protocol import Listing
from sisdrop.steps.ending import reason_to_stop
from sisdrop.steps.patience import For, Patience

logger = logging.getLogger("sisdrop.steps")

ABSENT_GRACE_S = 120.0
"""How long Canvas may take to show an import whose POST it accepted. At least the time its own front end gives a
request; no client can rule out a commit later than that (there is no idempotency key)."""


@dataclass(frozen=True)
class Context:
    """Everything one lane works with."""

    lane: str
    journal: Journal
    canvas: Canvas
    feeds: Mapping[str, Feed]
    spools: Mapping[str, Spool]
    state: Path
    gate_timeout_s: float
    clock: Clock = field(default_factory=Clock)
    absent_grace_s: float = ABSENT_GRACE_S
    known: Known | None = None
    """What was accepted before; the preflight goes on without."""
    patience: Patience = field(init=False)
    """What the lane's sender waits for."""

    def __post_init__(self) -> None:
        """A frozen value sets what it is made of by hand."""
        object.__setattr__(self, "patience", Patience(self.clock.monotonic))

    def snapshot_of(self, drop: Drop) -> Path:
        """Where the drop's snapshot lies: the zip that is sent."""
        return self.state / "snapshots" / f"{drop.id}.zip"

    def forget_snapshots(self) -> None:
        """Remove the snapshots of drops at rest, but for those that the next ones are compared with."""
        keep_days = {name: feed.keep_days for name, feed in self.feeds.items()}
        forget_snapshots(self.journal, self.state / "snapshots", keep_days, self.clock.now())

    def errors_of(self, drop: Drop) -> Path:
        """Where the drop's error report from Canvas lies until it is filed beside the drop."""
        return self.state / "snapshots" / f"{drop.id}.errors.csv"

    def open_drops(self) -> list[Drop]:
        """The lane's drops that are not at rest, in order of arrival; those of feeds no longer configured wait."""
        inboxes = {name: feed.inbox for name, feed in self.feeds.items()}
        return of_lane(self.journal.open_drops(), self.lane, inboxes)

    def line(self, drops: Sequence[Drop]) -> Line:
        """The lane's open drops as they stand in line."""
        return Line(drops, self.journal.holds(self.lane), {name: rules_of(feed) for name, feed in self.feeds.items()})

    def open_undos(self) -> list[Undo]:
        """The lane's undos that are not closed, as they were asked for; those of feeds not configured wait."""
        undos = self.journal.open_undos()
        return [undo for undo in undos if undo.lane == self.lane and undo.feed in self.feeds]

    def token_fingerprint(self) -> str:
        """A value that differs when the token does; empty when it cannot be read, or only by running a command.

        Asked for about once a second while Canvas refuses the token: a command is not run that often.
        """
        source = next(iter(self.feeds.values())).canvas.token
        if source.command:
            return ""
        try:
            return hashlib.sha256(source.read().encode()).hexdigest()
        except CanvasRefused:
            return ""

    def imports_before_post(self) -> Listing:
        """What Canvas has right before a submission: all that is newer than what the journal knows, and some more.

        Raises CanvasUnavailable for a list that is not whole, but not for ever: a test instance of Canvas that was
        overwritten has none of the imports that the journal knows.
        """
        known = self.journal.newest_import_id(self.lane)
        listing = self.canvas.newest_imports() if known is None else self.canvas.imports_above(known)
        if listing.is_whole:
            self.patience.end(self.lane, For.LIST)
        elif self.patience.waited_s(self.lane, For.LIST) < self.absent_grace_s:
            raise CanvasUnavailable(
                f"Canvas's list of SIS imports does not go down to {known}. It will be asked again."
            )
        return listing

    def inbox_is_ready(self, drop: Drop) -> bool:
        """Whether the drop's inbox is the one we know: in another one, missing means nothing."""
        feed = self.feeds[drop.feed]
        return self.spools[feed.name].is_ready(self.journal.inbox_id(feed.name, feed.inbox))

    def hold(self, kind: HoldKind, reason: str, drop: Drop) -> Hold:
        """A hold of the lane that this drop causes."""
        return Hold(kind, reason, self.clock.time(), drop.id, drop.feed, drop.name, drop.series)

    def hold_after(self, drop: Drop) -> Hold | None:
        """The hold that this drop's end puts on the lane, by `hold.failed` and `hold.messages_over` of its feed."""
        settings = self.feeds[drop.feed].hold
        reason = reason_to_stop(drop, after_failure=settings.failed, messages_over=settings.messages_over)
        return self.hold(HoldKind.IMPORT, reason, drop) if reason else None

    def apply(self, transition: Transition) -> Drop:
        """Journal a step, then say so in the log; see Journal.apply."""
        stored = self.journal.apply(transition)
        if transition.note is not None:
            level = logging.INFO if transition.note.kind.severity is Severity.INFO else logging.WARNING
            said = (stored.id, stored.feed, stored.state, transition.note.text)
            logger.log(level, "drop=%s feed=%s state=%s %s", *said)
        if transition.warning is not None:
            logger.warning("drop=%s feed=%s %s", stored.id, stored.feed, transition.warning.text)
        if transition.hold is not None:
            logger.error("lane=%s on hold: %s", self.lane, transition.hold.reason)
        return stored
