"""`sisdrop run` with the patience after a lost answer cut to seconds, for kill tests: `python -m … CONFIG [PACE]`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.model import Clock
from sisdrop.workers import Service


def main() -> None:
    config = load(Path(sys.argv[1]))
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else 0.05
    with SqliteJournal(config.state) as journal, Service(config, journal, clock=Clock(scale=pace), absent_grace_s=1.5):
        threading.Event().wait()


if __name__ == "__main__":
    main()
