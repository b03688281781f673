"""A plan for people at a terminal. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from canvas_sis_csv.comparison import Comparison, GroupChange
from canvas_sis_csv.text import printable
from sisdrop.plan.outlook import WHATS, Outlook, compared_with, most_affected, parts, remarks, verdict

_STYLES = {"added": "green", "changed": "yellow", "absent": "magenta", "deleted": "red"}
_BAR = 16
"""Cells of the bar beside a group."""
_LONGEST_ID = 24


def as_text(outlook: Outlook) -> RenderableType:
    """The plan: one line for each type, then what is to be said of each, and what the guards say."""
    parts: list[RenderableType] = [
        Text(f"{printable(', '.join(outlook.names))}: nothing was sent.", style="bold"),
        Text(printable(compared_with(outlook))),
        _types(outlook.plan.comparisons),
    ]
    for comparison in outlook.plan.comparisons:
        parts.extend(_details(comparison))
    return Group(*parts, *_guards(outlook))


def _types(comparisons: Iterable[Comparison]) -> RenderableType:
    table = _table("Type", "Before", "Rows")
    for each in comparisons:
        before = "–" if each.before is None else f"{each.before:,}"
        table.add_row(each.type, before, f"{each.rows:,}", *_numbers(each, is_known=each.before is not None))
    return Padding(table, (1, 0, 0, 0))


def _details(comparison: Comparison) -> Iterator[RenderableType]:
    lines = list(remarks(comparison))
    groups = list(most_affected(comparison))
    if lines or groups:
        yield Text(f"\n{comparison.type}", style="bold")
    for what, about in lines:
        yield Padding(Text(f"{what}: {printable(about)}"), (0, 0, 0, 2))
    for heading, changes in groups:
        yield Padding(Text(heading), (0, 0, 0, 2))
        yield Padding(_groups(changes), (0, 0, 0, 4))


def _groups(changes: Iterable[GroupChange]) -> Table:
    table = _table("Id", "Before", "Rows")
    table.add_column("")
    for change in changes:
        shown = printable(change.id)
        shown = shown if len(shown) <= _LONGEST_ID else f"{shown[: _LONGEST_ID - 1]}…"
        table.add_row(shown, f"{change.before:,}", f"{change.rows:,}", *_numbers(change), _bar(change))
    return table


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in (*numbers, *(what.capitalize() for what in WHATS)):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _numbers(change: Comparison | GroupChange, *, is_known: bool = True) -> Iterator[Text]:
    for what in WHATS:
        count = getattr(change, what)
        yield Text(f"{count:,}" if is_known else "–", style=_STYLES[what] if count else "dim")


def _bar(change: GroupChange) -> Text:
    """What is different in it, by parts; what stayed the same is the rest of the bar."""
    bar = Text()
    for part in parts(change):
        # However small a difference is, it is seen.
        cells = max(round(part.percent * _BAR / 100), 1)
        bar.append("━" * cells, style=_STYLES.get(part.what, "dim"))
    bar.truncate(_BAR)
    return bar


def _guards(outlook: Outlook) -> Iterator[RenderableType]:
    yield Text(f"\n{verdict(outlook)}", style="bold red" if outlook.is_held else "green")
    for tripped in outlook.tripped:
        yield Padding(Text.assemble((tripped.code, "bold"), f"  {printable(tripped.reason)}"), (0, 0, 0, 2))
