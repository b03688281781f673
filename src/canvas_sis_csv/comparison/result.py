"""What two sets of CSVs of one type differ in, as values.

Room: words; touches nothing. All values are frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Emptied:
    """Courses (or sections) all of whose active enrollments are lost: how many, and the ids of some."""

    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What changed within one account, term or course, in rows."""

    id: str
    before: int
    rows: int
    added: int
    changed: int
    absent: int
    deleted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All files of one CSV type, against those of the same type before. Counts are of keys where nothing else stands.

    `before` is the number of rows before, None when there is nothing to compare with. `deleting_rows` are the rows of
    now that delete, whatever was before. `lost` are the keys that were active before and are absent or not active now.
    """

    type: str
    names: tuple[str, ...]
    before: int | None
    rows: int
    added: int = 0
    changed: int = 0
    absent: int = 0
    deleted: int = 0
    deleting_rows: int = 0
    active_before: int = 0
    lost: int = 0
    changed_columns: Mapping[str, int] = field(default_factory=dict)
    missing_columns: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    emptied: Mapping[str, Emptied] = field(default_factory=dict)
    groups: Mapping[str, tuple[GroupChange, ...]] = field(default_factory=dict)
