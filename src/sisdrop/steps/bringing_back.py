"""A drop's files again, out of its snapshot: by a person's `accept`, and by the steps when they find them gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sisdrop.errors import Conflict, UsageError
from sisdrop.folders import Spool
from sisdrop.journal import Journal
from sisdrop.model import AttemptKind, Clock, Drop, DropKind, EventKind, Note, Transition
from sisdrop.snapshot import Unpacked
from sisdrop.steps.commands import TRIES


def bring_back(journal: Journal, spool: Spool, drop: Drop, snapshot: Path, clock: Clock, *, because: str) -> bool:
    """Put the drop's files into the spool out of its snapshot, and journal it; False when they cannot be had from it.

    `because` is a clause for people: why they are not there. On return files and journal agree, and a crash before
    that leaves nothing that the next call does not put right. Raises SpoolError, UsageError.
    """
    return spool.bring_back(drop, snapshot, _journaled(journal, drop.id, clock, because)) is not None


def _journaled(journal: Journal, drop_id: str, clock: Clock, because: str) -> Callable[[Unpacked], None]:
    """What journals that the drop's files are these from here on."""

    def journaled(unpacked: Unpacked) -> None:
        how = f"{because}, and came back from its snapshot, byte for byte"
        if not unpacked.is_exact:
            how = (
                f"{because}; the same files came back from its snapshot in a zip that was packed anew: size and check "
                "sum are those of the new zip"
            )
        for _ in range(TRIES):
            drop = journal.get(drop_id)
            if drop is None:
                return
            again = _with(drop, unpacked).tried(clock.time(), AttemptKind.BRING_BACK, how)
            try:
                journal.apply(Transition(again, Note(EventKind.BROUGHT_BACK, f"Brought {drop.name} back: {how}.")))
            except Conflict:
                continue  # somebody took a step with it
            return
        raise UsageError(f"{drop_id} changes all the time; try again in a moment.")

    return journaled


def _with(drop: Drop, unpacked: Unpacked) -> Drop:
    """The drop as its files are now: of a zip that was packed anew the result tells the new size and check sum."""
    contents = drop.contents and replace(drop.contents, size_bytes=unpacked.size_bytes, sha256=unpacked.sha256)
    stats = drop.origin.stats
    if drop.kind is DropKind.ZIP and drop.name in drop.origin.paths[: len(stats)]:
        place = drop.origin.paths.index(drop.name)
        stats = (*stats[:place], replace(stats[place], size=unpacked.size_bytes), *stats[place + 1 :])
    return replace(drop, contents=contents, origin=replace(drop.origin, stats=stats))
