"""What Canvas says because of other rows of the same upload: certain without its database, as the clash lies inside.

Room: pure, but it remembers. Feed the rows of a drop to an `Upload` in Canvas's import order (types in their order, the
files of a type in listing order, rows as they come). A row that Canvas skips defines nothing. Where the database could
still make Canvas say something else, nothing is said: better silent than wrong.

    upload = Upload(options, registry)
    wanted = upload.needs(types_in_drop)         # rows of other types need not be fed at all
    for hit in upload.feed(USER, row, file): …   # a row that row_hits() certainly says nothing about
    for hit in upload.judge(USER, row, file): …  # any other row: row_hits() and this room, in Canvas's one order
    upload.is_quiet(ENROLLMENT, column)          # many rows at once, if it is true: none of them need be fed
    for note in upload.undefined(): …            # at the end: note.file, .number, .line, .hit

Memory is bounded: of every kind the first `LIMIT` ids are remembered, about 150 bytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass

from canvas_sis_csv.cross.accounts import Accounts
from canvas_sis_csv.cross.ids import LIMIT
from canvas_sis_csv.cross.names import Names
from canvas_sis_csv.cross.people import People
from canvas_sis_csv.cross.places import Places
from canvas_sis_csv.cross.references import RENAMES, Column, NumberedRow, References
from canvas_sis_csv.cross.tallies import Note
from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from canvas_sis_csv.row_rules import is_skipped_delete, stage_hits
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row
from canvas_sis_csv.types import CANVAS, CsvType, Registry

__all__ = ["LIMIT", "Note", "NumberedRow", "Upload"]

Check = Callable[[Row, int], Hit | None]
Learn = Callable[[Row, int], None]

END = ""
"""The stage after the last one."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """How rows of a type meet the others: checks by the stage they go before, what a taken row teaches.

    `clashes_alone`: rows of the type can clash among themselves. `doubt` is for rows that name something Canvas may not
    find, so that nobody knows whether they were taken. From the stage `idle_from` on, Canvas leaves rows alone, without
    a word, that `is_idle` is true of.
    """

    checks: tuple[tuple[str, Check], ...] = ()
    learn: Learn | None = None
    doubt: Learn | None = None
    clashes_alone: bool = False
    is_quiet: Callable[[Column], bool] | None = None
    idle_from: str = ""
    is_idle: Callable[[Row], bool] | None = None

    def before(self, stage: str, row: Row, number: int) -> Iterator[Hit]:
        """What the checks say that go before this stage."""
        for name, check in self.checks:
            if name == stage and (hit := check(row, number)):
                yield hit


_ALOOF = _Meeting()
"""Rows of all other types."""


class Upload:
    """The rows of one drop, seen together."""

    def __init__(self, options: ImportOptions = NO_OPTIONS, registry: Registry = CANVAS) -> None:
        self._skip_deletes = bool(options.skip_deletes)
        self._registry = registry
        self._file_numbers: dict[str, int] = {}
        self._references = References(registry)
        self._people = People(renames=bool(options.update_sis_id_if_login_claimed))
        self._meetings = self._make_meetings(options)

    def _make_meetings(self, options: ImportOptions) -> dict[str, _Meeting]:
        people = self._people
        accounts, plausible = Accounts(), self._references.is_plausible
        places = Places(people, plausible)
        categories = Names("group_category", "group_category_id", "category_name", plausible)
        tag_sets = Names("differentiation_tag_set", "tag_set_id", "set_name", plausible)
        return {
            "account": _Meeting((("model", accounts.check),), accounts.learn, accounts.doubt, clashes_alone=True),
            "course": _Meeting(learn=places.learn_course),
            "section": _Meeting(learn=places.learn_section, doubt=places.doubt_section),
            "xlist": _Meeting(learn=places.learn_xlist, doubt=places.learn_xlist),
            "user": _Meeting(
                (("save", people.check_user),),
                people.learn_user,
                clashes_alone=True,
                idle_from="save",
                is_idle=people.is_deleted_already,
            ),
            "login": _Meeting((("save", people.check_login),), people.learn_login, people.learn_login),
            "enrollment": _Meeting(
                (("role", places.check_unrelated), (END, places.check_deleted)), is_quiet=places.is_quiet
            ),
            "group_category": _Meeting(
                (("database", categories.check),), categories.learn, categories.doubt, clashes_alone=True
            ),
            "differentiation_tag_set": _Meeting(
                (("database", tag_sets.check),), tag_sets.learn, tag_sets.doubt, clashes_alone=True
            ),
        }

    def _meeting(self, type_: CsvType) -> _Meeting:
        return self._meetings.get(type_.name, _ALOOF)

    def needs(self, types_in_drop: Collection[str]) -> set[str]:
        """Of the types that are in the drop, those whose rows can clash with others or name what others bring.

        Call it once, before the first row.
        """
        self._references.types = types = set(types_in_drop)
        users = {name for name in types if self._meeting(self._registry[name]).clashes_alone}
        for name in types:
            kinds = {reference.kind.name for reference in self._registry[name].references}
            # Rows whose ids no file of the drop brings have nothing to be held against.
            brought = {bringer for kind in kinds for bringer in self._registry.bringers[kind]} & types
            if brought - {name} or RENAMES in types:
                users |= {name} | brought
        return users | (types & {RENAMES} if users else set())

    def feed(self, type_: CsvType, row: NumberedRow, file: str) -> tuple[Hit, ...]:
        """What other rows make Canvas say to a row that no rule of its own hits.

        Nothing when `skip_deletes` drops it.
        """
        if self._is_dropped(type_, row):
            return ()
        number = self._file_number(file)
        checks = self._meeting(type_).checks
        return self._until_skipped((hit for _, check in checks if (hit := check(row, number))), type_, row, file)

    def judge(self, type_: CsvType, row: NumberedRow, file: str) -> tuple[Hit, ...]:
        """All that Canvas certainly says to any row, its own rules included, in Canvas's order."""
        return self._until_skipped(self._hits(type_, row, self._file_number(file)), type_, row, file)

    def _until_skipped(self, hits: Iterator[Hit], type_: CsvType, row: NumberedRow, file: str) -> tuple[Hit, ...]:
        """The hits up to the one that skips the row; a row that none skips is taken."""
        heard: list[Hit] = []
        for hit in hits:
            heard.append(hit)
            if self._registry.rules[hit.code].skips_row:
                return tuple(heard)
        if not self._is_dropped(type_, row):
            self._take(type_, row, file)
        return tuple(heard)

    def is_quiet(self, type_: CsvType, column: Column) -> bool:
        """Whether feeding many rows would say and teach nothing; told from their columns, far faster than row by row.

        `column(name)` gives a column's values in the order of the rows (trimmed, "" when blank; an empty sequence when
        there is no such column). True only for types whose rows define nothing, enrollments above all.
        """
        meeting = self._meeting(type_)
        if type_.defines or type_.name == RENAMES or meeting.learn:
            return False
        return self._references.uses_nothing_new(type_, column) and (
            meeting.is_quiet is None or meeting.is_quiet(column)
        )

    def _hits(self, type_: CsvType, row: NumberedRow, number: int) -> Iterator[Hit]:
        meeting = self._meeting(type_)
        for stage in type_.stages:
            yield from meeting.before(stage.name, row, number)
            if meeting.is_idle and meeting.idle_from == stage.name and meeting.is_idle(row):
                return
            if not stage.given:
                yield from stage_hits(type_, stage.name, row)
            if stage.drops_deletes and self._is_dropped(type_, row):
                return
        yield from meeting.before(END, row, number)

    def _is_dropped(self, type_: CsvType, row: Row) -> bool:
        return self._skip_deletes and is_skipped_delete(type_, row)

    def _take(self, type_: CsvType, row: NumberedRow, file: str) -> None:
        """Canvas takes the row, as far as the upload can tell."""
        if type_.references:
            self._references.use(type_, row, file)
        if not type_.defines and type_.name != RENAMES:
            return
        number = self._file_number(file)
        # If Canvas may not find what the row names, nobody knows whether the row was taken.
        founded = self._references.is_founded(type_, row)
        meeting = self._meeting(type_)
        learn = meeting.learn if founded else meeting.doubt
        if learn:
            learn(row, number)
        gone = (row.get("status") or "").lower().startswith("deleted")
        self._references.define(type_, row, file, number, certainly=founded and not gone)

    def advice(self, type_: CsvType, row: Row, file: str) -> tuple[Hit, ...]:
        """What we say of a row because of earlier ones, where Canvas says nothing. To be asked before it is fed."""
        if type_.name != "user":
            return ()
        hit = self._people.other_person(row, self._file_number(file))
        return (hit,) if hit else ()

    @property
    def people_lost(self) -> int:
        """People whose id later rows give to somebody else."""
        return self._people.lost

    def undefined(self) -> Iterator[Note]:
        """What the drop names and does not define itself; one note for each file and column."""
        return self._references.notes()

    def missing(self, kind: str, ids: Set[str]) -> Set[str]:
        """Those of these ids that no row of the upload has defined so far, as far as is remembered."""
        return self._references.missing(kind, ids)

    def _file_number(self, file: str) -> int:
        return self._file_numbers.setdefault(file, len(self._file_numbers))
