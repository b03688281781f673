"""What tests of all packages ask for by name, and the environment they and the processes they start run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox, start

# Some machines are told to write no compiled modules. Then every worker of pytest would rewrite all tests, and every
# process that a test starts would compile the whole program: half of a run's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The proxies and authorities of whoever runs the tests must not decide them. Reading some 150 real authorities costs
# 50 ms for each Canvas that a test talks to; this is one whose key nobody has.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "support" / "nobody.pem")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Canvas on loopback whose time does not pass, with nothing in it."""
    with start(port=0, speed="max") as started:
        yield started


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice as many as there are cores: many tests wait for a service or a process, and need no core meanwhile."""
    return 2 * (os.cpu_count() or 1)
