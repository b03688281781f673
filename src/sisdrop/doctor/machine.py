"""This machine: versions, the user, another sisdrop, and settings worth a second look.

Room: reads; touches nothing.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Iterator

from sisdrop import __version__
from sisdrop.config import Config, cautions
from sisdrop.doctor.check import Check, ok, warn


def versions() -> Check:
    """What runs here; what a report of a bug must name."""
    parts = [f"sisdrop {__version__}", f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    return ok("versions", ", ".join([*parts, f"{platform.system()} {platform.release()}"]))


def user(config: Config) -> Iterator[Check]:
    """Checks made by root, or by another user than the service's, prove nothing for the service."""
    if sys.platform == "win32" or not config.state.exists():
        return
    owner = config.state.stat().st_uid
    if owner != os.geteuid():
        text = f"this is user {_name(os.geteuid())}, and the state folder belongs to {_name(owner)}"
        command = f"sudo -u {_name(owner)} sisdrop doctor --config {config.path}"
        yield warn("user", text, f"run doctor as the service does: {command}")


def _name(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def service(running: bool, pid: int | None) -> Check:
    """Whether a sisdrop runs on this state folder now (told by its lock)."""
    if not running:
        return ok("service", "no sisdrop runs on this state folder now")
    return ok("service", f"sisdrop is running ({f'process {pid}' if pid else 'its process id is not known'})")


def settings(config: Config) -> Iterator[Check]:
    """What the configuration says that can be used, and yet is worth a second look."""
    yield ok("config", f"{config.path} has no errors")
    if sys.platform != "win32" and config.path.stat().st_mode & stat.S_IWOTH:
        # Whoever writes it names the command that gives the token, and the address that the token is sent to.
        yield warn("config", f"every user of this machine may change {config.path}", f"run: chmod o-w {config.path}")
    for caution in cautions(config):
        yield warn(caution.place, caution.text, caution.do)
