"""What tests of all packages ask for by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canvas_sandbox import Sandbox, start


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Canvas on loopback whose time does not pass, with nothing in it."""
    with start(port=0, speed="max") as started:
        yield started
