"""Make candidates of what has settled; feeds with `combine: true` make one of several CSVs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sisdrop.model import DropKind
from sisdrop.watch.candidate import Candidate
from sisdrop.watch.names import natural_key
from sisdrop.watch.settle import Observation, Pending


def as_candidate(observation: Observation) -> Candidate:
    """One settled entry as a candidate."""
    assert observation.sight is not None  # noqa: S101  # it has settled
    entry = observation.entry
    return Candidate(entry.name, entry.kind, entry.paths, observation.sight.stats, observation.noticed_at)


def combine(
    settled: Sequence[Observation], unsettled: Sequence[Observation], now: float, combine_s: float
) -> tuple[list[Observation], Pending | None]:
    """The CSVs among `settled` that go as one now, and why they have to wait when they do.

    They go when no CSV of the inbox is still settling and nothing came or changed for `combine_s` seconds: the set
    may not be complete before.
    """
    files = [observation for observation in settled if observation.entry.kind is DropKind.FILE]
    late = [observation for observation in unsettled if observation.entry.kind is DropKind.FILE]
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
