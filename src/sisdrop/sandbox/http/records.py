"""The GETs that Canvas users know: accounts, users, courses, enrollments, terms, tokens.

Room: requests in, answers out; reads the engine. Only the fields that a SIS integration looks at are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sisdrop.sandbox import shapes
from sisdrop.sandbox.http import message
from sisdrop.sandbox.http.accounts import HasAccounts, find_account
from sisdrop.sandbox.http.message import Request, Response, json_response
from sisdrop.sandbox.shapes import ApiUser

Work = Callable[[Request, tuple[str, ...]], Response]
TOKEN_ID = 7001
ROBOT_SINCE = "2024-08-01T09:00:00Z"


class HasRecords(HasAccounts, Protocol):
    """The part of the engine that is needed here."""


@dataclass(frozen=True)
class Records:
    """The endpoints."""

    engine: Any
    robot: Callable[[], ApiUser]
    token: str

    def table(self) -> list[tuple[str, Work]]:
        """Path pattern (below `/api/v1`) and work of each."""
        return [
            (r"/users/self(?:/profile)?", self.myself),
            (r"/users/self/user_generated_tokens", self.tokens),
            (r"/users/self/tokens/([^/]+)", self.one_token),
            (r"/accounts", self.accounts),
            (r"/accounts/([^/]+)", self.one_account),
        ]

    def myself(self, request: Request, args: tuple[str, ...]) -> Response:
        """Who the token belongs to."""
        more = {"avatar_url": None, "locale": None, "effective_locale": "en", "permissions": {"can_update_name": False}}
        return json_response({**shapes.user_brief(self.robot(), ROBOT_SINCE), **more})

    def tokens(self, request: Request, args: tuple[str, ...]) -> Response:
        """The user's own access tokens: one."""
        return json_response([self._token()])

    def one_token(self, request: Request, args: tuple[str, ...]) -> Response:
        """One access token by its id or its hint (its first five characters)."""
        if args[0] not in (str(TOKEN_ID), self.token[:5]):
            raise message.not_found()
        return json_response(self._token())

    def _token(self) -> dict[str, Any]:
        return {
            "id": TOKEN_ID,
            "created_at": ROBOT_SINCE,
            "expires_at": None,
            "workflow_state": "active",
            "remember_access": None,
            "scopes": [],
            "real_user_id": None,
            "user_id": self.robot().id,
            "token": None,
            "token_hint": self.token[:5],
            "purpose": "sandbox",
            "app_name": "User-Generated",
            "can_manually_regenerate": False,
        }

    def accounts(self, request: Request, args: tuple[str, ...]) -> Response:
        """The accounts the user administers: the root account."""
        return json_response([_account(self.engine.accounts()[0])])

    def one_account(self, request: Request, args: tuple[str, ...]) -> Response:
        """One account, in any form of its id."""
        account = find_account(self.engine, args[0])
        if account is None:
            raise message.not_permitted()
        return json_response(_account(account))


def _account(row: Mapping[str, Any]) -> dict[str, Any]:
    parent = row.get("parent_account_id")
    return {
        "id": row["id"],
        "name": row.get("name"),
        "workflow_state": row.get("workflow_state") or "active",
        "parent_account_id": parent,
        "root_account_id": None if parent is None else 1,
        "uuid": row.get("uuid"),
        "default_time_zone": "America/Denver",
        "sis_account_id": row.get("sis_account_id"),
        "integration_id": row.get("integration_id"),
        "sis_import_id": row.get("sis_import_id"),
    }
