"""Findings for a person at a terminal: by file and kind, with the lines they are about and the bad value marked.

Room: prints to the console it is given; reads the checked files again, for the few lines that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from canvas_sis_csv.drop import Member
from canvas_sis_csv.findings import Preflight
from canvas_sis_csv.lines import Line, Spot, find_lines
from canvas_sis_csv.model import FileFacts, Finding, Level
from canvas_sis_csv.repeats import deduplicated_name
from canvas_sis_csv.text import printable

SHOWN = 3
"""Rows of one kind of finding that are shown without --all."""

_AROUND = 50
"""Characters of a long line that are shown on either side of the value."""

_NARROWEST = 20
"""Characters of a line that are shown on the narrowest terminal."""

_INDENT = " " * 6

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTE: "cyan"}
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def print_report(console: Console, found: Preflight, members: Iterable[Member], *, everything: bool) -> None:
    """Print the findings of a drop, file by file and kind by kind, and a summary."""
    named = _named(members)
    facts = {each.name: each for each in found.files}
    for member, findings in _by_member(found.findings, named):
        _print_heading(console, member.name if member else findings[0].file, facts, found)
        groups = list(_by_code(findings))
        shown = [each for group in groups for each in (group if everything else group[:SHOWN])]
        lines = _lines_of(member, shown)
        for group in groups:
            _print_group(console, group, found, lines, limit=None if everything else SHOWN)
        console.print()
    _print_summary(console, found)


def _named(members: Iterable[Member]) -> dict[str, Member]:
    """The members by every name a finding may call them."""
    named: dict[str, Member] = {}
    for member in members:
        named[member.name] = member
        named.setdefault(deduplicated_name(member.name), member)
    return named


def _by_member(
    findings: Sequence[Finding], named: Mapping[str, Member]
) -> Iterator[tuple[Member | None, list[Finding]]]:
    for _, group in groupby(findings, lambda finding: _key(finding, named)):
        some = list(group)
        yield named.get(some[0].file), some


def _key(finding: Finding, named: Mapping[str, Member]) -> str:
    member = named.get(finding.file)
    return member.name if member else finding.file


def _by_code(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    """Groups of one code, the worst first, each in the order of its rows."""
    ranked = sorted(findings, key=lambda finding: (_ORDER[finding.level], finding.code))
    for _, group in groupby(ranked, lambda finding: finding.code):
        yield list(group)


def _lines_of(member: Member | None, findings: Iterable[Finding]) -> dict[Spot, Line]:
    wanted = {(each.line, each.column) for each in findings if each.line is not None and each.row is not None}
    if member is None or not wanted:
        return {}
    with closing(member.open()) as stream:
        return find_lines(stream, wanted)


def _print_heading(console: Console, name: str, facts: Mapping[str, FileFacts], found: Preflight) -> None:
    known = facts.get(name)
    text = Text(printable(name), style="bold")
    if known and known.type:
        text.append(f"  {known.type.replace('_', ' ')}, {_count(known.rows, 'row')}", style="dim")
    elif name in found.empty:
        text.append("  empty", style="dim")
    console.print(text)


def _print_group(
    console: Console, group: Sequence[Finding], found: Preflight, lines: Mapping[Spot, Line], *, limit: int | None
) -> None:
    first = group[0]
    total = found.counts_in.get((first.file, first.code), len(group))
    head = Text("  ")
    head.append(first.level.value, style=_STYLES[first.level])
    head.append(f"  {first.code}", style="bold")
    head.append(f"  {_count(total, 'row')}" if first.row is not None else "")
    console.print(head)
    for finding in group[:limit] if first.row is None else ():
        _print_indented(console, printable(finding.message))
    if first.hint:
        _print_indented(console, printable(first.hint))
    for finding in group[:limit] if first.row is not None else ():
        _print_finding(console, finding, lines)
    hidden = total - len(group[:limit])
    if hidden > 0:
        console.print(Text(f"    … and {hidden:,} more" + (" (--all shows them)" if limit else ""), style="dim"))


def _print_finding(console: Console, finding: Finding, lines: Mapping[Spot, Line]) -> None:
    _print_indented(console, f"row {finding.row}, line {finding.line}: {printable(finding.message)}")
    line = lines.get((finding.line or 0, finding.column))
    if line is not None:
        _print_line(console, line)


def _print_indented(console: Console, text: str) -> None:
    """A sentence below a heading: wrapped where somebody looks at it, on one line where a program reads it."""
    lines = Text(text).wrap(console, max(_NARROWEST, console.width - 4)) if console.is_terminal else [Text(text)]
    for line in lines:
        line.rstrip()
        console.print(Text("    ") + line, soft_wrap=True)


def _print_line(console: Console, line: Line) -> None:
    """The line, and below it a mark under the value."""
    begin = line.begin if line.begin is not None else 0
    end = line.end if line.end is not None else 0
    around = _AROUND
    if console.is_terminal:
        room = max(_NARROWEST, console.width - len(f"{_INDENT}……"))
        end = min(end, begin + room)
        around = (room - (end - begin)) // 2
    left = max(0, begin - around)
    right = min(len(line.text), max(end, begin) + around)
    before, value, after = (
        printable(part) for part in (line.text[left:begin], line.text[begin:end], line.text[end:right])
    )
    before, after = ("…" if left else "") + before, after + ("…" if right < len(line.text) else "")
    shown = Text(f"{_INDENT}{before}", style="dim", no_wrap=True)
    shown.append(value, style="reverse not dim")
    shown.append(after)
    console.print(shown, soft_wrap=True)
    if line.begin is not None:
        mark = "^" * max(1, cell_len(value))
        console.print(Text(" " * (len(_INDENT) + cell_len(before)) + mark, style="red"), soft_wrap=True)


def _print_summary(console: Console, found: Preflight) -> None:
    rows = sum(facts.rows for facts in found.files)
    errors, warnings, notes = (found.count(level) for level in (Level.ERROR, Level.WARNING, Level.NOTE))
    text = Text(f"{_count(len(found.files), 'file')}, {_count(rows, 'row')}: ", style="bold")
    if not (errors or warnings or notes):
        text.append("nothing to say against it.", style="green")
    else:
        parts = [(errors, "error", Level.ERROR), (warnings, "warning", Level.WARNING), (notes, "note", Level.NOTE)]
        said = [Text(_count(count, word), style=_STYLES[level]) for count, word, level in parts if count]
        text.append(Text(", ").join(said))
        text.append(".")
    console.print(text)
    for name in found.empty:
        console.print(Text(f"{printable(name)} holds nothing: Canvas ignores it without a word."))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
