"""What the tests of the sandbox start from: a running sandbox with its client, an engine, a store of imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import canvas_sandbox as sandbox
from canvas_sandbox.clock import Clock
from canvas_sandbox.engine import Engine
from canvas_sandbox.import_store import ImportStore
from tests.support.sandbox_client import Client


@pytest.fixture
def canvas() -> Iterator[Client]:
    """A client of a sandbox of its own, in which nothing waits."""
    with sandbox.start(speed="max", token="secret") as running:
        client = Client(running)
        yield client
        client.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """The same for a whole module: for tests that leave nothing behind that another could see."""
    with sandbox.start(speed="max", token="secret") as running:
        client = Client(running)
        yield client
        client.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine for tests that load a state of their own first."""
    with Engine(":memory:") as engine:
        yield engine


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ImportStore]:
    """An empty store of imports, without a queue that would run them."""
    store = ImportStore(tmp_path, Clock("max"))
    yield store
    store.close()
