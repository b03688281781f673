"""How a drop ended, in a sentence, and what that means for the drops behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sisdrop.model import (
    DataSet,
    Drop,
    DropState,
    Ending,
    EventKind,
    Hold,
    Note,
    Outcome,
    Transition,
    plural,
)
from sisdrop.order import corrects

BAD_ENDS = frozenset(Outcome) - {
    Outcome.IMPORTED,
    Outcome.IMPORTED_WITH_MESSAGES,
    Outcome.REJECTED,
    Outcome.SKIPPED,
}
"""Outcomes after which what the next import needs may be missing, and nobody has looked at that yet."""


def finished(drop: Drop, ending: Ending, hold: Hold | None = None) -> Transition:
    """The drop with its certain end, and the sentence about it, where the ending does not bring its own."""
    ended = replace(drop, state=DropState.FINISHED, ended=ending)
    ended = replace(ended, ended=replace(ending, summary=ending.summary or summary(ended)))
    return Transition(ended, Note(EventKind.FINISHED, ended.summary), hold=hold)


def reason_to_stop(drop: Drop, *, after_failure: bool, messages_over: int | None) -> str | None:
    """Why nothing may be sent after this finished drop, or None when the next one may go.

    `after_failure` and `messages_over` are `hold.failed` and `hold.messages_over` of the feed.
    """
    if drop.outcome in BAD_ENDS and after_failure:
        return f"{drop.name} ended as {drop.outcome}: what it should have brought may be missing. {drop.summary}"
    if drop.outcome is Outcome.IMPORTED_WITH_MESSAGES and not _is_few(drop, messages_over):
        return (
            f"Canvas imported {drop.name} with {plural(drop.message_count, 'message')} "
            f"(hold.messages_over is {messages_over}): rows it names may be missing."
        )
    return None


def ended_well(ended: Drop | DataSet, *, messages_over: int | None) -> bool:
    """Whether this finished drop (or the last import of a data set) mends what an earlier one left behind."""
    if ended.outcome is Outcome.IMPORTED_WITH_MESSAGES:
        return _is_few(ended, messages_over)
    return ended.outcome is Outcome.IMPORTED


def replaced_by(held: Drop, accepted_after: Iterable[Drop], *, messages_over: int | None) -> Drop | None:
    """The corrected file that ended well since the drop is held, or None.

    `accepted_after` are the drops of its series that arrived after it and were accepted.
    """
    since = held.held.since if held.held else ""
    for later in accepted_after:
        # A drop that was retried may be held after a newer one was imported: that one is no answer to its hold.
        is_answer = later.ended is not None and later.ended.at >= since and corrects(later, held)
        if is_answer and ended_well(later, messages_over=messages_over):
            return later
    return None


def _is_few(ended: Drop | DataSet, messages_over: int | None) -> bool:
    return messages_over is None or ended.message_count <= messages_over


def summary(drop: Drop) -> str:
    """One sentence for people about a finished drop."""
    what = f"{drop.name} ({plural(drop.rows, 'row')})"
    messages = f" with {plural(drop.message_count, 'message')}" if drop.message_count else ""
    failure = drop.ended.failure if drop.ended else None
    why = failure.message if failure else "no reason is known."
    match drop.outcome:
        case Outcome.IMPORTED | Outcome.IMPORTED_WITH_MESSAGES:
            return f"Canvas imported {what}{messages}."
        case Outcome.FAILED | Outcome.FAILED_WITH_MESSAGES:
            return f"Canvas failed to import {what}{messages}; parts of it may be imported."
        case Outcome.ABORTED:
            return f"The import of {what} was aborted{messages}; parts of it may be imported."
        case Outcome.REFUSED:
            return f"Canvas refused {what}: {why}"
        case Outcome.REJECTED:
            # In an earlier life, too: a person retried it and said no then.
            was_sent = drop.submission is not None or bool(drop.past_imports)
            sent = "what Canvas has imported of it stays" if was_sent else "nothing was sent to Canvas"
            return f"{what} was rejected; {sent}."
        case Outcome.UNREADABLE:
            return f"{drop.name} cannot be imported: {why}"
        case Outcome.SKIPPED:
            return f"{what} was not sent: it is byte for byte the last one that Canvas imported."
        case None:
            return ""
