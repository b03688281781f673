"""Findings gathered without growing: every one is counted, the first hundred of a code in a file are kept.

Room: pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import FileFacts, Finding, Level, UnknownRows

KEPT = 100
"""Findings of one code in one file that are kept in full."""

_FOR_PROGRAMS = ("level", "code", "file", "row", "line", "message", "hint", "knowable")

KEPT_IN_DROP = 1000
"""Findings of one code in all files together that are kept; of a file after that, one of each code."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the preflight says of a drop.

    `findings` stand in the order of the files and their rows, at most `KEPT` of one code in one file, and of one
    code in a drop of many files not many more than `KEPT_IN_DROP`; `counts` counts
    all of them by code, `levels` says how bad a code is. `refused`: Canvas would drop some file whole. `empty` names
    the CSVs without any content, which Canvas ignores silently.
    """

    files: tuple[FileFacts, ...] = ()
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    refused: bool = False
    empty: tuple[str, ...] = ()
    counts_in: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """All findings by file and code."""
    unknown: Mapping[str, UnknownRows] = field(default_factory=dict)
    """By file, the rows that name what nobody is known to have brought; only files of which that can be said."""

    def count(self, level: Level) -> int:
        """How many findings of this level there are, those not kept included."""
        return sum(count for code, count in self.counts.items() if self.levels[code] is level)


class Findings:
    """The findings of one file, as they come; `keep` of each code are kept, None = all."""

    def __init__(self, keep: int | None = KEPT) -> None:
        self._keep = keep
        self.counts: Counter[str] = Counter()
        self.kept: dict[str, list[Finding]] = {}

    def add(self, code: str, make: Callable[[], Finding]) -> None:
        """Count one finding; `make` is called only while findings of its code are still kept."""
        self.counts[code] += 1
        kept = self.kept.setdefault(code, [])
        if self._keep is None or len(kept) < self._keep:
            kept.append(make())

    def in_order(self, room: Callable[[str], int] | None = None) -> list[Finding]:
        """The kept findings by row; those about the whole file first. `room` says how many of a code there is for."""
        everything = (finding for code, kept in self.kept.items() for finding in kept[: room(code) if room else None])
        return sorted(everything, key=lambda finding: finding.row or finding.line or 0)


def merge(
    collections: Iterable[Findings], *, bounded: bool = True
) -> tuple[tuple[Finding, ...], dict[str, int], dict[str, Level]]:
    """The findings of several files one after the other, the counts of all, and each code's level."""
    findings: list[Finding] = []
    taken: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    levels: dict[str, Level] = {}
    for each in collections:
        # Of every file at least one finding of a code is kept, so that none seems to be in order.
        some = each.in_order((lambda code: max(1, KEPT_IN_DROP - taken[code])) if bounded else None)
        findings.extend(some)
        taken.update(finding.code for finding in some)
        counts.update(each.counts)
        levels.update((code, kept[0].level) for code, kept in each.kept.items())
    return tuple(findings), dict(counts), levels


def as_data(preflight: Preflight) -> dict[str, Any]:
    """A preflight for programs: `files` and `findings`, these by file and, within it, from the top to the bottom."""
    in_order = sorted(preflight.findings, key=lambda finding: (finding.file, finding.line or 0, finding.row or 0))
    return {
        "files": [{"name": facts.name, "type": facts.type, "rows": facts.rows} for facts in preflight.files],
        "findings": [{name: _shown(getattr(finding, name)) for name in _FOR_PROGRAMS} for finding in in_order],
    }


def _shown(value: object) -> object:
    return value.revealed() if isinstance(value, CellText) else value
