"""Where the Canvas token comes from, and reading it: an environment variable, a file, or a command.

Room: reads that one source when asked; keeps nothing. No text here ever contains the token, nor what a command printed.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from sisdrop.errors import CanvasRefused, RefusalKind

_MAX_BYTES = 8192
_CREDENTIALS = "/run/credentials"
"""Where systemd keeps the credentials of running services; only root can put anything there."""
COMMAND_TIMEOUT_S = 30.0
_USABLE = re.compile(r"[!-~]+")


def _refused(sentence: str) -> CanvasRefused:
    return CanvasRefused(sentence, kind=RefusalKind.TOKEN, status=0, body="")


def checked(text: str, source: str) -> str:
    """`text` without one line end; raises when it cannot be a token.

    Blanks and control characters would break the Authorization header.
    """
    token = text.removesuffix("\n").removesuffix("\r")
    if not token:
        raise _refused(f"The Canvas token is empty: {source} holds nothing.")
    if len(token) > _MAX_BYTES:
        raise _refused(f"The Canvas token in {source} is too long to be one; does it hold something else?")
    if not _USABLE.fullmatch(token):
        raise _refused(
            f"The Canvas token in {source} contains blanks, line breaks or other characters no token has; "
            "it must be the token alone, on one line."
        )
    return token


def from_env(name: str) -> str:
    """The token in the environment variable `name`. Raises `CanvasRefused` (kind TOKEN, status 0)."""
    text = os.environ.get(name)
    if text is None:
        raise _refused(f"The environment variable {name} is not set; it should hold the Canvas token.")
    return checked(text, f"environment variable {name}")


def from_file(path: Path) -> str:
    """The token in the file at `path`; refused when other users can read it.

    Raises `CanvasRefused` (kind TOKEN, status 0).
    """
    try:
        # Not blocking: a FIFO in its place must not stop the service.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _refused(f"The token file {path} cannot be read: {error.strerror}.") from None
    try:
        _refuse_shared(path, os.fstat(handle))
        raw = os.read(handle, _MAX_BYTES + 3)
    finally:
        os.close(handle)
    return checked(_text(raw, f"file {path}"), f"file {path}")


def _refuse_shared(path: Path, found: os.stat_result) -> None:
    """Raise when others can read (or change) the token. Windows has no such bits: there the folder's rights rule."""
    if not stat.S_ISREG(found.st_mode):
        raise _refused(f"The token file {path} is not a regular file.")
    if sys.platform == "win32":
        return
    if found.st_uid not in (0, os.geteuid()):
        raise _refused(
            f"The token file {path} belongs to another user; it must belong to the user sisdrop runs as, or to root."
        )
    forbidden = stat.S_IRWXO if _is_credential(path) else stat.S_IRWXO | stat.S_IRWXG
    if found.st_mode & forbidden:
        raise _refused(
            f"The token file {path} can be read by other users (mode {found.st_mode & 0o777:o}); run: chmod 600 {path}"
        )


def _is_credential(path: Path) -> bool:
    """Whether systemd gave us this file (LoadCredential=).

    Such a file may be root's with an access list for us, and then its group bits show only the list's mask.
    """
    folders = [_CREDENTIALS, os.environ.get("CREDENTIALS_DIRECTORY")]
    return any(folder and path.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)


def from_command(command: tuple[str, ...], timeout_s: float = COMMAND_TIMEOUT_S) -> str:
    """The first line that `command` prints. It runs without a shell and without our standard input.

    Raises `CanvasRefused` (kind TOKEN, status 0). When it takes longer than `timeout_s` seconds it is killed.
    """
    name = f"command {command[0]}"
    raw, code, late = _run(command, timeout_s)
    if late:
        raise _refused(f"The token {name} did not end within {timeout_s:g} seconds; does it wait for a person?")
    if code != 0:
        raise _refused(f"The token {name} failed with exit code {code}; run it by hand as the user sisdrop runs as.")
    return checked(_text(raw, name).partition("\n")[0], name)


def _run(command: tuple[str, ...], timeout_s: float) -> tuple[bytes, int, bool]:
    """What `command` printed (at most `_MAX_BYTES`), its exit code, and whether it had to be killed for being late."""
    try:
        # The configuration's owner chose the program; there is no shell.
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its words contain a NUL character"
        raise _refused(f"The token command {command[0]} cannot be started: {why}.") from None
    late = threading.Event()

    def too_late() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout_s, too_late)
    timer.start()
    try:
        return _first_bytes(process.stdout), process.wait(), late.is_set()
    finally:
        timer.cancel()
        timer.join()


def _first_bytes(pipe: IO[bytes] | None) -> bytes:
    if pipe is None:
        return b""
    with pipe:
        kept = pipe.read(_MAX_BYTES + 3)
        while pipe.read(65536):  # a chatty command must not die of a closed pipe
            pass
    return kept


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and its children, which would keep the pipe open."""
    if sys.platform == "win32":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


def _text(raw: bytes, source: str) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise _refused(
            f"The Canvas token in {source} contains characters no token has (a BOM? a typographic dash?)."
        ) from None
