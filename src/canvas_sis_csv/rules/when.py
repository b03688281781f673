"""Conditions on one row, written once and usable two ways.

Room: pure. A `When` can be asked about a whole row (`when.holds(row)`), and it can be taken apart into the tests it
makes on single columns. The first way names the row's rule; the second lets a fast reader test only the distinct
values of a column and prove that no row of a million can match, without looking at a row.

A `When` is a choice (`|`) of `Clause`s; a clause holds when every one of its column tests does, and its `joint` test,
if it has one, on the values of all its columns together. A value is what `Row.get` gives: trimmed, None when blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

Test = Callable[[str | None], bool]
Joint = Callable[..., bool]

ANY_CELL = "*"
"""A clause's column that stands for every cell of the row, cells below no header included."""


class Row(Protocol):
    """A data row as the rules see it."""

    @property
    def cells(self) -> Sequence[str | None]:
        """All values of the row, those below no header included."""
        ...

    def get(self, column: str) -> str | None:
        """The trimmed value, None when it is blank or there is no such column."""
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One way in which a condition can hold: each test on its column, and `joint` on all their values in order."""

    columns: tuple[str, ...]
    tests: tuple[Test, ...]
    joint: Joint | None = None

    @property
    def column(self) -> str | None:
        """The column to look at; None when the clause is about any cell."""
        return None if self.columns[0] == ANY_CELL else self.columns[0]

    def holds(self, row: Row) -> bool:
        """Whether every test holds for this row."""
        if self.columns[0] == ANY_CELL:
            return any(map(self.tests[0], row.cells))
        return self.holds_for([row.get(column) for column in self.columns])

    def holds_for(self, values: Sequence[str | None]) -> bool:
        """Whether it holds for these values of its columns, of which none is that for any cell."""
        if not all(test(value) for test, value in zip(self.tests, values, strict=True)):
            return False
        return self.joint is None or self.joint(*values)

    def __and__(self, other: Clause) -> Clause:
        if ANY_CELL in (*self.columns, *other.columns):
            raise ValueError("a test of every cell cannot be joined with another")
        if self.joint and other.joint:
            raise ValueError("a clause has one joint test")
        return Clause(self.columns + other.columns, self.tests + other.tests, _joint_of(self, other))


def _joint_of(left: Clause, right: Clause) -> Joint | None:
    """The joint test of two clauses joined: that of either, on its own share of the values."""
    split = len(left.columns)
    if left.joint:
        joint = left.joint
        return lambda *values: joint(*values[:split])
    if right.joint:
        joint = right.joint
        return lambda *values: joint(*values[split:])
    return None


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a row: it holds when any of its clauses does."""

    clauses: tuple[Clause, ...]

    def holds(self, row: Row) -> bool:
        """Whether the condition holds for this row."""
        return any(clause.holds(row) for clause in self.clauses)

    def __or__(self, other: When) -> When:
        return When(self.clauses + other.clauses)

    def __and__(self, other: When) -> When:
        return When(tuple(left & right for left in self.clauses for right in other.clauses))


def cell(column: str, holds: Test) -> When:
    """`holds` is true of the column's value (None when blank)."""
    return When((Clause((column,), (holds,)),))


def any_cell(holds: Test) -> When:
    """`holds` is true of some cell of the row."""
    return cell(ANY_CELL, holds)


def together(columns: tuple[str, ...], joint: Joint) -> When:
    """`joint` is true of the values of these columns, all of which are given."""
    return When((Clause(columns, tuple(is_given for _ in columns), joint),))


def is_blank(value: str | None) -> bool:
    """The cell is empty."""
    return value is None


def is_given(value: str | None) -> bool:
    """The cell holds something."""
    return value is not None


def blank(*columns: str) -> When:
    """All of these columns are blank."""
    return When((Clause(columns, tuple(is_blank for _ in columns)),))


def given(*columns: str) -> When:
    """All of these columns have a value."""
    return When((Clause(columns, tuple(is_given for _ in columns)),))


def not_starting(column: str, *words: str) -> When:
    """The value, a blank one included, starts with none of these words, in any case."""
    start = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return cell(column, lambda value: start.match(value or "") is None)


def starting(column: str, *words: str) -> When:
    """The value starts with one of these words, in any case."""
    start = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return cell(column, lambda value: start.match(value or "") is not None)


def not_among(column: str, *words: str) -> When:
    """The value, a blank one included, is none of these words, in any case."""
    allowed = frozenset(words)
    return cell(column, lambda value: (value or "").lower() not in allowed)


def among(column: str, *words: str) -> When:
    """The value is one of these words, in any case."""
    allowed = frozenset(words)
    return cell(column, lambda value: (value or "").lower() in allowed)


def not_exactly(column: str, *words: str) -> When:
    """The value, a blank one included, is none of these words, letter for letter."""
    allowed = frozenset(words)
    return cell(column, lambda value: value not in allowed)


def longer_than(column: str, characters: int) -> When:
    """The value has more than this many characters."""
    return cell(column, partial(is_longer, characters))


def is_longer(characters: int, value: str | None) -> bool:
    """The value has more than this many characters."""
    return value is not None and len(value) > characters


def joined_longer_than(column: str, other: str, characters: int) -> When:
    """The two values, with a space between them, have more than this many characters."""
    is_long_part = partial(is_longer, (characters - 1) // 2)

    def is_long_together(first: str | None, second: str | None) -> bool:
        return len(f"{first or ''} {second or ''}".strip()) > characters

    columns = (column, other)
    return When(
        (
            Clause(columns, (is_long_part, is_anything), is_long_together),
            Clause(columns, (is_anything, is_long_part), is_long_together),
        )
    )


def is_anything(_value: str | None) -> bool:
    """True of every cell: for a clause that asks about another column."""
    return True
