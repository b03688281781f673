"""The inbox moves away, comes back, is replaced, mounted over: the folder in its place is the one that is heard."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sisdrop.watch import Look
from tests.support.desk import ROWS
from tests.support.mounts import mounted_tmpfs
from tests.support.watching import WatchLoop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the events of other systems vouch for nothing")


class TestTheFolderItself:
    def test_an_inbox_that_is_not_there_yet_is_heard_once_it_is(
        self, tmp_path: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch(tmp_path / "later")
        assert "cannot be listed" in loop.inbox.look().problem
        (tmp_path / "later").mkdir()
        assert loop.inbox.look() == Look()
        assert loop.inbox.listens

        (tmp_path / "later" / "users.csv").write_bytes(ROWS)

        loop.until_settled("users.csv")

    def test_moved_away_and_back_it_is_heard_again(
        self, folder: Path, tmp_path: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch()
        loop.inbox.look()
        folder.rename(tmp_path / "away")
        assert "cannot be listed" in loop.inbox.look().problem
        assert not loop.inbox.listens
        (tmp_path / "away").rename(folder)
        loop.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        loop.until_settled("users.csv")

    def test_another_folder_in_its_place_is_the_one_that_is_heard(
        self, folder: Path, tmp_path: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch()
        loop.inbox.look()
        folder.rename(tmp_path / "away")
        folder.mkdir()
        (tmp_path / "away" / "old.csv").write_bytes(ROWS)
        loop.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        look = loop.until_settled("users.csv")
        assert [candidate.name for candidate in look.settled] == ["users.csv"]

    def test_mounted_over_it_is_heard_and_unmounted_again_too(
        self, folder: Path, watch: Callable[..., WatchLoop]
    ) -> None:
        loop = watch()
        loop.inbox.look()
        with mounted_tmpfs(folder):
            loop.inbox.look()
            (folder / "mounted.csv").write_bytes(ROWS)
            loop.until_settled("mounted.csv")
        assert loop.inbox.look() == Look()

        (folder / "users.csv").write_bytes(ROWS)

        look = loop.until_settled("users.csv")
        assert [candidate.name for candidate in look.settled] == ["users.csv"]

    def test_deleted_and_made_again_it_is_heard(self, folder: Path, watch: Callable[..., WatchLoop]) -> None:
        loop = watch()
        loop.inbox.look()
        shutil.rmtree(folder)
        folder.mkdir()
        os.utime(folder)
        loop.inbox.look()

        (folder / "users.csv").write_bytes(ROWS)

        loop.until_settled("users.csv")
