"""Disks that are full: nothing is lost, nothing is sent twice, and it goes on when there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from canvas_sandbox import Sandbox
from sisdrop.config import load
from sisdrop.model import DropState
from tests.support.lane_kit import USERS, write_config
from tests.support.service import Running, serving, wait


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def running(root: Path, sandbox: Sandbox, **feed: object) -> AbstractContextManager[Running]:
    return serving(load(write_config(root, sandbox, settle_s=0.05, poll_s=0.1, **feed)))


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def test_with_a_full_archive_the_drop_is_finished_not_sent_again_and_filed_when_there_is_room(
    tmp_path: Path, sandbox: Sandbox, small_disk: Path
) -> None:
    archive = small_disk / "archive"
    archive.mkdir()
    ballast = fill(small_disk)
    with running(tmp_path, sandbox, archive=str(archive)) as started:
        journal = started.journal
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: [event for event in journal.events() if event.kind == "waits"], journal)
        started.try_twice(*journal.open_drops())
        (drop,) = journal.open_drops()
        assert drop.state is DropState.FINISHED
        assert [path.name for path in archive.iterdir() if path.suffix == ".json"] == []

        ballast.unlink()
        wait(lambda: journal.recent(1), journal)

        assert [event.kind for event in journal.events()].count("submitted") == 1
    stored = next(archive.glob("*-users.csv"))
    assert stored.read_text() == USERS
    assert stored.with_name(f"{stored.name}.result.json").stat().st_size > 100


def test_an_inbox_that_becomes_read_only_makes_one_drop_that_waits_and_goes_on(
    tmp_path: Path, sandbox: Sandbox, small_disk: Path
) -> None:
    inbox = small_disk / "inbox"
    inbox.mkdir()
    with running(tmp_path, sandbox, inbox=str(inbox)) as started:
        journal = started.journal
        wait(lambda: journal.inbox_view("nightly"), journal)
        (inbox / "users.csv").write_text(USERS)
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        wait(lambda: [event for event in journal.events() if event.kind == "waits"], journal)
        started.try_twice(*journal.open_drops())
        assert [drop.state for drop in journal.open_drops()] == [DropState.CLAIMING]

        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        wait(lambda: journal.recent(1), journal)

        assert len(journal.recent(10)) == 1
        assert journal.open_drops() == []


def test_with_a_full_state_disk_nothing_is_sent_until_there_is_room(
    tmp_path: Path, sandbox: Sandbox, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path, sandbox, top={"state": str(small_disk / "state")}) as started:
        journal = started.journal
        wait(lambda: journal.inbox_view("nightly"), journal)
        ballast = fill(small_disk)
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        # the watcher cannot journal that it takes the file, or the drop cannot be packed
        wait(lambda: [line for line in caplog.messages if "nightly" in line and " waits" in line], journal)
        assert [drop for drop in journal.open_drops() if drop.import_id] == []
        assert journal.recent(1) == []

        ballast.unlink()
        wait(lambda: journal.recent(1), journal)

        (drop,) = journal.recent(1)
    assert drop.outcome == "imported"
    assert drop.import_id is not None
