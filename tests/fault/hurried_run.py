"""`sisdrop run` with the patience after a lost answer cut to seconds, for kill tests: `python -m … CONFIG [PACE]`.

Prints `begins` before it touches the state, and `looked` once every inbox was looked at twice.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.model import Clock
from sisdrop.workers import Service


def main() -> None:
    config = load(Path(sys.argv[1]))
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else 0.05
    print("begins", flush=True)
    with (
        SqliteJournal(config.state) as journal,
        Service(config, journal, clock=Clock(scale=pace), absent_grace_s=1.5) as service,
    ):
        while not all(name in (seen := service.board.sights()) and seen[name].looks >= 2 for name in config.feeds):
            time.sleep(0.02)
        print("looked", flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
