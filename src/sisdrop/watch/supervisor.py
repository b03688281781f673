"""Keeps events coming: which folder is watched, whether its observers live, and what to do when they cannot."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path

from sisdrop import durable

logger = logging.getLogger(__name__)

_FIRST_RETRY_S = 5.0
_LAST_RETRY_S = 600.0
_MENDS = {
    errno.EMFILE: "raise the sysctl fs.inotify.max_user_instances (or the limit of open files)",
    errno.ENOSPC: "raise the sysctl fs.inotify.max_user_watches",
}


class Supervisor:
    """Watches one folder through its changes of place: moved away, unmounted, replaced, back again."""

    def __init__(
        self, path: Path, watch: str, poll_s: float, wake: Callable[[], None], monotonic: Callable[[], float]
    ) -> None:
        from .hints import Hints  # watchdog is not for commands that only ask what a file looks like

        self._path = path
        self._watch = watch
        self._poll_s = poll_s
        self._monotonic = monotonic
        self.hints = Hints(wake)
        self._identity: tuple[int, int] | None = None
        self._retry_at = monotonic()
        self._retry_s = _FIRST_RETRY_S
        self._warned = False
        self._starts = 0
        self.share: str | None = None
        """The type of the file system when it is a network share."""
        self.knows_writers = False
        """Whether the kernel can tell who has a file open for writing."""

    @property
    def hearing(self) -> tuple[int, int] | None:
        """Equal in two looks when every event between them was heard; None when none are."""
        return (self._starts, self.hints.overflows) if self.hints.alive() else None

    def check(self) -> bool:
        """Mend what can be mended; True when the folder in the inbox's place is not the one of the last check.

        A watch belongs to a folder, not to its name: when the folder is moved away, mounted over or made anew, the
        old watch stays silent (or tells of the old folder) for ever, without an error.
        """
        identity = _identity(self._path)
        if identity is None:
            self.stop()
            return False
        if identity != self._identity:
            # Before listening anew: the threads of the old watch would go on telling of the old folder.
            self.stop()
            self._identity = identity
            self.share = durable.is_network_fs(self._path)
            self.knows_writers = durable.knows_writers(self._path)
            self._listen()
            return True
        if self._wants_events() and not self.hints.alive() and self._monotonic() >= self._retry_at:
            self._listen()
        return False

    def stop(self) -> None:
        """End all threads. May be called again; `check` begins anew."""
        self.hints.stop()
        self._identity = None
        self._retry_at, self._retry_s = self._monotonic(), _FIRST_RETRY_S

    def _wants_events(self) -> bool:
        return self._watch == "events" or (self._watch == "auto" and self.share is None)

    def _listen(self) -> None:
        if not self._wants_events():
            return
        self._retry_at = self._monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, _LAST_RETRY_S)
        try:
            self.hints.start(os.path.realpath(self._path))
        except Exception as error:  # noqa: BLE001  # watchdog's own, too; whatever it is, listing goes on
            mend = _MENDS.get(error.errno or 0, "") if isinstance(error, OSError) else ""
            if not self._warned:
                logger.warning(
                    "inbox cannot be watched by events and is listed every %g s instead inbox=%s reason=%s%s",
                    self._poll_s,
                    self._path,
                    error,
                    f"; {mend}" if mend else "",
                )
            self._warned = True
            return
        self._starts += 1
        if self._warned:
            logger.info("inbox is watched by events again inbox=%s", self._path)
        self._warned = False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
