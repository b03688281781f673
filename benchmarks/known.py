"""What the index of known ids costs: a large file taken in, taken in again, and asked about by a preflight.

    python benchmarks/known.py [--users 400000] [--enrollments 1000000]

Prints one JSON object: seconds to take in a file of users that is new, one that is unchanged, and one of which every
hundredth user is deleted and one renamed; the size of the index; the seconds of a preflight of enrollments, of which
all users are known, with the index and without; the peak memory of a process that takes in, and of one that asks.
All data is made up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHILD = """
import json, sys, time
from pathlib import Path
from sisdrop.known import Known
from sisdrop.model import Drop, DropKind, DropState, Ending, Origin, Outcome, Place, Submission
from canvas_sis_csv import Member, preflight

what, state, number, *files = sys.argv[1:]
known = Known(Path(state))
known.catch_up("school.test/self", [])
members = [
    Member(path.name, path.stat().st_size, lambda path=path: path.open("rb")) for path in map(Path, files)
]
at = f"2026-03-01T00:00:{int(number):02}Z"
origin = Origin("users.csv", DropKind.FILE, (), at, at)
sent, ending = Submission(at, "", None, None, import_id=1), Ending(Outcome.IMPORTED, at)
drop = Drop(at, "school.test/self", "nightly", DropState.FINISHED, Place.SPOOL, origin, submission=sent, ended=ending)
started = time.perf_counter()
if what == "take in":
    known.update(drop, [], lambda: members)
    assert not known.is_behind(drop.lane)
    said = None
elif what == "ask":
    with known.lookup(drop.lane) as found:
        said = sum(preflight(members, known=found).counts.values())
else:
    said = sum(preflight(members).counts.values())
seconds = round(time.perf_counter() - started, 2)
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1 << 20)
except ImportError:
    peak = None
print(json.dumps({"seconds": seconds, "peak_mb": peak, "findings": said}))
"""

RENAMES = "old_id,new_id,type\nu-0000007,v-0000007,user\n"


def users(count: int, deleted_every: int | None = None) -> Iterator[str]:
    """Users in an order of their own, as databases give them."""
    yield "user_id,login_id,first_name,last_name,email,status\n"
    for place in range(count):
        number = place * 7919 % count
        status = "deleted" if deleted_every and number % deleted_every == 0 else "active"
        name = f"First{number % 997},Last{number % 7919}"
        yield f"u-{number:07d},login{number:07d},{name},u{number}@school.example,{status}\n"


def enrollments(count: int, of: int) -> Iterator[str]:
    """Enrollments, sorted by course, with the users all over."""
    yield "course_id,user_id,role,section_id,status\n"
    for number in range(count):
        course = f"2026FA-{number // 30:05d}"
        yield f"{course},u-{number * 7919 % of:07d},student,{course}-01,active\n"


def write(path: Path, lines: Iterator[str]) -> None:
    """Line by line: a child's peak memory is told from that of its parent on."""
    with path.open("w") as file:
        file.writelines(lines)


def child(what: str, state: Path, number: int, *files: Path) -> dict[str, object]:
    """Do one thing in a process of its own."""
    command = [sys.executable, "-c", CHILD, what, str(state), str(number), *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=400_000)
    parser.add_argument("--enrollments", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root / "users.csv", users(asked.users))
        write(root / "changed.csv", users(asked.users, 100))
        (root / "renames.csv").write_text(RENAMES)
        write(root / "enrollments.csv", enrollments(asked.enrollments, asked.users))
        told = {
            "users": asked.users,
            "new": child("take in", root, 1, root / "users.csv"),
            "unchanged": child("take in", root, 2, root / "users.csv"),
            "preflight_without": child("check", root, 3, root / "enrollments.csv"),
            "preflight_with": child("ask", root, 3, root / "enrollments.csv"),
            "changed": child("take in", root, 4, root / "changed.csv", root / "renames.csv"),
            "index_mb": round(sum(path.stat().st_size for path in root.glob("known.sqlite3*")) / 1e6, 1),
        }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
