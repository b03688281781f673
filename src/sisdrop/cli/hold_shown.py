"""What a hold is about, as `release` and `reject` show it to the person who decides.

Room: part of the command line; reads the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from canvas_sis_csv.text import printable
from sisdrop.config import Config
from sisdrop.journal import Journal
from sisdrop.model import Drop, Hold, of_lane, plural
from sisdrop.order import Line, corrects, rules_of

NAMES_SHOWN = 5


def held_lines(journal: Journal, config: Config, drop: Drop) -> Iterator[str]:
    """Why the drop waits, what waits behind it, and whether its rows are the older ones by now."""
    since = f", held since {drop.held.since}" if drop.held and drop.held_because else ""
    yield f"{printable(drop.name)} ({drop.id}, feed {drop.feed}, {plural(drop.rows, 'row')}{since})"
    if drop.held_because:
        yield f"  {printable(drop.held_because)}"
    guards = drop.held.guards if drop.held and drop.held_because else ()
    # The hold's reason is a guard's sentence, or holds several.
    yield from (f"  {guard.code}: {printable(guard.reason)}" for guard in guards if guard.reason != drop.held_because)
    plan = journal.report(drop.id).plan
    for each in plan.comparisons if plan else ():
        before = f"{each.before:,} rows before, " if each.before is not None else ""
        changes = f"{each.added:,} added, {each.changed:,} changed, {each.absent:,} absent, {each.deleted:,} deleted"
        yield f"  {each.type}: {before}{each.rows:,} now: {changes}"
    line = _line(journal, config, drop.lane)
    behind = ((other, wait.cause) for other, wait in line.waiting())
    waiting = [other.name for other, cause in behind if isinstance(cause, Drop) and cause.id == drop.id]
    if waiting:
        yield f"  Waits behind it: {_names(waiting)}."
    later = next((later for later in journal.accepted_after(drop) if corrects(later, drop)), None)
    if later is not None:
        newer = f"A newer {printable(later.name)} was imported since ({later.id})"
        yield f"  {newer}: this one would bring the old rows back."


def hold_lines(journal: Journal, config: Config, lane: str, holds: Sequence[Hold]) -> Iterator[str]:
    """Why nothing is sent in a lane, and what waits for it."""
    yield f"Canvas {lane} is on hold:"
    yield from (f"  {printable(hold.reason)} (since {hold.since})" for hold in holds)
    waiting = [drop.name for drop, behind in _line(journal, config, lane).waiting() if isinstance(behind.cause, Hold)]
    if waiting:
        yield f"  Waits: {_names(waiting)}."


def _line(journal: Journal, config: Config, lane: str) -> Line:
    feeds = config.lanes().get(lane, ())
    drops = of_lane(journal.open_drops(), lane, {feed.name: feed.inbox for feed in feeds})
    return Line(drops, journal.holds(lane), {feed.name: rules_of(feed) for feed in feeds})


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(printable(name) for name in names[:NAMES_SHOWN])}{more}"
