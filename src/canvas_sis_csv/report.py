"""Findings for a person at a terminal: by file and kind, with the lines they are about and the bad value marked.

Room: prints to the console it is given; reads the checked files again, for the few lines that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from canvas_sis_csv.drop import Member
from canvas_sis_csv.findings import Preflight
from canvas_sis_csv.lines import Line, Spot, find_lines
from canvas_sis_csv.model import Finding, Level
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
_WORST_FIRST = list(_STYLES)


def print_report(console: Console, preflight: Preflight, members: Iterable[Member], *, everything: bool) -> None:
    """Print the findings of a drop, file by file and kind by kind, and a summary."""
    by_name: dict[str, Member] = {}
    for member in members:
        by_name[member.name] = member
        # Findings on rows call a file as Canvas does, whose copy without repeats has another name.
        by_name.setdefault(deduplicated_name(member.name), member)
    report = _Report(console, preflight, limit=None if everything else SHOWN)
    names: dict[str, str] = {shown: member.name for shown, member in by_name.items()}
    named = [(names.get(finding.file, finding.file), finding) for finding in preflight.findings]
    for name, findings in groupby(named, lambda pair: pair[0]):
        report.print_file(name, by_name.get(name), [finding for _, finding in findings])
    report.print_summary()


class _Report:
    """A report on its way to the console; `limit` rows of one kind are shown, all when it is None."""

    def __init__(self, console: Console, preflight: Preflight, limit: int | None) -> None:
        self._console = console
        self._preflight = preflight
        self._limit = limit

    def print_file(self, name: str, member: Member | None, findings: Sequence[Finding]) -> None:
        """The findings of one file, the worst kind first, each kind in the order of its rows."""
        self._print_heading(name)
        ranked = sorted(findings, key=lambda finding: (_WORST_FIRST.index(finding.level), finding.code))
        groups = [list(group) for _, group in groupby(ranked, lambda finding: finding.code)]
        shown = [finding for group in groups for finding in group[: self._limit]]
        spots = {(each.line, each.column) for each in shown if each.line is not None and each.row is not None}
        lines: Mapping[Spot, Line] = {}
        if member and spots:
            with closing(member.open()) as stream:
                lines = find_lines(stream, spots)
        for group in groups:
            self._print_group(group, lines)
        self._console.print()

    def _print_heading(self, name: str) -> None:
        text = Text(printable(name), style="bold")
        facts = next((each for each in self._preflight.files if each.name == name), None)
        if facts and facts.type:
            text.append(f"  {facts.type.replace('_', ' ')}, {_count(facts.rows, 'row')}", style="dim")
        elif name in self._preflight.empty:
            text.append("  empty", style="dim")
        self._console.print(text)

    def _print_group(self, group: Sequence[Finding], lines: Mapping[Spot, Line]) -> None:
        first, shown = group[0], group[: self._limit]
        total = self._preflight.counts_in.get((first.file, first.code), len(group))
        head = Text("  ")
        head.append(first.level.value, style=_STYLES[first.level])
        head.append(f"  {first.code}", style="bold")
        head.append(f"  {_count(total, 'row')}" if first.row is not None else "")
        self._console.print(head)
        if first.row is None:
            for finding in shown:
                self._print_indented(printable(finding.message.revealed()))
        for hint in dict.fromkeys(finding.hint.revealed() for finding in shown if finding.hint):
            self._print_indented(printable(hint))
        for finding in shown if first.row is not None else ():
            message = printable(finding.message.revealed())
            self._print_indented(f"row {finding.row}, line {finding.line}: {message}")
            if line := lines.get((finding.line or 0, finding.column)):
                self._print_line(line)
        if total > len(shown):
            how = " (--all shows them)" if self._limit else ""
            self._console.print(Text(f"    … and {total - len(shown):,} more{how}", style="dim"))

    def _print_indented(self, text: str) -> None:
        """A sentence below a heading: wrapped where somebody looks at it, on one line where a program reads it."""
        width = max(_NARROWEST, self._console.width - 4)
        for line in Text(text).wrap(self._console, width) if self._console.is_terminal else [Text(text)]:
            line.rstrip()
            self._console.print(Text("    ") + line, soft_wrap=True)

    def _print_line(self, line: Line) -> None:
        """The line, and below it a mark under the value."""
        begin, end = line.begin or 0, line.end or 0
        around = _AROUND
        if self._console.is_terminal:
            room = max(_NARROWEST, self._console.width - len(f"{_INDENT}……"))
            end = min(end, begin + room)
            around = (room - (end - begin)) // 2
        left = max(0, begin - around)
        right = min(len(line.text), max(end, begin) + around)
        parts = (line.text[left:begin], line.text[begin:end], line.text[end:right])
        before, value, after = map(printable, parts)
        before, after = ("…" if left else "") + before, after + ("…" if right < len(line.text) else "")
        shown = Text(f"{_INDENT}{before}", style="dim", no_wrap=True)
        shown.append(value, style="reverse not dim")
        shown.append(after)
        self._console.print(shown, soft_wrap=True)
        if line.begin is not None:
            # Counted in cells of the terminal: East Asian letters take two.
            mark = " " * (len(_INDENT) + cell_len(before)) + "^" * max(1, cell_len(value))
            self._console.print(Text(mark, style="red"), soft_wrap=True)

    def print_summary(self) -> None:
        """How much was looked at and found, and which files hold nothing."""
        preflight = self._preflight
        rows = sum(facts.rows for facts in preflight.files)
        text = Text(f"{_count(len(preflight.files), 'file')}, {_count(rows, 'row')}: ", style="bold")
        counts = [(level, count) for level in _WORST_FIRST if (count := preflight.count(level))]
        if counts:
            text.append(Text(", ").join(Text(_count(count, level), style=_STYLES[level]) for level, count in counts))
            text.append(".")
        else:
            text.append("nothing to say against it.", style="green")
        self._console.print(text)
        for name in preflight.empty:
            self._console.print(Text(f"{printable(name)} holds nothing: Canvas ignores it without a word."))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
