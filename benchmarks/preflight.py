"""How fast the preflight is: a large file checked, against a bare `csv.reader` pass over it in the same run.

    python benchmarks/preflight.py [--rows 1000000] [--runs 3]

Prints one JSON object: for each kind of file its size, the best of the runs of both in seconds, how many times the
bare pass the check takes, and the peak memory of a process that does nothing but that check. All data is made up.

Measured 2026-11-25 on a shared virtual machine of two Xeon cores with other work on them, Python 3.11, in CPU time, the
best of seven by turns with the version before and the bare pass. Figures of single runs differ by a fifth.

| file                    | times csv.reader | before |
|-------------------------|------------------|--------|
| enrollments             | 1.3 to 1.5       | 1.3    |
| enrollments_quoted      | 1.7              | 1.6    |
| enrollments_1pct_errors | 2.4 to 2.7       | 2.6    |
| users                   | 2.8              | 5.9    |

Users are gone through once and held against each other by eight bytes a value. A file whose first rows earn messages is
read once as well: what tells its rows apart shows that too few lines repeat, which costs nearly as much as reading it
again.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CHILD = """
import json, sys, time
from pathlib import Path
from canvas_sis_csv import Member, preflight
path = Path(sys.argv[1])
member = Member(path.name, path.stat().st_size, lambda: path.open("rb"))
started = time.perf_counter()
found = preflight([member])
seconds = time.perf_counter() - started
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1 << 20)
except ImportError:
    peak = None
told = {"rows": found.files[0].rows, "findings": sum(found.counts.values())}
print(json.dumps({"seconds": seconds, "peak_mb": peak, **told}))
"""


def enrollments(rows: int) -> Iterator[str]:
    """Enrollments of about 60 bytes, all in order."""
    yield "course_id,user_id,role,section_id,status,start_date,end_date\n"
    for number in range(rows):
        course = f"2026FA-{number % 5000:05d}"
        yield f"{course},stu-{number % 200_000:07d},student,{course}-{number % 7:02d},active,2026-08-24,\n"


def enrollments_with_errors(rows: int) -> Iterator[str]:
    """Every hundredth row has something wrong."""
    yield "course_id,user_id,role,section_id,status\n"
    for number in range(rows):
        status = "actve" if number % 100 == 0 else "active"
        yield f"2026FA-{number % 5000:05d},stu-{number:07d},student,S-{number % 9000:06d},{status}\n"


def enrollments_quoted(rows: int) -> Iterator[str]:
    """Every cell in quotes, lines ending in CRLF, as some systems write."""
    yield '"course_id","user_id","role","section_id","status"\r\n'
    for number in range(rows):
        yield f'"2026FA-{number % 5000:05d}","stu-{number:07d}","student","S-{number % 9000:06d}","active"\r\n'


def users(rows: int) -> Iterator[str]:
    """Users, every one different; their logins are held against each other."""
    yield "user_id,login_id,first_name,last_name,email,status\n"
    for number in range(rows):
        name = f"First{number % 997},Last{number % 7919}"
        yield f"u-{number:07d},login{number:07d},{name},u{number}@school.example,active\n"


FILES: dict[str, tuple[Callable[[int], Iterator[str]], float]] = {
    "enrollments": (enrollments, 1),
    "enrollments_quoted": (enrollments_quoted, 1),
    "enrollments_1pct_errors": (enrollments_with_errors, 1),
    "users": (users, 1),
}
"""What is measured, and the share of the rows asked for."""


def bare_pass(path: Path) -> float:
    """Seconds of reading every record with the standard library, and nothing else."""
    started = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - started


def check(path: Path) -> dict[str, float]:
    """One check in a process of its own."""
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure(path: Path, runs: int) -> dict[str, object]:
    """Bare pass and check by turns; the best of each, and the worst of the memory."""
    bare, checks = [], []
    for _ in range(runs):
        bare.append(bare_pass(path))
        checks.append(check(path))
    best = min(each["seconds"] for each in checks)
    return {
        "rows": checks[0]["rows"],
        "size_mb": round(path.stat().st_size / 1e6, 1),
        "csv_reader_s": round(min(bare), 3),
        "check_s": round(best, 3),
        "times_csv_reader": round(best / min(bare), 2),
        "peak_mb": max(each["peak_mb"] for each in checks),
        "findings": checks[0]["findings"],
    }


def main() -> None:
    """Make the files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, share) in FILES.items():
            path = Path(folder) / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(make(int(asked.rows * share)))
            results[name] = measure(path, asked.runs)
            path.unlink()
    print(json.dumps({"python": sys.version.split()[0], "platform": sys.platform, "files": results}, indent=2))


if __name__ == "__main__":
    main()
