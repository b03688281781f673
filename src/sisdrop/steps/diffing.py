"""Diffing looked after: when a data set is sent whole, and what Canvas compared with what.

Canvas compares a file with the last one under the same identifier, not with itself: what people changed in Canvas, and
rows that an import could not bring, are not sent again until the data set is sent whole (`diffing_remaster_data_set`).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from sisdrop.model import Clash, DataSet, Drop, DropKind, EventKind, Link, Message, Note, Outcome, Transition
from sisdrop.protocol import SisImport, not_diffed
from sisdrop.steps.context import Context
from sisdrop.steps.ending import ended_well

SLACK = timedelta(hours=12)
"""A nightly export comes a little earlier or later each time; a weekly remaster keeps its night all the same."""


def remaster_is_due(context: Context, drop: Drop) -> bool:
    """Whether the drop, whose turn has come, is to be sent whole because its data set is due for it.

    What `import` itself says of `diffing_remaster_data_set`, true or false, holds as it is.
    """
    options = drop.contents.options if drop.contents else drop.options
    data_set = _data_set(context, drop)
    if data_set is None or options.diffing_remaster_data_set is not None:
        return False
    feed = context.feeds[drop.feed]
    # Canvas compares the first one with nothing, so it counts as sent whole.
    since = datetime.fromisoformat(data_set.whole_at or data_set.first_at)
    match feed.diffing_remaster:
        case "never":
            return False
        case "weekly":
            return context.clock.now() >= since + timedelta(days=7) - SLACK
        case "monthly":
            return context.clock.now() >= _a_month_after(since) - SLACK
        case "on_failure":
            return not ended_well(data_set, messages_over=feed.hold.messages_over)
        case _:
            assert_never(feed.diffing_remaster)


def clash_note(context: Context, drop: Drop) -> Note | None:
    """The warning that a drop about to be sent does not belong with what Canvas will compare it with; once a drop."""
    sentence = _clash(context, drop)
    # A drop that Canvas's absence keeps waiting comes here many times.
    if not sentence or any(event.kind is EventKind.SHARED_DATA_SET for event in context.journal.events_of(drop.id)):
        return None
    return Note(EventKind.SHARED_DATA_SET, sentence)


def with_data_set(
    context: Context, transition: Transition, answer: SisImport, outcome: Outcome, messages: Sequence[Message] = ()
) -> Transition:
    """The transition by which a drop's import is over, with its data set as it stands then and what to warn of.

    `answer` is Canvas's last one for the import. The transition as it is when diffing was not asked for.
    """
    drop, options = transition.drop, transition.drop.options
    submission, identifier = drop.submission, options.diffing_data_set_identifier
    if submission is None or identifier is None or not options.is_diffed:
        return transition
    before = context.journal.data_set(drop.lane, identifier)
    ended = DataSet(
        drop.lane,
        identifier,
        Link(answer.id, drop.id, drop.feed, drop.name, _series(context, drop), drop.types, submission.at),
        outcome,
        first_at=submission.at,
        message_count=len(messages),
        diffed_against=answer.diffed_against,
    )
    remaster = bool(options.diffing_remaster_data_set)
    base = before.base if before and not remaster else None
    fell_back = _fell_back(ended, base, not_diffed(messages)) if base and outcome.is_accepted else ""
    note = fell_back or _clash(context, drop)
    return replace(
        transition,
        data_set=replace(ended.after(before, remaster=remaster), note=note),
        warning=Note(EventKind.NOT_DIFFED, fell_back) if fell_back else None,
    )


def _fell_back(ended: DataSet, base: Link, reasons: Sequence[str]) -> str:
    """The sentence when Canvas imported whole what was to be diffed, all of it or one of its types; else empty."""
    stays = "rows that are gone from the file stay in Canvas"
    why = f" ({'; '.join(reasons)})" if reasons else ""
    if ended.diffed_against is None:
        what = f"Canvas did not compare {ended.last.name} with SIS import {base.import_id} and imported it whole{why}"
        return f"{what}: {stays}, and the next one is compared with SIS import {base.import_id} again."
    return f"Canvas imported a file of {ended.last.name} whole{why}: {stays}." if reasons else ""


def _clash(context: Context, drop: Drop) -> str:
    """The sentence when the drop does not belong with what Canvas compares it with; empty when it does."""
    data_set = _data_set(context, drop)
    if data_set is None or data_set.base is None or drop.options.diffing_remaster_data_set:
        return ""
    base = data_set.base
    other = base.name if base.feed == drop.feed else f"{base.name} of feed {base.feed}"
    both = f"{drop.name} shares the diffing identifier {data_set.identifier} with {other}"
    advice = "Give each an identifier of its own."
    match data_set.clash(drop.feed, _series(context, drop), drop.types):
        case None:
            return ""
        case Clash.DELETES:
            return f"{both} (SIS import {base.import_id}): Canvas deletes the rows that only that one has. {advice}"
        case Clash.COMPARES_NOTHING:
            return f"{both}, a file of another type: nothing is compared, and gone rows stay in Canvas. {advice}"
        case clash:
            assert_never(clash)


def _data_set(context: Context, drop: Drop) -> DataSet | None:
    identifier = drop.options.diffing_data_set_identifier
    if identifier is None or not drop.options.is_diffed:
        return None
    return context.journal.data_set(drop.lane, identifier)


def _series(context: Context, drop: Drop) -> str:
    """What tells the drop's files from others of its types, by name."""
    # Files that are combined are called after whichever came first; a feed that combines has one export.
    is_combined = drop.kind is DropKind.GROUP or context.feeds[drop.feed].combine
    return "" if is_combined else drop.series[0]


def _a_month_after(moment: datetime) -> datetime:
    """The same day of the next month, or its last one."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
