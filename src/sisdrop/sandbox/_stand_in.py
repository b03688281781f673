"""A stand-in for the engine until `sandbox/engine` is there: counts rows, reports unknown headers. Temporary."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from sisdrop.model import Level
from sisdrop.sandbox.report import Job, Report, UnpackedFile, Verdict

KNOWN = {
    "login_id": ("user", "users"),
    "term_id": ("term", "terms"),
    "parent_account_id": ("account", "accounts"),
    "role": ("enrollment", "enrollments"),
    "role_id": ("enrollment", "enrollments"),
    "short_name": ("course", "courses"),
    "section_id": ("section", "sections"),
}


class StandIn:
    """Looks like the engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state: dict[str, Any] = {}

    def perform(self, job: Job, report: Report) -> Verdict:
        found: list[Any] = []
        with tempfile.TemporaryDirectory() as folder:
            for name, blob in self._members(job, report):
                text = blob.decode("utf-8-sig", "replace")
                rows = [row for row in csv.reader(io.StringIO(text)) if row]
                if not rows:
                    continue
                header = {cell.strip().lower() for cell in rows[0]}
                order = ["role", "role_id", "login_id", "short_name", "section_id", "parent_account_id", "term_id"]
                known = next((KNOWN[key] for key in order if key in header), None)
                if known is None:
                    report.message(Level.ERROR, name, None, "Couldn't find Canvas CSV import headers")
                    continue
                path = Path(folder) / str(len(found))
                path.write_bytes(blob)
                found.append((known, len(rows) - 1, UnpackedFile(name, len(blob), path), rows))
            report.unpacked(
                list(dict.fromkeys(f[0][0] for f in found)), sum(f[1] for f in found), [f[2] for f in found]
            )
            for (kind, key), count, file, rows in found:
                for number, row in enumerate(rows[1:], 2):
                    if not row[0]:
                        report.message(Level.WARNING, file.name, number, f"No {kind}_id given for a {kind}")
                left = count
                while left:
                    step = min(100, left)
                    report.check_abort()
                    report.rows_done(step)
                    left -= step
                report.type_done(kind, {key: count})
        return Verdict()

    def _members(self, job: Job, report: Report) -> list[tuple[str, bytes]]:
        if job.filename.lower().endswith(".csv"):
            return [(job.filename, job.upload.read_bytes())]
        if not job.filename.lower().endswith(".zip"):
            return []
        try:
            with zipfile.ZipFile(job.upload) as archive:
                return [(n, archive.read(n)) for n in archive.namelist() if n.lower().endswith(".csv")]
        except zipfile.BadZipFile:
            report.message(
                Level.ERROR, None, None, "Error while importing CSV. Please contact support. (Error report 1)"
            )
            return []

    def load_state(self, state: dict[str, Any]) -> None:
        self._state = state

    def dump_state(self) -> dict[str, Any]:
        return dict(self._state)

    def restore(self, import_id: int, **flags: Any) -> int:
        return 0

    def accounts(self) -> list[dict[str, Any]]:
        return [{"id": 1, "name": "Sandbox", "parent_account_id": None}]

    def find_term(self, reference: str) -> dict[str, Any] | None:
        return {"id": 1} if reference in ("default", "1") else None

    def close(self) -> None:
        pass
