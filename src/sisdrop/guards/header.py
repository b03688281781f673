"""A column of the last one is missing: the export was changed, and Canvas would take its silence for blanks.

A file of another type than the last one lacks all of them: two files have changed names.
"""

from __future__ import annotations

from sisdrop.guards.case import Case, Tripped
from sisdrop.guards.wording import listed


def header(case: Case) -> Tripped | None:
    """A column that the last accepted one had is not there; new ones and another order do not matter."""
    if not case.hold.header:
        return None
    for each in case.comparisons:
        if each.missing_columns:
            columns = "columns" if len(each.missing_columns) > 1 else "column"
            return Tripped(
                "guard.header",
                f"{listed(each.names)} lacks the {columns} {listed(each.missing_columns)}, which"
                f" {case.last(each.type)} had; hold.header is true.",
            )
    return _other_type(case)


def _other_type(case: Case) -> Tripped | None:
    types = {facts.type for facts in case.files if facts.type}
    for type_ in case.against:
        if types and type_ not in types:
            return Tripped(
                "guard.header",
                f"{listed([facts.name for facts in case.files])} holds rows of type {listed(sorted(types))}, where"
                f" {case.last(type_)} held {type_}; hold.header is true.",
            )
    return None
