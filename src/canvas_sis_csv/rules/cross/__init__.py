"""What Canvas says because of other rows of the same upload: certain without its database, as the clash lies inside.

Room: pure, but it remembers. Feed the rows of a drop to an `Upload` in Canvas's import order (types in their order, the
files of a type in listing order, rows as they come). A row that Canvas skips defines nothing. Where the database could
still make Canvas say something else, nothing is said: better silent than wrong.

    upload = Upload(options)
    wanted = upload.needs(types_in_drop)           # rows of other types need not be fed at all
    for hit in upload.feed("user", row, file): …   # a row that row_hits() certainly says nothing about
    for hit in upload.judge("user", row, file): …  # any other row: row_hits() and this room, in Canvas's one order
    upload.is_quiet("enrollment", column)          # many rows at once, if it is true: none of them need be fed
    for note in upload.undefined(): …              # at the end: note.file, .number, .line, .hit

Memory is bounded: of every kind the first `LIMIT` ids are remembered, about 150 bytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from canvas_sis_csv.rules import CHECKS, is_skipped_delete, row_hits, skips
from canvas_sis_csv.rules.cross.accounts import Accounts
from canvas_sis_csv.rules.cross.ids import LIMIT
from canvas_sis_csv.rules.cross.names import Names
from canvas_sis_csv.rules.cross.people import People
from canvas_sis_csv.rules.cross.places import Places
from canvas_sis_csv.rules.cross.references import DEFINES, REFERENCES, Column, Note, NumberedRow, References, bringers
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row

__all__ = ["LIMIT", "Note", "NumberedRow", "Upload"]

Check = Callable[[Row, int], Hit | None]
Learn = Callable[[Row, int], None]

END = ""
"""The stage after the last one."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How rows of a type meet the others: checks by the stage they go before, what a taken row teaches.

    `doubt` is for rows that name something Canvas may not find, so that nobody knows whether they were taken. From the
    stage `idle_from` on, Canvas leaves rows alone, without a word, that `is_idle` is true of.
    """

    checks: tuple[tuple[str, Check], ...] = ()
    learn: Learn | None = None
    doubt: Learn | None = None
    is_quiet: Callable[[Column], bool] | None = None
    idle_from: str = ""
    is_idle: Callable[[Row], bool] | None = None


class Upload:
    """The rows of one drop, seen together."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._types: set[str] = set()
        self._file_numbers: dict[str, int] = {}
        self._references = References()
        self._ways = self._make_ways()

    def _make_ways(self) -> dict[str, _Way]:
        people, accounts = People(self._options), Accounts()
        places = Places(people, self._is_plausible)
        categories = Names("group_category", "group_category_id", "category_name", self._is_plausible)
        tag_sets = Names("differentiation_tag_set", "tag_set_id", "set_name", self._is_plausible)
        return {
            "account": _Way((("model", accounts.check),), accounts.learn, accounts.doubt),
            "course": _Way(learn=places.learn_course),
            "section": _Way(learn=places.learn_section, doubt=places.doubt_section),
            "xlist": _Way(learn=places.learn_xlist, doubt=places.learn_xlist),
            "user": _Way(
                (("save", people.check_user),), people.learn_user, idle_from="save", is_idle=people.is_deleted_already
            ),
            "login": _Way((("save", people.check_login),), people.learn_login, people.learn_login),
            "enrollment": _Way(
                (("role", places.check_unrelated), (END, places.check_deleted)), is_quiet=places.is_quiet
            ),
            "group_category": _Way((("database", categories.check),), categories.learn, categories.doubt),
            "differentiation_tag_set": _Way((("database", tag_sets.check),), tag_sets.learn, tag_sets.doubt),
        }

    def needs(self, types_in_drop: Collection[str]) -> set[str]:
        """Of the types that are in the drop, those whose rows can clash with others or name what others bring.

        Call it once, before the first row.
        """
        types = self._types = set(types_in_drop)
        users = {type_ for type_ in types if type_ in _ALONE}
        for type_ in types:
            brought = {bringer for reference in REFERENCES.get(type_, ()) for bringer in bringers(reference.kind)}
            if (brought & types) - {type_} or "change_sis_id" in types:
                users |= {type_} | (brought & types)
        return users | (types & {"change_sis_id"} if users else set())

    def feed(self, type_: str, row: NumberedRow, file: str) -> tuple[Hit, ...]:
        """What other rows make Canvas say to a row that no rule of its own hits.

        Nothing when `skip_deletes` drops it.
        """
        if self._is_dropped(type_, row):
            return ()
        number = self._file_number(file)
        way = self._ways.get(type_, _NO_WAY)
        hits: list[Hit] = []
        for _, check in way.checks:
            hit = check(row, number)
            if hit:
                hits.append(hit)
                if skips(hit.code):
                    return tuple(hits)
        self._take(type_, row, file, number)
        return tuple(hits)

    def judge(self, type_: str, row: NumberedRow, file: str) -> tuple[Hit, ...]:
        """All that Canvas certainly says to any row, its own rules included, in Canvas's order."""
        number = self._file_number(file)
        hits: list[Hit] = []
        for hit in self._hits(type_, row, number):
            hits.append(hit)
            if skips(hit.code):
                return tuple(hits)
        if not self._is_dropped(type_, row):
            self._take(type_, row, file, number)
        return tuple(hits)

    def is_quiet(self, type_: str, column: Column) -> bool:
        """Whether feeding many rows would say and teach nothing; told from their columns, far faster than row by row.

        `column(name)` gives a column's values in the order of the rows (trimmed, "" when blank; an empty sequence when
        there is no such column). True only for types whose rows define nothing, enrollments above all.
        """
        if type_ in DEFINES or type_ == "change_sis_id" or self._ways.get(type_, _NO_WAY).learn:
            return False
        quiet = self._ways.get(type_, _NO_WAY).is_quiet
        return self._references.uses_nothing_new(type_, column, self._types) and (quiet is None or quiet(column))

    def _hits(self, type_: str, row: NumberedRow, number: int) -> Iterator[Hit]:
        way = self._ways.get(type_, _NO_WAY)
        for stage in CHECKS[type_]:
            yield from _asked(way.checks, stage.name, row, number)
            if way.is_idle and way.idle_from == stage.name and way.is_idle(row):
                return
            if not stage.given:
                yield from row_hits(type_, row, self._options, stage.name)
            if stage.drops_deletes and self._is_dropped(type_, row):
                return
        yield from _asked(way.checks, END, row, number)

    def _is_dropped(self, type_: str, row: Row) -> bool:
        return bool(self._options.get("skip_deletes")) and is_skipped_delete(type_, row)

    def _take(self, type_: str, row: NumberedRow, file: str, number: int) -> None:
        """Canvas takes the row, as far as the upload can tell."""
        if type_ in REFERENCES:
            self._references.use(type_, row, file, self._types)
        if type_ not in DEFINES and type_ != "change_sis_id":
            return
        founded = self._references.is_founded(type_, row, self._types)
        way = self._ways.get(type_, _NO_WAY)
        learn = way.learn if founded else way.doubt
        if learn:
            learn(row, number)
        gone = (row.get("status") or "").lower().startswith("deleted")
        self._references.define(type_, row, file, number, certainly=founded and not gone)

    def undefined(self) -> Iterator[Note]:
        """What the drop names and does not define itself; one note for each file and column."""
        return self._references.notes()

    def _is_plausible(self, kind: str, id_: str) -> bool:
        return self._references.is_plausible(kind, id_, self._types)

    def _file_number(self, file: str) -> int:
        return self._file_numbers.setdefault(file, len(self._file_numbers))


_NO_WAY = _Way()

_ALONE = frozenset({"account", "user", "group_category", "differentiation_tag_set"})
"""Types whose rows can clash among themselves."""


def _asked(checks: tuple[tuple[str, Check], ...], stage: str, row: Row, number: int) -> Iterator[Hit]:
    for before, check in checks:
        if before == stage:
            hit = check(row, number)
            if hit:
                yield hit
