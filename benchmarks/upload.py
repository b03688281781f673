"""Time and peak memory of getting one large CSV into Canvas, beside the tools a user would reach for. Prints JSON.

    python benchmarks/upload.py [--mb 300] [--runs 3]

All contenders run in one go, in turns, each as a process of its own that starts, reads the same CSV, sends it to the
same server on loopback (which throws it away) and ends:

    sisdrop          snapshot (read once, hash, check, pack, fsync), then the upload of the zip
    requests         requests.post(files=…), as most scripts do: the CSV itself, multipart
    zip+curl         the shell way: zip, then curl -F (left out where one of them is not installed)

Loopback hides the network, so `sent_mb` stands beside the time: on a line of 20 Mbit/s each MB costs 0.4 s. Peak
memory is the kernel's high-water mark of the process (for zip+curl of the larger of the two), read from /proc while
it runs; Linux only.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = Path(__file__).resolve()


def write_csv(path: Path, size_mb: int) -> None:
    """A users file as student systems write it: ids that count up, names that recur, some variety."""
    first = ["Ada", "Bo", "Cleo", "Dev", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lou", "Mia"]
    last = ["Arbor", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ilex", "Juniper", "Larch"]
    size = start = 0
    with path.open("w") as file:
        file.write("user_id,login_id,first_name,last_name,email,status\n")
        while size < size_mb << 20:
            rows = []
            for number in range(start, start + 5000):
                one, two = first[number % 13], last[number * 7 % 11]
                login = f"{one[0]}{two}{number * 2654435761 % 1_000_003}".lower()
                rows.append(f"S{number:07},{login},{one},{two},{login}@school.example,active\n")
            start += 5000
            size += file.write("".join(rows))


class Sink(BaseHTTPRequestHandler):
    """Takes any POST, throws it away, answers like Canvas; GET says how much the last one was."""

    received = 0
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        left = Sink.received = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self._answer({"id": 1, "workflow_state": "created"})

    def do_GET(self) -> None:
        self._answer(Sink.received)

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


def serve() -> None:
    """The sink in a process of its own: prints its port, serves until it is ended."""
    server = HTTPServer(("127.0.0.1", 0), Sink)
    print(server.server_port, flush=True)
    server.serve_forever()


SISDROP = """
import sys
from pathlib import Path
from types import SimpleNamespace
from canvas_sis_csv.options import ImportOptions
from sisdrop.canvas import Canvas
from sisdrop.model import DropKind
from sisdrop.snapshot import make_snapshot
csv, work, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
made = make_snapshot(DropKind.FILE, csv.parent, [csv.name], work / "one.zip", marker="sd01234567")
token = SimpleNamespace(read=lambda: "benchmark")
settings = SimpleNamespace(url=url, account="self", token=token, ca_file=None, timeout_s=60.0)
with Canvas(settings, user_agent="sisdrop/benchmark") as canvas:
    canvas.create(made.path, ImportOptions())
"""

REQUESTS = """
import sys
import requests
with open(sys.argv[1], "rb") as file:
    answer = requests.post(
        sys.argv[3] + "/api/v1/accounts/self/sis_imports",
        params={"import_type": "instructure_csv"},
        headers={"Authorization": "Bearer benchmark"},
        files={"attachment": file},
    )
answer.raise_for_status()
"""

ZIP_CURL = """
cd "$2" && zip -q one.zip -j "$1" &&
curl -sf -o /dev/null -H "Authorization: Bearer benchmark" -F attachment=@one.zip \
    "$3/api/v1/accounts/self/sis_imports?import_type=instructure_csv"
"""


def contenders() -> dict[str, list[str]]:
    """The command of each contender, to be followed by CSV, working folder and address."""
    found = {"sisdrop": [sys.executable, "-c", SISDROP], "requests": [sys.executable, "-c", REQUESTS]}
    if shutil.which("zip") and shutil.which("curl"):
        found["zip+curl"] = ["sh", "-c", ZIP_CURL, "sh"]
    return found


def peak_kb(pid: int) -> int:
    """The highest memory so far of the process and those it started; 0 when it is gone."""
    peak = 0
    for status in (Path(f"/proc/{pid}/status"), *_children(pid)):
        try:
            lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        except OSError:
            continue
        peak = max([peak, *(int(line.split()[1]) for line in lines)])
    return peak


def _children(pid: int) -> list[Path]:
    try:
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [Path(f"/proc/{child}/status") for child in pids]


def run(command: list[str], csv: Path, url: str) -> dict[str, float]:
    """One run: seconds from start to end, peak memory, bytes that the server got."""
    with tempfile.TemporaryDirectory(dir=csv.parent) as work:
        began = time.perf_counter()
        process = subprocess.Popen([*command, str(csv), work, url])
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_kb(process.pid))
            time.sleep(0.004)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    with urllib.request.urlopen(f"{url}/received") as answer:
        sent = int(answer.read())
    return {"seconds": seconds, "peak_mb": peak / 1024, "sent_mb": sent / (1 << 20)}


def compare(size_mb: int, runs: int) -> dict[str, object]:
    """The figures of all contenders: medians, and every time that was measured."""
    sink = subprocess.Popen([sys.executable, str(HERE), "--sink"], stdout=subprocess.PIPE, text=True)
    try:
        assert sink.stdout is not None
        url = f"http://127.0.0.1:{int(sink.stdout.readline())}"
        with tempfile.TemporaryDirectory() as folder:
            csv = Path(folder) / "users.csv"
            write_csv(csv, size_mb)
            measured: dict[str, list[dict[str, float]]] = {name: [] for name in contenders()}
            for _ in range(runs):
                for name, command in contenders().items():
                    measured[name].append(run(command, csv, url))
    finally:
        sink.terminate()
        sink.communicate()
    return {name: summary(taken) for name, taken in measured.items()}


def summary(taken: list[dict[str, float]]) -> dict[str, object]:
    """Median of each figure, highest for memory."""
    return {
        "seconds": round(statistics.median(one["seconds"] for one in taken), 2),
        "peak_mb": round(max(one["peak_mb"] for one in taken), 1),
        "sent_mb": round(taken[0]["sent_mb"], 1),
        "all_seconds": [round(one["seconds"], 2) for one in taken],
    }


def main() -> None:
    """Read the arguments, compare, print."""
    parser = argparse.ArgumentParser(description="compare ways to get a large CSV into Canvas; prints JSON")
    parser.add_argument("--mb", type=int, default=300, help="size of the CSV (300)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink:
        serve()
        return
    machine = {"python": platform.python_version(), "system": platform.platform()}
    figures = compare(options.mb, options.runs)
    print(json.dumps({"csv_mb": options.mb, "runs": options.runs, **machine, "contenders": figures}, indent=2))


if __name__ == "__main__":
    main()
