"""Two exports compared by key: what is added, changed, absent and deleted, in all and per account, term and course.

Room: reads the files it is given and writes nothing. Memory grows with the number of rows (some 20 bytes each, and 100
more while they are matched), not with what is in them.

Most rows of an export are the same every night. So rows are matched by a hash of their whole text first, which takes
none of those now apart, and only what has no equal is looked at by key and by cell. That alone is right as long as keys
do not repeat; for keys that do, all their rows are looked at, of which the last counts.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from heapq import nsmallest

from canvas_sis_csv.comparison.differences import ABSENT, ADDED, CHANGED, DELETED, Differences
from canvas_sis_csv.comparison.matching import Matching, find_repeats, match, resolve
from canvas_sis_csv.comparison.outcome import Comparison, Emptied, GroupChange, GroupTotals
from canvas_sis_csv.comparison.shape import TAKEN, Shape
from canvas_sis_csv.comparison.survey import Places, Survey, places_of
from canvas_sis_csv.comparison.table import Kept, Table, tables
from canvas_sis_csv.drop import Member
from canvas_sis_csv.types import CANVAS, Registry

__all__ = ["Comparison", "Emptied", "GroupChange", "GroupTotals", "compare"]

KEPT = 20
"""Examples and groups that are named."""

MANY = 100_000
"""Keys that rows share: of more of them than this every row is looked at, which then takes less memory."""


def compare(
    before: Sequence[Member], now: Sequence[Member], *, registry: Registry = CANVAS, full: bool = True
) -> tuple[Comparison, ...]:
    """What is different in `now`, one comparison for each CSV type in it, in Canvas's order.

    All members of one type are one table. A type that is not in `before` has nothing to be compared with. `full` says
    that files hold everything of their kind; else what they do not name is not absent. Order of rows, columns and
    files, names of files, quoting, line ends and a byte-order mark make no difference. Members that Canvas does not
    read are passed over.
    Raises FileRefused for a member that Canvas drops whole, and what opening and reading the members raises.
    """
    earlier = tables(before, registry)
    return tuple(
        _compare(earlier[name], table, full=full) if name in earlier else _first(table)
        for name, table in tables(now, registry).items()
    )


def _first(table: Table) -> Comparison:
    """What is known of a table that has nothing to be compared with."""
    shape = Shape(table.type, table.columns, table.columns)
    rows = deleting = 0
    for chunk in table.chunks():
        rows += chunk.size - len(chunk.blank)
        deleting += shape.effects(chunk).count(TAKEN)
    return Comparison(table.type.name, table.names, None, rows, deleting_rows=deleting)


def _compare(before: Table, now: Table, *, full: bool) -> Comparison:
    shape = Shape(before.type, before.columns, now.columns)
    is_same = before.is_same(now)
    old = Survey(before, shape, with_hashes=not is_same)
    if is_same:
        rows, places, found = old.rows, old.places, Differences(before, now, (b"", b""), shape)
    else:
        rows, places, found = _look_up(before, now, old, shape)
    if not full:
        found.forget_absent()
    groups = {kind: _groups(column, old.places, places, found) for kind, column in shape.grouped.items()}
    return Comparison(
        type=now.type.name,
        names=now.names,
        before=old.rows,
        rows=rows,
        added=found.counts[ADDED],
        changed=found.counts[CHANGED],
        absent=found.counts[ABSENT],
        deleted=found.counts[DELETED],
        deleting_rows=places.deleting,
        active_before=old.active,
        lost=found.lost,
        changed_columns={column: count for column, count in found.columns.most_common() if count},
        missing_columns=tuple(name for name in before.columns if name not in now.columns),
        new_columns=tuple(name for name in now.columns if name not in before.columns),
        emptied=_emptied(shape, old.places, places) if full else {},
        groups={kind: most for kind, (most, _) in groups.items()},
        group_totals={kind: totals for kind, (_, totals) in groups.items()},
    )


def _look_up(before: Table, now: Table, old: Survey, shape: Shape) -> tuple[int, Places, Differences]:
    """How many rows there are now, where they are, and what is different."""
    matching, kept = Matching(old.hashes, shape.blank), Kept()
    for chunk in now.chunks():
        hashes = array("q", shape.hashes(chunk))
        kept.add(chunk, bytes(map(matching.take(hashes).__contains__, hashes)))
    marks = matching.marks()
    found = Differences(before, now, marks, shape, kept)
    shared = find_repeats(old, found.gone_keys, found.keys)
    if len(shared) > MANY:
        new = Survey(now, shape)
        return new.rows, new.places, Differences(before, now, match(old, new), shape)
    gone, fresh = found.gone, found.fresh
    if shared:
        resolved = resolve(old, matching.now, marks, found.keys, shared)
        gone, fresh = places_of(before, resolved.before_all, shape), places_of(now, resolved.now_all, shape)
        found = Differences(before, now, (resolved.before, resolved.now), shape, kept)
    return len(matching.now) - matching.now.count(shape.blank), old.places.but(gone, fresh), found


def _emptied(shape: Shape, old: Places, new: Places) -> dict[str, Emptied]:
    emptied = {}
    for kind, column in shape.places.items():
        if kind in shape.type.fills:
            ids = sorted(old.active(column) - new.kept(column))
            emptied[kind] = Emptied(len(ids), tuple(ids[:KEPT]))
    return emptied


def _groups(column: str, old: Places, new: Places, found: Differences) -> tuple[tuple[GroupChange, ...], GroupTotals]:
    by_id: dict[str, dict[str, int]] = {}
    for (what, id_), count in found.by_place[column].items():
        if id_:
            by_id.setdefault(id_, {})[what] = count
    was, now = old.rows(column), new.rows(column)
    most = nsmallest(KEPT, by_id.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    changes = (
        GroupChange(
            id_, was[id_], now[id_], what.get(ADDED, 0), what.get(CHANGED, 0), what.get(ABSENT, 0), what.get(DELETED, 0)
        )
        for id_, what in most
    )
    return tuple(changes), GroupTotals(len(was.keys() | now.keys()), len(by_id))
