"""Canvas in a box: an HTTP server on loopback that takes SIS imports the way Canvas does.

Room: its own folder and loopback ports; imports `sis_csv`, `protocol`, `model`, `errors` and nothing above them.
`start` gives a running sandbox, in threads of this process.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from sisdrop.sandbox.clock import Clock
from sisdrop.sandbox.faults import Fault, FaultBook, read_faults
from sisdrop.sandbox.http.app import App
from sisdrop.sandbox.http.server import Server
from sisdrop.sandbox.queue import ImportQueue
from sisdrop.sandbox.store import Store


class Sandbox:
    """A running sandbox. Use it as a context manager, or `close` it: then every thread has ended."""

    def __init__(
        self, *, port: int, data: Path | None, speed: float | Literal["max"], token: str | None, faults: list[Fault]
    ) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self._folder = Path(tempfile.mkdtemp(prefix="sisdrop-sandbox-")) if data is None else data
        self._temporary = data is None
        self._folder.mkdir(parents=True, exist_ok=True)
        clock = Clock(speed)
        self._book = FaultBook()
        self._store = Store(self._folder, clock)
        self._engine = _new_engine(self._folder)
        self._queue = ImportQueue(self._store, self._engine, clock)
        self._app = App(
            store=self._store, queue=self._queue, engine=self._engine, faults=self._book, token=self.token, clock=clock
        )
        self._servers = [
            Server(port, self._app.respond, self._book.hang),
            Server(0, self._app.respond_as_storage, self._book.hang),
        ]
        self.url, self._app.storage_url = (server.url for server in self._servers)
        self._app.url = self.url
        self._app.control.set_faults(faults)
        for server in self._servers:
            server.start()

    @property
    def leaked_tokens(self) -> int:
        """How often a client sent an Authorization header to the file storage. It must stay 0."""
        return self._app.files.leaks

    def set_faults(self, faults: Any) -> None:
        """Replace the faults by these, in the JSON form of `sandbox/faults.py`."""
        self._app.control.set_faults(read_faults(faults))

    def close(self) -> None:
        """End everything; a temporary folder is removed."""
        self._book.close()
        self._queue.close()
        for server in self._servers:
            server.close()
        self._engine.close()
        self._store.close()
        if self._temporary:
            shutil.rmtree(self._folder, ignore_errors=True)

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
    a random one (`Sandbox.token`). `faults` is the JSON form of `sandbox/faults.py`.
    """
    return Sandbox(port=port, data=data, speed=speed, token=token, faults=read_faults(faults or []))


def _new_engine(folder: Path) -> Any:
    from sisdrop.sandbox._stand_in import StandIn

    return StandIn(folder)


__all__ = ["Sandbox", "start"]
