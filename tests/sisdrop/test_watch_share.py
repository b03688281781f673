"""An inbox on a share: listed, not listened to; given more time; and inode numbers prove nothing there.

No share is mounted; the system's list of mounts says that one is.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.durable import mounts
from sisdrop.folders import Changed, Claimed, Spool
from tests.support.desk import Desk, names, waiting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the list of mounts is Linux's")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    listed = tmp_path / "mountinfo"
    listed.write_text(
        "22 1 252:0 / / rw - ext4 /dev/vda rw\n"
        f"30 22 0:40 / {os.path.realpath(tmp_path / 'inbox')} rw - cifs //files.example.edu/sis rw\n"
    )
    monkeypatch.setattr(mounts, "_MOUNTINFO", listed)
    desk = Desk(tmp_path / "inbox")
    desk.watch(watch="auto")
    yield desk
    desk.inbox.stop()


def test_no_events_are_listened_to(desk: Desk) -> None:
    assert not desk.inbox.listens
    assert not any("otify" in type(thread).__name__ for thread in threading.enumerate())


def test_unless_that_was_asked_for(desk: Desk) -> None:
    desk.watch(watch="events")

    assert desk.inbox.listens


def test_a_file_takes_ten_seconds_and_three_looks(desk: Desk) -> None:
    desk.put("users.csv")

    assert waiting(desk.follow(9.9)) == {"users.csv": "settling for 10 s"}
    assert names(desk.follow(5.2)) == ["users.csv"]


def test_cached_sizes_that_stand_still_for_a_while_do_not_settle(desk: Desk) -> None:
    path = desk.put("users.csv")
    for seconds in range(3):
        assert names(desk.follow(3.0)) == []
        path.write_bytes(b"x\n" * (100 + seconds))

    assert names(desk.follow(9.0)) == []


def test_a_new_inode_number_is_no_change(desk: Desk, tmp_path: Path) -> None:
    path = desk.put("users.csv")
    spool = Spool(desk.path, tmp_path / "archive", tmp_path / "failed", tmp_path / "held")
    spool.inbox_state(None)
    (candidate,) = desk.follow(15.2).settled
    renumbered = [replace(stat, inode=stat.inode + 1) for stat in candidate.stats]
    changed = [replace(stat, size=stat.size + 1) for stat in candidate.stats]

    assert path.exists()
    assert isinstance(spool.claim("20261123T041502Z-7c1e", candidate.paths, changed), Changed)
    assert isinstance(spool.claim("20261123T041502Z-7c1e", candidate.paths, renumbered), Claimed)


def test_the_kernel_is_not_asked_who_writes_as_it_does_not_know(desk: Desk) -> None:
    with desk.put("users.csv").open("ab"):
        assert names(desk.follow(15.2)) == ["users.csv"]


def test_many_files_are_looked_at_a_few_hundred_at_a_time(desk: Desk) -> None:
    for number in range(1200):
        desk.put(f"{number}.csv", b"x\n")

    reasons = list(waiting(desk.look()).values())

    assert reasons.count("settling for 10 s") == 500
    assert reasons.count("not looked at yet") == 700
    assert desk.inbox.next_look_s == pytest.approx(0.02)
    assert len(names(desk.follow(20.0))) == 1200


def test_a_share_that_is_mounted_later_changes_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "mountinfo"
    listed.write_text("22 1 252:0 / / rw - ext4 /dev/vda rw\n")
    monkeypatch.setattr(mounts, "_MOUNTINFO", listed)
    desk = Desk(tmp_path / "inbox")
    desk.watch(watch="auto")
    assert desk.inbox.listens
    with listed.open("a") as more:
        more.write(f"30 22 0:40 / {os.path.realpath(desk.path)} rw - nfs4 files.example.edu:/sis rw\n")
    desk.path.rename(tmp_path / "below the mount point")
    desk.path.mkdir()
    desk.put("users.csv")

    assert waiting(desk.look()) == {"users.csv": "settling for 10 s"}
    assert not desk.inbox.listens
