"""A diffing data set: what Canvas compares under one `diffing_data_set_identifier`, as far as its answers tell.

Canvas keeps the chain and does not show it; its rules (public source, SIS batch): the base of the next import is the
newest one of the identifier that ended well for Canvas and was sent whole on purpose (`diffing_remaster_data_set`) or
really diffed; when there is none, the first that ended well. A failed or aborted one is never a base.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sisdrop.model.states import Outcome


@dataclass(frozen=True, slots=True)
class Link:
    """One import of the chain. `series` is that of its name; empty for a feed that combines files, whose uploads all
    follow each other."""

    import_id: int
    drop: str
    feed: str
    name: str
    series: str
    types: tuple[str, ...]
    at: str
    """When it was submitted."""


class Clash(StrEnum):
    """How a drop and what Canvas would compare it with do not belong together."""

    DELETES = "deletes"
    """Another file of the same type: the rows that only the other one has are deleted."""
    COMPARES_NOTHING = "compares nothing"
    """No type in common: nothing is diffed, and what is gone from the file stays in Canvas."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """One identifier of one lane. `first_at` is when we first submitted an import of it."""

    lane: str
    identifier: str
    last: Link
    outcome: Outcome
    """How the last import ended, and with how many messages."""
    first_at: str
    message_count: int = 0
    diffed_against: int | None = None
    """The import that Canvas compared the last one with; None: it took it whole."""
    base: Link | None = None
    """What Canvas will compare the next one with; None while none of ours ended well."""
    whole_at: str | None = None
    """When the import was submitted that last became the base by being sent whole."""
    note: str = ""
    """What was wrong with how the last one was diffed, a sentence for people; empty when nothing was."""

    def clash(self, feed: str, series: str, types: Iterable[str]) -> Clash | None:
        """How a drop of that series and those types clashes with the base; None: they belong together."""
        if self.base is None or not self.base.types or not set(types):
            return None
        if not set(types) & set(self.base.types):
            return Clash.COMPARES_NOTHING
        return None if (feed, series) == (self.base.feed, self.base.series) else Clash.DELETES

    def after(self, before: DataSet | None, *, remaster: bool) -> DataSet:
        """This one, which tells of its last import alone, with base and times as they follow from what was `before`.

        `remaster`: the import was sent whole on purpose.
        """
        if before is None:
            before = self
        base, whole_at = before.base, before.whole_at
        if self.outcome.is_accepted:
            is_first = base is None and self.diffed_against is None
            if remaster or is_first:
                whole_at = self.last.at
            # One that fell back to being imported whole was neither: the base before it stays.
            if remaster or is_first or self.diffed_against is not None:
                base = self.last
        return replace(self, base=base, whole_at=whole_at, first_at=before.first_at)
