"""What a look at the inbox gives, and how it comes of what has settled: with `combine: true` CSVs go as one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sisdrop.model import DropKind, Ignored, Stat, Waiting
from sisdrop.watch.listing import WordFile
from sisdrop.watch.names import natural_key
from sisdrop.watch.settle import Observation, Pending


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
    ignored: tuple[Ignored, ...] = ()
    ignored_count: int = 0
    """All that is ignored; `ignored` has the first hundred."""
    beyond: int = 0
    """Files too many to keep an eye on at once; they get their turn when others are taken."""
    problem: str = ""
    """Why the inbox could not be listed; then nothing is known of it, not even that it is empty."""
    words: tuple[WordFile, ...] = ()
    """Files that are a person's word about a held drop, also those that have not settled."""
    copies: tuple[Ignored, ...] = ()
    """Those of what is ignored that are copies of other files."""


def as_candidate(seen: Observation) -> Candidate:
    """One settled entry as a candidate."""
    assert seen.sight is not None  # noqa: S101  # it has settled
    return Candidate(seen.entry.name, seen.entry.kind, seen.entry.paths, seen.sight.stats, seen.noticed_at)


def combine(
    settled: Sequence[Observation], unsettled: Sequence[Observation], now: float, combine_s: float
) -> tuple[list[Observation], Pending | None]:
    """The CSVs among `settled` that go as one now, and why they have to wait when they do.

    They go when no CSV of the inbox is still settling and nothing came or changed for `combine_s` seconds: the set
    may not be complete before.
    """
    files = [seen for seen in settled if seen.entry.kind is DropKind.FILE]
    late = [seen for seen in unsettled if seen.entry.kind is DropKind.FILE]
    if not files:
        return files, None
    if late:
        return files, Pending(f"waits for {late[0].entry.name}, to go with it as one import", now + combine_s)
    quiet_from = max(file.since for file in files) + combine_s
    if now < quiet_from:
        return files, Pending(f"waits {combine_s:g} s for more files, to go with them as one import", quiet_from)
    return files, None


def group(files: Sequence[Observation]) -> Candidate:
    """One candidate of several (or one) settled CSVs, in natural order; named `users.csv+2` after the first."""
    parts = [as_candidate(file) for file in sorted(files, key=lambda file: natural_key(file.entry.name))]
    if len(parts) == 1:
        return parts[0]
    return Candidate(
        name=f"{parts[0].name}+{len(parts) - 1}",
        kind=DropKind.GROUP,
        paths=tuple(path for part in parts for path in part.paths),
        stats=tuple(stat for part in parts for stat in part.stats),
        noticed_at=min(part.noticed_at for part in parts),
    )
