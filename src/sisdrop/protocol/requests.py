"""Every request sisdrop makes of Canvas, as a value: method, path, parameters, who may ask, and how its answer reads.

Room: pure. Paths and rights are those of Canvas's public API documentation (SIS Imports, SIS Import Errors, Accounts,
Users, Progress).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from canvas_sis_csv.options import ImportOptions
from sisdrop.protocol import imports
from sisdrop.protocol.imports import CanvasUser, Progress, SisImport
from sisdrop.protocol.options import request_params

T = TypeVar("T")

IMPORT_RIGHT = "SIS Data – import"
EITHER_RIGHT = "SIS Data – import (or SIS Data – manage)"
MANAGE_RIGHT = "SIS Data – manage"
PER_PAGE = "100"
"""The most that Canvas gives on one page."""


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One request. `path` begins with `/api/v1` and is encoded; `what` completes "Canvas refused …"."""

    method: str
    path: str
    what: str
    read: Callable[[object], T]
    """Reads the parsed JSON of the answer; raises ValueError when it is not what was asked for."""
    params: tuple[tuple[str, str], ...] = ()
    right: str = ""
    """The permission that Canvas wants for it; empty when every user has it."""
    scope: str = ""
    """The scope that a scoped token needs for it."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether a lost answer leaves it open what Canvas did."""
        return self.method != "GET"


def get_me() -> Request[CanvasUser]:
    """Who the token belongs to."""
    return Request("GET", "/api/v1/users/self", "to say whose the token is", imports.read_user)


def get_account(account: str) -> Request[dict[str, Any]]:
    """The account itself."""
    return Request("GET", _account(account), f"to show account {account}", imports.read_account)


def list_imports(
    account: str, params: Mapping[str, str], states: frozenset[str] = frozenset()
) -> Request[list[SisImport]]:
    """SIS imports of the account, newest first; only those in `states`, if any are given (Canvas drops names it does
    not know, and shows all when none is left)."""
    chosen = (*params.items(), *(("workflow_state[]", state) for state in sorted(states)))
    return _about_imports("GET", account, "", "to list its SIS imports", imports.read_imports, params=chosen)


def list_importing(account: str) -> Request[list[SisImport]]:
    """The imports that Canvas works on now; not those that wait."""
    return _about_imports("GET", account, "/importing", "to list its running SIS imports", imports.read_imports)


def get_import(account: str, import_id: int) -> Request[SisImport]:
    """One import."""
    return _about_imports("GET", account, f"/{import_id}", f"to show SIS import {import_id}", imports.read_import)


def create_import(account: str, options: ImportOptions) -> Request[SisImport]:
    """A new import; the body is the zip itself, and everything else stands in the query, where alone Canvas looks for
    it then. With `extension` given, Canvas does not judge the upload by its content type."""
    return _about_imports(
        "POST",
        account,
        "",
        "the upload",
        imports.read_import,
        params=tuple((request_params(options) | {"extension": "zip"}).items()),
        right=IMPORT_RIGHT,
        headers={"Content-Type": "application/zip"},
    )


def abort_import(account: str, import_id: int) -> Request[SisImport]:
    """Abort one import."""
    return _about_imports(
        "PUT", account, f"/{import_id}/abort", f"to abort SIS import {import_id}", imports.read_import
    )


def restore_states(account: str, import_id: int, flags: Mapping[str, bool]) -> Request[Progress]:
    """Undo the state changes of one import; only the flags that are true are sent."""
    return _about_imports(
        "PUT",
        account,
        f"/{import_id}/restore_states",
        f"to restore what SIS import {import_id} changed",
        imports.read_progress,
        params=tuple((name, "true") for name, on in flags.items() if on),
        right=MANAGE_RIGHT,
    )


def list_errors(account: str, import_id: int, *, failures_only: bool) -> Request[list[dict[str, Any]]]:
    """Messages of one import, newest first; errors alone with `failures_only` (older servers ignore that)."""
    only = (("failure", "true"),) if failures_only else ()
    return _about_imports(
        "GET",
        account,
        f"/{import_id}/errors",
        f"to list the messages of SIS import {import_id}",
        imports.read_messages,
        params=(("per_page", PER_PAGE), *only),
    )


def get_progress(progress_id: int) -> Request[Progress]:
    """How far a job of Canvas is that is asked for by itself."""
    return Request("GET", f"/api/v1/progress/{progress_id}", f"to show progress {progress_id}", imports.read_progress)


def _account(account: str) -> str:
    # A colon stays as it is: `sis_account_id:X` is how Canvas documents it. A slash in X must not become a path.
    return f"/api/v1/accounts/{quote(account, safe=':~')}"


def _about_imports(
    method: str,
    account: str,
    rest: str,
    what: str,
    read: Callable[[object], T],
    *,
    params: tuple[tuple[str, str], ...] = (),
    right: str = EITHER_RIGHT,
    headers: Mapping[str, str] | None = None,
) -> Request[T]:
    # Scopes are written with the name of each part of a path in place of its value.
    step = rest.replace(rest.split("/")[1], ":id", 1) if rest[1:2].isdecimal() else rest
    scope = f"url:{method}|/api/v1/accounts/:account_id/sis_imports{step}"
    path = f"{_account(account)}/sis_imports{rest}"
    return Request(method, path, what, read, params, right, scope, headers or {})
