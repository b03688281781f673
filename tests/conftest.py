"""What tests of all packages ask for by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from canvas_sandbox import Sandbox, start

# Some machines are told to write no compiled modules. Then every worker of pytest would rewrite all tests, and every
# process that a test starts would compile the whole program: half of a run's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Canvas on loopback whose time does not pass, with nothing in it."""
    with start(port=0, speed="max") as started:
        yield started
