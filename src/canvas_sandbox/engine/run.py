"""One import under way: what every importer needs at hand.

Room: the database and the report it is given. Messages take their text, level and row number from the catalog.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any

from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.records import RecordWriter, Stickiness
from canvas_sandbox.engine.schema import ROOT_ACCOUNT
from canvas_sandbox.report import ImportJob, RunReport
from canvas_sandbox.sqlite import Record
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.dates import BadDate, parse_date
from canvas_sis_csv.reading import Row


class Skip(Exception):
    """The row is not imported: `code` says why, `values` what the message needs beyond the row's columns."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


class Run:
    """The job, the report, the database, and what is known for the length of one import."""

    def __init__(self, db: Database, job: ImportJob, report: RunReport, features: Collection[str]) -> None:
        self.db = db
        self.job = job
        self.options: Mapping[str, Any] = job.options
        self.report = report
        self.features = frozenset(features)
        self.records = RecordWriter(db, job.id, Stickiness.of(job.options))
        self.skip_deletes = bool(job.options.get("skip_deletes"))
        self.failed = False
        """An importer crashed: nothing more is imported, and no cleanup is done."""
        # By SIS id and looked up when asked for: this very import may bring him, or rename him.
        self._runner = job.user_sis_id or db.get_meta("runs_as")

    def say(self, code: str, file: str | None, row: Row | None = None, **values: object) -> None:
        """Report the message of a rule about a row, or about a file when there is no row."""
        rule = RULES[code]
        filled = rule.values(row, **values) if row is not None else values
        # A few of Canvas's messages about rows come without a row number: those it makes after the file's last row.
        number = row.number if row is not None and rule.numbered else None
        info = row_info(row) if row is not None and rule.numbered else None
        self.report.message(rule.level, file, number, rule.text(**filled), info)

    def account(self, sis_id: str | None, *, active: bool = False) -> Record | None:
        """The account with this SIS id; the root account has none and is not found."""
        return self._row_of("accounts", sis_id, active)

    def course(self, sis_id: str | None, *, active: bool = False) -> Record | None:
        """The course with this SIS id."""
        return self._row_of("courses", sis_id, active)

    def login(self, sis_id: str | None, *, active: bool = False) -> Record | None:
        """The login with this SIS id; suspended ones count as active."""
        return self._row_of("logins", sis_id, active)

    def _row_of(self, table: str, sis_id: str | None, active: bool) -> Record | None:
        row = self.db.by_sis_id(table, sis_id)
        return None if row is None or (active and row["state"] == "deleted") else row

    def account_chain(self, account_id: int) -> list[Record]:
        """The account and those above it, the root account last."""
        chain: list[Record] = []
        following: int | None = account_id
        # Bounded: a loop must not get in, but if one does, an import shall not hang on it.
        while following is not None and len(chain) < 1000:
            row = self.db.by_id("accounts", following)
            if row is None:
                break
            chain.append(row)
            following = row["parent_id"] or (ROOT_ACCOUNT if following != ROOT_ACCOUNT else None)
        return chain

    def is_runner(self, user_id: int) -> bool:
        """Whether this user is the one whose token runs the import."""
        login = self.login(self._runner)
        return login is not None and login["user_id"] == user_id

    def is_integration_taken(self, table: str, integration_id: str | None, row: Record | None) -> bool:
        """Whether another row of the table than this one has the integration id."""
        if integration_id is None:
            return False
        sql = f"SELECT 1 FROM {table} WHERE integration_id = ? AND id IS NOT ?"  # noqa: S608 - our own table names
        return self.db.first(sql, (integration_id, row["id"] if row is not None else None)) is not None


def row_info(row: Row) -> str:
    """A row's text as Canvas keeps it beside a message: its cells, and the row number as a last one."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([*(cell or "" for cell in row.cells), row.number])
    return text.getvalue()


# A feed has a handful of dates and says them on every row.
@lru_cache(maxsize=8192)
def date_text(value: str | None) -> str | None:
    """A date cell as it is stored, None when it is empty or says no date. Raises BadDate."""
    moment = parse_date(value) if value else None
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return moment.isoformat()  # a year that leaves the calendar when moved to UTC


def date_span(row: Row, start: str = "start_date", end: str = "end_date") -> tuple[str | None, str | None]:
    """Both dates of a row. After a bad date Canvas takes it, and the one after it, as empty."""
    first: str | None = None
    try:
        first = date_text(row.get(start))
        return first, date_text(row.get(end))
    except BadDate:
        return first, None
