"""The engine's door: perform an import, restore one, load and dump what Canvas holds, look things up.

Room: the folder its database is in. One import at a time; look-ups go through connections of their own and may come
from any thread meanwhile.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from canvas_sandbox.engine import restore, state
from canvas_sandbox.engine.batch import Cleanup, clean_up
from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.diff import diff_upload
from canvas_sandbox.engine.importing import import_all, report_crash, supplied_types
from canvas_sandbox.engine.records import statistics
from canvas_sandbox.engine.run import Run
from canvas_sandbox.engine.survey import Say, TypedCsv, attachments, find_csvs
from canvas_sandbox.engine.unpack import unpack
from canvas_sandbox.engine.views import Views
from canvas_sandbox.report import Aborted, ImportJob, RunReport, RunResult


class Engine(Views):
    """A Canvas without its web server, in one SQLite file.

    With `:memory:` the file lies in a temporary folder and is gone after `close`. Uploads are unpacked into a folder
    `work` beside the file, and taken away again.
    """

    def __init__(self, db: Path | Literal[":memory:"]) -> None:
        self._own_folder = Path(tempfile.mkdtemp(prefix="canvas-sandbox-")) if db == ":memory:" else None
        path = self._own_folder / "canvas.sqlite" if self._own_folder else Path(db)
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path)
        self._db = Database(path)
        self._work = path.parent / "work"
        shutil.rmtree(self._work, ignore_errors=True)  # what an import left that was cut off by a crash
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the database; a temporary one is deleted."""
        with self._lock:
            self._db.close()
            if self._own_folder:
                shutil.rmtree(self._own_folder, ignore_errors=True)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def perform(self, job: ImportJob, report: RunReport) -> RunResult:
        """Import an upload as Canvas would, telling `report` as it goes.

        Bad input is reported, never raised. Raises Aborted when `report.check_abort` does (finished segments stay), and
        NotImplementedError for the one option that Canvas accepts and then crashes on outside its importers.
        """
        with self._lock:
            self._work.mkdir(exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._work))
            try:
                return self._perform(job, report, folder)
            finally:
                # A crash between two segments must not leave a transaction for the next import to stumble over.
                self._db.conn.rollback()
                shutil.rmtree(folder, ignore_errors=True)

    def _perform(self, job: ImportJob, report: RunReport, folder: Path) -> RunResult:
        run = Run(self._db, job, report, job.features | state.features(self._db))
        csvs = self._prepared(run, folder)
        cleanup = Cleanup()
        if csvs is not None:
            import_all(run, csvs)
            # A crash stops the cleanup, a file that was refused does not: what only that file had is then deleted, as
            # in Canvas's public source, where the cleanup comes before errors are counted.
            if not run.failed:
                cleanup = clean_up(run, set(supplied_types(csvs)))
        # Asked of the database, not counted on the way: the cleanup is in it.
        counts, total = statistics(self._db, job.id)
        return RunResult(cleanup.aborted, counts, total, cleanup.counts)

    def _prepared(self, run: Run, folder: Path) -> Sequence[TypedCsv] | None:
        """The CSVs to import; None when the upload could not be opened, which is then reported."""
        try:
            return self._unpacked(run, folder)
        except Aborted:
            raise
        except Exception:  # noqa: BLE001 - a bad archive, a full disk: Canvas answers with an error report
            report_crash(run, None)
            return None

    def _unpacked(self, run: Run, folder: Path) -> Sequence[TypedCsv]:
        job = run.job
        current = _csvs(job.upload, job.filename, folder / "current", run.features, run.say)
        chosen: Sequence[TypedCsv] = current
        if job.base is not None:
            # The problems of the earlier upload were reported when it was imported.
            base_name = job.base_filename or job.filename
            previous = _csvs(job.base, base_name, folder / "base", run.features, lambda _code, _file: None)
            chosen = diff_upload(run, current, previous, folder) or current
        total = sum(typed.rows for typed in chosen)
        run.report.unpacked(list(supplied_types(chosen)), total, attachments(current, folder))
        if chosen is not current and job.base_id is not None:
            run.report.diffed(job.base_id, attachments(chosen, folder))
        return chosen

    def restore(
        self,
        import_id: int,
        *,
        batch_mode: bool = False,
        undelete_only: bool = False,
        unconclude_only: bool = False,
        report_progress: Callable[[int], None] | None = None,
    ) -> Counter[str]:
        """Put back the states an import changed; how many there were, by class. See restore.py."""
        with self._lock:
            return restore.restore(
                self._db,
                import_id,
                batch_mode=batch_mode,
                undelete_only=undelete_only,
                unconclude_only=unconclude_only,
                report_progress=report_progress or (lambda _: None),
            )

    def load_state(self, canvas_state: Mapping[str, Any]) -> None:
        """Replace everything with this state (see state.py for its form). Raises ValueError for what is not of it."""
        with self._lock:
            state.load(self._db, canvas_state)

    def dump_state(self) -> dict[str, Any]:
        """What Canvas holds, in the form that `load_state` takes."""
        with self._lock:
            return state.dump(self._db)

    def reset(self) -> None:
        """Go back to an empty Canvas."""
        with self._lock, self._db.transaction():
            self._db.clear()

    def mark_ui_edit(self, kind: str, sis_id: str, fields: Collection[str]) -> None:
        """Mark fields as edited by a person, so that imports leave them alone.

        `kind` is a table of state.py's `EDITABLE` (`course`, `user` …), `fields` are Canvas's names (`name`,
        `course_code`, `start_at`, `workflow_state` …). Raises KeyError for an unknown kind, field or id.
        """
        with self._lock, self._db.transaction():
            state.mark_ui_edit(self._db, kind, sis_id, fields)


def _csvs(upload: Path, filename: str, folder: Path, features: Collection[str], say: Say) -> list[TypedCsv]:
    folder.mkdir()
    return find_csvs(unpack(upload, filename, folder), folder, features, say)
