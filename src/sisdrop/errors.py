"""Every error sisdrop raises on purpose, sorted by what the caller must do next.

Room: words only; touches nothing. A message says what happened, to what, and what to do. A bad CSV, a held
drop or a failed import is a value, not an error.

    SisdropError
    ├── UsageError           the command cannot be carried out as asked           exit 2
    ├── ConfigError          a person edits the configuration                      exit 2
    ├── StateError           the state folder is unusable                          exit 4
    │   └── JournalError     the journal cannot be read or written now: try again
    │       ├── Conflict     somebody else changed it since it was read: read again
    │       ├── IdTaken      there is a drop of that id: make another
    │       ├── LeaseTaken   another sisdrop runs on this state
    │       └── LeaseLost    it is not ours any more: send nothing, stop
    ├── SpoolError           one of our folders cannot be trusted or written       exit 4
    └── CanvasError                                                                exit 5
        ├── CanvasUnavailable   nothing was accepted: the same again, later
        ├── CanvasRefused       it will be refused again: tell a person
        └── OutcomeUnknown      it may have been accepted: look before resending
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SisdropError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what a command ends with."""

    exit_code = 3


class UsageError(SisdropError):
    """The command cannot be carried out as it was asked (no such drop, wrong state)."""

    exit_code = 2


@dataclass(frozen=True)
class ConfigProblem:
    """One thing wrong with the configuration: where (`feeds.nightly.poll_s`) and a sentence."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class ConfigError(SisdropError):
    """The configuration cannot be used; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, source: str, problems: tuple[ConfigProblem, ...]) -> None:
        self.source = source
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {problem}" for problem in problems)]))


class StateError(SisdropError):
    """The state folder or the journal in it cannot be used."""

    exit_code = 4


class JournalError(StateError):
    """The journal cannot be read or written now. Nothing of the change was written; the same may work later."""


class Conflict(JournalError):
    """The drop was changed by somebody else since it was read. Nothing was written; read it again."""


class IdTaken(JournalError):
    """There is a drop of that id already. Nothing was written; make another id."""


class LeaseTaken(JournalError):
    """Another sisdrop runs on this state; `pid` is its process id, None when it is not known."""

    def __init__(self, folder: str, pid: int | None) -> None:
        self.pid = pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder}: {who} already runs sisdrop on this state folder; stop it first, or use its own.")


class LeaseLost(JournalError):
    """The lease is not ours any more: the journal was taken away, or another sisdrop runs. Nothing may be sent."""


class SpoolError(SisdropError):
    """One of our folders (spool, archive, failed, held) cannot be written or trusted; nothing was lost."""

    exit_code = 4


class FilesMissing(SpoolError):
    """A drop's files are in none of the folders they can be in, and those are there: a person took them away."""


class CanvasError(SisdropError):
    """Canvas could not be asked, or said no."""

    exit_code = 5


class CanvasUnavailable(CanvasError):
    """Canvas did not take the request (unreachable, throttled, 5xx to a GET). Nothing was accepted: try again later.

    `retry_after_s` is what Canvas asked for, capped at one hour; None when it asked for nothing.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class RefusalKind(StrEnum):
    """Why Canvas refused, by what a person must mend."""

    TOKEN = "token"
    """401 with WWW-Authenticate: the token is missing, wrong, expired or revoked."""
    PERMISSION = "permission"
    """401/403 without it: the token's user lacks a right or scope, or SIS imports are off."""
    NOT_FOUND = "not_found"
    """404: no such account, term or import."""
    OPTIONS = "options"
    """400 (or a 500 that repeating cannot mend): the import options or the account are wrong."""
    FILE = "file"
    """413, 415, 422: this very upload is not wanted; another one may be."""
    ADDRESS = "address"
    """A redirect, or an answer that is not Canvas's: `canvas.url` points to something else."""


class CanvasRefused(CanvasError):
    """Canvas said no and would say no again. `body` is at most 4,000 characters of its answer.

    The token is masked in all of it: see `canvas/`, the one place where answers come in.
    """

    def __init__(self, message: str, *, kind: RefusalKind, status: int, body: str) -> None:
        self.kind = kind
        self.status = status
        self.body = body
        super().__init__(message)


class OutcomeUnknown(CanvasError):
    """A POST was sent and its answer was lost: the import may exist. Look it up in Canvas before sending again."""
