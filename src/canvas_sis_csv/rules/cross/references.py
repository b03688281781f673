"""Ids that a drop uses without defining them, and ids that it uses after renaming them.

Room: pure, remembers. Nothing here is certain: Canvas may well have what the drop does not define. So it is asked only
of kinds that the drop brings itself, and told once for each file and column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.cross.ids import Ids
from canvas_sis_csv.rules.notes import NAMES
from canvas_sis_csv.rules.rule import Hit
from canvas_sis_csv.rules.when import Row, When, blank, given, starting

RENAMED = "advice.renamed_id"

DEFINES: dict[str, tuple[tuple[str, str], ...]] = {
    "account": (("account_id", "account"),),
    "term": (("term_id", "term"),),
    "abstract_course": (("abstract_course_id", "abstract_course"),),
    "course": (("course_id", "course"),),
    "section": (("section_id", "section"),),
    "xlist": (("xlist_course_id", "course"),),
    "user": (("user_id", "user"), ("integration_id", "user_integration")),
    "login": (("user_id", "user"), ("integration_id", "user_integration")),
    "group_category": (("group_category_id", "group_category"),),
    "differentiation_tag_set": (("tag_set_id", "differentiation_tag_set"),),
    "group": (("group_id", "group"),),
    "differentiation_tag": (("tag_id", "differentiation_tag"),),
    "institutional_tag_category": (("category_id", "institutional_tag_category"),),
    "institutional_tag": (("institutional_tag_id", "institutional_tag"),),
}
"""Per type: which column defines an id of which kind."""


Column = Callable[[str], Sequence[str]]
"""Gives the values of a column of many rows, in their order: trimmed, "" when blank; empty when there is no column."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names something else, and when Canvas looks at it."""

    column: str
    kind: str
    when: When | None = None
    is_soft: bool = False
    """Canvas takes the row although it does not find the thing."""


_NO_FALLBACK = blank("fallback_account_id")
_BY_ID = blank("user_integration_id")
_OBSERVER = starting("role", "observer")
_LOCAL = blank("root_account")

REFERENCES: dict[str, tuple[Reference, ...]] = {
    "account": (Reference("parent_account_id", "account"),),
    "term": (Reference("term_id", "term", given("date_override_enrollment_type")),),
    "abstract_course": (Reference("term_id", "term", is_soft=True),),
    "course": (
        Reference("account_id", "account", _NO_FALLBACK),
        Reference("term_id", "term", is_soft=True),
        Reference("abstract_course_id", "abstract_course", is_soft=True),
    ),
    "section": (Reference("course_id", "course"),),
    "xlist": (Reference("section_id", "section"),),
    "login": (
        Reference("existing_user_id", "user", _LOCAL),
        Reference("existing_integration_id", "user_integration", _LOCAL),
    ),
    "enrollment": (
        Reference("user_id", "user", _BY_ID & _LOCAL),
        Reference("user_integration_id", "user_integration", _LOCAL),
        Reference("course_id", "course"),
        Reference("section_id", "section"),
        Reference("associated_user_id", "user", _OBSERVER),
        Reference("temporary_enrollment_source_user_id", "user"),
    ),
    "admin": (Reference("user_id", "user", _LOCAL), Reference("account_id", "account")),
    "group_category": (Reference("account_id", "account"), Reference("course_id", "course")),
    "differentiation_tag_set": (Reference("course_id", "course"),),
    "group": (
        Reference("account_id", "account"),
        Reference("course_id", "course"),
        Reference("group_category_id", "group_category"),
    ),
    "differentiation_tag": (
        Reference("course_id", "course"),
        Reference("tag_set_id", "differentiation_tag_set"),
    ),
    "group_membership": (Reference("user_id", "user"), Reference("group_id", "group")),
    "differentiation_tag_membership": (
        Reference("user_id", "user"),
        Reference("tag_id", "differentiation_tag"),
    ),
    "institutional_tag": (Reference("category_id", "institutional_tag_category"),),
    "institutional_tag_association": (
        Reference("user_id", "user"),
        Reference("institutional_tag_id", "institutional_tag"),
    ),
    "user_observer": (Reference("observer_id", "user"), Reference("student_id", "user")),
}
"""Per type: the columns that name something another row must have made."""


class NumberedRow(Row, Protocol):
    """A row that knows its place."""

    @property
    def number(self) -> int:
        """As Canvas counts."""
        ...

    @property
    def line(self) -> int:
        """As an editor counts."""
        ...


@dataclass(slots=True)
class Note:
    """What to say at the end about one column of one file, and the first row that showed it."""

    file: str
    number: int
    line: int
    hit: Hit


@dataclass(slots=True)
class _Tally:
    number: int
    line: int
    first: str
    count: int = 0


@cache
def bringers(kind: str) -> frozenset[str]:
    """The types whose rows define ids of this kind."""
    return frozenset(type_ for type_, pairs in DEFINES.items() for _, made in pairs if made == kind)


class References:
    """The ids a drop has defined so far, and those it used without."""

    def __init__(self) -> None:
        self._defined: dict[str, Ids] = {kind: Ids() for kind in NAMES}
        self._renamed: dict[str, set[str]] = {}
        self._tallies: dict[tuple[str, str, str, str], _Tally] = {}

    def defines(self, kind: str, id_: str) -> bool:
        """Whether a row has defined the id; true as well when there were more ids than are remembered."""
        ids = self._defined[kind]
        return id_ in ids or ids.full

    def is_plausible(self, kind: str, id_: str, types: Collection[str]) -> bool:
        """Whether an id is there as far as the drop tells: a row has certainly made it, or none makes such things."""
        return self._defined[kind].is_active(id_) or bringers(kind).isdisjoint(types)

    def is_founded(self, type_: str, row: Row, types: Collection[str]) -> bool:
        """Whether all that Canvas must find for this row is plausibly there."""
        return all(
            self.is_plausible(reference.kind, id_, types)
            for reference in REFERENCES.get(type_, ())
            if not reference.is_soft and (id_ := row.get(reference.column))
            if reference.when is None or reference.when.holds(row)
        )

    def use(self, type_: str, row: NumberedRow, file: str, types: Collection[str]) -> None:
        """Note what the row names and no row has defined; only kinds are asked for that types of the drop bring."""
        for reference in REFERENCES.get(type_, ()):
            id_ = row.get(reference.column)
            if id_ is None or (reference.when and not reference.when.holds(row)):
                continue
            self._note_renamed(type_, reference.kind, reference.column, id_, row, file)
            if self.defines(reference.kind, id_) or bringers(reference.kind).isdisjoint(types):
                continue
            self._tally(f"note.undefined_{reference.kind}", type_, reference.column, id_, row, file)

    def uses_nothing_new(self, type_: str, column: Column, types: Collection[str]) -> bool:
        """Whether `use` would note nothing about any row of these columns."""
        for reference in REFERENCES.get(type_, ()):
            ids = set(column(reference.column)) - {""}
            brought = not bringers(reference.kind).isdisjoint(types)
            if not ids.isdisjoint(self._renamed.get(reference.kind, ())):
                return False
            if brought and not self._defined[reference.kind].full and not self._defined[reference.kind].has_all(ids):
                return False
        return True

    def define(self, type_: str, row: NumberedRow, file: str, number: int, *, certainly: bool) -> None:
        """The row was taken, or may have been: its ids are there from now on."""
        if type_ == "change_sis_id":
            self._rename(row)
        for column, kind in DEFINES.get(type_, ()):
            id_ = row.get(column)
            if id_:
                self._note_renamed(type_, kind, column, id_, row, file)
                self._defined[kind].say(id_, number, active=certainly)

    def _rename(self, row: NumberedRow) -> None:
        kind = (row.get("type") or "").lower()
        old, new = row.get("old_id"), row.get("new_id")
        if old and new and kind in self._defined:
            self._renamed.setdefault(kind, set()).add(old)
            self._renamed[kind].discard(new)
            self._defined[kind].say(new, 0)

    def _note_renamed(self, type_: str, kind: str, column: str, id_: str, row: NumberedRow, file: str) -> None:
        if id_ in self._renamed.get(kind, ()):
            self._tally(RENAMED, type_, column, id_, row, file)

    def _tally(self, code: str, type_: str, column: str, id_: str, row: NumberedRow, file: str) -> None:
        key = (code, type_, column, file)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(row.number, row.line, id_)
        tally.count += 1

    def notes(self) -> Iterator[Note]:
        """One note for each file and column, in the order in which they came up."""
        for (code, _, column, file), tally in self._tallies.items():
            kind = NAMES.get(code.removeprefix("note.undefined_"), "")
            rows = f"{tally.count:,} rows" if tally.count > 1 else "1 row"
            values = {"rows": rows, "column": column, "kind": kind, "first": tally.first}
            known = Knowable.IMPORT if code == RENAMED else Knowable.DATABASE
            yield Note(file, tally.number, tally.line, Hit(code, values, column, known))
