"""File systems made for a test: small, read-only, full, gone. Needs root on Linux, else the test is skipped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted_tmpfs(place: Path, options: str = "size=1m") -> Iterator[Callable[[str], None]]:
    """Mount an empty file system over `place`; gives a function that remounts it with other options."""
    _mount("-t", "tmpfs", "-o", options, "tmpfs", str(place))

    def remount(changed: str) -> None:
        _mount("-o", f"remount,{changed}", str(place))

    try:
        yield remount
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _mount(*arguments: str) -> None:
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mounting a file system is not allowed here ({error})")
