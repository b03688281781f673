"""Which rows of a chunk may break a rule: asked of the distinct values of whole columns, not of the rows.

Room: pure. The rules say of themselves which values of a column can hit (`value_checks`, `joint_checks`); rows in
which no such value stands need not be made. A row named here may still be in order: `row_hits` alone decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from canvas_sis_csv.chunks import Chunk
from canvas_sis_csv.rules import diagnoses, odd_ids
from canvas_sis_csv.rules.cells import has_prohibited, has_unprintable, holds_nul, is_bad_email
from canvas_sis_csv.rules.odd_ids import NO_IDS, NO_PERSONS
from canvas_sis_csv.rules.odd_text import spoiled
from canvas_sis_csv.rules.when import ANY_CELL, Clause, Test, is_blank, is_longer

T = TypeVar("T")

_REMEMBERED = 10_000
"""Verdicts on values of one column that are kept."""


Clearer = Callable[[Chunk, str], bool]
"""Asked of a chunk and the name of one of its columns."""


def _none_longer(characters: int, chunk: Chunk, column: str) -> bool:
    # Asked of the chunk as a whole first, where that tells.
    return (characters >= 255 and chunk.is_short) or max(map(len, chunk.values(column)), default=0) <= characters


def _has_no_oddity(no_ids: frozenset[str], chunk: Chunk, column: str) -> bool:
    # A formula begins with an equals sign. Quotes are in names, too, so there the single values are looked at.
    return (
        chunk.is_printable
        and not chunk.has_sign("=")
        and not (chunk.has_sign("'") or chunk.has_sign("`"))
        and (_all_have_digits(chunk, column) or no_ids.isdisjoint(chunk.values(column)))
    )


_ALL_BUT_DIGITS = bytes(sign for sign in range(256) if sign not in b"123456789\n")


def _all_have_digits(chunk: Chunk, column: str) -> bool:
    """Whether every value of a printable column has a digit beside 0, which no placeholder has.

    Told of all values at once: hashing each of them would take several times as long.
    """
    digits = "\n".join(chunk.values(column)).encode().translate(None, _ALL_BUT_DIGITS)
    return b"\n\n" not in b"\n%b\n" % digits


def _ids_are_plain(no_ids: frozenset[str], chunk: Chunk, column: str) -> bool:
    # Shortened numbers (2.01E+11) have a plus sign.
    return _has_no_oddity(no_ids, chunk, column) and not chunk.has_sign("+") and _none_longer(255, chunk, column)


_PLAIN_ADDRESSES = re.compile(r"(?:(?:[A-Za-z0-9._-]+@[A-Za-z0-9.-]*[A-Za-z0-9])?+\n)*+")


def _addresses_are_plain(chunk: Chunk, column: str) -> bool:
    values = chunk.values(column)
    together = "\n".join(values) + "\n"
    return together.count("\n") == len(values) and _PLAIN_ADDRESSES.fullmatch(together) is not None


_CLEARERS: dict[object, Clearer] = {
    odd_ids.id_: partial(_ids_are_plain, NO_IDS),
    odd_ids.person_id: partial(_ids_are_plain, NO_PERSONS),
    odd_ids.login: partial(_has_no_oddity, NO_PERSONS),
    spoiled: lambda chunk, _: chunk.is_clean,
    diagnoses.long_text: partial(_none_longer, 255),
    has_prohibited: lambda chunk, _: chunk.is_ascii,
    has_unprintable: lambda chunk, _: chunk.is_printable,
    is_bad_email: _addresses_are_plain,
    is_blank: lambda chunk, column: not chunk.has_blank(column),
}
"""What proves of a whole column that a test is true of no value of it: for columns whose values all differ."""


def _clearer_of(test: Test) -> Clearer | None:
    if not isinstance(test, partial):
        return _CLEARERS.get(test)
    if test.func is is_longer:
        return partial(_none_longer, test.args[0])
    return _CLEARERS.get(test.args[0]) if test.args else None


class _Column:
    """The tests on one column, with the verdicts on values seen lately."""

    def __init__(self, name: str, tests: Iterable[Test]) -> None:
        self.name = name
        self._tests = tuple(dict.fromkeys(tests))
        self._only_blank = self._tests == (is_blank,)
        clearers = [_clearer_of(test) for test in self._tests]
        self._clearers = [clearer for clearer in clearers if clearer] if all(clearers) else []
        self._verdicts: dict[str, bool] = {}

    def suspects(self, chunk: Chunk) -> Iterable[int]:
        if self.name == ANY_CELL:
            return self._anywhere(chunk)
        if not chunk.has(self.name):
            return range(chunk.size) if self._is_suspicious("") else ()
        # The commonest test of all: a search for one value is far faster than a set of all of them.
        if self._only_blank:
            return _places(chunk.values(self.name), {""}) if chunk.has_blank(self.name) else ()
        if self._clearers and all(clearer(chunk, self.name) for clearer in self._clearers):
            return ()
        return self._bad_places(chunk, self.name)

    def _anywhere(self, chunk: Chunk) -> Iterable[int]:
        if set(self._tests) == {holds_nul}:
            return range(chunk.size) if chunk.has_sign("\0") else ()
        if self._clearers and all(clearer(chunk, ANY_CELL) for clearer in self._clearers):
            return ()
        return {place for column in chunk.columns for place in self._bad_places(chunk, column)}

    def _bad_places(self, chunk: Chunk, column: str) -> list[int]:
        bad = set(filter(self._verdict, chunk.distinct(column)))
        return _places(chunk.values(column), bad) if bad else []

    def _verdict(self, value: str) -> bool:
        known = self._verdicts.get(value)
        if known is None:
            # Values that all differ would fill the memory, and none would be asked about twice.
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            known = self._verdicts[value] = self._is_suspicious(value)
        return known

    def _is_suspicious(self, value: str) -> bool:
        # Rules know a blank cell as None, columns as an empty text.
        return any(test(value or None) for test in self._tests)


def _joint_suspects(clause: Clause, chunk: Chunk) -> Iterable[int]:
    """Rows for which the test of every column of the clause, and the joint one, is true."""
    columns: list[Sequence[str]] = []
    for name, test in zip(clause.columns, clause.tests, strict=True):
        if not chunk.has(name):
            # A column that is not there is blank in every row.
            if not test(None):
                return ()
            columns.append([""] * chunk.size)
            continue
        values = chunk.values(name)
        clearer = _clearer_of(test)
        if clearer and clearer(chunk, name):
            return ()
        if test is not is_blank and not _any(test, chunk, name):
            return ()
        columns.append(values)
    rows = list(zip(*columns, strict=True))
    bad = {values for values in set(rows) if clause.holds_for([value or None for value in values])}
    return _places(rows, bad) if bad else ()


def _any(test: Test, chunk: Chunk, column: str) -> bool:
    return any(test(value or None) for value in chunk.distinct(column))


def _places(values: Sequence[T], wanted: set[T]) -> list[int]:
    return [place for place, value in enumerate(values) if value in wanted]


def suspect_finder(values: Iterable[tuple[str, Test]], joints: Iterable[Clause]) -> Callable[[Chunk], Iterator[int]]:
    """A function that names, in order, the rows of a chunk that these checks cannot clear; blank rows never."""
    by_column: dict[str, list[Test]] = {}
    for name, test in values:
        by_column.setdefault(name, []).append(test)
    checks = [_Column(name, tests).suspects for name, tests in by_column.items()]
    checks += [partial(_joint_suspects, clause) for clause in joints]

    def suspects(chunk: Chunk) -> Iterator[int]:
        rows = set[int]().union(*(check(chunk) for check in checks))
        return iter(sorted(rows - chunk.blank) if rows else ())

    return suspects
