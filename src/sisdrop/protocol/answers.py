"""What an answer of Canvas means for the one who asked: the first condition that fits decides.

Room: pure. The question behind each of them is whether Canvas may have done what was asked. For a request that writes,
anything that does not surely say yes or no is UNKNOWN; for one that only reads it is RETRY. Facts: Canvas's public
source (authentication, throttling, error bodies) and documentation; front ends add answers of their own, in HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

from sisdrop.errors import CanvasError, CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.protocol.requests import Request

MAX_RETRY_AFTER_S = 3600.0
MAX_BODY_KEPT = 4000
_MAX_MESSAGE = 300


class Verdict(StrEnum):
    """What became of a request, by what the caller may do next."""

    NOT_SENT = "not_sent"
    """It never left us: the same again, later."""
    UNKNOWN = "unknown"
    """It may have been done: look before asking again."""
    ACCEPTED = "accepted"
    """Done; the answer says so."""
    REFUSED = "refused"
    """Not done, and the same would be refused again."""
    RETRY = "retry"
    """Not done: the same again, later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: `headers` by lower-case name, `body` whole and decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever bytes it holds."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether it is a web page: no answer of Canvas's API is one."""
        return "text/html" in self.headers.get("content-type", "").lower() or self.text.lstrip()[:1] == "<"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an answer means. `value` is set when ACCEPTED, `kind` when REFUSED."""

    verdict: Verdict
    sentence: str = ""
    value: Any = None
    kind: RefusalKind | None = None
    status: int = 0
    body: str = ""
    retry_after_s: float | None = None

    def error(self) -> CanvasError:
        """The error that says this to a caller. Only for a judgement that is not ACCEPTED."""
        match self.verdict:
            case Verdict.REFUSED:
                kind = self.kind or RefusalKind.OPTIONS
                return CanvasRefused(self.sentence, kind=kind, status=self.status, body=self.body)
            case Verdict.UNKNOWN:
                return OutcomeUnknown(self.sentence)
            case Verdict.RETRY | Verdict.NOT_SENT:
                return CanvasUnavailable(self.sentence, retry_after_s=self.retry_after_s)
            case Verdict.ACCEPTED:
                raise ValueError("an accepted request has no error")


def judge(request: Request[Any], answer: Answer) -> Judgement:
    """What `answer` means for `request`."""
    status, noun = answer.status, _noun(request)
    # Throttled is 429, or 403 as plain text: which of the two differs by server and year.
    if status == 429 or (status == 403 and "Rate Limit Exceeded" in answer.text):
        sentence = f"Canvas throttles this token and did not take {noun}. It will be asked again."
        return _judged(Verdict.RETRY, sentence, answer)
    if 200 <= status < 300:
        return _done(request, answer)
    if 300 <= status < 400:
        return _redirect(request, answer)
    # Not taken up at all: 408 and 425 by their meaning, 503 when it says when to come back. Without that promise a 503
    # may come from a front end whose Canvas has taken the request all the same.
    if status in {408, 425} or (status == 503 and retry_after_s(answer) is not None):
        sentence = f"Canvas is not ready and did not take {noun} (status {status}). It will be asked again."
        return _judged(Verdict.RETRY, sentence, answer)
    if 400 <= status < 500:
        return _refusal(request, answer)
    # 5xx, 1xx: not surely done, not surely refused.
    return _open(request, f"Canvas answered {status} to {noun}", answer)


def judge_no_response(request: Request[Any], reason: str, *, began: bool) -> Judgement:
    """What it means that no whole answer came; `began` = some of the request had been sent."""
    if not began:
        return Judgement(Verdict.NOT_SENT, f"Canvas could not be reached: {reason}. Nothing was sent.")
    return _open(request, f"No whole answer came to {_noun(request)} ({reason})")


def same_origin(url: str, other: str) -> bool:
    """Whether both have the same scheme, host and port: only then may one see the other's token."""
    return _origin(url) == _origin(other)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:  # a port that is no number, a bracket that is not closed: like nothing but itself
        return (url, "", None)
    return (parts.scheme, (parts.hostname or "").rstrip("."), port)


def is_loopback(url: str) -> bool:
    """Whether `url` names this very machine, by its host's name or address alone (no lookup)."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "localhost.localdomain"} or host.endswith(".localhost")


def _done(request: Request[Any], answer: Answer) -> Judgement:
    """A 2xx counts only with the JSON that belongs to it: a cut status line looks like a 2xx without a body."""
    try:
        return Judgement(Verdict.ACCEPTED, value=request.read(json.loads(answer.body)), status=answer.status)
    except (ValueError, RecursionError):  # no JSON, nested without end, or not what was asked for
        pass
    if answer.is_page and not request.writes:
        return _not_canvas(request, answer, "a web page instead of data (a login page?)")
    got = "a web page" if answer.is_page else "nothing" if not answer.body.strip() else "something else"
    return _open(request, f"Canvas answered {_noun(request)} with {got} instead of the data that belongs to it", answer)


def _redirect(request: Request[Any], answer: Answer) -> Judgement:
    """Never followed: a followed 302 makes a POST a GET, a followed 307 sends it twice, and any can lose the token."""
    # 303 is how a server answers to a form that it has taken; the four others say "not here".
    if request.writes and answer.status not in {301, 302, 307, 308}:
        happened = f"Canvas answered {answer.status} to {_noun(request)}, which may mean that it was done"
        return _open(request, happened, answer)
    try:
        to = urlsplit(answer.headers.get("location", ""))
    except ValueError:
        return _not_canvas(request, answer, "a redirect to what is no address")
    # Without user, password and query, which may be secrets.
    host = to.netloc.rpartition("@")[2]
    where = f"{to.scheme}://{host}" if host else to.path or "somewhere else"
    return _not_canvas(request, answer, f"a redirect to {where}")


_FILE_REFUSALS = {
    413: "it is too large for Canvas or for something in front of it; drop it in smaller parts",
    415: "its kind is not wanted",
    422: "it cannot be processed",
}


def _refusal(request: Request[Any], answer: Answer) -> Judgement:
    """The 4xx that say no for good; asked here is whose no it is, and what a person must mend."""
    status, noun = answer.status, _noun(request)
    if status == 401 and "www-authenticate" in answer.headers:
        return _bad_token(request, answer)
    if status in {400, 401, 403, 404, 405, 410} and answer.is_page:
        # From something in front of Canvas, or from something that is no Canvas.
        return _not_canvas(request, answer, f"a web page with status {status}")
    if status in {401, 403}:
        return _not_allowed(request, answer)
    if status == 404:
        return _not_found(request, answer)
    if status == 407:
        sentence = f"A proxy stopped {noun}: it asks for a user name and password. Set them in HTTPS_PROXY."
        return _refused(RefusalKind.ADDRESS, sentence, answer)
    if status in _FILE_REFUSALS and request.method == "POST":
        message = f" ({_message(answer)})" if not answer.is_page and answer.body.strip() else ""
        sentence = f"Canvas refused {request.what}: {_FILE_REFUSALS[status]}{message}."
        return _refused(RefusalKind.FILE, sentence, answer)
    # Canvas has three styles of 400 on the one endpoint; `_message` reads them all.
    message = _message(answer)
    advice = " Correct the import options in the configuration." if request.method == "POST" else ""
    if "root account" in message:
        advice = " Set canvas.account to a root account (self)."
    return _refused(RefusalKind.OPTIONS, f"Canvas refused {request.what} ({status}: {message}).{advice}", answer)


def _bad_token(request: Request[Any], answer: Answer) -> Judgement:
    """401 with WWW-Authenticate: by the API's own rule the token is at fault, not what it may do."""
    if not answer.headers["www-authenticate"].strip().lower().startswith("bearer"):
        return _not_canvas(request, answer, "a question for a user name and password")
    sentence = f"Canvas does not accept the token ({_message(answer)}). Put a valid one where `canvas.token` says."
    return _refused(RefusalKind.TOKEN, sentence, answer)


def _not_allowed(request: Request[Any], answer: Answer) -> Judgement:
    """401 or 403 without WWW-Authenticate: the token is good, its user (or scope) may not do this."""
    message = _message(answer)
    if "scope" in message.lower():
        advice = f"The token's developer key must allow the scope {request.scope}."
    elif "not enabled" in message.lower():
        advice = "Ask Canvas's support to switch SIS imports on for this account."
    elif "user agent" in message.lower():
        advice = "Something between here and Canvas takes the User-Agent header away."
    elif request.right:
        advice = f'The token\'s user needs the permission "{request.right}" in the root account.'
    else:
        advice = "The token's user may not see this."
    return _refused(RefusalKind.PERMISSION, f"Canvas refused {request.what} ({message}). {advice}", answer)


def _not_found(request: Request[Any], answer: Answer) -> Judgement:
    looked_for = "account (canvas.account)"
    if any(name == "batch_mode_term_id" for name, _ in request.params):
        looked_for += " or no such active term (batch_mode_term_id)"
    elif "/sis_imports/" in request.path or "/progress/" in request.path:
        looked_for = "record"
    return _refused(RefusalKind.NOT_FOUND, f"Canvas refused {request.what}: it has no such {looked_for}.", answer)


def _not_canvas(request: Request[Any], answer: Answer, got: str) -> Judgement:
    advice = "Check canvas.url, and what stands between here and Canvas."
    sentence = f"Instead of an answer of Canvas to {_noun(request)} came {got}. {advice}"
    return _refused(RefusalKind.ADDRESS, sentence, answer)


def _open(request: Request[Any], happened: str, answer: Answer | None = None) -> Judgement:
    """Not surely done, not surely refused: what that means depends on whether the request writes."""
    if request.writes:
        sentence = f"{happened}. Canvas may have done it all the same: look there before asking again."
        return _judged(Verdict.UNKNOWN, sentence, answer)
    return _judged(Verdict.RETRY, f"{happened}. It will be asked again.", answer)


def _refused(kind: RefusalKind, sentence: str, answer: Answer) -> Judgement:
    return replace(_judged(Verdict.REFUSED, sentence, answer), kind=kind)


def _judged(verdict: Verdict, sentence: str, answer: Answer | None) -> Judgement:
    if answer is None:
        return Judgement(verdict, sentence)
    wait = retry_after_s(answer) if verdict is Verdict.RETRY else None
    return Judgement(verdict, sentence, status=answer.status, body=answer.text[:MAX_BODY_KEPT], retry_after_s=wait)


def _noun(request: Request[Any]) -> str:
    return request.what if request.what.startswith("the ") else f"the request {request.what}"


def _message(answer: Answer) -> str:
    """What the answer says in words, in any of the shapes that Canvas's error bodies have; else its status."""
    try:
        message = _words(json.loads(answer.body))
    except (ValueError, RecursionError):
        message = "" if answer.is_page else answer.text
    message = re.sub(r"\s+", " ", message).strip()
    return message[:_MAX_MESSAGE].rstrip(".") or f"status {answer.status}"


def _words(value: object) -> str:
    match value:
        case str(text):
            return text
        case list(several):
            return "; ".join(filter(None, map(_words, several)))
        case {"errors": inner} | {"error_message": inner} | {"message": inner} | {"error": inner}:
            return _words(inner)
        case dict(fields):
            # Validation errors: a list of messages by field.
            return "; ".join(f"{name}: {words}" for name, inner in fields.items() if (words := _words(inner)))
        case _:
            return ""


def retry_after_s(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for, 0 to 3600; None when there is none that can be read.

    A date is taken against the answer's own `Date`, so that our clock does not matter.
    """
    text = answer.headers.get("retry-after", "").strip()
    # No more digits than a float holds exactly; what is longer is no number of seconds.
    if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]*)?", text):
        wait = float(text)
    else:
        until, now = _http_date(text), server_time(answer)
        if until is None or now is None:
            return None
        wait = (until - now).total_seconds()
    return min(max(wait, 0.0), MAX_RETRY_AFTER_S)


def next_page(answer: Answer, url: str) -> str | None:
    """The address of the next page of the list that `url` is a page of; None on the last one.

    Addresses are taken as they are, `first` and `last` are not needed: Canvas leaves `last` out where counting costs.
    """
    for target, rest in re.findall(r"<([^>]*)>([^<]*)", answer.headers.get("link", "")):
        if re.search(r";\s*rel\s*=\s*\"?next\b", rest, re.IGNORECASE):
            try:
                return urljoin(url, str(target))
            except ValueError:
                return str(target)  # no address at all: of no origin that is Canvas's
    return None


def server_time(answer: Answer) -> datetime | None:
    """The server's clock when it answered."""
    return _http_date(answer.headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
