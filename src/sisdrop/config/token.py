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
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from sisdrop.config.wording import is_secret
from sisdrop.errors import CanvasRefused, RefusalKind

_MAX_BYTES = 8192
_MAX_PRINTED = 1 << 16
"""Bytes of a command's output: its first line is the token, and a note or two may follow."""
_CREDENTIALS = "/run/credentials"
"""Where systemd keeps the credentials of running services; only root can put anything there."""
COMMAND_TIMEOUT_S = 30.0


def named(source: str) -> str:
    """A variable, file or program as it may be named in a text: people write the token itself where these belong."""
    return "(not shown: it looks like a token)" if is_secret(Path(source).name) else source


def _refused(sentence: str) -> CanvasRefused:
    return CanvasRefused(sentence, kind=RefusalKind.TOKEN, status=0, body="")


def _checked(raw: bytes, source: str) -> str:
    """The token in `raw`, which may end with one line end; raises when it cannot be a token."""
    try:
        token = raw.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        why = "contains characters no token has (a BOM? a typographic dash?)"
        raise _refused(f"The Canvas token in {source} {why}.") from None
    if not token:
        raise _refused(f"The Canvas token is empty: {source} holds nothing.")
    if len(token) > _MAX_BYTES:
        raise _refused(f"The Canvas token in {source} is too long to be one; does it hold something else?")
    if not re.fullmatch(r"[!-~]+", token):  # which would break the Authorization header
        why = "contains blanks, line breaks or other characters no token has"
        raise _refused(f"The Canvas token in {source} {why}; it must be the token alone, on one line.")
    return token


def from_env(name: str) -> str:
    """The token in the environment variable `name`. Raises `CanvasRefused` (kind TOKEN, status 0)."""
    text = os.environ.get(name)
    if text is None:
        raise _refused(f"The environment variable {named(name)} is not set; it should hold the Canvas token.")
    return _checked(text.encode("utf-8", "surrogateescape"), f"environment variable {named(name)}")


def from_file(path: Path) -> str:
    """The token in the file at `path`. Raises `CanvasRefused` (kind TOKEN, status 0), also when others can read it."""
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
        whose = "belongs to another user; it must belong to the user sisdrop runs as, or to root"
        raise _refused(f"The token file {shown} {whose}.")
    # A credential of systemd (LoadCredential=) may be root's with an access list for us, and then its group bits show
    # only the list's mask.
    credentials = [folder for folder in (_CREDENTIALS, os.environ.get("CREDENTIALS_DIRECTORY")) if folder]
    is_credential = any(path.resolve().is_relative_to(Path(folder).resolve()) for folder in credentials)
    if status.st_mode & (stat.S_IRWXO if is_credential else stat.S_IRWXO | stat.S_IRWXG):
        mode = f"{status.st_mode & 0o777:o}"
        raise _refused(f"The token file {shown} can be read by other users (mode {mode}); run: chmod 600 {shown}")


def from_command(command: Sequence[str], timeout_s: float = COMMAND_TIMEOUT_S) -> str:
    """The first line that `command` prints. It runs without a shell and without our standard input.

    Raises `CanvasRefused` (kind TOKEN, status 0). When it takes longer than `timeout_s` seconds, or prints more than
    64 KiB, it is killed, with the processes it started.
    """
    program = f"command {named(command[0])}"
    try:
        # The configuration's owner chose the program; there is no shell. What it prints to stderr may be the token.
        process = subprocess.Popen(  # noqa: S603
            command,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its words contain a NUL character"
        raise _refused(f"The token {program} cannot be started: {why}.") from None
    with process:
        try:
            printed = _printed(process, timeout_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            late = f"did not end within {timeout_s:g} seconds; does it wait for a person?"
            raise _refused(f"The token {program} {late}") from None
        except BaseException:
            _kill(process)
            raise
        if len(printed) > _MAX_PRINTED:
            _kill(process)
            raise _refused(f"The token {program} prints more than {_MAX_PRINTED >> 10} KiB; is it the right one?")
    if process.returncode != 0:
        failed = f"failed with exit code {process.returncode}"
        raise _refused(f"The token {program} {failed}; run it by hand as the user sisdrop runs as.")
    return _checked(printed.partition(b"\n")[0], program)


def _printed(process: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    """What `process` prints until it ends, or a little more than _MAX_PRINTED of it. Raises TimeoutExpired."""
    deadline = time.monotonic() + timeout_s
    printed = bytearray()
    # The reader's own to close: a process that got away from us may keep it waiting.
    pipe, process.stdout = cast(IO[bytes], process.stdout), None

    def read() -> None:
        with pipe:
            while len(printed) <= _MAX_PRINTED and (piece := pipe.read(_MAX_PRINTED)):
                printed.extend(piece)

    # `communicate` would keep all that comes in its time; and on Windows only a thread can wait for a pipe.
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout_s)
    if reader.is_alive():
        raise subprocess.TimeoutExpired(process.args, timeout_s)
    if len(printed) <= _MAX_PRINTED:
        process.wait(max(0.0, deadline - time.monotonic()))
    return bytes(printed)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and its children, which would keep the pipe open."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
