"""May this drop be sent? Its plan against what was accepted before, and what the guards say of it.

Room: reads the drop's members and those of the last accepted one; changes nothing. The guards are asked when a drop is
checked, and again when its turn has come if what was accepted before has changed meanwhile: a drop that waits behind
another of its series is compared with that one, not with the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from canvas_sis_csv import Member, Preflight
from canvas_sis_csv.classify import is_header_like
from canvas_sis_csv.comparison import Comparison, compare
from canvas_sis_csv.refusal import UNKNOWN_HEADERS
from sisdrop.config import Feed
from sisdrop.folders import Layout
from sisdrop.guards import Accepted, Case, Dated, LastAccepted, RestOf, Staleness, all_tripped, staleness
from sisdrop.journal import Journal
from sisdrop.known import baseline_members
from sisdrop.model import AT_REST, Drop, DropKind, DropState, Plan, Tripped, series_of, type_series

REST_WITHIN_S = 900.0
"""How long after a file was taken rows that come under its name may be its rest: a slow query's time."""
FIRST_BYTES = 4096
"""As much of a file as its first line may be looked for in."""


class Around(Protocol):
    """What the guards look at beside the drop: a lane's Context, or what a command has of it."""

    @property
    def journal(self) -> Journal: ...
    @property
    def feeds(self) -> Mapping[str, Feed]: ...
    def snapshot_of(self, drop: Drop) -> Path:
        """Where the drop's snapshot lies, if it has one."""

    def open_drops(self) -> list[Drop]:
        """The lane's drops that are not at rest, in order of arrival."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say of a drop. `judged`: see Contents; `plan` is None when there is nothing to compare with."""

    tripped: tuple[Tripped, ...]
    plan: Plan | None
    judged: tuple[str, ...] | None


def judge(context: Around, drop: Drop, preflight: Preflight, members: Sequence[Member]) -> Verdict:
    """Ask every guard about the drop, whose `contents` are known. Raises what reading the members raises."""
    is_due = drop.contents is not None and drop.contents.is_due
    undecided = not is_due and any(rows.undecided for rows in preflight.unknown.values())
    # What it will have to be compared with is still on its way.
    must_wait = not is_due and _predecessor_waits(context, drop)
    last = {} if must_wait else last_accepted(context, drop)
    before = _members_before(context, last)
    feed = context.feeds[drop.feed]
    # Of a file that Canvas refuses whole there are no rows to compare; of the others beside it in a zip there are.
    recognised = {facts.name for facts in preflight.files if facts.type}
    now = [member for member in members if member.name in recognised]
    comparisons = compare(before, now, full=feed.contents == "full")
    case = Case(
        files=preflight.files,
        findings=preflight.findings,
        counts=preflight.counts,
        refused=preflight.refused,
        options=drop.options,
        hold_level=feed.hold.findings,
        hold_over=feed.hold.findings_over,
        checked=feed.check,
        contents=feed.contents,
        hold=feed.hold.thresholds,
        comparisons=[_with_rows_of(last, each) for each in comparisons],
        against=_by_type(last),
        empty=preflight.empty,
        unknown={} if undecided else preflight.unknown,
        staleness=None if must_wait else _staleness(context, drop, last),
        rest_of=_rest_of(context, drop, members) if UNKNOWN_HEADERS in preflight.counts else None,
    )
    plan = Plan(_ids(last), comparisons)
    return Verdict(
        all_tripped(case),
        plan if plan.is_compared else None,
        None if must_wait or undecided else _ids(last),
    )


def is_judged(context: Around, drop: Drop) -> bool:
    """Whether the guards' word still holds now that the drop's turn has come."""
    if drop.is_released or drop.contents is None:
        return True
    return drop.contents.judged == _ids(last_accepted(context, drop))


def last_accepted(context: Around, drop: Drop) -> dict[str, Drop]:
    """The last accepted drop of each of its series, by CSV type; of a file's series, by the types that it had then."""
    journal = context.journal
    if drop.kind is DropKind.FILE:
        accepted = journal.last_accepted(drop.feed, series_of(drop.name))
        return dict.fromkeys(accepted.types, accepted) if accepted else {}
    by_type = {type_: journal.last_accepted(drop.feed, type_series(type_)) for type_ in drop.types}
    return {type_: accepted for type_, accepted in by_type.items() if accepted is not None}


def _ids(last: Mapping[str, Drop]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(accepted.id for accepted in last.values()))


def _predecessor_waits(context: Around, drop: Drop) -> bool:
    """Whether an earlier drop of one of its series is still on its way, and may become the last accepted one."""
    for other in context.open_drops():
        if other.id == drop.id:
            return False
        on_its_way = other.state is not DropState.HELD and other.state not in AT_REST
        if on_its_way and other.feed == drop.feed and set(other.series) & set(drop.series):
            return True
    return False


def _members_before(context: Around, last: Mapping[str, Drop]) -> list[Member]:
    """The files of the last accepted drops, of each only those of its types; none of one that is nowhere any more."""
    before: list[Member] = []
    # Each is opened once, whatever types it is the last of: in the archive that means reading all of it.
    for accepted in {accepted.id: accepted for accepted in last.values()}.values():
        layout = Layout.of(context.feeds[accepted.feed])
        types = {type_ for type_, each in last.items() if each.id == accepted.id}
        names = {facts.name for facts in accepted.files if facts.type in types}
        members = baseline_members(accepted, context.snapshot_of(accepted), layout) or []
        before += [member for member in members if member.name in names]
    return before


def _with_rows_of(last: Mapping[str, Drop], comparison: Comparison) -> Comparison:
    """The comparison with the journal's number of rows before, where nothing else is left of the last accepted one."""
    accepted = last.get(comparison.type)
    if comparison.before is not None or accepted is None:
        return comparison
    return replace(comparison, before=_rows_of(accepted, comparison.type))


def _rows_of(drop: Drop, type_: str) -> int:
    return sum(facts.rows for facts in drop.files if facts.type == type_)


def _by_type(last: Mapping[str, Drop]) -> dict[str, LastAccepted]:
    return {
        type_: LastAccepted(
            accepted.name,
            accepted.origin.claimed_at[:10],
            _rows_of(accepted, type_),
        )
        for type_, accepted in last.items()
    }


def _staleness(context: Around, drop: Drop, last: Mapping[str, Drop]) -> Staleness | None:
    newest = max(last.values(), key=lambda accepted: accepted.ended.at if accepted.ended else "", default=None)
    if newest is None or drop.contents is None:
        return None
    twins = (context.journal.accepted_again(drop.feed, series, drop.contents.sha256) for series in drop.series)
    twin = next((twin for twin in twins if twin is not None and twin.id != newest.id), None)
    accepted = Accepted(twin.id, twin.name, twin.origin.claimed_at[:10]) if twin else None
    return staleness(_dated(drop), _dated(newest), accepted)


def _rest_of(context: Around, drop: Drop, members: Sequence[Member]) -> RestOf | None:
    """The drop whose rest a file without a header may be: one of its very name, taken shortly before it came."""
    if drop.kind is not DropKind.FILE or any(_begins_with_header(member) for member in members):
        return None
    noticed = datetime.fromisoformat(drop.origin.noticed_at)
    for other in context.journal.find(drop.name):
        is_same_name = (other.feed, other.name) == (drop.feed, drop.name)
        if other.id == drop.id or not is_same_name or other.state is DropState.RETURNED:
            continue
        seconds = (noticed - datetime.fromisoformat(other.origin.claimed_at)).total_seconds()
        if 0 <= seconds <= REST_WITHIN_S:
            return RestOf(other.name, seconds)
    return None


def _begins_with_header(member: Member) -> bool:
    with member.open() as stream:
        return is_header_like(stream.read(FIRST_BYTES).decode("utf-8", "replace").lstrip().partition("\n")[0])


def _dated(drop: Drop) -> Dated:
    modified_ns = max((stat.mtime_ns for stat in drop.origin.stats), default=None)
    return Dated(drop.name, modified_ns, drop.contents.sha256 if drop.contents else "")
