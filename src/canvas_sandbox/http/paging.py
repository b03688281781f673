"""Canvas's pagination: page numbers, bounded page sizes, and `Link` headers with absolute URLs.

Room: pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from canvas_sandbox.http.message import Request, not_found
from canvas_sandbox.params import integer

DEFAULT_PER_PAGE = 10
MAX_PER_PAGE = 100
HIDDEN = frozenset({"page", "per_page", "access_token"})
"""Parameters that a page link does not repeat; the token above all."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: `number` from 1, `size` entries each."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many entries come before it."""
        return (self.number - 1) * self.size


def wanted_page(request: Request) -> Page:
    """The page that `page` and `per_page` ask for. A `page` that is no number is not found, as in Canvas."""
    number = request.params.get("page") or "1"
    if not re.fullmatch(r"[0-9]{1,9}", number) or int(number) == 0:
        raise not_found()
    # Too large a page is cut without a word: a client that counts on what it asked for misses entries.
    asked = request.params.get("per_page")
    size = min(MAX_PER_PAGE, max(1, integer(asked))) if asked else DEFAULT_PER_PAGE
    return Page(int(number), min(size, request.page_size) if request.page_size else size)


def link_header(request: Request, page: Page, *, more: bool, total: int | None = None) -> tuple[str, str]:
    """The `Link` header: current, next when there is `more`, prev, first, and last when the `total` is known."""
    links = [_link(request, page, page.number, "current")]
    if more:
        links.append(_link(request, page, page.number + 1, "next"))
    if page.number > 1:
        links.append(_link(request, page, page.number - 1, "prev"))
    links.append(_link(request, page, 1, "first"))
    if total is not None:
        links.append(_link(request, page, max(1, -(-total // page.size)), "last"))
    return "Link", ",".join(links)


def _link(request: Request, page: Page, number: int, rel: str) -> str:
    # Built on what the client sent, so that filters go along from page to page.
    kept = [(name, value) for name, value in request.query if name not in HIDDEN]
    query = urlencode([*kept, ("page", str(number)), ("per_page", str(page.size))])
    return f'<{request.base_url}{request.path}?{query}>; rel="{rel}"'
