"""Which CSV type a header makes a file, the way Canvas decides it: the first match in its order wins.

Room: pure. Source: Canvas's public source (each importer's header test).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from canvas_sis_csv.types import CANVAS, Registry
from canvas_sis_csv.values import clean


def matching_types(
    cells: Sequence[str | None], features: Collection[str] = (), registry: Registry = CANVAS
) -> tuple[str, ...]:
    """Every type the header would do for, in Canvas's order; the first is the one the file becomes."""
    # What classification sees of a name: it is lower-cased and trimmed, and left out when it is blank.
    names = {name for cell in cells if cell and (name := clean(cell.lower()))}
    recognised = (type_ for type_ in registry.types if type_.feature is None or type_.feature in features)
    return tuple(type_.name for type_ in recognised if type_.header.holds(names))


def classify(cells: Sequence[str | None], features: Collection[str] = (), registry: Registry = CANVAS) -> str | None:
    """The type Canvas takes a file with this header for; None when it would not find its headers.

    `cells` are the first record's cells as read; `features` the account features that are on.
    """
    return next(iter(matching_types(cells, features, registry)), None)


def is_header_like(line: str, registry: Registry = CANVAS) -> bool:
    """Whether a line names a column that Canvas knows, whatever stands between the names: it is meant as a header."""
    known = {name for type_ in registry.types for name in type_.column_names}
    return not known.isdisjoint(cell.strip(' "\ufeff') for cell in re.split(r"[,;\t|]", line.strip().lower()))
