"""Every address the sandbox answers, in one table.

Room: pure; names the endpoints, does nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from canvas_sandbox.faults import Fault
from canvas_sandbox.http.accounts import Visitor, need_user
from canvas_sandbox.http.control import Control
from canvas_sandbox.http.files import Files
from canvas_sandbox.http.message import Request, Response
from canvas_sandbox.http.records import RecordEndpoints
from canvas_sandbox.http.sis_imports import SisImports
from canvas_sandbox.pages import Pages
from canvas_sandbox.shapes import ApiUser


class Guard(Enum):
    """What is checked before an endpoint is reached."""

    NONE = "none"
    USER = "user"
    """A token."""
    SIS = "sis"
    """Canvas's checks before every SIS-import action; the first argument is the account."""


@dataclass(frozen=True, slots=True)
class RoutedRequest:
    """A request that found its route: `args` are the changeable parts of its path."""

    request: Request
    args: tuple[str, ...]
    visitor: Visitor
    faults: tuple[Fault, ...]
    storage_url: str

    @property
    def user(self) -> ApiUser:
        """The user of the token; 401 without one."""
        return need_user(self.visitor)


@dataclass(frozen=True, slots=True)
class Route:
    """One address."""

    method: str
    pattern: re.Pattern[str]
    guard: Guard
    work: Callable[[RoutedRequest], Response]


def routes(imports: SisImports, records: RecordEndpoints, files: Files, control: Control, pages: Pages) -> list[Route]:
    """The table; the first match counts, so `importing` stands before `:id`."""
    looks = [_user("GET", f"/api/v1{path}", _with_arguments(work)) for path, work in records.table()]
    return [*_sis_imports(imports), *looks, *_sandbox(control), *_pages(files, pages)]


def _sis_imports(imports: SisImports) -> list[Route]:
    base = "/api/v1/accounts/([^/]+)"
    member = f"{base}/sis_imports/([^/]+)"
    return [
        _sis("POST", f"{base}/sis_imports", lambda routed: imports.create(routed.request, routed.user, routed.faults)),
        _sis("GET", f"{base}/sis_imports", lambda routed: imports.index(routed.request)),
        _sis("GET", f"{base}/sis_imports/importing", lambda routed: imports.importing(routed.request)),
        _sis("PUT", f"{base}/sis_imports/abort_all_pending", lambda _call: imports.abort_all_pending()),
        _sis("GET", member, lambda routed: imports.show(routed.request, routed.args[1])),
        _sis("PUT", f"{member}/abort", lambda routed: imports.abort(routed.request, routed.args[1])),
        _sis(
            "PUT",
            f"{member}/restore_states",
            lambda routed: imports.restore_states(routed.request, routed.args[1], routed.user),
        ),
        _sis("GET", f"{member}/errors", lambda routed: imports.errors(routed.request, routed.args[1])),
        _sis("GET", f"{base}/sis_import_errors", lambda routed: imports.errors(routed.request, None)),
        _user("GET", "/api/v1/progress/([^/]+)", lambda routed: imports.progress(routed.request, routed.args[0])),
    ]


def _with_arguments(work: Callable[[Request, tuple[str, ...]], Response]) -> Callable[[RoutedRequest], Response]:
    return lambda routed: work(routed.request, routed.args)


def _sandbox(control: Control) -> list[Route]:
    return [
        _user("GET", "/sandbox/state", lambda _call: control.get_state()),
        _user("PUT", "/sandbox/state", lambda routed: control.put_state(routed.request)),
        _user("GET", "/sandbox/faults", lambda _call: control.get_faults()),
        _user("PUT", "/sandbox/faults", lambda routed: control.put_faults(routed.request)),
        _user("POST", "/sandbox/faults", lambda routed: control.add_faults(routed.request)),
        _user("DELETE", "/sandbox/faults", lambda _call: control.clear_faults()),
        _user("GET", "/sandbox/leaks", lambda _call: control.get_leaks()),
    ]


def _pages(files: Files, pages: Pages) -> list[Route]:
    download = Route(
        "GET",
        re.compile("/files/([^/]+)/download"),
        Guard.NONE,
        lambda routed: files.download(routed.request, routed.args[0], routed.storage_url),
    )
    shown = [Route("GET", re.compile(path), Guard.NONE, _with_arguments(show)) for path, show in pages.table()]
    return [download, *shown]


def _sis(method: str, path: str, work: Callable[[RoutedRequest], Response]) -> Route:
    return Route(method, re.compile(path), Guard.SIS, work)


def _user(method: str, path: str, work: Callable[[RoutedRequest], Response]) -> Route:
    return Route(method, re.compile(path), Guard.USER, work)
