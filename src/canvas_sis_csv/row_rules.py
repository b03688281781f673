"""What Canvas says to one row of a CSV, as its rules have it.

Room: pure. The rules stand in rules/; here they are asked, in Canvas's order.
"""

from __future__ import annotations

from collections.abc import Iterator

from canvas_sis_csv.model import Knowable
from canvas_sis_csv.rules.rule import Hit, Rule, Stage
from canvas_sis_csv.rules.when import Row
from canvas_sis_csv.types.csv_type import CsvType


def row_hits(type_: CsvType, row: Row, *, skip_deletes: bool = False) -> Iterator[Hit]:
    """What Canvas says to this row, in its order: remarks that keep the row, and at most one that skips it, last.

    `skip_deletes` is the import option. What depends on the database is left out.
    """
    for stage in type_.stages:
        if stage.given:
            continue
        for hit, rule in _hits(stage, row):
            yield hit
            if rule.skips_row:
                return
        if stage.drops_deletes and skip_deletes and is_skipped_delete(type_, row):
            return


def stage_hits(type_: CsvType, stage: str, row: Row) -> Iterator[Hit]:
    """What a single stage says to the row, for whoever plays the database.

    The stage is asked whatever must be given for it, and `skip_deletes` is the caller's business. Raises KeyError for
    an unknown stage.
    """
    return (hit for hit, _ in _hits(type_.stage[stage], row))


def is_skipped_delete(type_: CsvType, row: Row) -> bool:
    """Whether the import option `skip_deletes` drops this row, once its `drops_deletes` stage left it standing."""
    return type_.drops_deletes and "deleted" in (row.get("status") or "").lower()


def _hits(stage: Stage, row: Row) -> Iterator[tuple[Hit, Rule]]:
    """What one stage says to the row, nothing after what skips it; each rule is said once."""
    # One rule may have several clauses in a row; the test of one column comes first, as it mostly settles the matter.
    last: Rule | None = None
    for column, may_hold, clause, rule in stage.questions:
        if rule is not last and may_hold(row.get(column)) and clause.holds(row):
            last = rule
            known = Knowable.DATABASE if stage.given else Knowable.ROW
            yield Hit(rule.code, rule.values(row), clause.column, known), rule
            if rule.skips_row:
                return
