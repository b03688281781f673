"""The sandbox's pages for people: what is in this Canvas, and what the imports said. Read-only, no script.

Room: reads the store and the engine's database; writes HTML. Every value is escaped by the templates, and the pages
load nothing from anywhere, so that a CSV cannot do more on them than be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from canvas_sandbox.clock import shown
from canvas_sandbox.engine.views import EVERYTHING, ViewRow, Views
from canvas_sandbox.http import message
from canvas_sandbox.http.message import Request, Response
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.params import integer
from canvas_sandbox.rows import ImportFilter, ImportRow
from canvas_sandbox.shapes import ENDED, RESTORED, ApiUser

Show = Callable[[Request, tuple[str, ...]], Response]
PER_PAGE = 50
RECENT = 15
HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


class Pages:
    """The pages; `table` says where each is."""

    def __init__(self, store: ImportStore, views: Views, user_of: Callable[[int], ApiUser]) -> None:
        self._store = store
        self._views = views
        self._user_of = user_of
        # `StrictUndefined`: a page that names what is not there is a bug, not an empty cell.
        self._templates = Environment(
            loader=PackageLoader("canvas_sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["time"] = _time

    def table(self) -> list[tuple[str, Show]]:
        """Path patterns and pages."""
        return [
            ("/", self.overview),
            ("/imports", self.imports),
            (r"/imports/(\d{1,15})", self.show_import),
            ("/accounts", self.accounts),
            ("/courses", self.courses),
            (r"/courses/(\d{1,15})", self.show_course),
            ("/people", self.people),
            (r"/people/(\d{1,15})", self.show_person),
        ]

    def overview(self, request: Request, args: tuple[str, ...]) -> Response:
        """What there is, and the last imports."""
        return self._page("overview", totals=self._views.totals(), imports=self._imports(RECENT, 0))

    def imports(self, request: Request, args: tuple[str, ...]) -> Response:
        """All imports, newest first."""
        number, offset = _wanted(request)
        return self._list("imports", number, self._imports(PER_PAGE + 1, offset))

    def show_import(self, request: Request, args: tuple[str, ...]) -> Response:
        """One import whole, with its messages."""
        row = self._store.get(int(args[0]))
        if row is None:
            raise message.not_found()
        number, offset = _wanted(request)
        messages = self._store.messages(row.id, limit=PER_PAGE + 1, offset=offset, oldest_first=True)
        counts: dict[str, int] = row.data.get("counts", {})
        return self._list(
            "import",
            number,
            messages,
            row=row,
            user=self._user_of(row.user_id).name,
            options={name: value for name, value in (row.options or {}).items() if value not in (None, False)},
            counts={name: count for name, count in counts.items() if count},
            statistics=_statistics_in_words(row),
            files=[self._store.file(file_id) for file_id in row.csv_files],
            is_running=row.workflow_state not in (*ENDED, *RESTORED),
            total=self._store.count_messages(row.id),
        )

    def accounts(self, request: Request, args: tuple[str, ...]) -> Response:
        """The tree of accounts, and the terms."""
        tree = list(_tree(self._views.accounts()))
        return self._page("accounts", tree=tree, terms=self._views.terms())

    def courses(self, request: Request, args: tuple[str, ...]) -> Response:
        """All courses by name."""
        return self._view_page("courses", request, self._views.courses)

    def show_course(self, request: Request, args: tuple[str, ...]) -> Response:
        """One course, its sections and who is in it."""
        course = self._views.course_by_id(int(args[0]))
        if course is None:
            raise message.not_found()

        def enrollments(page: int, size: int) -> list[ViewRow]:
            return self._views.enrollments(int(args[0]), page, size)

        return self._view_page("course", request, enrollments, course=course)

    def people(self, request: Request, args: tuple[str, ...]) -> Response:
        """All people by name."""
        return self._view_page("people", request, self._views.people)

    def show_person(self, request: Request, args: tuple[str, ...]) -> Response:
        """One person and where he or she is enrolled."""
        person = self._views.user_by_id(int(args[0]))
        if person is None:
            raise message.not_found()
        # All of them: a page of enrollments may name any course.
        names = {course["id"]: course["name"] for course in self._views.courses(1, EVERYTHING)}

        def enrollments(page: int, size: int) -> list[ViewRow]:
            return self._views.enrollments_of(int(args[0]), page, size)

        return self._view_page("person", request, enrollments, person=person, course_names=names)

    # helpers

    def _imports(self, limit: int, offset: int) -> list[dict[str, Any]]:
        rows = self._store.imports(ImportFilter(), limit=limit, offset=offset)
        return [
            {"row": row, "user": self._user_of(row.user_id).name, "messages": self._store.count_messages(row.id)}
            for row in rows
        ]

    def _view_page(
        self, template: str, request: Request, ask: Callable[[int, int], list[ViewRow]], **values: Any
    ) -> Response:
        """A page of a list that the engine's views page themselves."""
        number, _ = _wanted(request)
        rows = ask(number, PER_PAGE)
        more = ask(number + 1, PER_PAGE)[:1] if len(rows) == PER_PAGE else []
        return self._list(template, number, [*rows, *more], **values)

    def _list(self, template: str, number: int, rows: Sequence[Any], **values: Any) -> Response:
        """A page of a list of which one row more than fits was asked for: it shows that there is a next page."""
        return self._page(template, items=rows[:PER_PAGE], number=number, more=len(rows) > PER_PAGE, **values)

    def _page(self, template: str, **values: Any) -> Response:
        text = self._templates.get_template(f"{template}.html").render(here=template, **values)
        return Response(200, text.encode("utf-8", "replace"), "text/html; charset=utf-8", HEADERS)


def _wanted(request: Request) -> tuple[int, int]:
    """Which page of a list, and how many entries come before it."""
    # Bounded, as the offset must fit into SQLite's integers.
    number = min(max(1, integer(request.params.get("page"))), 10**9)
    return number, (number - 1) * PER_PAGE


def _time(stored: str | None) -> str:
    text = shown(stored)
    return text.replace("T", " ").removesuffix("Z") if text else "–"


def _statistics_in_words(row: ImportRow) -> dict[str, str]:
    """What changed, by kind of thing: only what is not zero."""
    texts = {}
    for kind, changes in row.data.get("statistics", {}).items():
        words = [f"{count} {what}" for what, count in changes.items() if count] if isinstance(changes, dict) else []
        if words:
            texts[kind] = ", ".join(words)
    return texts


def _tree(accounts: Sequence[ViewRow]) -> Sequence[tuple[int, ViewRow]]:
    """Accounts with their depth, children under their parents. A parent that is missing counts as the root."""
    ids = {account["id"] for account in accounts}
    children: dict[int | None, list[ViewRow]] = {}
    for account in accounts:
        parent = account["parent_id"] if account["parent_id"] in ids else None
        children.setdefault(parent, []).append(account)
    lines, waiting = list[tuple[int, ViewRow]](), [(0, account) for account in reversed(children.get(None, []))]
    while waiting:
        depth, account = waiting.pop()
        lines.append((depth, account))
        waiting += [(depth + 1, child) for child in reversed(children.get(account["id"], []))]
    return lines
