"""Every request sisdrop makes of Canvas, as a value: method, path, parameters, who may ask, and how its answer reads.

Room: pure. Paths and rights are those of Canvas's public API documentation (SIS Imports, SIS Import Errors, Accounts,
Users, Progress).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
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
_ID = r"(?<=/accounts/)[^/]+$|(?<=/users/)[^/]+$|(?<=/progress/)[^/]+$|(?<=/sis_imports/)[0-9]+"


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
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether a lost answer leaves it open what Canvas did."""
        return self.method != "GET"

    @property
    def scope(self) -> str:
        """The scope that a scoped token needs for it: the path with the name of each id in place of its value."""
        path = re.sub(r"(?<=/accounts/)[^/]+(?=/)", ":account_id", self.path)
        return f"url:{self.method}|{re.sub(_ID, ':id', path)}"


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
    what = "to list its SIS imports"
    return Request("GET", _sis_imports(account), what, imports.read_imports, chosen, EITHER_RIGHT)


def list_importing(account: str) -> Request[list[SisImport]]:
    """The imports that Canvas works on now; not those that wait."""
    path, what = f"{_sis_imports(account)}/importing", "to list its running SIS imports"
    return Request("GET", path, what, imports.read_imports, right=EITHER_RIGHT)


def get_import(account: str, import_id: int) -> Request[SisImport]:
    """One import."""
    path, what = f"{_sis_imports(account)}/{import_id}", f"to show SIS import {import_id}"
    read = partial(imports.read_the_import, import_id)
    return Request("GET", path, what, read, right=EITHER_RIGHT)


def create_import(account: str, options: ImportOptions) -> Request[SisImport]:
    """A new import; the body is the zip itself, and everything else stands in the query, where alone Canvas looks for
    it then. With `extension` given, Canvas does not judge the upload by its content type."""
    path, params = _sis_imports(account), tuple((request_params(options) | {"extension": "zip"}).items())
    headers = {"Content-Type": "application/zip"}
    return Request("POST", path, "the upload", imports.read_import, params, IMPORT_RIGHT, headers)


def abort_import(account: str, import_id: int) -> Request[SisImport]:
    """Abort one import."""
    path, what = f"{_sis_imports(account)}/{import_id}/abort", f"to abort SIS import {import_id}"
    read = partial(imports.read_the_import, import_id)
    return Request("PUT", path, what, read, right=EITHER_RIGHT)


def restore_states(account: str, import_id: int, flags: Mapping[str, bool]) -> Request[Progress]:
    """Put back the states that one import changed; only the flags that are true are sent."""
    path = f"{_sis_imports(account)}/{import_id}/restore_states"
    what = f"to restore what SIS import {import_id} changed"
    params = tuple((name, "true") for name, on in flags.items() if on)
    return Request("PUT", path, what, imports.read_progress, params, MANAGE_RIGHT)


def get_progress(progress_id: int) -> Request[Progress]:
    """How far a job of Canvas is that is asked for by itself."""
    return Request("GET", f"/api/v1/progress/{progress_id}", f"to show progress {progress_id}", imports.read_progress)


def list_errors(account: str, import_id: int, *, failures_only: bool) -> Request[list[dict[str, Any]]]:
    """Messages of one import, newest first; errors alone with `failures_only` (older servers ignore that)."""
    path, what = f"{_sis_imports(account)}/{import_id}/errors", f"to list the messages of SIS import {import_id}"
    params = (("per_page", PER_PAGE), *((("failure", "true"),) if failures_only else ()))
    return Request("GET", path, what, imports.read_messages, params, EITHER_RIGHT)


def _sis_imports(account: str) -> str:
    return f"{_account(account)}/sis_imports"


def _account(account: str) -> str:
    # A colon stays as it is: `sis_account_id:X` is how Canvas documents it. A slash in X must not become a path.
    return f"/api/v1/accounts/{quote(account, safe=':~')}"
