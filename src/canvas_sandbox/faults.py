"""Faults on demand: what the sandbox does wrong, when, and how often.

Room: memory only. Faults are a JSON list, given by `PUT /sandbox/faults`, `--faults FILE` or `Sandbox.set_faults`:

    {"faults": [{"kind": "accept_then_drop", "method": "POST", "path": "/sis_imports", "after": 0, "count": 1}, …]}

Every fault may say for which requests it is meant: `method` (default: any), `path` (a regular expression that is
searched in the path, default: any `/api/v1/` path), `after` (so many matching requests pass first, default 0) and
`count` (so many are hit, default 1; null = all). A list is a script: of the faults that replace an answer the first
one that is due hits, and those behind it do not see the request. The kinds:

    accept_then_drop        the request is carried out, then the connection is closed without an answer
    drop_before_accept      the connection is closed without an answer, nothing is carried out; `early`: even the body
                            is not read (default false)
    hang                    no answer for `seconds` (default: until the faults are replaced), then closed;
                            `when`: before | after it was carried out (default before)
    answer                  another answer: `status` (default 502), `body` (default: a gateway's HTML page),
                            `content_type`, `headers` {name: value}; `when` as above
    slow                    the answer comes `seconds` late (default 1; real seconds); `when`: after (default) it was
                            carried out | before: it is carried out so late, too
    throttle                plain-text throttling; `style`: 403 | 429
    token                   401 with WWW-Authenticate; `says`: invalid | expired | revoked
    refuse                  `says`: permission (401) | permission_403 | scope | not_root | not_enabled | user_agent
    cut_status_line         the request is carried out, its answer ends after `bytes` (default 12:
                            `HTTP/1.1 200`) of the first line; `when` as above (default after)
    cut_body                the request is carried out, its answer ends in the middle of the body
    page_size               lists have at most `size` entries (default 2); default count: null
    header_case             header names are sent in `case`: lower | title; default count: null
    clock                   the Date header is `ahead_s` seconds ahead (negative: behind); default count: null
    cut_list                the list of imports says of no page that there is a next one; default count: null
    stale_list              the newest `hides` imports (default 1) are missing in the list, as in that of a database
                            copy that lags behind; default count: null
    foreign_import          another user's import (`user`: other | ours, one of the token's user that another program
                            made), `age_s` seconds old, is there, in `state` (default importing), ended as `end_state`
                            (default imported) after `looks` answers that show it (default null: never). Without
                            `method` and `path` it is made at once, else just before the request is carried out

and for imports that a matching POST makes (so `method` and `path` may be left out):

    stuck                   it stays in `state` (created | initializing | importing | any word) for `looks` answers that
                            show it (default null: for ever), then it runs
    unknown_state           the same with `state` "reticulating"
    slow_progress           it takes `looks` (default 5) answers that show it before it ends
    late_errors             its errors_attachment comes `looks` (default 1) answers after its end; null: never
    echo                    the option named `option` is silently dropped: neither echoed nor obeyed
    fail                    it ends as `failed`, with an `error_message`
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

IMPORT_KINDS = frozenset({"stuck", "unknown_state", "slow_progress", "late_errors", "echo", "fail"})
ANSWER_KINDS = frozenset(
    {
        *("accept_then_drop", "drop_before_accept", "hang", "answer", "throttle", "token", "refuse"),
        *("cut_status_line", "cut_body"),
    }
)
"""Those that put another answer, or none, in the place of the true one: at most one hits a request."""
ALWAYS_KINDS = frozenset({"page_size", "header_case", "clock", "cut_list", "stale_list"})
WORDS: dict[str, tuple[str, ...]] = {
    "when": ("before", "after"),
    "says": (
        *("invalid", "expired", "revoked"),
        *("permission", "permission_403", "scope", "not_root", "not_enabled", "user_agent"),
    ),
    "case": ("lower", "title"),
    "user": ("other", "ours"),
}
KINDS: dict[str, frozenset[str]] = {
    "accept_then_drop": frozenset(),
    "drop_before_accept": frozenset({"early"}),
    "hang": frozenset({"seconds", "when"}),
    "answer": frozenset({"status", "body", "content_type", "headers", "when"}),
    "slow": frozenset({"seconds", "when"}),
    "throttle": frozenset({"style"}),
    "token": frozenset({"says"}),
    "refuse": frozenset({"says"}),
    "cut_status_line": frozenset({"when", "bytes"}),
    "cut_body": frozenset(),
    "page_size": frozenset({"size"}),
    "header_case": frozenset({"case"}),
    "clock": frozenset({"ahead_s"}),
    "cut_list": frozenset(),
    "stale_list": frozenset({"hides"}),
    "foreign_import": frozenset({"state", "end_state", "looks", "user", "age_s"}),
    "stuck": frozenset({"state", "looks"}),
    "unknown_state": frozenset({"state", "looks"}),
    "slow_progress": frozenset({"looks"}),
    "late_errors": frozenset({"looks"}),
    "echo": frozenset({"option"}),
    "fail": frozenset(),
}
COMMON = frozenset({"kind", "method", "path", "after", "count"})
WHOLE_NUMBERS = ("after", "count", "looks", "size", "status", "style", "bytes", "hides", "age_s", "ahead_s")
LEAST = {"size": 1, "status": 200}
MAY_BE_NEGATIVE = frozenset({"ahead_s"})
MAY_BE_NULL = frozenset({"count", "looks", "seconds"})


class BadFault(ValueError):
    """A fault that cannot be understood, with a sentence."""


@dataclass
class Fault:
    """One fault: which requests, how often, and what (`details` by the keys of its kind)."""

    kind: str
    method: str | None = None
    path: re.Pattern[str] | None = None
    after: int = 0
    count: int | None = 1
    details: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def get(self, key: str, default: Any) -> Any:
        """A detail."""
        return self.details.get(key, default)

    def strikes(self, method: str, path: str) -> bool:
        """Whether it hits this request; counts it."""
        if self.method and self.method != method:
            return False
        # The sandbox's own endpoints must stay usable under a fault for everything.
        matches = path.startswith("/api/v1/") if self.path is None else self.path.search(path)
        if not matches or self.count == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.count is not None:
            self.count -= 1
        self.hits += 1
        return True

    def to_json(self) -> dict[str, Any]:
        """As it was given, with what is left of its counts and how often it hit."""
        path = self.path.pattern if self.path else None
        common = {"kind": self.kind, "method": self.method, "path": path, "after": self.after, "count": self.count}
        return {**common, **self.details, "hits": self.hits}


def read_faults(value: Any) -> list[Fault]:
    """Faults from JSON: a list, or `{"faults": list}`. Raises BadFault."""
    items = value.get("faults") if isinstance(value, Mapping) else value
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise BadFault('expected {"faults": [...]}')
    return [_read(item) for item in items]


def _read(item: Any) -> Fault:
    if not isinstance(item, Mapping) or item.get("kind") not in KINDS:
        kind = item.get("kind") if isinstance(item, Mapping) else item
        raise BadFault(f"unknown kind {kind!r}; the kinds are {', '.join(KINDS)}")
    kind = item["kind"]
    details = {key: value for key, value in item.items() if key not in COMMON and key != "hits"}
    unknown = sorted(details.keys() - KINDS[kind])
    if unknown:
        raise BadFault(f"{kind}: unknown {', '.join(unknown)}; it takes {', '.join(sorted(COMMON | KINDS[kind]))}")
    for key, value in item.items():
        _check(kind, key, value)
    # `hits` is taken and dropped: what a list of faults gives can be put again as it is.
    method, path = item.get("method"), item.get("path")
    if kind in IMPORT_KINDS:
        method, path = method or "POST", path or r"/sis_imports$"
    return Fault(
        kind=kind,
        method=method,
        path=_pattern(kind, path),
        after=item.get("after", 0),
        count=item.get("count", None if kind in ALWAYS_KINDS else 1),
        details=details,
    )


def _pattern(kind: str, path: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(path) if path else None
    except re.error as error:
        raise BadFault(f"{kind}: path is no regular expression: {error}") from error


def _check(kind: str, key: str, value: Any) -> None:
    if value is None and key in MAY_BE_NULL | {"method", "path"}:
        return
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if key in WHOLE_NUMBERS and not (is_whole and (value >= 0 or key in MAY_BE_NEGATIVE)):
        raise BadFault(f"{kind}: {key} must be a whole number, not {value!r}")
    if key == "seconds" and (
        not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf
    ):
        raise BadFault(f"{kind}: seconds must be a number, not {value!r}")
    if key == "early" and not isinstance(value, bool):
        raise BadFault(f"{kind}: early must be true or false, not {value!r}")
    if key in ("method", "path", "body", "content_type", "state", "end_state", "option") and not isinstance(value, str):
        raise BadFault(f"{kind}: {key} must be text, not {value!r}")
    if key in ("state", "end_state", "option") and not value:
        raise BadFault(f"{kind}: {key} must not be empty")
    if key in WORDS and value not in WORDS[key]:
        raise BadFault(f"{kind}: {key} must be one of {', '.join(WORDS[key])}, not {value!r}")
    if key == "headers" and not (isinstance(value, Mapping) and all(map(_is_header, value.items()))):
        raise BadFault(f"{kind}: headers must be an object of names and single lines of text, not {value!r}")
    if key in LEAST and value < LEAST[key]:
        raise BadFault(f"{kind}: {key} must be at least {LEAST[key]}, not {value!r}")


def _is_header(pair: tuple[Any, Any]) -> bool:
    """Whether name and value can stand in an answer."""
    name, value = pair
    return re.fullmatch(r"[\w-]+", name, re.ASCII) is not None and isinstance(value, str) and value.isprintable()


class FaultBook:
    """The faults in force; safe to use from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._changed = threading.Condition(self._lock)
        self._edition = 0
        self._struck_at = threading.local()
        self._closed = False

    def replace(self, faults: list[Fault]) -> None:
        """Take `faults` instead of all that were in force; whoever hangs is let go."""
        with self._lock:
            self._faults = list(faults)
            self._edition += 1
            self._changed.notify_all()

    def add(self, faults: list[Fault]) -> None:
        """Take `faults` too."""
        with self._lock:
            self._faults.extend(faults)

    def all(self) -> list[Fault]:
        """The faults in force, used up ones included."""
        with self._lock:
            return list(self._faults)

    def strike(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this request, each counted."""
        struck = list[Fault]()
        with self._lock:
            # For `hang`, which comes later on this same thread.
            self._struck_at.edition = self._edition
            for fault in self._faults:
                replaced = any(other.kind in ANSWER_KINDS for other in struck)
                if not (replaced and fault.kind in ANSWER_KINDS) and fault.strikes(method, path):
                    struck.append(fault)
        return struck

    def hang(self, seconds: float | None) -> None:
        """Wait so long, or until the faults that struck this thread's request are replaced or the sandbox closes.

        They may be replaced already: between the strike and the wait the request is carried out.
        """
        with self._lock:
            edition = getattr(self._struck_at, "edition", self._edition)
            self._changed.wait_for(lambda: self._closed or self._edition != edition, timeout=seconds)

    def close(self) -> None:
        """Let everybody go who hangs, now and later."""
        with self._lock:
            self._closed = True
            self._changed.notify_all()
