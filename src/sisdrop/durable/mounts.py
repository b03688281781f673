"""Which kind of file system a path lies on, and how much room it has."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_NETWORK = frozenset(
    """
    9p afp afpfs afs acfs autofs beegfs ceph cifs coda davfs fuse gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs3 nfs4
    ocfs2 orangefs pvfs2 prl_fs smb2 smb3 smbfs unc vboxsf virtiofs vmhgfs webdav
    """.split()  # noqa: SIM905  # a list of forty quoted words is harder to read
)
_LOCAL = frozenset(
    """
    bcachefs btrfs exfat ext2 ext3 ext4 f2fs fuseblk jfs msdos nilfs2 ntfs ntfs3 overlay ramfs reiserfs tmpfs ubifs vfat
    xfs zfs
    """.split()  # noqa: SIM905  # as above
)
_MOUNTINFO = Path("/proc/self/mountinfo")
_DRIVE_REMOTE = 4


def is_network_fs(path: Path) -> str | None:
    """The type of the file system that `path` really lies on when other hosts may change it, else None.

    On such a file system events of other hosts' writes do not arrive, locks may vanish and attributes are cached.
    Decided by the type alone: our own writes do raise events there, so that trying it out proves the wrong thing.
    All of `fuse.*` counts, `fuseblk` (a local disk) does not. None also where the type cannot be told.
    """
    real = Path(os.path.realpath(path))
    if sys.platform == "win32":
        return _windows_type(str(real))
    kind = file_system_type(real)
    return kind if kind is not None and is_network_type(kind) else None


def knows_writers(path: Path) -> bool:
    """Whether the kernel here knows everybody who has a file of `path`'s file system open for writing.

    Certain only of Linux's local file systems. On CIFS and NFS the same question gets the answer "somebody has" when
    the server did not grant us its cache, which says nothing.
    """
    return sys.platform == "linux" and file_system_type(Path(os.path.realpath(path))) in _LOCAL


def is_network_type(kind: str) -> bool:
    """Whether a file system of this type may be changed by other hosts."""
    return kind.lower() in _NETWORK or kind.startswith("fuse.")


def file_system_type(real: Path) -> str | None:
    """The type of the file system at `real` (a path without links); None where it cannot be told."""
    try:
        if sys.platform == "linux":
            return type_in_mountinfo(_MOUNTINFO.read_text("utf-8", "surrogateescape"), str(real))
        if sys.platform == "darwin":
            command = ["/sbin/mount"]
            listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603  # fixed
            return type_in_mount_list(listed.stdout, str(real))
    except (OSError, subprocess.SubprocessError):
        return None
    return None


def type_in_mountinfo(text: str, real: str) -> str | None:
    """Read Linux's `/proc/self/mountinfo` (proc(5)): of several mounts on one place the last one is on top."""
    mounts = []
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if separator and len(fields) >= 5:
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
            mounts.append((place, after.split(" ")[0]))
    return _type_of_last_around(real, mounts)


def type_in_mount_list(text: str, real: str) -> str | None:
    """Read the list that macOS's `mount` prints: `//host/share on /Volumes/share (smbfs, nodev, …)`."""
    return _type_of_last_around(real, re.findall(r"^.* on (/.*) \((\w+)[,)]", text, re.MULTILINE))


def same_device(path: Path, other: Path) -> bool:
    """Whether both lie on one file system. True does not promise that a rename works: bind mounts refuse it."""
    return path.stat().st_dev == other.stat().st_dev


def free_bytes(path: Path) -> int:
    """Free space for us on the disk of `path`, or of its nearest parent that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


_LEAST_FREE = 256 << 10
"""Less is a full disk: not one step of a drop could be journaled for certain."""


def why_unwritable(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, or where it is to be made: a clause that says what to do; else None.

    Of the disk alone, which is asked and not tried: whether this user may write there is another question.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        if free_bytes(folder) < _LEAST_FREE:
            return "its disk is full; free some space"
        # statvfs(3); Windows has neither the call nor, as a rule, such mounts.
        if sys.platform != "win32" and os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "its file system is read-only; mount it writable"
    except OSError as error:
        return f"its disk cannot be asked ({(error.strerror or str(error)).lower()})"
    return None


def _type_of_last_around(real: str, mounts: Iterable[tuple[str, str]]) -> str | None:
    """The type of the innermost mount (place, type) that holds `real`; of several on one place the last one's."""
    around = [mount for mount in mounts if mount[0] in {"/", real} or real.startswith(f"{mount[0]}/")]
    longest = max((len(place) for place, _ in around), default=0)
    return next((kind for place, kind in reversed(around) if len(place) == longest), None)


def _windows_type(real: str) -> str | None:
    if sys.platform != "win32":
        return None
    if real.startswith("\\\\") and not real.startswith("\\\\?\\"):
        return "unc"
    drive = os.path.splitdrive(real)[0] + "\\"
    return "remote drive" if ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE else None
