"""A loopback HTTP server that plays scripted answers byte for byte, for tests of the client.

Each request that arrives takes the next `Act` of the script; what arrived is kept in `requests`. An act says when to
answer (after the head, or after the whole body), with which bytes, how slowly, and how the connection ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DATE = "Mon, 23 Nov 2026 04:15:02 GMT"


@dataclass(frozen=True)
class Act:
    """What to do with one request.

    `reply` = the bytes to send; `pause_s` = between single bytes (0: all at once); `early` = answer after the head,
    before the body is read; `end` = keep, close, reset, or hang (keep the connection, send nothing more).
    """

    reply: bytes = b""
    pause_s: float = 0.0
    early: bool = False
    end: str = "keep"


@dataclass
class Arrived:
    """One request as it came. Header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    body_bytes: int = 0
    connection: int = 0


def answer(status: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP answer with a Content-Length; `status` is like `200 OK`."""
    data = body.encode() if isinstance(body, str) else body
    lines = {"Date": DATE, "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


def json_answer(value: Any, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    """A JSON answer as Canvas sends it."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return answer(status, json.dumps(value), {**kind, **(headers or {})})


def says(value: Any, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> Act:
    """An act that answers with JSON and keeps the connection."""
    return Act(json_answer(value, status, headers))


@dataclass
class Scripted:
    """The server; a context manager. After the script's end every request gets status 599."""

    script: Sequence[Act] = ()
    tls: ssl.SSLContext | None = None
    keep_bodies: bool = True
    hang_up: int = 0
    """So many connections are reset as soon as they stand."""
    requests: list[Arrived] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Scripted:
        self._left = list(self.script)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def then(self, *acts: Act) -> None:
        """Add acts to the script."""
        with self._lock:
            self._left += acts

    def _start(self, work: Any, *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            # As servers do; else the answer may wait for an acknowledgement, and a reset throw it away.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            if self.connections <= self.hang_up:
                _reset(plain)
                continue
            self._start(self._serve, plain, self.connections)

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self.tls:
                connection = self.tls.wrap_socket(plain, server_side=True)
            with self._lock:
                self._open.add(connection)
            stream = connection.makefile("rb")
            with stream:
                while self._one(connection, stream, number):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
            plain.close()

    def _one(self, connection: socket.socket, stream: Any, number: int) -> bool:
        """Serve one request; False when the connection is over."""
        arrived = _head(stream)
        if arrived is None:
            return False
        arrived.connection = number
        with self._lock:
            self.requests.append(arrived)
            act = self._left.pop(0) if self._left else Act(answer("599 Script is over"))
        if not act.early:
            self._take_body(arrived, stream)
        self._play(connection, act)
        return act.end == "keep" and not act.early

    def _take_body(self, arrived: Arrived, stream: Any) -> None:
        left = int(arrived.headers.get("content-length", "0"))
        while left and (data := stream.read(min(left, 1 << 20))):
            left -= len(data)
            arrived.body_bytes += len(data)
            if self.keep_bodies:
                arrived.body += data

    def _play(self, connection: socket.socket, act: Act) -> None:
        if act.pause_s:
            for i in range(len(act.reply)):
                connection.sendall(act.reply[i : i + 1])
                if self._over.wait(act.pause_s):
                    return
        else:
            connection.sendall(act.reply)
        if act.end == "hang":
            self._over.wait(30)
        if act.end == "reset":
            _reset(connection)


def _reset(connection: socket.socket) -> None:
    """Close so that the other side gets a reset."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def _head(stream: Any) -> Arrived | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Arrived(first[0], first[1], headers)
