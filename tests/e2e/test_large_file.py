"""A 300 MB CSV through the whole importer: taken, checked, zipped and submitted, in little memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from canvas_sandbox import start
from tests.support.lane_kit import write_config

SIZE = 300_000_000
BOUND_MB = 120


def users() -> Iterator[str]:
    for number in range(10_000_000):
        yield f"P-{number},p{number},Ada{number % 97},Ashgrove{number % 89},p{number}@larkspur.example,active\n"


def enrollments() -> Iterator[str]:
    for number in range(10_000_000):
        course = number % 3000
        yield f"C-{course},P-{number % 90_000},student,C-{course}-A,active\n"


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("users.csv", "user_id,login_id,first_name,last_name,email,status\n", users),
        ("enrollments.csv", "course_id,user_id,role,section_id,status\n", enrollments),
    ],
    ids=["users", "enrollments"],
)
def test_a_300_mb_file_is_submitted_with_peak_memory_under_120_mb(
    tmp_path: Path, name: str, header: str, rows: Callable[[], Iterator[str]]
) -> None:
    with start(port=0, speed="max") as sandbox:
        config = write_config(tmp_path, sandbox, settle_s=0.2, poll_s=0.5)
        written = 0
        with (tmp_path / "inbox" / name).open("w") as file:
            file.write(header)
            for row in rows():
                written += file.write(row)
                if written > SIZE:
                    break
        command = [sys.executable, "-m", "sisdrop", "run", "--once", "--config", str(config)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            submitted = any(f"Submitted {name}" in line for line in process.stderr)
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.kill()
            process.wait(10)
            process.stderr.close()

    assert submitted
    peak_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(peak_kb) / 1024 < BOUND_MB
