"""What a comparison of two exports costs, against reading both with nothing but `csv.reader`.

    python benchmarks/comparison.py [--rows 1000000] [--runs 3]

Prints one JSON object. For each pair of enrollments files: the processor seconds of two bare `csv.reader` passes, one
over each, and of `compare`; how many times the first the second is; the peak memory of the process, and what was found.
Of some runs in turn, each in a process of its own, the fastest of both counts: what else the machine does slows both
down. All data is made up.

- `same`: the very same file again.
- `night`: 5 % of the rows are different: half of them concluded, half of them other people.
- `reordered`: the same rows in another order.
- `columns`: the same rows with the columns in another order.
- `quoted`: as `night`, with every cell in quotes and CRLF.
- `repeats`: as `night`, and every thousandth row stands there twice.
- `all_changed`: every row is concluded.
- `all_new`: every user id has a prefix that it did not have.

Measured 2026-11-25 on a shared virtual machine of two Xeon cores, Python 3.11, a million rows, while one other program
was busy (load 2 to 3), which slows a comparison, whose tables are large, more than it slows `csv.reader`:

| pair        | csv.reader | compare | times | peak   |
|-------------|------------|---------|-------|--------|
| same        | 1.1 s      | 1.2 s   | 1.1   | 42 MB  |
| night       | 1.1 s      | 3.0 s   | 2.7   | 98 MB  |
| reordered   | 1.4 s      | 3.5 s   | 2.4   | 119 MB |
| columns     | 1.8 s      | 2.9 s   | 1.6   | 56 MB  |
| quoted      | 1.6 s      | 4.6 s   | 2.9   | 107 MB |
| repeats     | 1.5 s      | 6.2 s   | 4.0   | 150 MB |
| all_changed | 1.2 s      | 10.1 s  | 8.4   | 335 MB |
| all_new     | 1.3 s      | 10.5 s  | 8.3   | 340 MB |
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

CHILD = """
import csv, json, sys, time
from pathlib import Path
from canvas_sis_csv import Member
from canvas_sis_csv.comparison import compare

paths = [Path(path) for path in sys.argv[1:]]
members = [[Member.of_file("enrollments.csv", path)] for path in paths]
started = time.process_time()
for path in paths:
    with path.open(newline="") as file:
        for row in csv.reader(file):
            pass
bare = time.process_time() - started
started = time.process_time()
(found,) = compare(*members)
seconds = time.process_time() - started
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1 << 20)
except ImportError:
    peak = None
kinds = ("added", "changed", "absent", "deleted")
told = {"bare": bare, "seconds": seconds, "peak_mb": peak} | {kind: getattr(found, kind) for kind in kinds}
print(json.dumps(told))
"""

HEADER = ("course_id", "user_id", "role", "section_id", "status", "associated_user_id")
Row = tuple[str, ...]


def enrollments(numbers: Iterable[int]) -> Iterator[Row]:
    """The enrollments of these numbers, thirty to a course, with the users all over."""
    for number in numbers:
        course, user = f"2026FA-{number // 30:05d}", f"u-{number * 7919 % 1_000_003:07d}"
        yield course, user, "student", f"S-{number // 30:05d}", "active", ""


def night(rows: Iterable[Row]) -> Iterator[Row]:
    """The next export."""
    chance = random.Random(7)
    for course, user, role, section, status, other in rows:
        if chance.random() >= 0.05:
            yield course, user, role, section, status, other
        elif chance.random() < 0.5:
            yield course, user, role, section, "completed", other
        else:
            yield course, f"n-{chance.randrange(10**9):09d}", role, section, status, other


def write(path: Path, rows: Iterable[Row], header: Row = HEADER, *, quoted: bool = False) -> None:
    """Write a file."""
    with path.open("w", newline="") as file:
        if quoted:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(chain([header], rows))
        else:
            file.writelines(",".join(row) + "\n" for row in chain([header], rows))


def measure(before: Path, now: Path, runs: int) -> dict[str, object]:
    """Compare the two in some processes, one after the other."""
    command = [sys.executable, "-c", CHILD, str(before), str(now)]
    told = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(runs)]
    bare, seconds = (min(each[what] for each in told) for what in ("bare", "seconds"))
    return told[0] | {"bare": round(bare, 2), "seconds": round(seconds, 2), "times_bare": round(seconds / bare, 2)}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="Names of pairs.")
    asked = parser.parse_args()
    count = asked.rows
    places = (4, 0, 5, 2, 1, 3)

    def rows(step: int = 1) -> Iterator[Row]:
        # Line by line: a child's peak memory is told from that of its parent on.
        return enrollments(number * step % count for number in range(count))

    with tempfile.TemporaryDirectory() as folder:
        before, now = Path(folder, "before.csv"), Path(folder, "now.csv")
        write(before, rows())
        pairs: dict[str, Callable[[], None]] = {
            "same": lambda: write(now, rows()),
            "night": lambda: write(now, night(rows())),
            "reordered": lambda: write(now, rows(7919)),
            "columns": lambda: write(
                now, (tuple(row[at] for at in places) for row in rows()), tuple(HEADER[at] for at in places)
            ),
            "quoted": lambda: write(now, night(rows()), quoted=True),
            "repeats": lambda: write(now, chain(night(rows()), islice(rows(), 0, None, 1000))),
            "all_changed": lambda: write(now, ((*row[:4], "completed", row[5]) for row in rows())),
            "all_new": lambda: write(now, ((row[0], f"x{row[1]}", *row[2:]) for row in rows())),
        }
        told: dict[str, object] = {"rows": asked.rows}
        for name, make in pairs.items():
            if not asked.only or name in asked.only:
                make()
                told[name] = measure(before, now, asked.runs)
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
