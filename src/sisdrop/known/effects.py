"""What the rows of an accepted file mean for the ids in them.

Room: pure; by column, so that a million rows cost next to nothing. Source: Canvas's public source (which statuses
delete, which rows only mention what must be there already).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from canvas_sis_csv import ImportOptions
from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.row import Row
from canvas_sis_csv.row_rules import is_skipped_delete
from canvas_sis_csv.types import CANVAS
from canvas_sis_csv.types.csv_type import never_deletes


class Effect(Enum):
    """What becomes of an id."""

    NONE = 0
    HERE = 1
    """It is in Canvas now."""
    MAYBE = 2
    """It may be in Canvas now."""
    GONE = 3
    """It is deleted."""


ID_OF: dict[str, tuple[str, str]] = {
    type_.name: (type_.defines[0].column, type_.defines[0].kind.name) for type_ in CANVAS.types if type_.defines
}
"""Per type: the column of the SIS id that its rows bring, and the kind of it. Integration ids are not kept."""

KINDS = frozenset(kind for _, kind in ID_OF.values())
"""The kinds of ids that are kept."""

RENAMES = "change_sis_id"
RENAMED_KINDS = frozenset({"account", "term", "course", "section", "group", "group_category", "user"})


def kinds_touched(types: Collection[str]) -> frozenset[str]:
    """The kinds of which files of these types may bring, delete or rename ids."""
    kinds = {ID_OF[type_][1] for type_ in types if type_ in ID_OF}
    return frozenset(kinds | RENAMED_KINDS if RENAMES in types else kinds)


def kinds_doubted(types: Collection[str], options: ImportOptions, *, diffed: bool) -> frozenset[str]:
    """The kinds of which an import deletes ids that its files do not name: in batch mode, and when it was diffed."""
    doubted = {"course", "section"}.intersection(types) if options.is_batch_mode else set()
    if diffed and not options.skip_deletes:
        doubted |= {ID_OF[type_][1] for type_ in types if type_ in ID_OF and CANVAS[type_].deletes is not never_deletes}
    return frozenset(doubted)


@dataclass(frozen=True, slots=True)
class Rename:
    """One row of change_sis_id. `old` is empty when only the integration id told who it is."""

    kind: str
    old: str
    new: str
    is_sure: bool


def effects(
    type_: str, chunk: Chunk, options: ImportOptions, unsure: Collection[int] | None, *, diffed: bool = False
) -> dict[str, Effect]:
    """What the rows of a chunk mean for each id in them; the last row that means anything for an id counts.

    `unsure` are the numbers of rows that Canvas may have left out; None = all of them. A `diffed` import passes over
    rows that have not changed: an id that came back since is not deleted again, so none is.
    """
    column = ID_OF[type_][0]
    if not chunk.has(column):
        return {}
    pairs = zip(chunk.values(column), _effects_of_rows(type_, chunk, options, unsure), strict=True)
    nothing = {Effect.NONE, Effect.GONE} if diffed else {Effect.NONE}
    by_id = dict(pair for pair in pairs if pair[1] not in nothing)
    by_id.pop("", None)
    return by_id


def _effects_of_rows(
    type_: str, chunk: Chunk, options: ImportOptions, unsure: Collection[int] | None
) -> Sequence[Effect]:
    row_effects = [Effect.HERE] * chunk.size
    if chunk.has("status"):
        statuses = chunk.values("status")
        means = {status: _meaning(type_, status, options) for status in set(statuses)}
        row_effects = list(map(means.__getitem__, statuses))
    if type_ == "login" and chunk.has("root_account"):
        # Of another account: dropped without a word where Canvas trusts no other one.
        for index, account in enumerate(chunk.values("root_account")):
            if account:
                row_effects[index] = Effect.MAYBE
    if type_ == "term" and chunk.has("date_override_enrollment_type"):
        # Such a row, even a deleting one, changes the dates of a term that must be there.
        for index, override in enumerate(chunk.values("date_override_enrollment_type")):
            if override and row_effects[index] is Effect.GONE:
                row_effects[index] = Effect.HERE
    for index in range(chunk.size) if unsure is None else _places(chunk, unsure):
        row_effects[index] = Effect.NONE if row_effects[index] in {Effect.GONE, Effect.NONE} else Effect.MAYBE
    return row_effects


def _places(chunk: Chunk, numbers: Collection[int]) -> list[int]:
    return [number - chunk.number for number in numbers if 0 <= number - chunk.number < chunk.size]


def _meaning(type_: str, status: str, options: ImportOptions) -> Effect:
    if options.skip_deletes and is_skipped_delete(CANVAS[type_], Row({"status": 0}, (status,), 0, 0)):
        return Effect.NONE
    if type_ == "xlist" and status.lower() == "deleted":
        # The end of a cross-listing says nothing of the course.
        return Effect.NONE
    return Effect.GONE if CANVAS[type_].deletes(status) else Effect.HERE


def renames(chunk: Chunk, unsure: Collection[int] | None) -> list[Rename]:
    """The rows of a chunk of change_sis_id that give something a new SIS id, in their order."""
    kinds, news, olds = _column(chunk, "type"), _column(chunk, "new_id"), _column(chunk, "old_id")
    doubted = set(range(chunk.size) if unsure is None else _places(chunk, unsure))
    return [
        Rename(kind.lower(), old, new, index not in doubted)
        for index, (kind, old, new) in enumerate(zip(kinds, olds, news, strict=True))
        if new and kind.lower() in RENAMED_KINDS
    ]


def _column(chunk: Chunk, name: str) -> Sequence[str]:
    return chunk.values(name) if chunk.has(name) else [""] * chunk.size
