"""Whether two names are names of one Canvas account: `self` and its number, a school's own host name and Canvas's.

Room: pure. Two queues for one account would import into it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sisdrop.protocol.imports import Listing

Made = tuple[int, str | None]
"""An import's id, and when Canvas made it: what two Canvases do not have in common by chance."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a Canvas account from others, as it was when it was asked."""

    site: tuple[str, int]
    """Host and port."""
    environment: str
    """`test`, `beta`, or empty: copies of the production site that Instructure makes."""
    account_id: int | None
    """None when the token's user may not see the account."""
    uuid: str | None
    recent: tuple[Made, ...]
    """Its newest imports, the newest first."""


def identity_of(url: str, account: Mapping[str, Any] | None, newest: Listing) -> Identity:
    """The identity of an account of the Canvas at `url`; `account` as Canvas tells it, None when it does not."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    labels = host.split(".")
    uuid = account.get("uuid") if account else None
    return Identity(
        site=(host, parts.port or (443 if parts.scheme == "https" else 80)),
        environment=next((label for label in labels[1:-2] if label in {"test", "beta"}), ""),
        account_id=int(account["id"]) if account else None,
        uuid=uuid if isinstance(uuid, str) and uuid else None,
        recent=tuple((made.id, made.created_at) for made in newest.imports),
    )


def are_same(before: Identity, now: Identity) -> bool:
    """Whether both are one account; `before` was asked first.

    A school's own copy of its Canvas has the account's number, its uuid and its imports, up to when it was made. So
    with another host name the newest import must be in both, too: what was the newest before is still there now.
    """
    if before.environment != now.environment:
        return False
    if None not in {before.account_id, now.account_id}:
        if before.account_id != now.account_id:
            return False
        if before.site == now.site:
            return True
    if None not in {before.uuid, now.uuid}:
        return before.uuid == now.uuid and (not before.recent or before.recent[0] in now.recent)
    return bool(before.recent) and before.recent[0] in now.recent
