"""What the guards are asked about, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from canvas_sis_csv.model import FileFacts, Finding
from canvas_sis_csv.options import ImportOptions
from sisdrop.model import Tripped

__all__ = ["Case", "Tripped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A drop as it was read, how it would be sent, and what its feed allows."""

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
