"""A school's first load and its nightly diff against the sandbox's engine; prints one line of JSON.

    python benchmarks/sandbox_day.py [--users 60000] [--sections 8000] [--enrollments 400000] [--changed 0.01]

All data is invented. `peak_rss_mb` is this process's, the making of the files included (they are written row by row).
The three imports: the whole school; the same upload a night later with a share of its enrollments changed, diffed
against the first; and that upload once more without diffing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from canvas_sandbox.engine import Engine
from canvas_sandbox.report import ImportJob, UnpackedFile
from canvas_sis_csv.model import Level

Lines = Iterator[str]


class Silent:
    """A RunReport that only counts messages and rows."""

    def __init__(self) -> None:
        self.messages = 0
        self.rows = 0
        self.counts: dict[str, int] = {}

    def message(self, level: Level, file: str | None, row: int | None, text: str, row_info: str | None = None) -> None:
        self.messages += 1

    def unpacked(self, supplied: Sequence[str], total_rows: int, files: Sequence[UnpackedFile]) -> None:
        self.rows = total_rows

    def type_done(self, type: str, counts: Mapping[str, int]) -> None:  # noqa: A002 - the word of the CSV format
        self.counts.update(counts)

    def rows_done(self, rows: int) -> None:
        pass

    def cleaning(self) -> None:
        pass

    def diffed(self, against: int, files: Sequence[UnpackedFile]) -> None:
        pass

    def diffing_threshold_exceeded(self) -> None:
        pass

    def check_abort(self) -> None:
        pass


def school(users: int, sections: int, enrollments: int, changed: float, night: int) -> dict[str, Lines]:
    """The files of one night: on nights after the first, a share of the enrollments is gone and as many are new."""
    courses = max(1, sections // 2)
    every = int(1 / changed) if changed else 0

    def enrollment_lines() -> Lines:
        yield "course_id,user_id,role,section_id,status"
        for number in range(enrollments):
            section = number % sections
            user = (number * 7919 + number // sections) % users
            if night and every and number % every == 0:
                section = (section + 1) % sections
            role = "teacher" if number % 50 == 0 else "student"
            yield f"C{section % courses},U{user},{role},S{section},active"

    return {
        "accounts.csv": iter(
            ("account_id,parent_account_id,name,status", *(f"A{n},,Account {n},active" for n in range(20)))
        ),
        "terms.csv": iter(("term_id,name,status,start_date,end_date", "T1,Fall,active,2026-08-24,2026-12-18")),
        "courses.csv": lines(
            "course_id,short_name,long_name,account_id,term_id,status",
            courses,
            lambda n: f"C{n},C {n},Course number {n},A{n % 20},T1,active",
        ),
        "sections.csv": lines(
            "section_id,course_id,name,status", sections, lambda n: f"S{n},C{n % courses},Section {n},active"
        ),
        "users.csv": lines(
            "user_id,login_id,first_name,last_name,email,status",
            users,
            lambda n: f"U{n},login{n},First{n % 977},Last{n % 3571},user{n}@school.example,active",
        ),
        "enrollments.csv": enrollment_lines(),
    }


def lines(header: str, count: int, line: Callable[[int], str]) -> Lines:
    """A header and `count` lines."""
    yield header
    for number in range(count):
        yield line(number)


def write(files: Mapping[str, Lines], path: Path) -> Path:
    """The files as a zip, written row by row."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            with archive.open(name, "w") as member:
                for line in content:
                    member.write(f"{line}\n".encode())
    return path


def timed(engine: Engine, job: ImportJob) -> dict[str, object]:
    """Perform one import and say how it went."""
    report = Silent()
    start, cpu = time.perf_counter(), time.process_time()
    result = engine.perform(job, report)
    seconds = time.perf_counter() - start
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "rows": report.rows,
        "rows_per_second": round(report.rows / seconds),
        "messages": report.messages,
        "counts": report.counts,
        "state_changes": result.total_state_changes,
    }


def main() -> int:
    """Run the three imports and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--sections", type=int, default=8_000)
    parser.add_argument("--enrollments", type=int, default=400_000)
    parser.add_argument("--changed", type=float, default=0.01)
    parser.add_argument("--folder", type=Path, default=None, help="where the database and the uploads lie")
    args = parser.parse_args()
    sizes = (args.users, args.sections, args.enrollments, args.changed)
    with tempfile.TemporaryDirectory(dir=args.folder) as name, Engine(Path(name) / "db" / "canvas.sqlite") as engine:
        folder = Path(name)
        first = write(school(*sizes, night=0), folder / "first.zip")
        second = write(school(*sizes, night=1), folder / "second.zip")
        diff = {"diffing_data_set_identifier": "school"}
        results = {
            "first": timed(engine, ImportJob(1, first, "first.zip", options=diff)),
            "nightly_diff": timed(
                engine,
                ImportJob(2, second, "second.zip", options=diff, base=first, base_id=1, base_filename="first.zip"),
            ),
            "again_whole": timed(engine, ImportJob(3, second, "second.zip")),
            "database_mb": round((folder / "db" / "canvas.sqlite").stat().st_size / 1e6, 1),
            "upload_mb": round(first.stat().st_size / 1e6, 1),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "cores": os.cpu_count(),
            "python": sys.version.split()[0],
        }
    print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
