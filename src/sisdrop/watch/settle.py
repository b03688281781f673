"""Whether an entry has come to rest: what was seen, how long ago it changed, what vouches for it. Pure.

Time is whatever monotonic clock the caller has, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sisdrop.watch.listing import Entry, Sight
from sisdrop.watch.settings import Rules


class Hint(StrEnum):
    """What an event said of a name."""

    CLOSED = "closed"
    """A writer closed it."""
    MOVED = "moved"
    """It got its name by a rename."""
    TOUCHED = "touched"
    """Something happened; vouches for nothing."""


class Content(StrEnum):
    """What a glance at a file's content and users tells."""

    GOOD = "good"
    HELD_OPEN = "held open for writing by another program"
    NULS = "NUL bytes where its content should be; its writer has not filled it yet"
    UNSURE = "its writer may still have it open"
    CUT_OFF = "its last line is cut off"
    UNREADABLE = "it cannot be read"
    HEADER_ALONE = "a header without rows; they may still come"


_TELLING = frozenset({Content.HELD_OPEN, Content.NULS, Content.HEADER_ALONE})


@dataclass(frozen=True, slots=True)
class Pending:
    """Not settled: why, and when it is worth looking again."""

    why: str
    due: float
    is_stuck: bool = False
    """Waiting does not mend it."""


@dataclass(slots=True)
class Observation:
    """What is known of one entry of the inbox."""

    entry: Entry
    noticed_at: str
    order: int = 0
    sight: Sight | None = None
    since: float = 0.0
    """Since when it has looked as it does."""
    looks: int = 0
    """How often it was seen so."""
    longest_pause: float = 0.0
    changed: bool = False
    """Whether it was seen changing: it is not just waiting, somebody writes it."""
    vouched: Hint | None = None
    expects_close: bool = False
    """It came or grew while events were heard, and its writer was not heard closing it since."""
    settled: bool = False
    content: Content | None = None
    detail: str = ""
    returns: int = 0
    """How often it was offered and could not be taken."""
    looked_at: float = 0.0
    fresh: bool = False
    """Seen, and not judged since: its content may be read, and belongs to what was seen."""
    pending: Pending | None = None
    """What it waited for when it was judged last."""

    def see(self, sight: Sight, hint: Hint | None, now: float, *, heard: bool = False) -> None:
        """Take in what it looks like now, and what an event said of it since the last look.

        `heard`: since the last look every event was.
        """
        self.looked_at, self.fresh = now, True
        if self.sight is None or self.sight.fingerprints != sight.fingerprints:
            self._note_change(now)
            if self.sight is None:
                self.expects_close = heard and not self.returns  # what was put back did not come just now
            elif self.sight.stats_but_times != sight.stats_but_times:
                self.expects_close = heard  # else only its times or rights were set, which makes no such event
            self.sight, self.since, self.looks = sight, now, 0
            self.vouched, self.settled, self.content = None, False, None
        self.looks += 1
        if hint in (Hint.CLOSED, Hint.MOVED):
            self.vouched, self.expects_close = hint, False

    def lose_sight(self, why: str, now: float) -> None:
        """It is there and could not be looked at: whatever was seen before counts no more."""
        self.looked_at, self.fresh = now, True
        self.sight, self.settled, self.content, self.detail = None, False, None, why

    def _note_change(self, now: float) -> None:
        """A writer that paused once may do so again, unless his pauses can be told from his end by other signs.

        Lying settled until somebody came back was no pause.
        """
        if self.sight is None:
            return
        self.changed = True
        if self.settled:
            self.longest_pause = 0.0
        elif self.looks > 1 and self.content not in _TELLING:
            self.longest_pause = max(self.longest_pause, now - self.since)

    def is_due(self, now: float) -> bool:
        """Whether looking at it may tell something new; what has settled only shows changes."""
        return not self.settled and (self.pending is None or self.pending.due <= now)

    def pending_by_time(self, now: float, rules: Rules) -> Pending | None:
        """What time alone demands; None when it stood still for long enough."""
        assert self.sight is not None  # noqa: S101  # seen before it is judged
        if self.sight.empty:
            return self._until(rules.empty_s, now, "empty; it may still be filled")
        needed, looks = self._needed(rules)
        why = f"still changing; must lie still for {needed:g} s" if self.changed else f"settling for {needed:g} s"
        if self.looks < looks and now >= self.since + needed:
            return Pending(why, now + min(rules.again_s, max(needed, 0.02)))
        return self._until(needed, now, why)

    def pending_by_content(self, now: float, rules: Rules) -> Pending | None:
        """What its content demands, once time demands nothing more; None when it has settled."""
        match self.content:
            case None | Content.GOOD:
                return None
            case Content.UNSURE:
                # Only a second sign ends it: an event that tells of the writer's end, or that he should be long gone.
                if self.vouched:
                    return None
                return self._until(rules.unheard_s if self.expects_close else rules.unsure_s, now, str(self.content))
            case Content.CUT_OFF:
                # Some programs never end the last line, so that this waits and is no reason for ever.
                if self.vouched and rules.trust:
                    return None
                return self._until(rules.cut_off_s, now, f"{Content.CUT_OFF}: no line break at its end")
            case Content.HEADER_ALONE:
                # As for an empty file, whatever vouches for it: some writers close it before they run their query.
                needed = rules.unheard_s if self.expects_close else rules.empty_s
                return self._until(needed, now, str(self.content))
            case Content.HELD_OPEN | Content.NULS | Content.UNREADABLE:
                is_stuck = self.content is Content.UNREADABLE
                return Pending(self.detail or str(self.content), now + rules.again_s, is_stuck)

    def _needed(self, rules: Rules) -> tuple[float, int]:
        """Seconds and looks it must stand still."""
        if self.returns:
            # It had settled before and was not whole after all: twice as long each time.
            return min(rules.settle_s * 2**self.returns, max(rules.longest_pause_s, rules.settle_s)), rules.looks
        if self.vouched and rules.trust:
            return 0.0, 1  # the feed says that nobody writes again what was closed or moved in
        if self.vouched is Hint.MOVED:
            return rules.moved_s, 2
        pause = min(2 * self.longest_pause, rules.longest_pause_s)
        return max(rules.settle_s, pause), rules.looks

    def _until(self, needed: float, now: float, why: str) -> Pending | None:
        due = self.since + needed
        return None if now >= due else Pending(why, due)
