"""What a look at the inbox gives."""

from __future__ import annotations

from dataclasses import dataclass

from sisdrop.model import DropKind, Stat, Waiting


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that has settled and may be claimed: `paths` and `stats` are what `Spool.claim` takes.

    The stats of a folder are those of its files, sorted by name. `noticed_at` is when it was first seen (ISO, UTC).
    """

    name: str
    kind: DropKind
    paths: tuple[str, ...]
    stats: tuple[Stat, ...]
    noticed_at: str


@dataclass(frozen=True, slots=True)
class Look:
    """The inbox in one look: what may be claimed, in the order it came; what is not ready, and why; the rest."""

    settled: tuple[Candidate, ...] = ()
    settling: tuple[Waiting, ...] = ()
    ignored: tuple[str, ...] = ()
    ignored_count: int = 0
    """All that is ignored; `ignored` has the first hundred names."""
    beyond: int = 0
    """Files too many to keep an eye on at once; they get their turn when others are taken."""
    problem: str = ""
    """Why the inbox could not be listed; then nothing is known of it, not even that it is empty."""
