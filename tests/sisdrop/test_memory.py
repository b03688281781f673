"""Memory of a snapshot and its upload, measured in a process of their own: it must not grow with the file."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.canvas_client import import_json
from tests.support.places import ROOT
from tests.support.scripted import Scripted, says

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")

CHILD = """
import json, pathlib, sys
from canvas_sis_csv.options import NO_OPTIONS
from sisdrop.model import DropKind
from sisdrop.snapshot import make_snapshot
from tests.support.canvas_client import canvas_at

def status_kb(name):
    # VmHWM is this program's own peak; what getrusage tells includes that of the process it was started from.
    (line,) = [line for line in open("/proc/self/status") if line.startswith(name + ":")]
    return int(line.split()[1])

folder, url = pathlib.Path(sys.argv[1]), sys.argv[2]
before = status_kb("VmRSS")
made = make_snapshot(DropKind.FILE, folder, ["users.csv"], folder / "state" / "one.zip", marker="sd01234567")
with canvas_at(url, timeout_s=60.0) as canvas:
    canvas.create(made.path, NO_OPTIONS)
print(json.dumps({"before_kb": before, "peak_kb": status_kb("VmHWM"), "zip_bytes": made.path.stat().st_size}))
"""


def measured(folder, size_mb):
    """Peak memory, in MB, of a process that packs and uploads a CSV of `size_mb` which packs badly."""
    with (folder / "users.csv").open("wb") as file:
        file.write(b"user_id\n")
        for _ in range(size_mb):
            file.write(base64.encodebytes(os.urandom(776_000))[: 1 << 20])
    with Scripted([says(import_json())], keep_bodies=False) as server:
        run = subprocess.run(
            [sys.executable, "-c", CHILD, str(folder), server.url],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout)
        assert server.requests[0].body_bytes == told["zip_bytes"] > size_mb * 700_000
    return {name: told[name] / 1024 for name in ("before_kb", "peak_kb")}


def test_a_file_of_32_mb_is_packed_and_sent_without_being_held_in_memory(tmp_path):
    memory = measured(tmp_path, 32)
    # Neither the file (32 MB) nor its zip (23 MB) fits into this.
    assert memory["peak_kb"] - memory["before_kb"] < 8, memory


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_file_of_300_mb_is_packed_and_sent_within_120_mb(tmp_path):
    memory = measured(tmp_path, 300)
    assert memory["peak_kb"] < 120, memory
    assert memory["peak_kb"] - memory["before_kb"] < 12, memory
