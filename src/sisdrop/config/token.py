"""Reading the Canvas token: from an environment variable, a file, or a command.

Room: reads that one source when asked; keeps nothing. No text here ever contains the token, nor what a command printed:
its standard error is thrown away, and a source that looks like a token itself is not named.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sisdrop.config.wording import is_secret
from sisdrop.errors import CanvasRefused, RefusalKind

_MAX_BYTES = 8192
_CREDENTIALS = "/run/credentials"
"""Where systemd keeps the credentials of running services; only root can put anything there."""
COMMAND_TIMEOUT_S = 30.0


def named(source: str) -> str:
    """A variable, file or program as it may be named in a text: people write the token itself where these belong."""
    return "(not shown: it looks like a token)" if is_secret(Path(source).name) else source


def _refused(sentence: str) -> CanvasRefused:
    return CanvasRefused(sentence, kind=RefusalKind.TOKEN, status=0, body="")


def _checked(raw: bytes, source: str) -> str:
    """The token in `raw`, which may end with one line end; raises when it cannot be a token.

    Blanks and control characters would break the Authorization header.
    """
    try:
        token = raw.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _refused(
            f"The Canvas token in {source} contains characters no token has (a BOM? a typographic dash?)."
        ) from None
    if not token:
        raise _refused(f"The Canvas token is empty: {source} holds nothing.")
    if len(token) > _MAX_BYTES:
        raise _refused(f"The Canvas token in {source} is too long to be one; does it hold something else?")
    if not re.fullmatch(r"[!-~]+", token):
        raise _refused(
            f"The Canvas token in {source} contains blanks, line breaks or other characters no token has; "
            "it must be the token alone, on one line."
        )
    return token


def from_env(name: str) -> str:
    """The token in the environment variable `name`. Raises `CanvasRefused` (kind TOKEN, status 0)."""
    text = os.environ.get(name)
    if text is None:
        raise _refused(f"The environment variable {named(name)} is not set; it should hold the Canvas token.")
    return _checked(text.encode("utf-8", "surrogateescape"), f"environment variable {named(name)}")


def from_file(path: Path) -> str:
    """The token in the file at `path`; refused when other users can read it.

    Raises `CanvasRefused` (kind TOKEN, status 0).
    """
    shown = named(str(path))
    try:
        # Not blocking: a FIFO in its place must not stop the service.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _refused(f"The token file {shown} cannot be read: {error.strerror}.") from None
    try:
        _refuse_shared(path, shown, os.fstat(handle))
        raw = os.read(handle, _MAX_BYTES + 3)  # a line end, and one more, which shows that it is too long
    finally:
        os.close(handle)
    return _checked(raw, f"file {shown}")


def _refuse_shared(path: Path, shown: str, status: os.stat_result) -> None:
    """Raise when others can read (or change) the token. Windows has no such bits: there the folder's rights rule."""
    if not stat.S_ISREG(status.st_mode):
        raise _refused(f"The token file {shown} is not a regular file.")
    if sys.platform == "win32":
        return
    if status.st_uid not in (0, os.geteuid()):
        raise _refused(
            f"The token file {shown} belongs to another user; it must belong to the user sisdrop runs as, or to root."
        )
    # A credential of systemd (LoadCredential=) may be root's with an access list for us, and then its group bits show
    # only the list's mask.
    credentials = [folder for folder in (_CREDENTIALS, os.environ.get("CREDENTIALS_DIRECTORY")) if folder]
    is_credential = any(path.resolve().is_relative_to(Path(folder).resolve()) for folder in credentials)
    if status.st_mode & (stat.S_IRWXO if is_credential else stat.S_IRWXO | stat.S_IRWXG):
        raise _refused(
            f"The token file {shown} can be read by other users (mode {status.st_mode & 0o777:o}); "
            f"run: chmod 600 {shown}"
        )


def from_command(command: Sequence[str], timeout_s: float = COMMAND_TIMEOUT_S) -> str:
    """The first line that `command` prints. It runs without a shell and without our standard input.

    Raises `CanvasRefused` (kind TOKEN, status 0). When it takes longer than `timeout_s` seconds it is killed, with the
    processes it started.
    """
    program = f"command {named(command[0])}"
    try:
        # The configuration's owner chose the program; there is no shell. What it prints to stderr may be the token.
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its words contain a NUL character"
        raise _refused(f"The token {program} cannot be started: {why}.") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise _refused(
                f"The token {program} did not end within {timeout_s:g} seconds; does it wait for a person?"
            ) from None
        except BaseException:
            _kill(process)
            raise
    if process.returncode != 0:
        raise _refused(
            f"The token {program} failed with exit code {process.returncode}; "
            "run it by hand as the user sisdrop runs as."
        )
    return _checked(printed.partition(b"\n")[0], program)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and its children, which would keep the pipe open."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
