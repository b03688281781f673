"""One request on its way over the wire: whether any of it was sent, and the time by which it must be over.

Room: threads and sockets, below `requests`. Two things decide what a lost answer means and neither can be had from an
exception: whether a byte of the request left us (the same exception comes before and after), and whether the server
drips its answer so slowly that no read ever times out. So our connections report to the exchange they serve.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from contextvars import ContextVar
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_BLOCK_BYTES = 1 << 17
"""An upload is read and sent in blocks of this size."""


class Exchange:
    """A request and its answer, to be over within `total_s` seconds; entered, it is the one that connections serve."""

    def __init__(self, total_s: float) -> None:
        self.total_s = total_s
        self.began = False
        """Some of the request itself was sent (a proxy's CONNECT and the TLS handshake are not)."""
        self.connecting = False
        """A connection is being opened; what it sends until it stands, TLS and tunnel included, is not the request."""
        self.fresh = False
        """The connection was opened for this exchange."""
        self.expired = False
        """The time was over, or it was cut off, before the answer was whole."""
        self.cut_short = False
        """Not all of the request could be sent; its connection is of no use for another."""
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(total_s, self.end)
        self._timer.daemon = True

    def __enter__(self) -> Exchange:
        self._outer = _CURRENT.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        _CURRENT.reset(self._outer)

    def sending(self, connection: HTTPConnection) -> None:
        """`connection` is about to send something."""
        # The socket, not the connection: that one lets go of it when the answer ends with the connection.
        self._socket = cast(socket.socket, connection.sock)
        if self.connecting:
            return
        if self.expired:
            raise TimeoutError("the time for this request is over")
        self.began = True

    def end(self) -> None:
        """End whatever read or write hangs on the socket; called from another thread."""
        self.expired = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # The plain socket's own method: SSLSocket.shutdown would pull the TLS state from under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_CURRENT: ContextVar[Exchange | None] = ContextVar("sisdrop_exchange", default=None)


class _Connection(HTTPConnection):
    """Reports to the current exchange, if there is one."""

    def connect(self) -> None:
        exchange = _CURRENT.get()
        if exchange:
            exchange.connecting = exchange.fresh = True
        super().connect()
        if exchange:
            exchange.connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        exchange = _CURRENT.get()
        if exchange:
            exchange.sending(self)
        try:
            super().send(data)
        except OSError as error:
            if exchange is None or not exchange.began:
                raise
            # The server may have refused an upload before its end, and its answer may be waiting: after this error
            # (and after no other on every system) urllib3 goes on and reads it.
            exchange.cut_short = True
            raise BrokenPipeError from error


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS: `super()` above is then HTTPSConnection."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """requests' adapter with connections that report to the current exchange.

    It never repeats a request: whether one may be repeated is decided by whoever knows what it does. `context` adds
    the authorities to trust.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """The pools for direct connections."""
        kwargs |= {"ssl_context": self._context, "blocksize": _BLOCK_BYTES}
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools for connections through `proxy`."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, blocksize=_BLOCK_BYTES, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
