"""Requests and answers of the sandbox as values, and Canvas's own error bodies.

Room: pure; no socket. The literal bodies are those of Canvas's public source.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from email.message import Message
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from canvas_sandbox.http.body import Body
from canvas_sandbox.params import Params

JSON_TYPE = "application/json; charset=utf-8"
STRING_IDS = "application/json+canvas-string-ids"
# Every server error has a number of its own, by which support finds it.
_report_ids = itertools.count(1001)


@dataclass(frozen=True)
class Request:
    """One request. `path` is decoded per segment, without query and `.json`; `base_url` is how the client calls us."""

    method: str
    path: str
    segments: tuple[str, ...]
    params: Params
    query: tuple[tuple[str, str], ...]
    headers: Message
    body: Body
    base_url: str
    page_size: int | None = None
    """Forced by a fault."""
    hides: int = 0
    """So many of the newest imports are missing in the list, by a fault."""
    has_no_next: bool = False
    """No page of the list of imports names the next one, by a fault."""

    @property
    def string_ids(self) -> bool:
        """Whether the client wants ids as text."""
        return STRING_IDS in self.headers.get("Accept", "")


class Wire(Enum):
    """How an answer goes out; all but NORMAL are faults."""

    NORMAL = "normal"
    DROP = "drop"
    RESET = "reset"
    """Dropped before the body was read."""
    HANG = "hang"
    CUT_STATUS_LINE = "cut status line"
    CUT_BODY = "cut body"


@dataclass(frozen=True)
class Response:
    """One answer. `file` is sent instead of `body`."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    file: Path | None = None
    wire: Wire = Wire.NORMAL
    delay_s: float = 0.0
    header_case: str | None = None
    ahead_s: int = 0
    """How far the Date header is ahead."""
    cut_at: int = 0
    """How many bytes of the status line are sent before the connection ends."""

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """The same with more headers."""
        return replace(self, headers=(*self.headers, *headers))


class ApiError(Exception):
    """An answer that ends the work on a request."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(f"answered with {response.status}")


def parse_target(target: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Path, its decoded segments (without the `.json` Canvas accepts everywhere) and query of a request target."""
    # `GET http://elsewhere/` is a request to a proxy, `*` one to the server: both are taken as the first page.
    parts = urlsplit(target if target.startswith("/") else "/")
    # Split before decoding: a `%2F` belongs to an id and separates nothing.
    segments = [part for part in parts.path.split("/") if part]
    if segments and segments[-1].endswith(".json"):
        segments[-1] = segments[-1].removesuffix(".json")
    query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=1000)
    return "/" + "/".join(segments), tuple(unquote(part) for part in segments), tuple(query)


def parse_fields(content_type: str, text: str) -> list[tuple[str, str]]:
    """The parameters in a small body: a form's, or the plain values of a JSON object. Raises ValueError."""
    if "urlencoded" in content_type:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    fields = json.loads(text) if "json" in content_type and text.strip() else {}
    if not isinstance(fields, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - it is what came from outside, not what we passed
    return [(name, json.dumps(value) if isinstance(value, bool) else str(value)) for name, value in fields.items()]


def json_response(value: Any, status: int = 200) -> Response:
    """`value` as JSON."""
    return Response(status, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def refusal(status: int, value: Any) -> ApiError:
    """An error with a JSON body, to be raised."""
    return ApiError(json_response(value, status))


def not_found() -> ApiError:
    """Canvas's 404 for anything that is not there."""
    return refusal(404, {"errors": [{"message": "The specified resource does not exist."}]})


def server_error() -> ApiError:
    """Canvas's 500."""
    error = {"message": "An error occurred.", "error_code": "internal_server_error"}
    return refusal(500, {"errors": [error], "error_report_id": next(_report_ids)})


def _challenge(value: Any) -> ApiError:
    answer = json_response(value, 401).with_headers(("WWW-Authenticate", 'Bearer realm="canvas-lms"'))
    return ApiError(answer)


def unauthenticated() -> ApiError:
    """No token."""
    return _challenge({"status": "unauthenticated", "errors": [{"message": "user authorization required"}]})


def bad_token(says: str = "Invalid access token.", **more: str) -> ApiError:
    """A token that is unknown, expired or revoked."""
    return _challenge({"errors": [{"message": says, **more}]})


def not_permitted(status: int = 401) -> ApiError:
    """The user lacks the right; 403 on servers with a newer site-wide flag."""
    # Without WWW-Authenticate, unlike all that is wrong with a token: by that clients can tell the two apart.
    error = {"message": "user not authorized to perform that action"}
    return refusal(status, {"status": "unauthorized", "errors": [error]})


def out_of_scope() -> ApiError:
    """The token's developer key lacks the scope."""
    return refusal(401, {"errors": [{"message": "Insufficient scopes on access token."}]})


def not_a_root_account() -> ApiError:
    """SIS imports belong to root accounts."""
    return refusal(400, {"errors": ["SIS imports can only be executed on root accounts"]})


def imports_not_enabled() -> ApiError:
    """The account has SIS imports switched off."""
    return refusal(403, {"errors": ["SIS imports are not enabled for this account"]})


def no_user_agent() -> ApiError:
    """The front end refuses clients without a name."""
    message = "You are not authorized to access this site because you have not provided a valid user agent."
    return refusal(403, {"error": "Forbidden", "message": message})


def throttled(status: int = 403) -> Response:
    """Too many requests: plain text, and no Retry-After. Source says 403, newer documentation 429."""
    text = f"{status} Forbidden (Rate Limit Exceeded)\n"
    return Response(status, text.encode(), "text/plain; charset=utf-8", (("X-Rate-Limit-Remaining", "0.0"),))


def gateway_error(status: int) -> Response:
    """What a front end says when it cannot reach Canvas: HTML."""
    reason = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}.get(status, "Error")
    page = (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body><h1>{status} {reason}</h1></body>\r\n</html>"
    )
    return Response(status, page.encode(), "text/html; charset=utf-8")
