"""Sending one request and reading its answer within bounds of time and size; what went wrong, in words.

Room: the network, and the environment variables that say which proxy and authorities to use. It knows nothing of SIS
imports and decides nothing: what a status or a missing answer means is `protocol`'s business. Nothing raised or logged
here holds a header or the query of a URL, and the token is masked in all that comes back (see `secrets`).
"""

from __future__ import annotations

import errno
import http.client
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.utils import get_environ_proxies
from urllib3 import exceptions as urllib3_errors

from sisdrop.canvas.exchange import Adapter, Exchange
from sisdrop.canvas.secrets import Secrets
from sisdrop.errors import ConfigError, ConfigProblem
from sisdrop.protocol.answers import Answer, is_loopback

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
    headers: Mapping[str, str] = field(default_factory=dict)
    bearer: SecretStr | None = None
    """The token to send along; from then on it is masked in everything that comes back."""
    body: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No whole answer came. `began` = some of the request had been sent."""

    reason: str
    began: bool


class TooLarge(Exception):
    """A sink refuses more of an answer."""


SinkFor = Callable[[Answer], Callable[[bytes], None]]
"""Chooses, by an answer's status and headers, what takes its body piece by piece; that may raise TooLarge."""


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
        self._exchange: Exchange | None = None
        self.is_cut = False
        """Whether everything was ended for good."""
        self._secrets = Secrets()
        self._session = _Session()
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

    def cut(self) -> None:
        """End the request that is on its way, and send no other one; from any thread."""
        self.is_cut = True
        exchange = self._exchange
        if exchange is not None:
            exchange.end()

    def ask(self, call: Call, sink_for: SinkFor | None = None) -> Answer | NoResponse:
        """Send `call` and return its answer, its body whole: at most MAX_ANSWER_BYTES, without any token sent so far.

        With `sink_for` the body goes, as it comes and unmasked, to what that chooses instead. A request that reads is
        sent once more when the kept-alive connection turned out to be dead.
        """
        if call.bearer is not None:
            self._secrets.add(call.bearer.get_secret_value())
        with self._lock:
            began = self._monotonic()
            if call.method != "GET" or began - self._last_used > MAX_IDLE_S:
                # What writes gets a new connection: on one kept alive, a reset would not tell whether it was received.
                self._session.close()
            exchange = Exchange(call.total_s)
            answer = self._attempt(call, exchange, sink_for)
            at_once = self._monotonic() - began < self._timeout_s
            if isinstance(answer, NoResponse) and call.method == "GET" and not exchange.fresh and at_once:
                self._session.close()
                exchange = Exchange(call.total_s)
                answer = self._attempt(call, exchange, sink_for)
            if exchange.cut_short:
                self._session.close()
            self._last_used = self._monotonic()
        return answer

    def _attempt(self, call: Call, exchange: Exchange, sink_for: SinkFor | None) -> Answer | NoResponse:
        """One request over the wire. All that comes back of it leaves here masked, but for the body given to a sink."""
        kept = bytearray()

        def keep(chunk: bytes) -> None:
            if len(kept) + len(chunk) > MAX_ANSWER_BYTES:
                raise TooLarge(f"the answer is larger than {MAX_ANSWER_BYTES >> 20} MiB")
            kept.extend(chunk)

        self._exchange = exchange
        if self.is_cut:
            return NoResponse("sisdrop stops", began=False)
        authorization = {} if call.bearer is None else {"Authorization": f"Bearer {call.bearer.get_secret_value()}"}
        try:
            with (
                exchange,
                self._session.request(
                    call.method,
                    call.url,
                    headers={**call.headers, **authorization},
                    data=call.body,
                    timeout=(self._timeout_s, self._timeout_s),
                    # Never a proxy for this machine itself.
                    proxies={} if is_loopback(call.url) else get_environ_proxies(call.url),
                    # `trust_env` is off, so requests does not look for itself.
                    verify=_bundle() or True,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                mask = self._secrets.mask_text
                headers = {mask(name).lower(): mask(value) for name, value in response.headers.items()}
                answer = Answer(response.status_code, headers, b"")
                sink = sink_for(answer) if sink_for else keep
                # Each read returns with what is there, so that a slow sender cannot hide.
                while chunk := response.raw.read1(_READ_BYTES, decode_content=True):
                    sink(chunk)
        except TooLarge as error:
            return NoResponse(str(error), exchange.began)
        except (requests.RequestException, urllib3_errors.HTTPError, http.client.HTTPException, OSError) as error:
            reason = (
                self._too_late(exchange)
                if exchange.expired
                else f"{urlsplit(call.url).hostname}: {_in_words(error, self._timeout_s)}"
            )
            return NoResponse(self._secrets.mask_text(reason), exchange.began)
        if exchange.expired:
            # The end of the time also looks like the end of an answer that does not say how long it is.
            return NoResponse(self._too_late(exchange), exchange.began)
        logger.debug("%s %s status=%d", call.method, urlsplit(call.url).path, answer.status)
        return replace(answer, body=self._secrets.mask(bytes(kept)))

    def _too_late(self, exchange: Exchange) -> str:
        return "sisdrop was stopped" if self.is_cut else f"it was not over within {exchange.total_s:.0f} s"


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even when told not to follow, requests reads a redirect's body without bound and parses its address."""


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
    named = map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
    return next((path for path in named if path and Path(path).exists()), None)


def _in_words(error: BaseException, timeout_s: float) -> str:
    """What happened, out of a pile of exceptions, without URLs (a query may hold a secret)."""
    causes = [error]
    for effect in causes:  # the outermost first
        words = _known(effect, timeout_s)
        if words:
            return words
        # Exceptions of requests and urllib3 carry what caused them as an argument or as `reason`.
        led_to_it = (getattr(effect, "reason", None), effect.__cause__, effect.__context__, *effect.args)
        causes += [cause for cause in led_to_it if isinstance(cause, BaseException) and cause not in causes]
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


class _Discreet(logging.Filter):
    """Takes out of urllib3's log records what may hold a secret: the query of every URL (a file's address is signed),
    and whatever is no plain value (the exception in "Failed to parse headers" repeats what the server sent)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            cut = (value.partition("?")[0] if isinstance(value, str) else value for value in record.args)
            record.args = tuple(value if isinstance(value, str | int | None) else type(value).__name__ for value in cut)
        record.exc_info = record.exc_text = None
        return True


for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_Discreet())
