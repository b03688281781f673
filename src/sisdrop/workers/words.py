"""The words of people that lie in one inbox: which are new, which were left lying, and which could not be removed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sisdrop.config import Feed
from sisdrop.errors import SpoolError
from sisdrop.model import Ignored, Stat
from sisdrop.steps import Context
from sisdrop.steps.words import Left, Obeyed, heed
from sisdrop.watch import WordFile

logger = logging.getLogger("sisdrop.workers")


class Words:
    """Has each word of one feed's inbox carried out once. For one thread.

    What was left lying stays left until it is made anew: a drop that is held later was not what it is about.
    """

    def __init__(self, context: Context, feed: Feed, *, obeyed: Callable[[], None]) -> None:
        """`obeyed` is called when a drop was released or rejected: its next step is due."""
        self._context = context
        self._feed = feed
        self._obeyed = obeyed
        self._answers: dict[str, tuple[Stat, Obeyed | Left]] = {}

    def heed(self, words: Sequence[WordFile]) -> list[Ignored]:
        """Carry out those that have settled and are new; what stays in the inbox, and why."""
        present = {word.name: word.stat for word in words}
        self._answers = {name: answer for name, answer in self._answers.items() if present.get(name) == answer[0]}
        for word in words:
            if word.has_settled and word.name not in self._answers:
                self._answers[word.name] = (word.stat, self._answer(word))
        left = ((name, self._why_left(name, *answer)) for name, answer in self._answers.items())
        return [Ignored(name, why) for name, why in left if why is not None]

    def _answer(self, word: WordFile) -> Obeyed | Left:
        answer = heed(self._context, self._feed, word)
        match answer:
            case Obeyed():
                self._obeyed()
            case Left(why=why):
                logger.warning("feed=%s %s is left in the inbox: %s", self._feed.name, word.name, why)
        return answer

    def _why_left(self, name: str, stat: Stat, answer: Obeyed | Left) -> str | None:
        if isinstance(answer, Left):
            return answer.why
        try:
            # Again at every look: a share may be read-only for a while, or the file open in an editor.
            self._context.spools[self._feed.name].remove_word(name, stat)
        except SpoolError as error:
            return f"it was carried out and cannot be removed: {error}"
        return None
