"""The import proper: type by type, file by file, in segments that are written whole or not at all.

Room: the database, the files of the upload (read only), the report. Source: Canvas's public source and API docs
(segments of 100 to 1000 rows, the order of types, what a crash does).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from canvas_sandbox.engine.importers import IMPORTERS, Importer
from canvas_sandbox.engine.run import Run
from canvas_sandbox.engine.survey import TypedCsv
from canvas_sandbox.report import Aborted
from canvas_sis_csv.reading import read_csv

_SEGMENTS = 50
_SMALLEST, _LARGEST = 100, 1000


def import_all(run: Run, csvs: Sequence[TypedCsv]) -> None:
    """Import the files, which come sorted by type. Raises Aborted between two segments; what was done stays.

    A crash in an importer is reported, ends the import and sets `run.failed`; its segment leaves no trace.
    """
    # Small imports in small segments, so that an abort is soon seen; large ones in large, so that they are few.
    size = max(_SMALLEST, min(_LARGEST, sum(typed.rows for typed in csvs) // _SEGMENTS))
    for type_, files in groupby(csvs, key=lambda typed: typed.type):
        importer = IMPORTERS[type_](run)
        for file in files:
            _import_file(run, importer, file, size)
            if run.failed:
                return
        run.report.type_done(type_, {importer.counted_as: importer.count})


def _import_file(run: Run, importer: Importer, file: TypedCsv, size: int) -> None:
    try:
        _import_rows(run, importer, file, size)
    except Aborted:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, Canvas answers with an error report and ends the import
        # The transaction of the segment was rolled back: what was noted of it has not happened.
        run.records.forget()
        run.failed = True
        report_crash(run, file.name)


def report_crash(run: Run, file: str | None) -> None:
    """Say what Canvas says when something broke: a number, and that support should be asked."""
    with run.db.transaction():
        number = int(run.db.get_meta("error_reports") or 0) + 1
        run.db.set_meta("error_reports", str(number))
    run.say("file.generic_failure", file, n=number)


def _import_rows(run: Run, importer: Importer, file: TypedCsv, size: int) -> None:
    importer.begin_file(file.name, holds_nul=file.holds_nul)
    with file.path.open("rb") as stream:
        rows = read_csv(stream, run.features).rows()
        while segment := list(islice(rows, size)):
            with run.db.transaction():
                for row in segment:
                    importer.take(row)
                # A batch of rows never reaches over the end of its segment.
                importer.finish_batch()
                run.records.flush()
            run.report.rows_done(len(segment))
            run.report.check_abort()
    with run.db.transaction():
        importer.end_file()
        run.records.flush()


def supplied_types(csvs: Sequence[TypedCsv]) -> Iterator[str]:
    """The types present, once each, in Canvas's order."""
    return (type_ for type_, _ in groupby(csvs, key=lambda typed: typed.type))
