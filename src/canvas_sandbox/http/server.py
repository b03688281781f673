"""The sandbox's sockets: two servers on loopback, one for Canvas and one for its file storage.

Room: sockets and threads. This is the standard library's `http.server`, not a framework: it is there wherever Python
is, and faults on the wire (half a status line, no answer) want the bare socket anyway. What it lacks for that is here:
bounds on headers, on time and on connections, and an end of every thread on `close`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, assert_never

from canvas_sandbox.http import message
from canvas_sandbox.http.app import LOOPBACK_NAMES
from canvas_sandbox.http.body import Body, BodyCut, BodyRefused, read_form
from canvas_sandbox.http.message import ApiError, Request, Response, Wire, parse_fields, parse_target
from canvas_sandbox.params import Params

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
MAX_CONNECTIONS = 100
HEAD_S = 20.0
"""A client has this long for its request line and headers together, slow drops included."""
QUIET_S = 60.0
"""A connection on which nothing moves for so long is closed."""
MAX_FORM = 1 << 20
MAX_REQUEST_LINE = 1 << 16
LINE_END = re.compile(r"[\r\n]")

SPELLINGS: dict[str | None, Callable[[str], str]] = {"lower": str.lower, "title": str.title, None: str}

Respond = Callable[[Request], Response]
Hang = Callable[[float | None], None]


class Server(ThreadingHTTPServer):
    """One listening port; every request goes to `respond`. `close` ends all connections and threads."""

    request_queue_size = 64

    def __init__(self, port: int, hang: Hang) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.respond: Respond = lambda _request: message.server_error().response
        self.hang = hang
        self._open = set[socket.socket]()
        self._request_threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._accept_all, name="sandbox-http", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def start(self, respond: Respond) -> None:
        """Begin to answer."""
        self.respond = respond
        self._thread.start()

    def close(self) -> None:
        """Close the port and every connection; all threads have ended when this returns."""
        self._closing = True
        if self._thread.ident is not None:
            # The thread waits for a connection and for nothing else: this one wakes it.
            with contextlib.suppress(OSError):
                socket.create_connection((LOOPBACK, self.server_address[1]), timeout=1).close()
            self._thread.join()
        # Whoever waits for the next request of a client wakes up and finds nobody there.
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._request_threads:
            thread.join()
        self.server_close()

    def _accept_all(self) -> None:
        while not self._closing:
            self.handle_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection, unless there are too many."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="sandbox-request", daemon=True
        )
        # `ThreadingHTTPServer` would keep every thread it ever started; those that have ended are dropped here.
        with self._lock:
            welcome = not self._closing and len(self._open) < MAX_CONNECTIONS
            self._request_threads = [running for running in self._request_threads if running.is_alive()]
            if welcome:
                self._open.add(request)
        if welcome:
            thread.start()
            self._request_threads.append(thread)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """A connection ends."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A bug in the answering of a request: for the log, not for stderr, and the client sees nothing of it."""
        log.error("a request was not answered", exc_info=sys.exception())


class _TimedReader(io.RawIOBase):
    """The reading end of a connection that gives up on slow clients: `deadline` for the head, QUIET_S for a body."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.deadline: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        rest = QUIET_S if self.deadline is None else self.deadline - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        self._connection.settimeout(rest)
        return self._connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, has them answered, sends the answers."""

    protocol_version = "HTTP/1.1"
    server_version = "Canvas-Sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        """Read through a reader that gives up on slow clients."""
        super().setup()
        self._timed = _TimedReader(self.connection)
        # The base class has opened one that knows only a single time-out, for each read.
        self.rfile.close()
        self.rfile = self._reader = io.BufferedReader(self._timed, 1 << 16)

    def handle_one_request(self) -> None:
        """Read one request and answer it; whatever goes wrong with the connection closes it."""
        self._timed.deadline = None
        # Until the head is read and says otherwise.
        self.close_connection = True
        try:
            # Between requests a connection may rest; once bytes come, the head has to come soon.
            self._reader.peek(1)
            self._timed.deadline = time.monotonic() + HEAD_S
            self.raw_requestline = self.rfile.readline(MAX_REQUEST_LINE + 1)
            if len(self.raw_requestline) > MAX_REQUEST_LINE:
                self.requestline = self.request_version = self.command = ""
                self.send_error(414)
                return
            if not self.raw_requestline or not self.parse_request():
                return
            self._timed.deadline = None
            self._answer()
        except (OSError, BodyCut, ValueError) as error:
            # ValueError: writing to a connection that was closed under us.
            log.debug("a connection ended early: %s", error)
            self.close_connection = True

    def _answer(self) -> None:
        try:
            answer = self.server.respond(self._request())
        except BodyRefused as error:
            answer = message.refusal(error.status, {"errors": [{"message": str(error)}]}).response
            self.close_connection = True
        except ApiError as error:
            answer = error.response
            self.close_connection = True
        self._send(answer)

    def _request(self) -> Request:
        body = Body(self._reader, self.headers)
        try:
            path, segments, query = parse_target(self.path)
        except ValueError:
            raise message.refusal(400, {"errors": [{"message": "the address cannot be read"}]}) from None
        # The body of a POST is an upload and is read by its endpoint; ours under /sandbox/ are JSON of any shape.
        fields = self._form(body) if self.command == "PUT" and not path.startswith("/sandbox/") else []
        host = self.headers.get("Host", "")
        return Request(
            method=self.command,
            path=path,
            segments=segments,
            params=Params([*query, *fields]),
            query=query,
            headers=self.headers,
            body=body,
            base_url=f"http://{host}" if LOOPBACK_NAMES.match(host) else self.server.url,
        )

    def _form(self, body: Body) -> list[tuple[str, str]]:
        """The parameters in the body of a PUT: a form, or JSON."""
        kind = self.headers.get("Content-Type", "")
        if kind.lower().startswith("multipart/form-data"):
            return read_form(body, kind)
        text = body.read_all(MAX_FORM).decode("utf-8", "replace")
        try:
            return parse_fields(kind.lower(), text)
        except (ValueError, RecursionError):
            raise message.refusal(400, {"errors": [{"message": "the body cannot be read"}]}) from None

    # sending

    def _send(self, answer: Response) -> None:
        if answer.delay_s:
            # On the book of faults, not a sleep: replacing the faults, and closing, end it.
            self.server.hang(None if answer.delay_s < 0 else answer.delay_s)
        size = answer.file.stat().st_size if answer.file else len(answer.body)
        match answer.wire:
            case Wire.NORMAL:
                self._send_whole(answer, self._head(answer, size))
                return
            case Wire.CUT_STATUS_LINE:
                self.wfile.write(self._head(answer, size)[: answer.cut_at])
            case Wire.CUT_BODY:
                self.wfile.write(self._head(answer, size) + answer.body[: size // 2])
            case Wire.DROP | Wire.RESET | Wire.HANG:
                pass
            case _:
                assert_never(answer.wire)
        self.close_connection = True

    def _send_whole(self, answer: Response, head: bytes) -> None:
        if self.command == "HEAD":
            self.wfile.write(head)
        elif answer.file:
            self.wfile.write(head)
            with answer.file.open("rb") as source:
                shutil.copyfileobj(source, self.wfile, 1 << 16)
        else:
            self.wfile.write(head + answer.body)

    def _head(self, answer: Response, size: int) -> bytes:
        headers = [
            ("Date", self.date_time_string(time.time() + answer.ahead_s)),
            ("Server", self.server_version),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(size)),
            *answer.headers,
        ]
        if any(name.lower() == "connection" and value == "close" for name, value in headers):
            self.close_connection = True
        elif self.close_connection:
            headers.append(("Connection", "close"))
        spell = SPELLINGS[answer.header_case]
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Status', ''))[0]}"]
        # A file name from a client stands in some of them: it must not become a header of its own.
        lines += [f"{spell(name)}: {re.sub(LINE_END, ' ', value)}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The base class refuses a request it cannot read: a status, and nothing of what was sent."""
        self.close_connection = True
        self._send(Response(int(code), b'{"errors":[{"message":"the request cannot be read"}]}'))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Requests are not logged: their addresses may hold a token."""
