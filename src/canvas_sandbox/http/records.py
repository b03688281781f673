"""The GETs that Canvas users know: accounts, users, courses, sections, enrollments, terms, tokens.

Room: requests in, answers out; reads the engine's database. Only the fields a SIS integration looks at are there, and
what is deleted is not found, as in Canvas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from canvas_sandbox import shapes
from canvas_sandbox.engine.views import EVERYTHING, ViewRow, Views
from canvas_sandbox.http import message, record_shapes
from canvas_sandbox.http.accounts import find_account
from canvas_sandbox.http.message import Request, Response, json_response
from canvas_sandbox.http.paging import Page, link_header, wanted_page
from canvas_sandbox.shapes import ApiUser

Work = Callable[[Request, tuple[str, ...]], Response]
TOKEN_ID = 7001
DEFAULT_STATES = ("active", "invited")
MAX_ID = 10**15


@dataclass(frozen=True)
class RecordEndpoints:
    """The endpoints."""

    views: Views
    robot: Callable[[], ApiUser]
    token: str
    instance: str
    """Tells this Canvas from others, in the accounts' uuids."""

    def table(self) -> list[tuple[str, Work]]:
        """Path pattern (below `/api/v1`) and work of each."""
        return [
            (r"/users/self(?:/profile)?", self.myself),
            (r"/users/self/user_generated_tokens", self.tokens),
            (r"/users/self/tokens/([^/]+)", self.show_token),
            (r"/users/([^/]+)(?:/profile)?", self.show_user),
            (r"/users/([^/]+)/enrollments", self.user_enrollments),
            (r"/accounts", self.accounts),
            (r"/accounts/([^/]+)", self.show_account),
            (r"/accounts/([^/]+)/sub_accounts", self.sub_accounts),
            (r"/accounts/([^/]+)/courses", self.account_courses),
            (r"/accounts/([^/]+)/users", self.account_users),
            (r"/accounts/([^/]+)/terms", self.account_terms),
            (r"/courses/([^/]+)", self.show_course),
            (r"/courses/([^/]+)/enrollments", self.course_enrollments),
            (r"/courses/([^/]+)/sections", self.course_sections),
            (r"/sections/([^/]+)", self.show_section),
        ]

    # the user and the token

    def myself(self, request: Request, args: tuple[str, ...]) -> Response:
        """Who the token belongs to."""
        more = {"avatar_url": None, "locale": None, "effective_locale": "en", "permissions": {"can_update_name": False}}
        return json_response({**shapes.user_brief(self.robot()), **more})

    def tokens(self, request: Request, args: tuple[str, ...]) -> Response:
        """The user's own access tokens: one."""
        return json_response([self._token()])

    def show_token(self, request: Request, args: tuple[str, ...]) -> Response:
        """One access token by its id or its hint (its first five characters)."""
        if args[0] not in (str(TOKEN_ID), self.token[:5]):
            raise message.not_found()
        return json_response(self._token())

    def _token(self) -> dict[str, Any]:
        return record_shapes.access_token(TOKEN_ID, self.robot().id, self.token[:5])

    # people

    def show_user(self, request: Request, args: tuple[str, ...]) -> Response:
        """A user by Canvas id or `sis_user_id:X`."""
        return json_response(record_shapes.user(self._user(args[0])))

    def user_enrollments(self, request: Request, args: tuple[str, ...]) -> Response:
        """A user's enrollments."""
        user_id = self.robot().id if args[0] == "self" else int(self._user(args[0])["id"])
        return self._enrollments(request, self.views.enrollments_of(user_id, 1, EVERYTHING), None)

    def account_users(self, request: Request, args: tuple[str, ...]) -> Response:
        """The users of the root account, by sortable name; a page may be shorter where people were deleted."""
        self._account(args[0])
        page = wanted_page(request)
        people = self.views.people(page.number, page.size)
        more = len(people) == page.size and bool(self.views.people(page.number + 1, page.size))
        shown = [record_shapes.user(person) for person in people if person["state"] != "deleted"]
        return json_response(shown).with_headers(link_header(request, page, more=more))

    def _user(self, reference: str) -> ViewRow:
        kind, _, value = reference.partition(":")
        if kind == "sis_user_id":
            return _alive(self.views.user(value))
        return _alive(self.views.user_by_id(_canvas_id(reference)))

    # accounts and terms

    def accounts(self, request: Request, args: tuple[str, ...]) -> Response:
        """The accounts the user administers: the root account."""
        return json_response([record_shapes.account(self.views.root_account(), self.instance)])

    def show_account(self, request: Request, args: tuple[str, ...]) -> Response:
        """One account, in any form of its id."""
        return json_response(record_shapes.account(self._account(args[0]), self.instance))

    def sub_accounts(self, request: Request, args: tuple[str, ...]) -> Response:
        """The accounts right below one; with `recursive` all of them."""
        account_id = self._account(args[0])["id"]
        below = self.views.accounts_below(account_id) - {account_id}
        recursive = request.params.flag("recursive")
        shown = [
            record_shapes.account(account, self.instance)
            for account in self.views.accounts()
            if account["id"] in below and (recursive or account["parent_id"] == account_id) and _is_alive(account)
        ]
        return _paged(request, shown)

    def account_terms(self, request: Request, args: tuple[str, ...]) -> Response:
        """The terms, in a wrapper."""
        self._account(args[0])
        terms = [record_shapes.term(term) for term in self.views.terms() if _is_alive(term)]
        page = wanted_page(request)
        answer = json_response({"enrollment_terms": terms[page.offset : page.offset + page.size]})
        return answer.with_headers(_links(request, page, len(terms)))

    def _account(self, reference: str) -> ViewRow:
        account = find_account(self.views, reference)
        if account is None:
            raise message.not_permitted()  # the site admin account, which belongs to the vendor
        return account

    # courses

    def show_course(self, request: Request, args: tuple[str, ...]) -> Response:
        """A course by Canvas id or `sis_course_id:X`."""
        return json_response(record_shapes.course(self._course(args[0]), request.base_url))

    def account_courses(self, request: Request, args: tuple[str, ...]) -> Response:
        """The courses of an account and of those below it, by name."""
        below = self.views.accounts_below(self._account(args[0])["id"])
        courses = self.views.courses(1, EVERYTHING)
        return _paged(
            request,
            [
                record_shapes.course(item, request.base_url)
                for item in courses
                if _is_alive(item) and item["account_id"] in below
            ],
        )

    def course_enrollments(self, request: Request, args: tuple[str, ...]) -> Response:
        """A course's enrollments; active and invited ones unless `state[]` asks for others."""
        course = self._course(args[0])
        return self._enrollments(request, self.views.enrollments(course["id"], 1, EVERYTHING), course)

    def course_sections(self, request: Request, args: tuple[str, ...]) -> Response:
        """A course's sections."""
        course = self._course(args[0])
        alive = [section for section in course["sections"] if _is_alive(section)]
        return _paged(request, [record_shapes.section(section, course["sis_id"]) for section in alive])

    def show_section(self, request: Request, args: tuple[str, ...]) -> Response:
        """A section by `sis_section_id:X`."""
        kind, _, sis_id = args[0].partition(":")
        section = _alive(self.views.section(sis_id) if kind == "sis_section_id" else None)
        course = self.views.course_by_id(section["course_id"])
        return json_response(record_shapes.section(section, course["sis_id"] if course else None))

    def _course(self, reference: str) -> ViewRow:
        kind, _, value = reference.partition(":")
        if kind == "sis_course_id":
            return _alive(self.views.course(value))
        return _alive(self.views.course_by_id(_canvas_id(reference)))

    def _enrollments(self, request: Request, enrollments: Sequence[ViewRow], course: ViewRow | None) -> Response:
        states = request.params.many("state") or DEFAULT_STATES
        shown = [item for item in enrollments if item["state"] in states]
        return _paged(request, [record_shapes.enrollment(item, course, request.base_url) for item in shown])


def _paged(request: Request, items: Sequence[Any]) -> Response:
    page = wanted_page(request)
    answer = json_response(items[page.offset : page.offset + page.size])
    return answer.with_headers(_links(request, page, len(items)))


def _links(request: Request, page: Page, total: int) -> tuple[str, str]:
    return link_header(request, page, more=page.offset + page.size < total, total=total)


def _is_alive(item: ViewRow) -> bool:
    return bool(item["state"] != "deleted")


def _alive(item: ViewRow | None) -> ViewRow:
    if item is None or not _is_alive(item):
        raise message.not_found()
    return item


def _canvas_id(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_ID:
        raise message.not_found()
    return int(text)
