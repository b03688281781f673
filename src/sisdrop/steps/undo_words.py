"""What is said of an import and its undo: what it changed, why it cannot be undone, how that ended.

Pure. `data` is Canvas's of an import, with its `statistics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sisdrop.model import Drop, DropState, Undo, plural

KEPT = timedelta(days=30)
"""How long Canvas keeps what a restore needs (its public source, SIS batch roll-back data)."""
WORDS = {
    "Account": "account",
    "EnrollmentTerm": "term",
    "AbstractCourse": "abstract course",
    "Course": "course",
    "CourseSection": "section",
    "GroupCategory": "group set",
    "Group": "group",
    "Pseudonym": "login",
    "CommunicationChannel": "e-mail",
    "Enrollment": "enrollment",
    "GroupMembership": "group membership",
    "UserObserver": "observer",
    "AccountUser": "admin",
}
"""Canvas's class names, which its statistics go by, as people say them."""


def why_not(drop: Drop, undo: Undo | None, lane: str, now: datetime) -> str | None:
    """Why the drop's import cannot be undone now, a sentence; None when it can.

    `undo` is its last one, `lane` where its feed's imports go now.
    """
    who = f"{drop.id} ({drop.name})"
    if drop.state is not DropState.FILED:
        return f"{who} is {drop.state}; only the import of a filed drop can be undone."
    if drop.import_id is None:
        return f"{who} has no import in Canvas: it was {drop.outcome}, and there is nothing to undo."
    if drop.lane != lane:
        return f"{who} was imported into {drop.lane}, and feed {drop.feed} goes to {lane} now: change that back."
    if undo is not None and undo.import_id == drop.import_id:
        if undo.is_open:
            return f"{who} is being undone already: {undo.asked_by} asked for it at {undo.asked_at}."
        if undo.ended_at is not None and undo.is_whole:
            return f"{who} was undone already, at {undo.ended_at}."
    return too_late(drop.import_id, _end_of(drop), now)


def too_late(import_id: int, ended_at: object, now: datetime) -> str | None:
    """The sentence for an import whose states Canvas cannot restore any more; None when it can, or the time is unknown.

    `ended_at`: by Canvas's clock, as it tells it.
    """
    try:
        ended = datetime.fromisoformat(str(ended_at))
        if now - ended <= KEPT:
            return None
    except (ValueError, TypeError):  # no time, or one without its zone
        return None
    kept = f"Canvas keeps what it needs for {KEPT.days} days"
    return f"It is too late: SIS import {import_id} ended on {ended.date()}, and {kept}."


def _end_of(drop: Drop) -> object:
    """When the import ended; of one whose `ended_at` Canvas left empty (an aborted one), when we saw it."""
    answer = drop.submission.answer if drop.submission else {}
    return answer.get("ended_at") or (drop.ended.at if drop.ended else None)


def changes(data: Mapping[str, Any]) -> dict[str, str]:
    """What an import did, by Canvas's word for it: `{"created": "2 logins, 1 enrollment", "deleted": …}`."""
    told: dict[str, list[str]] = {}
    for what, kind, count in _counts(data):
        told.setdefault(what, []).append(plural(count, WORDS.get(kind, kind)))
    return {what: ", ".join(counts) for what, counts in told.items()}


def restored(data: Mapping[str, Any]) -> str:
    """What Canvas put back: `2 logins, 1 enrollment`; `nothing` when its statistics have none."""
    return changes(data).get("restored", "nothing")


def summary(undo: Undo, name: str) -> str:
    """One sentence for people about how it ended."""
    import_ = f"SIS import {undo.import_id} ({name})"
    if undo.problem:
        return f"The undo of {import_} did not end well: {undo.problem}"
    only = " deletions" if undo.undelete_only else " conclusions" if undo.unconclude_only else ""
    return f"Canvas undid{f' the{only} of' if only else ''} {import_}; put back: {restored(undo.data)}."


def why_on_hold(undo: Undo, name: str) -> str:
    """Why nothing is sent after it."""
    if undo.problem:
        return f"{undo.summary} Look at it in Canvas, then `sisdrop release`."
    return (
        f"SIS import {undo.import_id} ({name}) was undone: the next file like it would do the same again. Mend the "
        f"export or the options first (`sisdrop show {undo.drop}`), then `sisdrop release`."
    )


def _counts(data: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """What happened, to which class, how often; only what did."""
    statistics = data.get("statistics")
    for kind, counted in (statistics if isinstance(statistics, dict) else {}).items():
        for what, count in (counted if isinstance(counted, dict) else {}).items():
            if isinstance(count, int) and count:
                yield what, kind, count
