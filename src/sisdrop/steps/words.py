"""A person's word by a small file in the inbox, `users.csv.release`: which held drop it is about, and what is done."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from sisdrop.config import Feed
from sisdrop.errors import UsageError
from sisdrop.folders.layout import folded
from sisdrop.folders.owner import owner_name
from sisdrop.model import Decision, Drop, DropState, Word, WordKind
from sisdrop.steps.commands import reject, release
from sisdrop.steps.context import Context
from sisdrop.watch import WordFile

logger = logging.getLogger("sisdrop.steps")

RECENT = 100
"""Filed drops of the feed among which the one is looked for that a word was already carried out for."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """It is carried out and journaled: the file may go."""


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing was done, and the file stays where it is."""

    why: str


def heed(context: Context, feed: Feed, word: WordFile) -> Obeyed | Left:
    """Carry out what the file says, unless it was carried out before; journaled on return."""
    if not feed.release_by_file:
        return Left(f"release_by_file is false for this feed: say `sisdrop {word.decision} {word.about}`")
    held = [drop for drop in context.journal.open_drops() if drop.feed == feed.name and drop.state is DropState.HELD]
    if any(
        drop.word is not None and drop.word.file == word.stat for drop in _possibly_obeyed(context, feed, word, held)
    ):
        return Obeyed()
    meant = drop_meant(word, held)
    if isinstance(meant, Left):
        return meant
    said = Word(owner_name(word.owner), context.clock.time(), WordKind.FILE, word.stat)
    try:
        match word.decision:
            case Decision.RELEASE:
                release(context.journal, meant.id, feed.lane, word=said, seen=meant.held)
            case Decision.REJECT:
                reject(context.journal, meant.id, word=said, seen=meant.held)
            case _:
                assert_never(word.decision)
    except UsageError as error:
        return Left(str(error))
    logger.info("drop=%s feed=%s %s by %s, with %s", meant.id, feed.name, word.decision, said.by, word.name)
    return Obeyed()


def drop_meant(word: WordFile, held: Sequence[Drop]) -> Drop | Left:
    """Which of its feed's held drops the word is about. Pure.

    A word that is older than the file it is about was said about another one.
    """
    fitting = [drop for drop in held if folded(word.about) in {folded(drop.name), folded(drop.id)}]
    if not fitting:
        return Left(f"no drop called {word.about} is held")
    if len(fitting) > 1:
        ids = ", ".join(drop.id for drop in fitting)
        return Left(f"several drops called {word.about} are held ({ids}): name it {fitting[0].id}.{word.decision}")
    drop = fitting[0]
    if any(word.stat.mtime_ns < stat.mtime_ns for stat in drop.origin.stats):
        return Left(f"it is older than {drop.name} that is held; make it anew")
    return drop


def _possibly_obeyed(context: Context, feed: Feed, word: WordFile, held: Sequence[Drop]) -> Iterator[Drop]:
    """The drops that the very file may have been carried out for, before a crash or where it cannot be removed."""
    journal = context.journal
    # Names as they were dropped, which may be typed in another case.
    names = {word.about, *(drop.name for drop in held if folded(drop.name) == folded(word.about))}
    for drops in (journal.open_drops(), journal.recent(RECENT, feed.name), *map(journal.find, sorted(names))):
        yield from (drop for drop in drops if drop.feed == feed.name)
