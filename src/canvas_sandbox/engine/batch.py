"""Batch mode: what the terms hold of SIS's making and this upload did not bring is deleted.

Room: the database. Source: Canvas's public source (the cleanup at the end of a batch) and the API docs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from canvas_sandbox.engine import cascade
from canvas_sandbox.engine.run import Run
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.model import Level

_CHUNK = 1000

_EXISTING = {
    "courses": """SELECT id, state, sis_import_id FROM courses
        WHERE term_id IN (SELECT value FROM json_each(:terms)) AND state <> 'deleted'
        AND sis_import_id IS NOT NULL AND sis_id IS NOT NULL""",
    "sections": """SELECT sections.id, sections.state, sections.sis_import_id FROM sections
        JOIN courses ON courses.id = COALESCE(nonxlist_course_id, course_id)
        WHERE term_id IN (SELECT value FROM json_each(:terms)) AND sections.state <> 'deleted'
        AND sections.sis_import_id IS NOT NULL AND sections.sis_id IS NOT NULL""",
    "enrollments": """SELECT enrollments.id, enrollments.state, enrollments.sis_import_id, user_id, course_id
        FROM enrollments JOIN courses ON courses.id = course_id
        WHERE term_id IN (SELECT value FROM json_each(:terms)) AND enrollments.state <> 'deleted'
        AND enrollments.state <> :drop_status AND enrollments.sis_import_id IS NOT NULL""",
}
_ABSENT = "SELECT * FROM ({}) WHERE sis_import_id <> :import_id"
"""Every row of the upload has left the import's id, changed or not: what bears another id was not in it."""
_TYPES = {"courses": "course", "sections": "section", "enrollments": "enrollment"}


@dataclass
class Cleanup:
    """What the cleanup did. `aborted`: a threshold tripped, or there was no term; then nothing was deleted."""

    aborted: bool = False
    counts: dict[str, int] = field(default_factory=dict)


class _Stop(Exception):
    """Canvas aborts the import, with this text."""


def clean_up(run: Run, supplied: Collection[str]) -> Cleanup:
    """Delete what is absent, for the types of which the upload had a file; nothing when batch mode is off.

    Raises NotImplementedError for the drop status that Canvas accepts and has not implemented.
    """
    # The echo says `batch_mode: true` for both, but a word for multi-term that is not true (any non-empty one) leaves
    # neither a term nor the multi-term mode: then nothing is cleaned up.
    multi_term = bool(run.options.get("multi_term_batch_mode"))
    term_id = run.options.get("batch_mode_term_id") if run.options.get("batch_mode") else None
    tables = [table for table, type_ in _TYPES.items() if type_ in supplied]
    if not tables or not (multi_term or term_id):
        return Cleanup()
    try:
        terms = _terms_of(run) if multi_term else [int(str(term_id))]
        run.report.cleaning()
        sweep = _Sweep(run, terms)
        # All thresholds before the first deletion: a cleanup happens whole or not at all.
        for table in tables:
            sweep.refuse_too_many(table)
        # Enrollments, then sections, then courses: what a course takes along is then gone already, and counted once.
        counts = {f"batch_{table}_deleted": sweep.delete(table) for table in reversed(tables)}
    except _Stop as stop:
        run.report.message(Level.WARNING, None, None, str(stop))
        return Cleanup(aborted=True)
    return Cleanup(counts=counts)


def _terms_of(run: Run) -> Sequence[int]:
    """The terms this import touched."""
    terms = [row["id"] for row in run.db.all("SELECT id FROM terms WHERE sis_import_id = ?", (run.job.id,))]
    if not terms:
        raise _Stop("Terms not found. Terms must be included with multi_term_batch_mode")
    return terms


class _Sweep:
    def __init__(self, run: Run, terms: Sequence[int]) -> None:
        self._run = run
        # Courses and sections have no such choice: they are always deleted.
        self._drop_status: str = run.options.get("batch_mode_enrollment_drop_status") or "deleted"
        self._values = {"terms": json.dumps(terms), "import_id": run.job.id, "drop_status": self._drop_status}

    def refuse_too_many(self, table: str) -> None:
        """Raise _Stop when more than the threshold's share of what exists would go."""
        threshold = self._run.options.get("change_threshold")
        if threshold is None:
            return
        existing = self._count(_EXISTING[table])
        absent = self._count(_ABSENT.format(_EXISTING[table]))
        if existing and absent / existing * 100 > threshold:
            raise _Stop(f"{absent} {table} would be deleted and exceeds the set threshold of {threshold}%")

    def _count(self, sql: str) -> int:
        row = self._run.db.conn.execute(f"SELECT COUNT(*) FROM ({sql})", self._values).fetchone()  # noqa: S608 - our own queries
        count: int = row[0]
        return count

    def delete(self, table: str) -> int:
        """Delete what is absent, a piece at a time; how many."""
        absent = self._run.db.conn.execute(_ABSENT.format(_EXISTING[table]), self._values).fetchall()
        count = 0
        for start in range(0, len(absent), _CHUNK):
            self._run.report.check_abort()
            with self._run.db.transaction():
                count += self._drop(table, absent[start : start + _CHUNK])
                self._run.records.flush()
        return count

    def _drop(self, table: str, rows: Sequence[Record]) -> int:
        records = self._run.records
        if table == "enrollments":
            if self._drop_status == "deleted":
                return cascade.drop_enrollments(records, rows, batch_mode=True)
            if self._drop_status in {"completed", "inactive"}:
                return records.set_state("enrollments", rows, self._drop_status, batch_mode=True)
            # `deleted_last_completed` passes the check of the parameter; here Canvas's own code raises too.
            raise NotImplementedError(f"batch_mode_enrollment_drop_status {self._drop_status}")
        for row in rows:
            if table == "courses":
                cascade.course_changed(records, row["id"], "deleted", batch_mode=True)
            else:
                cascade.section_deleted(records, row["id"], batch_mode=True)
        return records.set_state(table, rows, "deleted", batch_mode=True)
