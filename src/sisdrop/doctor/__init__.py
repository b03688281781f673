"""What `sisdrop doctor` looks at: this machine, the configuration, the folders, each Canvas account.

Room (floor 5): looks, and tells; mends nothing. Writes probe files in our own folders and removes them at once; asks
Canvas only what changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sisdrop.config import Config
from sisdrop.doctor import account, folders, machine, memory
from sisdrop.doctor.check import Check, CheckStatus
from sisdrop.model import now_utc


def examine(
    config: Config, *, running: bool, pid: int | None, now: Callable[[], datetime] = now_utc
) -> Iterator[Check]:
    """Everything, in the order of a first day; each check is made when it is asked for.

    `running` and `pid` tell of a sisdrop that holds this state folder now.
    """
    yield machine.versions()
    yield from machine.settings(config)
    yield from machine.user(config)
    yield machine.service(running, pid)
    journal, proofs = memory.journal(config)
    yield journal
    yield from folders.folders(config, proofs)
    yield from account.accounts(config, now)


__all__ = ["Check", "CheckStatus", "examine"]
