"""Diffing: an upload reduced to what changed since an earlier one, vanished rows turned into deletions.

Room: reads the files of two uploads, writes the differences below a folder it is given; bounded memory (a number per
row). Source: Canvas's public source (its diff generator and what it keeps of a diff) and the API docs.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from canvas_sandbox.engine.run import Run
from canvas_sandbox.engine.survey import TypedCsv, plain_records
from canvas_sis_csv.model import Level
from canvas_sis_csv.types import IDENTIFYING
from canvas_sis_csv.values import clean

Cells = tuple[str | None, ...]
Key = tuple[str | None, ...]

_SIZE_EXCEEDED = "Diffing not performed because file size difference exceeded threshold"
_ROWS_EXCEEDED = "Diffing not performed because difference row count exceeded threshold"


class _Undiffable(Exception):
    """Canvas cannot compare the two files, for this reason."""


@dataclass(frozen=True, slots=True)
class _Difference:
    typed: TypedCsv
    rows: int


def diff_upload(
    run: Run, current: Sequence[TypedCsv], previous: Sequence[TypedCsv], folder: Path
) -> Sequence[TypedCsv] | None:
    """The files to import instead of the whole upload; None when a threshold says to import it whole.

    Files without a counterpart come back as they are.
    """
    # The order is Canvas's: sizes before anything is read, rows after everything was compared.
    if _grew_too_much(run, current, previous):
        _report_exceeded(run, _SIZE_EXCEEDED)
        return None
    result: list[TypedCsv] = []
    changed = 0
    before_by_type = _by_type(previous)
    for type_, files in _by_type(current).items():
        # A type that is missing from the new upload deletes nothing: it is never looked at.
        before = before_by_type.get(type_, [])
        differences = _diff_type(run, type_, files, before, folder) if before else None
        result += files if differences is None else [each.typed for each in differences]
        changed += sum(each.rows for each in differences or ())
    threshold = run.options.get("diff_row_count_threshold")
    if threshold and changed > threshold:
        _report_exceeded(run, _ROWS_EXCEEDED)
        return None
    return result


def _report_exceeded(run: Run, text: str) -> None:
    run.report.message(Level.WARNING, None, None, text)
    run.report.diffing_threshold_exceeded()


def _grew_too_much(run: Run, current: Sequence[TypedCsv], previous: Sequence[TypedCsv]) -> bool:
    threshold = run.options.get("change_threshold")
    if threshold is None:
        return False
    now, before = (sum(typed.path.stat().st_size for typed in csvs) for csvs in (current, previous))
    return before > 0 and abs(1 - now / before) * 100 > threshold


def _by_type(csvs: Sequence[TypedCsv]) -> dict[str, list[TypedCsv]]:
    by_type: dict[str, list[TypedCsv]] = defaultdict(list)
    for typed in csvs:
        by_type[typed.type].append(typed)
    return by_type


def _diff_type(
    run: Run, type_: str, files: Sequence[TypedCsv], before: Sequence[TypedCsv], folder: Path
) -> list[_Difference] | None:
    """The differences of all files of one type; None, and a warning, when they cannot be compared."""
    pairs = _pairs(files, before)
    if pairs is None:
        text = f"Unable to perform diffing against mismatched previous and current {type_} imports"
        run.report.message(Level.WARNING, files[0].name, None, text)
        return None
    # What the rows that are gone shall say in their status; other types know no choice.
    option = {"enrollment": "diffing_drop_status", "user": "diffing_user_remove_status"}.get(type_, "")
    status = run.options.get(option) or "deleted"
    try:
        return [_diff_file(now, then, status, folder / f"{now.path.name}.diff") for now, then in pairs]
    except _Undiffable as error:
        run.say("diff.failed", files[0].name, reason=str(error))
        return None


def _pairs(files: Sequence[TypedCsv], before: Sequence[TypedCsv]) -> list[tuple[TypedCsv, TypedCsv]] | None:
    """Each file with its predecessor: the only one, or the one of its name."""
    if len(files) != len(before):
        return None
    if len(files) == 1:
        return [(files[0], before[0])]
    named = {typed.name: typed for typed in before}
    if any(typed.name not in named for typed in files) or len(named) != len(files):
        return None
    return [(typed, named[typed.name]) for typed in files]


def _diff_file(now: TypedCsv, then: TypedCsv, status: str, target: Path) -> _Difference:
    # The same columns in another order are no obstacle, nor are columns without a name.
    if sorted(filter(None, now.header)) != sorted(filter(None, then.header)):
        raise _Undiffable("CSV headers do not match, cannot diff")
    columns = [column for column in IDENTIFYING[now.type] if column in now.header]
    if not columns:
        raise _Undiffable("At least one primary key field must be present")
    comparison = _Comparison(now, then, columns)
    rows = 0
    # A file without a status gets one, or the rows that are gone could not say so.
    header = [*now.header, *(["status"] if "status" not in now.header else [])]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for cells in comparison.changed():
            writer.writerow(cells)
            rows += 1
        place = header.index("status")
        for cells in comparison.vanished():
            padded = [*cells, *[None] * (len(header) - len(cells))]
            padded[place] = status
            writer.writerow(padded)
            rows += 1
    return _Difference(replace(now, path=target, rows=rows, header=tuple(header)), rows)


class _Comparison:
    """Two files of one header. Rows that are equal letter by letter are told apart first and never kept."""

    def __init__(self, now: TypedCsv, then: TypedCsv, columns: Sequence[str]) -> None:
        self._now, self._then = now, then
        self._keys = [now.header.index(column) for column in columns]
        # Where each column of the new file stands in the old one; beyond every row when it has no name there.
        order = [then.header.index(name) if name and name in then.header else sys.maxsize for name in now.header]
        # The first comparison is by digest, as both files whole would not fit into memory; what survives it in either
        # file is compared cell by cell.
        self._new = self._by_key(self._unlike(now, _digests(then), range(len(now.header))))
        self._old = self._by_key(self._unlike(then, _digests(now), order))

    def _unlike(self, typed: TypedCsv, others: set[int], order: Sequence[int]) -> Iterator[Cells]:
        """The cells, in the new file's order, of rows that stand nowhere in the other file."""
        for record in _data(typed):
            if hash(tuple(record)) not in others:
                yield _cells(record, order)

    def _by_key(self, rows: Iterator[Cells]) -> dict[Key, Cells]:
        """The last row of each key; rows of blanks have none."""
        return {tuple(cells[place] for place in self._keys): cells for cells in rows if any(cells)}

    def changed(self) -> Iterator[Cells]:
        """New rows, and rows that differ from the one their key had."""
        return (cells for key, cells in self._new.items() if self._old.get(key) != cells)

    def vanished(self) -> Iterator[Cells]:
        """Rows whose key is not in the new file."""
        gone = {key: cells for key, cells in self._old.items() if key not in self._new}
        if gone:
            # A row that is equal letter by letter in both files was left out of `_new`, but its key is still there.
            for record in _data(self._now):
                gone.pop(_cells(record, self._keys), None)
        yield from gone.values()


def _cells(record: Sequence[str], places: Sequence[int]) -> Cells:
    """The trimmed cells at these places, None where the record has none."""
    return tuple(clean(record[place]) if place < len(record) else None for place in places)


def _data(typed: TypedCsv) -> Iterator[list[str]]:
    records = plain_records(typed.path)
    next(records, None)
    return records


def _digests(typed: TypedCsv) -> set[int]:
    return {hash(tuple(record)) for record in _data(typed)}
