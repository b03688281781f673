"""What the sandbox raises on purpose; each message says what happened, to what, and what to do.

Room: words only; touches nothing.
"""

from __future__ import annotations


class SandboxError(Exception):
    """Base of all that the sandbox raises on purpose."""


class WrongUse(SandboxError):
    """It cannot be done as asked: another folder, a bad fault, a file that is no CSV."""


class DataUnusable(SandboxError):
    """The sandbox's data folder cannot be used, or another sandbox has it open."""


class DataTaken(DataUnusable):
    """Another sandbox runs on that data folder."""
