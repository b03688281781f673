"""What there is to show of a plan, and what follows from it for every way of showing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from canvas_sis_csv.comparison import Comparison, GroupChange
from sisdrop.model import Plan, Tripped, plural


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: what it stands for, how many, and how much of the whole in percent."""

    what: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """A drop that was not sent: its files' names, its plan, and every guard that would hold it."""

    names: tuple[str, ...]
    plan: Plan
    tripped: tuple[Tripped, ...]

    @property
    def is_held(self) -> bool:
        """Whether a guard would hold it."""
        return bool(self.tripped)


EXAMPLES = 5
"""Ids that are named of what would be emptied; all that are known stand in the JSON."""

WHATS = ("added", "changed", "absent", "deleted")
"""What may become of a key, in the order in which it is shown."""


def parts(change: Comparison | GroupChange) -> tuple[Part, ...]:
    """A bar of all rows now and all that are not there any more: same, then what is different; nothing of nothing."""
    counts = {what: getattr(change, what) for what in WHATS}
    # Rows and keys are not the same number where rows share keys; the bar may be a hair off there.
    same = max(change.rows - change.added - change.changed - change.deleted, 0)
    whole = same + sum(counts.values())
    return tuple(Part(what, count, 100 * count / whole) for what, count in {"same": same, **counts}.items() if count)


def remarks(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """What else is to be said of a type, as (what, about it): columns, and what it would empty."""
    columns = comparison.changed_columns
    if columns:
        yield "Changed in", ", ".join(f"{name} ({count:,})" for name, count in columns.items())
    if comparison.missing_columns:
        yield "Columns missing", ", ".join(comparison.missing_columns)
    if comparison.new_columns:
        yield "New columns", ", ".join(comparison.new_columns)
    if comparison.lost:
        yield "Active before and lost now", f"{comparison.lost:,} of {comparison.active_before:,}"
    if comparison.deleting_rows:
        yield "Rows that delete", f"{comparison.deleting_rows:,}"
    for kind, emptied in comparison.emptied.items():
        if emptied.count:
            named = emptied.examples[:EXAMPLES]
            more = emptied.count - len(named)
            about = ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
            yield f"{plural(emptied.count, kind)} without active enrollments", about


def most_affected(comparison: Comparison) -> Iterator[tuple[str, tuple[GroupChange, ...]]]:
    """The accounts, terms and courses with the most differences, under a heading that says how many there are."""
    for kind, groups in comparison.groups.items():
        if groups:
            totals = comparison.group_totals[kind]
            most = f", the {len(groups)} most affected" if len(groups) < totals.affected else ""
            yield f"{totals.affected:,} of {plural(totals.all, kind)} with a difference{most}", groups


def verdict(outlook: Outlook) -> str:
    """One sentence: would it be held?"""
    if not outlook.tripped:
        return "No guard would hold it."
    guards = "A guard" if len(outlook.tripped) == 1 else f"{len(outlook.tripped)} guards"
    return f"{guards} would hold it before Canvas sees it."


def compared_with(outlook: Outlook) -> str:
    """One sentence: what it is compared with."""
    if not outlook.plan.is_compared:
        return "Nothing of its series was accepted yet, or it is gone: there is nothing to compare with."
    return f"Compared with what Canvas accepted last: {', '.join(outlook.plan.against)}."
