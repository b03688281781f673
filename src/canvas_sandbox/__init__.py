"""Canvas in a box: an HTTP server on loopback that takes SIS imports the way Canvas does.

Room: its own folder and loopback ports; imports `canvas_sis_csv` and nothing of the importer. `start` gives a running
sandbox, in threads of this process. A request comes in by `http/server.py`, is told apart in `http/app.py` and answered
by an endpoint; an upload waits in `queue.py` and is imported by `engine/`.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from canvas_sandbox.clock import Clock, Speed
from canvas_sandbox.engine import Engine
from canvas_sandbox.errors import DataUnusable, WrongUse
from canvas_sandbox.faults import FaultBook, read_faults
from canvas_sandbox.http.app import App
from canvas_sandbox.http.server import Server
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.seed import Seeded, seed

DATABASE = "canvas.sqlite3"
"""What the engine keeps in the sandbox's folder: accounts, people, courses."""


class Sandbox:
    """A running sandbox. Use it as a context manager, or `close` it: then every thread has ended."""

    def __init__(self, *, port: int, data: Path | None, speed: Speed, token: str | None) -> None:
        self.token = token or secrets.token_urlsafe(24)
        """What `Authorization: Bearer` must say."""
        self._clock = Clock(speed)
        self._book = FaultBook()
        with contextlib.ExitStack() as undo:
            folder = _folder(data, undo)
            self._store = ImportStore(folder, self._clock)
            undo.callback(self._store.close)
            engine = Engine(folder / DATABASE)
            undo.callback(engine.close)
            # Undone from the last to the first: who hangs is let go, the queue stops, then the connections end.
            canvas, storage = (_server(number, self._book, undo) for number in (port, 0))
            self._queue = ImportQueue(self._store, engine, self._clock)
            undo.callback(self._queue.close)
            self._app = App(
                store=self._store,
                queue=self._queue,
                engine=engine,
                faults=self._book,
                token=self.token,
                clock=self._clock,
                storage_url=storage.url,
            )
            self.url = canvas.url
            """Where it listens: `http://127.0.0.1:PORT`."""
            for server, respond in ((canvas, self._app.respond), (storage, self._app.respond_as_storage)):
                server.start(respond)
            undo.callback(self._book.close)
            self._undo = undo.pop_all()

    @property
    def leaked_tokens(self) -> int:
        """How often a client sent an Authorization header to the file storage. It must stay 0."""
        return self._app.files.leaks

    def set_faults(self, faults: Any) -> None:
        """Replace the faults by these, in the JSON form of `canvas_sandbox/faults.py`; raises ValueError."""
        self._app.control.set_faults(read_faults(faults))

    def seed(self, folder: Path) -> list[Seeded]:
        """Import every CSV of a folder, one after the other in Canvas's order, without waiting; how each ended."""
        with self._clock.hurried():
            return seed(folder, self._store, self._queue)

    def wait_for_end(self, import_id: int) -> str:
        """Wait until an import has ended, without polling; its `workflow_state`."""
        return self._queue.wait_for_end(import_id)

    def wait_for_state(self, import_id: int, state: str) -> None:
        """Wait until an import is in `state`, or has ended, without polling."""
        self._queue.wait_for_state(import_id, state)

    def wait_until_quiet(self) -> None:
        """Wait until nothing moves any more by itself: what is left waits to be looked at, or for a person."""
        self._queue.wait_until_quiet()

    def close(self) -> None:
        """End everything, the running import included; a temporary folder is removed."""
        self._undo.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(
    *,
    port: int = 0,
    data: Path | None = None,
    speed: float | Literal["max"] = 1.0,
    token: str | None = None,
    faults: Any = None,
) -> Sandbox:
    """A sandbox on 127.0.0.1, ready when this returns.

    `port` 0 chooses a free one. `data` is the folder of its database (made when missing); None keeps it in a temporary
    folder that `close` removes. `speed`: how many times faster than Canvas, or "max": nothing waits. `token` None makes
    a random one (`Sandbox.token`). `faults` is the JSON form of `canvas_sandbox/faults.py`.

    Raises WrongUse (the port is taken), DataTaken (another sandbox has that folder), ValueError (speed, faults).
    """
    book = read_faults(faults or [])
    sandbox = Sandbox(port=port, data=data, speed=speed, token=token)
    sandbox._app.control.set_faults(book)
    return sandbox


def reset(data: Path) -> None:
    """Remove what a sandbox keeps in its folder, and nothing else there. No sandbox may be running on it."""
    for pattern in ("imports.sqlite3*", f"{DATABASE}*"):
        for path in data.glob(pattern):
            path.unlink()
    for name in ("uploads", "files", "work"):
        shutil.rmtree(data / name, ignore_errors=True)


def _folder(data: Path | None, undo: contextlib.ExitStack) -> Path:
    if data is not None:
        try:
            # What is uploaded may be about real people after all.
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataUnusable(f"{data}: the sandbox's folder cannot be made: {error.strerror}") from error
        return data
    folder = Path(tempfile.mkdtemp(prefix="canvas-sandbox-"))
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _server(port: int, book: FaultBook, undo: contextlib.ExitStack) -> Server:
    try:
        server = Server(port, book.hang)
    except (OSError, OverflowError) as error:
        raise WrongUse(f"port {port} cannot be used: {error}") from error
    undo.callback(server.close)
    return server


__all__ = ["Sandbox", "reset", "start"]
