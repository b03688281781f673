"""Sending one request and reading its answer within bounds of time and size; what went wrong, in words.

Room: the network, and the environment variables that say which proxy and authorities to use. It knows nothing of SIS
imports and decides nothing: what a status or a silence means is `protocol`'s business. Nothing raised or logged here
holds a header or the query of a URL.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3 import exceptions as urllib3_errors

from sisdrop.canvas.exchange import Adapter, Exchange
from sisdrop.errors import ConfigError, ConfigProblem
from sisdrop.protocol import Answer

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 8 << 20
"""The most of an answer that is kept in memory. A page of 100 imports with all their messages is about 1.5 MB."""
MAX_IDLE_S = 30.0
"""A connection unused for longer is not used again: the server may be closing it at this moment."""
MIN_BYTES_PER_S = 32_768
"""The slowest line that is still waited for; the time limit of an up- or download grows with its size."""

_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. `total_s` bounds all of it, from connecting to the last byte of the answer."""

    method: str
    url: str
    total_s: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """No whole answer came. `began` = some of the request had been sent."""

    reason: str
    began: bool


class TooLarge(Exception):
    """A sink refuses more of an answer."""


class Transport:
    """One HTTP session; used by one thread at a time, the others wait.

    Nothing is taken from `~/.netrc` (it would replace our token), redirects are not followed, cookies not kept.
    Raises ConfigError when `ca_file` cannot be used.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout_s: float,
        ca_file: Path | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._last_used = monotonic()
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = user_agent
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(_trust(ca_file))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def total_s(self, size_bytes: int = 0) -> float:
        """The time that a request may take which moves `size_bytes`."""
        return 2 * self._timeout_s + size_bytes / MIN_BYTES_PER_S

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def ask(self, call: Call) -> Answer | Silence:
        """Send `call` and return its answer whole, at most MAX_ANSWER_BYTES of it."""
        kept = bytearray()

        def keep(chunk: bytes) -> None:
            if len(kept) + len(chunk) > MAX_ANSWER_BYTES:
                raise TooLarge(f"the answer is larger than {MAX_ANSWER_BYTES >> 20} MiB")
            kept.extend(chunk)

        answer = self.stream(call, lambda _answer: keep)
        return Answer(answer.status, answer.headers, bytes(kept)) if isinstance(answer, Answer) else answer

    def stream(self, call: Call, sink_for: Callable[[Answer], Callable[[bytes], None]]) -> Answer | Silence:
        """Send `call`; give the body of its answer, as it comes, to the sink chosen for it. The answer returned has
        no body. A request that reads is sent once more when the kept-alive connection turned out to be dead."""
        with self._lock:
            self._drop_old_connections(call)
            began = self._monotonic()
            answer, exchange = self._once(call, sink_for)
            at_once = self._monotonic() - began < self._timeout_s
            if isinstance(answer, Silence) and call.method == "GET" and not exchange.fresh and at_once:
                self._session.close()
                answer, exchange = self._once(call, sink_for)
            if exchange.cut_short:
                self._session.close()
            self._last_used = self._monotonic()
        return answer

    def _drop_old_connections(self, call: Call) -> None:
        """What writes gets a new connection: on one kept alive, a reset would not tell whether it was received."""
        if call.method != "GET" or self._monotonic() - self._last_used > MAX_IDLE_S:
            self._session.close()

    def _once(
        self, call: Call, sink_for: Callable[[Answer], Callable[[bytes], None]]
    ) -> tuple[Answer | Silence, Exchange]:
        exchange = Exchange(call.total_s)
        try:
            with exchange, self._response(call) as response:
                answer = Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"")
                sink = sink_for(answer)
                for chunk in _chunks(response):
                    sink(chunk)
        except TooLarge as error:
            return Silence(str(error), exchange.began), exchange
        except (requests.RequestException, urllib3_errors.HTTPError, http.client.HTTPException, OSError) as error:
            return Silence(self._reason(error, exchange, call), exchange.began), exchange
        if exchange.expired:
            # The end of the time also looks like the end of an answer that does not say how long it is.
            return Silence(_too_slow(exchange), exchange.began), exchange
        logger.debug("%s %s status=%d", call.method, urlsplit(call.url).path, answer.status)
        return answer, exchange

    @contextlib.contextmanager
    def _response(self, call: Call) -> Iterator[requests.Response]:
        response = self._session.request(
            call.method,
            call.url,
            headers=dict(call.headers),
            data=call.body,
            timeout=(self._timeout_s, self._timeout_s),
            proxies=_proxies(call.url),
            verify=_bundle() or True,
            allow_redirects=False,
            stream=True,
        )
        try:
            yield response
        finally:
            response.close()

    def _reason(self, error: BaseException, exchange: Exchange, call: Call) -> str:
        if exchange.expired:
            return _too_slow(exchange)
        return f"{urlsplit(call.url).hostname}: {_in_words(error, self._timeout_s)}"


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The decoded body as it arrives; each read returns with what is there, so that a slow sender cannot hide."""
    while chunk := response.raw.read1(_READ_BYTES, decode_content=True):
        yield chunk


def _too_slow(exchange: Exchange) -> str:
    return f"it was not over within {exchange.total_s:.0f} s"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """The authorities of the system and, besides, those in `ca_file`. (requests adds its own bundle.)"""
    context = ssl.create_default_context()
    if ca_file is not None:
        # An authority in between is enough, when that is what the school was given.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            problem = ConfigProblem("canvas.ca_file", f"{ca_file} cannot be used: {why}")
            raise ConfigError("Canvas", (problem,)) from None
    return context


def _bundle() -> str | None:
    """A bundle of authorities that the environment names, in the order that requests and OpenSSL would ask."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        path = os.environ.get(name)
        if path and Path(path).exists():
            return path
    return None


def _proxies(url: str) -> dict[str, str]:
    """The proxies that the environment names for `url`; never one for this machine itself."""
    return {} if is_loopback(url) else dict(get_environ_proxies(url))


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".localhost")


def _in_words(error: BaseException, timeout_s: float) -> str:
    """What happened, out of a pile of exceptions, without URLs (a query may hold a secret)."""
    for cause in _causes(error):
        words = _known(cause, timeout_s)
        if words:
            return words
    return type(error).__name__


def _known(cause: BaseException, timeout_s: float) -> str | None:
    match cause:
        case ssl.SSLCertVerificationError():
            advice = "set canvas.ca_file if your own authority signed it"
            return f"its certificate is not trusted ({cause.verify_message}); {advice}"
        case urllib3_errors.NameResolutionError() | socket.gaierror():
            return "its name cannot be resolved"
        case urllib3_errors.ConnectTimeoutError() if not isinstance(cause, urllib3_errors.NewConnectionError):
            return f"no connection within {timeout_s:g} s"
        case TimeoutError() | urllib3_errors.ReadTimeoutError():
            return f"nothing came for {timeout_s:g} s"
        case http.client.RemoteDisconnected():
            return "the connection was closed without an answer"
        case http.client.IncompleteRead() | urllib3_errors.IncompleteRead():
            return "the answer was cut off"
        case http.client.BadStatusLine() | urllib3_errors.DecodeError() | urllib3_errors.InvalidChunkLength():
            return "the answer cannot be read"
        case ssl.SSLError():
            return f"the secure connection failed ({cause.reason or 'TLS'})"
        case OSError(errno=int(number)) if number in errno.errorcode:
            return os.strerror(number).lower()
        case _:
            return None


def _causes(error: BaseException) -> list[BaseException]:
    """`error` and all that led to it, the outermost first."""
    found = [error]
    for one in found:
        # Exceptions of requests and urllib3 carry what caused them as an argument or as `reason`.
        led_to_it = (getattr(one, "reason", None), one.__cause__, one.__context__, *one.args)
        found += [cause for cause in led_to_it if isinstance(cause, BaseException) and cause not in found]
    return found


class _NoQueries(logging.Filter):
    """Cuts the query off every URL that urllib3 logs: the signed address of a file is a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_cut(one) for one in record.args)
        return True


def _cut(value: Any) -> Any:
    return value.partition("?")[0] if isinstance(value, str) else value


logging.getLogger("urllib3.connectionpool").addFilter(_NoQueries())
