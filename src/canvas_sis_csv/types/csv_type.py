"""What a CSV type is: everything that holds for one type of Canvas's SIS CSVs, as one value.

Room: words; the values are in the modules beside this one, a family of types each, in which order Canvas tries them
in `__init__`. Source of the facts in them: Canvas's public SIS CSV documentation and source.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

from canvas_sis_csv.rules.diagnoses import Diagnosis
from canvas_sis_csv.rules.rule import Stage
from canvas_sis_csv.rules.when import Clause, Test, When

REQUIRED = "required"
OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a CSV type. `need` is `required`, `optional`, or says on what it depends."""

    name: str
    need: str
    remark: str = ""
    watch: Diagnosis | None = None
    """What may be treacherous about its values, beyond what is watched in every column of the name (see advice)."""
    words: tuple[str, ...] = ()
    """Those that Canvas takes, where it takes no other: a value that it refuses is held against them."""

    @property
    def is_required(self) -> bool:
        """Whether a row without a value here is always refused."""
        return self.need == REQUIRED


def required(name: str, remark: str = "", watch: Diagnosis | None = None, words: tuple[str, ...] = ()) -> Column:
    """A column that every row must fill."""
    return Column(name, REQUIRED, remark, watch, words)


def optional(*names: str) -> tuple[Column, ...]:
    """Columns of which there is nothing to remark."""
    return tuple(Column(name, OPTIONAL) for name in names)


@dataclass(frozen=True, slots=True)
class HeaderTest:
    """By which columns Canvas recognises a type: all of some, one of each other group, none of the unwanted.

    Of each group in `any_of` the most usual column stands first.
    """

    all_of: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()

    def holds(self, names: Collection[str]) -> bool:
        """Whether a header of these names, lower-cased and trimmed, is one of the type."""
        return (
            all(name in names for name in self.all_of)
            and all(any(name in names for name in group) for group in self.any_of)
            and not any(name in names for name in self.none_of)
        )

    @property
    def usual(self) -> tuple[str, ...]:
        """A set of columns that suffices."""
        return self.all_of + tuple(group[0] for group in self.any_of)


_IN_CANVAS = (
    "Fine if Canvas has it from an earlier import; else Canvas skips these rows. Check the id if you expected it here."
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of id that rows define and others name: that of a CSV type, but for integration ids."""

    name: str
    called: str
    """As it is called in a note: `a course`."""
    if_unknown: str = _IN_CANVAS
    """What to do when a drop names one that it does not define."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A column that holds an id which the row makes."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names something another row must have made, and when Canvas looks at it."""

    column: str
    kind: Kind
    when: When | None = None
    is_soft: bool = False
    """Canvas takes the row although it does not find the thing."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A later type that was probably meant, though this one wins: when columns stand there that only it has."""

    meant: str
    because: str
    """The column that misleads Canvas."""
    marks: tuple[str, ...]


def deletes_unless_active(status: str) -> bool:
    """Most types: the word `deleted` anywhere in a status that Canvas took, but `active` wins."""
    return "deleted" in status.lower() and "active" not in status.lower()


def never_ends(_status: str) -> bool:
    """Types that have no status for what is over and yet stays."""
    return False


def never_deletes(_status: str) -> bool:
    """Types whose rows take nothing away that they define."""
    return False


@dataclass(frozen=True, kw_only=True, eq=False)
class CsvType:
    """One type of SIS CSV. `name` is Canvas's own; two values are never equal, whatever their names."""

    name: str
    header: HeaderTest
    columns: tuple[Column, ...]
    """Those that Canvas knows, the needed ones first."""
    stages: tuple[Stage, ...]
    """What Canvas says to single rows, in its order; see rules/."""
    identifying: tuple[str, ...] = ()
    """The columns by which diffing tells rows apart, in Canvas's words; none = Canvas cannot diff the type."""
    defines: tuple[Definition, ...] = ()
    """The ids its rows make; the SIS id first."""
    references: tuple[Reference, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    feature: str | None = None
    """The account feature without which Canvas does not recognise it."""
    deletes: Callable[[str], bool] = deletes_unless_active
    """Whether a status that Canvas took deletes what the row defines."""
    key: tuple[tuple[str, ...], ...] = ()
    """By what Canvas finds the thing that a row is about, so that a later row of the same key overwrites it: of each
    part the first column that has a value. None = only the row as a whole is a key."""
    takes_away: Callable[[str], bool] | None = None
    """Whether a status takes away what the row is about, where that is another question than `deletes`."""
    ends: Callable[[str], bool] = never_ends
    """Whether a status leaves the thing there, and over."""
    shuts: Callable[[str], bool] = never_ends
    """Whether a status leaves the thing there, and keeps people out who were let in before."""
    fills: tuple[str, ...] = ()
    """The kinds of things that it names and that are empty without its rows."""

    @cached_property
    def column(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def column_names(self) -> frozenset[str]:
        """The names of all columns."""
        return frozenset(column.name for column in self.columns)

    @cached_property
    def stage(self) -> dict[str, Stage]:
        """The stages by name."""
        return {stage.name: stage for stage in self.stages}

    @cached_property
    def drops_deletes(self) -> bool:
        """Whether the import option `skip_deletes` means anything to it."""
        return any(stage.drops_deletes for stage in self.stages)

    @cached_property
    def value_checks(self) -> tuple[tuple[str, Test], ...]:
        """(column, suspicious): see the fast path in rules/."""
        return tuple((clause.columns[0], clause.tests[0]) for clause in self._clauses() if len(clause.columns) == 1)

    @cached_property
    def joint_checks(self) -> tuple[Clause, ...]:
        """Conditions on several columns together: see the fast path in rules/."""
        return tuple(clause for clause in self._clauses() if len(clause.columns) > 1)

    def _clauses(self) -> list[Clause]:
        return [clause for stage in self.stages if not stage.given for _, _, clause, _ in stage.questions]
