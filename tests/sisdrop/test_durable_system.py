"""Locks, and what can be known of file systems."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sisdrop import durable
from sisdrop.durable import mounts

HOLDER = """
import sys, pathlib
from sisdrop import durable
lock = durable.lock_file(pathlib.Path(sys.argv[1]))
print("got" if lock else "taken", flush=True)
sys.stdin.read()
"""


class TestLock:
    def test_a_second_one_gets_nothing_until_the_first_lets_go(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"

        with durable.lock_file(path) as held:  # type: ignore[union-attr]  # the first always gets it
            assert held.path == path
            assert durable.lock_file(path) is None
            assert durable.lock_holder(path) == os.getpid()

        again = durable.lock_file(path)
        assert again is not None
        again.close()
        again.close()

    def test_another_process_is_kept_out_and_its_death_frees_the_lock(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"
        command = [sys.executable, "-c", HOLDER, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "got\n"
            assert durable.lock_file(path) is None
            assert durable.lock_holder(path) == other.pid
            other.kill()

        lock = durable.lock_file(path)
        assert lock is not None
        lock.close()

    def test_opening_and_closing_the_file_elsewhere_does_not_free_it(self, tmp_path: Path) -> None:
        path = tmp_path / "lock"
        lock = durable.lock_file(path)
        assert lock is not None
        path.read_bytes()

        assert durable.lock_file(path) is None
        lock.close()

    def test_a_lock_file_without_a_number_has_no_holder(self, tmp_path: Path) -> None:
        (tmp_path / "lock").write_text("nobody\n")

        assert durable.lock_holder(tmp_path / "lock") is None
        assert durable.lock_holder(tmp_path / "none") is None


MOUNTINFO = r"""
22 1 252:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /mnt/share rw,relatime shared:5 - cifs //files.example.edu/sis rw
31 22 0:41 / /mnt/my\040drop rw - nfs4 files.example.edu:/sis rw
32 22 0:42 / /srv/mirror rw - fuse.bindfs /srv/real rw
33 22 8:1 / /media/stick rw - fuseblk /dev/sdb1 rw
34 30 0:43 / /mnt/share/local rw - tmpfs tmpfs rw
35 22 0:44 / /srv/over rw - nfs4 files.example.edu:/over rw
36 22 8:2 / /srv/over rw - ext4 /dev/sdc1 rw
rubbish
""".strip()


class TestFileSystems:
    @pytest.mark.parametrize(
        ("path", "kind", "network"),
        [
            ("/var/inbox", "ext4", False),
            ("/mnt/share", "cifs", True),
            ("/mnt/share/inbox", "cifs", True),
            ("/mnt/shared", "ext4", False),
            ("/mnt/my drop/inbox", "nfs4", True),
            ("/srv/mirror/inbox", "fuse.bindfs", True),
            ("/media/stick/inbox", "fuseblk", False),
            ("/mnt/share/local/x", "tmpfs", False),
            ("/srv/over/x", "ext4", False),
        ],
    )
    def test_the_innermost_and_topmost_mount_tells_the_type(self, path: str, kind: str, network: bool) -> None:
        assert mounts.type_in_mountinfo(MOUNTINFO, path) == kind
        assert durable.is_network_type(kind) is network

    def test_the_list_of_macos_is_understood(self) -> None:
        text = (
            "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
            "//clerk@files.example.edu/sis on /Volumes/sis drop (smbfs, nodev, nosuid, mounted by clerk)\n"
        )

        assert mounts.type_in_mount_list(text, "/Volumes/sis drop/inbox") == "smbfs"
        assert mounts.type_in_mount_list(text, "/Users/clerk/inbox") == "apfs"

    def test_an_ordinary_folder_is_local_and_its_writers_are_known(self, tmp_path: Path) -> None:
        assert durable.is_network_fs(tmp_path) is None
        assert durable.knows_writers(tmp_path) is (sys.platform == "linux")

    def test_the_link_does_not_matter_but_where_it_leads(self, tmp_path: Path) -> None:
        if not Path("/proc").is_dir():
            pytest.skip("needs a /proc")
        (tmp_path / "link").symlink_to("/proc")

        assert durable.knows_writers(tmp_path / "link") is False

    def test_free_space_is_known_for_a_folder_that_is_not_there_yet(self, tmp_path: Path) -> None:
        assert durable.free_bytes(tmp_path / "not" / "yet") == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)

    def test_devices_are_compared(self, tmp_path: Path, other_disk: Path) -> None:
        assert durable.same_device(tmp_path, tmp_path.parent)
        assert not durable.same_device(tmp_path, other_disk)
