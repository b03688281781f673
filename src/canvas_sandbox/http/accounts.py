"""Who asks, and for which account: Canvas's checks before every SIS-import action, in Canvas's order.

Room: pure but for looking accounts up in the engine.
"""

from __future__ import annotations

import binascii
import hmac
from dataclasses import dataclass
from typing import Protocol

from canvas_sandbox.engine.views import ViewRow
from canvas_sandbox.http import message
from canvas_sandbox.http.message import Request
from canvas_sandbox.shapes import ApiUser

ROOT_NAMES = ("self", "default")
# By its short names it is known without a look: the most frequent question must not cost one.
ROOT: ViewRow = {"id": 1, "parent_id": None}
UUID_PREFIX = "sandbox-account-"
SITE_ADMIN = "site_admin"


class HasAccounts(Protocol):
    """The part of the engine's views that is needed here."""

    def accounts(self) -> list[ViewRow]:
        """All accounts, the root account first."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The user of a request's token, None without a token."""

    user: ApiUser | None


def authenticate(request: Request, token: str, user: ApiUser) -> Visitor:
    """Read the token. None at all is a visitor without a user; a wrong one is refused at once."""
    # Canvas compares the scheme word exactly; "bearer" or "Basic" count as no token.
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    given = value.strip() if scheme == "Bearer" else ""
    given = given or request.params.get("access_token") or ""
    if not given:
        # Not refused here: Canvas looks at the account first, and may answer 404 or 400 to somebody without a token.
        return Visitor(None)
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise message.bad_token()
    acting = request.params.get("as_user_id")
    if acting and acting not in ("self", str(user.id)):
        raise message.refusal(401, {"errors": "Invalid as_user_id"})
    return Visitor(user)


def need_user(visitor: Visitor) -> ApiUser:
    """The user, or 401 when there was no token."""
    if visitor.user is None:
        raise message.unauthenticated()
    return visitor.user


def find_account(views: HasAccounts, name: str) -> ViewRow | None:
    """The account of a path segment in any form Canvas takes; None for the site admin account. 404 when unknown."""
    if name == SITE_ADMIN:
        return None
    accounts = views.accounts()
    if name in ROOT_NAMES:
        return accounts[0]
    column, wanted = _reference(name)
    for account in accounts:
        if wanted and str(account[column] or "") == wanted and account["state"] != "deleted":
            return account
    raise message.not_found()


def _reference(name: str) -> tuple[str, str]:
    kind, colon, value = name.partition(":")
    if not colon:
        return "id", name
    if kind == "uuid":
        return "id", value.rpartition("-")[2] if value.startswith(UUID_PREFIX) else ""
    # For ids that would not survive a path: the rest is the reference once more, in hexadecimal.
    if kind == "hex":
        kind, _, value = value.partition(":")
        try:
            value = binascii.unhexlify(value).decode()
        except (ValueError, UnicodeDecodeError):
            return "id", ""
    columns = {
        "sis_account_id": "sis_id",
        "sis_integration_id": "integration_id",
    }
    return columns.get(kind, "id"), value if kind in columns else ""


def check_sis_account(views: HasAccounts, name: str, visitor: Visitor) -> ApiUser:
    """Account found, root account, SIS imports enabled, permission: in this order (Canvas's public source)."""
    account = ROOT if name in ROOT_NAMES else find_account(views, name)
    if account is None:
        # Nobody has ever seen a site admin account with SIS imports on.
        raise message.imports_not_enabled()
    if account["parent_id"] is not None:
        raise message.not_a_root_account()
    return need_user(visitor)
