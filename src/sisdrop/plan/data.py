"""A plan as JSON: for each CSV type the keys of the result file's `plan`, in its order, then the details."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from canvas_sis_csv.comparison import Comparison
from sisdrop.plan.outlook import Outlook


def as_data(outlook: Outlook) -> dict[str, Any]:
    """The plan as a value for JSON. `against` is null when there is nothing to compare with."""
    return {
        "against": ", ".join(outlook.plan.against) if outlook.plan.is_compared else None,
        "held": outlook.is_held,
        "files": [_file(comparison) for comparison in outlook.plan.comparisons],
        "guards": [{"code": tripped.code, "message": tripped.reason} for tripped in outlook.tripped],
    }


def _file(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": ", ".join(comparison.names),
        "type": comparison.type,
        "before": comparison.before,
        "rows": comparison.rows,
        "added": comparison.added,
        "changed": comparison.changed,
        "absent": comparison.absent,
        "deleted": comparison.deleted,
        "deleting_rows": comparison.deleting_rows,
        "active_before": comparison.active_before,
        "lost": comparison.lost,
        "changed_columns": dict(comparison.changed_columns),
        "missing_columns": list(comparison.missing_columns),
        "new_columns": list(comparison.new_columns),
        "emptied": {kind: asdict(emptied) for kind, emptied in comparison.emptied.items()},
        "groups": {
            kind: {**asdict(comparison.group_totals[kind]), "most_affected": [asdict(group) for group in groups]}
            for kind, groups in comparison.groups.items()
        },
    }
