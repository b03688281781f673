"""What every importer of a CSV type has in common: the stages of a row, skipped deletes, messages, the count.

Room: as run.py. An importer is made for one type of one import; `take` is called for every row, in order.
"""

from __future__ import annotations

from typing import ClassVar

from canvas_sandbox.engine.run import Run, Skip
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.reading import Row
from canvas_sis_csv.rules import is_skipped_delete, row_hits


class Importer:
    """Imports the rows of one CSV type. A family of types overrides `load`, and says how many rows go at a time."""

    type: ClassVar[str]
    counted_as: ClassVar[str]
    """The key of `data.counts`."""
    batch: ClassVar[int] = 1
    """So many rows pass their first checks before the database is asked about any of them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.db = run.db
        self.records = run.records
        self.count = 0
        self.file = ""
        self._refuses_nul = False
        self._waiting: list[Row] = []

    def begin_file(self, name: str, *, holds_nul: bool = False) -> None:
        """The rows that follow are of this file; `holds_nul` says that there is U+0000 in it."""
        self.file = name
        self._refuses_nul = holds_nul

    def take(self, row: Row) -> None:
        """Check a row and import it, now or with the batch it belongs to."""
        if not self.passes(row, "first"):
            return
        # Before any look-up: what such a row refers to need not exist.
        if self.run.skip_deletes and is_skipped_delete(self.type, row):
            return
        if self._refuses_nul and any("\0" in cell for cell in row.cells if cell):
            # Only users have a rule for it. PostgreSQL refuses such text, so elsewhere the whole segment breaks:
            # inferred from Canvas's public source.
            raise ValueError("a NUL character reaches the database")
        if self.batch == 1:
            self._load(row)
            return
        self._waiting.append(row)
        if len(self._waiting) >= self.batch:
            self.finish_batch()

    def finish_batch(self) -> None:
        """Import the rows that wait."""
        waiting, self._waiting = self._waiting, []
        for row in waiting:
            self._load(row)

    def end_file(self) -> None:
        """Whatever Canvas does after the last row of a file."""

    def passes(self, row: Row, stage: str) -> bool:
        """Report what a stage of row checks says; whether the row goes on."""
        goes_on = True
        for hit in row_hits(self.type, row, self.run.options, stage=stage):
            self.run.say(hit.code, self.file, row, **hit.values)
            goes_on = RULES[hit.code].row_is == "kept"
        return goes_on

    def say(self, code: str, row: Row, **values: object) -> None:
        """Report a message about a row that is imported all the same."""
        self.run.say(f"{self.type}.{code}", self.file, row, **values)

    def skip(self, code: str, **values: object) -> Skip:
        """To be raised: the row is left out for this reason."""
        return Skip(f"{self.type}.{code}", **values)

    def load(self, row: Row) -> bool:
        """Ask the database and import the row; whether it counts. Raises Skip."""
        raise NotImplementedError

    def _load(self, row: Row) -> None:
        try:
            # A row counts when it was taken, whether it changed anything or not.
            self.count += self.load(row)
        except Skip as skip:
            self.run.say(skip.code, self.file, row, **skip.values)


def status_of(row: Row) -> str:
    """The row's status in small letters, empty when there is none."""
    return (row.get("status") or "").lower()


def active_or_deleted(row: Row) -> str:
    """The state of a row whose status starts with one of the two words."""
    # Canvas asks for `active` anywhere in it: `inactive` passes for active where the status is not checked first.
    return "active" if "active" in status_of(row) else "deleted"
