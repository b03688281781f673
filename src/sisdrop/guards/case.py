"""What the guards are asked about, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from canvas_sis_csv.comparison import Comparison
from canvas_sis_csv.model import FileFacts, Finding, UnknownRows
from canvas_sis_csv.options import ImportOptions
from sisdrop.model import Tripped

__all__ = ["FEW_ROWS", "Age", "Case", "LastAccepted", "RestOf", "Staleness", "Thresholds", "Tripped"]

FEW_ROWS = 20
"""Files of fewer rows are exempt from percentages: three of ten pupils moving away is a good night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on the guards hold; the names are those of the keys under `hold`. None = never."""

    shrink_over_pct: float | None = 20
    deletes_over_pct: float | None = 20
    absent_over_pct: float | None = 20
    emptied_over: int | None = 5
    unknown_over_pct: float | None = 50
    header: bool = True
    stale: bool = True


@dataclass(frozen=True, slots=True)
class LastAccepted:
    """What a type's files are compared with: the name of the drop, the day it was accepted, its rows of the type."""

    name: str
    on: str
    rows: int


class Age(StrEnum):
    """How a drop is known to be an old one."""

    NAME = "name"
    """The date in its name is before that of the last accepted one."""
    MODIFIED = "modified"
    """It was modified before the last accepted one was."""
    TWIN = "twin"
    """It is byte for byte one that was accepted before the last one."""


@dataclass(frozen=True, slots=True)
class Staleness:
    """A drop that is an old one: `name` of `at`, against `other` of `other_at` (times as people read them).

    `other` is the last accepted one; for a twin the earlier one that it repeats.
    """

    age: Age
    name: str
    at: str
    other: str
    other_at: str


@dataclass(frozen=True, slots=True)
class RestOf:
    """The drop of the same name that was taken so many seconds before the drop at hand was noticed."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A drop as it was read, how it would be sent, what was accepted before it, and what its feed allows."""

    files: Sequence[FileFacts]
    findings: Sequence[Finding]
    """May be bounded, but has one of every code."""
    counts: Mapping[str, int]
    """The number of findings of each code, whole."""
    refused: bool
    """Canvas would refuse a file whole."""
    options: ImportOptions
    hold_level: str
    """`error`, `warning` or `never`: `hold.findings` of the feed."""
    hold_over: int
    """`hold.findings_over` of the feed."""
    checked: bool = True
    """`check` of the feed: whether the preflight's findings and refusals count."""
    contents: Literal["full", "delta"] = "full"
    """`contents` of the feed."""
    hold: Thresholds = field(default_factory=Thresholds)
    comparisons: Sequence[Comparison] = ()
    """One for each CSV type of the drop."""
    against: Mapping[str, LastAccepted] = field(default_factory=dict)
    """By CSV type the last accepted one; a type that was never accepted is not there.

    Of a single file all types count that the last one of its name had: it may be empty now, or of another type.
    """
    empty: Sequence[str] = ()
    """Files of the drop without even a header, which Canvas ignores without a word."""
    unknown: Mapping[str, UnknownRows] = field(default_factory=dict)
    """By file, the rows that name what nobody brought; a file of which that cannot be said is not there."""
    staleness: Staleness | None = None
    rest_of: RestOf | None = None
    """Of a file that begins with a row, the one whose rest it may be."""

    @property
    def is_full(self) -> bool:
        """Whether what is missing from a file is meant to be gone."""
        return self.contents == "full"

    def last(self, type_: str) -> str:
        """The last accepted one of a type, for a sentence."""
        last = self.against.get(type_)
        return f"the last accepted one ({last.name} of {last.on})" if last else "the last accepted one"

    def is_few(self, rows: int, before: int | None) -> bool:
        """Whether so many rows, and so many before, are too few for a share of them to mean anything.

        The size of a delta says nothing about the next one's, so there the rows of now decide alone.
        """
        return rows < FEW_ROWS and (before is None or before < FEW_ROWS or not self.is_full)

    def full_comparisons(self) -> Iterator[Comparison]:
        """The comparisons whose absent rows mean something: there is a last one, and the feed sends whole files."""
        return (each for each in self.comparisons if self.is_full and each.before is not None)
