"""The words of a comparison: what is different between the rows of one CSV type before and now.

Room: values; all are frozen. Numbers count keys (see `CsvType.key`) where they do not say rows. They hold ids of
courses, sections, terms and accounts, never those of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Emptied:
    """Courses or sections that had active enrollments and would have none that is not deleted: how many, and some."""

    count: int
    examples: tuple[str, ...] = ()
    """At most 20 ids, sorted."""


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What is different in one account, term or course: `before` and `rows` are rows, the others keys."""

    id: str
    before: int
    rows: int
    added: int
    changed: int
    absent: int
    deleted: int


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """How many accounts, terms or courses there are in either file, and in how many of them something is different."""

    all: int
    affected: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows of one CSV type now against those before; where two rows have one key, the later one counts.

    A key before is `absent`, or the same, `changed` or `deleted` now; one that is new is `added`, or `deleted` when all
    its row does is to delete. What was active is lost when it is absent or deleted, and when nobody gets in any more
    (an inactive enrollment, a suspended user); not when it is concluded, which is how terms end.
    """

    type: str
    """A CSV type of Canvas: `user`."""
    names: tuple[str, ...]
    """The files now."""
    before: int | None
    """Rows before; None = there is nothing to compare with, and all that counts keys is 0."""
    rows: int
    """Rows now; rows of nothing but blanks are none."""
    added: int = 0
    changed: int = 0
    """In a column that Canvas reads and both have."""
    absent: int = 0
    """Not there any more. 0 for files that hold only what changed, as `lost` and `emptied` are."""
    deleted: int = 0
    """The row deletes now, and did not before."""
    deleting_rows: int = 0
    """Rows now that delete, or take away what they are about."""
    active_before: int = 0
    lost: int = 0
    """Active before, and absent, deleted, inactive or suspended now."""
    changed_columns: Mapping[str, int] = field(default_factory=dict)
    """How many of the changed differ in each column; those that differ most often first."""
    missing_columns: tuple[str, ...] = ()
    """Columns of before that no file has now, in their order; those that Canvas does not know included."""
    new_columns: tuple[str, ...] = ()
    emptied: Mapping[str, Emptied] = field(default_factory=dict)
    """By `course` and `section`."""
    groups: Mapping[str, tuple[GroupChange, ...]] = field(default_factory=dict)
    """By `account`, `term`, `course` (`section` for enrollments without courses), as far as the type has it: those with
    a difference, the most affected first, at most 20."""
    group_totals: Mapping[str, GroupTotals] = field(default_factory=dict)
