"""What tests of the importer start from: folders with a second disk or another user in mind, an inbox to look at."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.watching import WatchLoop


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system, and /dev/shm is none here")
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter.

    Not `tmp_path`: pytest keeps its folders to itself, and each further run of it shuts again what a test opened.
    """
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An inbox, and a clock that only moves when told to."""
    return Desk(tmp_path / "inbox")


@pytest.fixture
def large_desk(tmp_path: Path) -> Iterator[Desk]:
    """The same for thousands of files: in memory where the machine has such a file system."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else tmp_path))
    yield Desk(folder / "inbox")
    shutil.rmtree(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty inbox."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(folder: Path) -> Iterator[Callable[..., WatchLoop]]:
    """Makes loops of `folder` (or of another path) that listen for events, and stops them in the end."""
    made: list[WatchLoop] = []

    def make(path: Path = folder, **settings: object) -> WatchLoop:
        # a rescan so late that only an event can explain what is found
        made.append(WatchLoop(path, **{"watch": "events", "poll_s": 3600.0, "settle_s": 0, **settings}))
        return made[-1]

    yield make
    for loop in made:
        loop.inbox.stop()


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """The folder in the spool with the files of one drop."""
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


@pytest.fixture
def to(tmp_path: Path) -> Path:
    """Where the snapshot of the drop is to be made; its folder is not there yet."""
    return tmp_path / "state" / "snapshots" / "one.zip"
