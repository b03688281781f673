"""One Canvas account, asked: its SIS imports, and the one call that makes one.

Room: the network, through `transport`, and the settings' token source. Every call raises only CanvasUnavailable (not
done: the same again, later), CanvasRefused (a person must mend something) or OutcomeUnknown (a write whose answer was
lost: look before asking again). The token is masked in whatever `transport` hands out, so that no text of these and no
value returned here can hold it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import urlencode

from pydantic import SecretStr

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Level
from canvas_sis_csv.options import ImportOptions
from sisdrop.canvas.report import save_report
from sisdrop.canvas.transport import Call, NoResponse, Transport
from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind, StateError
from sisdrop.model import Message, iso
from sisdrop.protocol import RUNNING, Listing, SisImport, inline_messages
from sisdrop.protocol import requests as ask
from sisdrop.protocol.answers import Answer, Verdict, judge, judge_no_response, next_page, same_origin, server_time
from sisdrop.protocol.imports import PENDING, CanvasUser, Progress, read_message
from sisdrop.protocol.requests import PER_PAGE, Request

T = TypeVar("T")

MAX_LIST_PAGES = 50
"""Pages of 100 imports; 5,000 imports since a submission are no list to search for it."""
MAX_MESSAGE_PAGES = 10_000
"""Pages of 100 messages; more than a million of one import are not fetched."""
MAX_FAILURES = 10_000
"""Errors of one import that are told from its warnings, one by one."""


class TokenReader(Protocol):
    """Where the token comes from. `read` raises CanvasRefused (kind TOKEN) when there is none."""

    def read(self) -> str:
        """The token as it is now."""


class AccountSettings(Protocol):
    """What `Canvas` must know of the account it talks to.

    `url`: scheme, host and port, without a slash at the end. `account`: a root account (`self`, a number,
    `sis_account_id:X`). `ca_file`: authorities to trust besides the usual ones. `timeout_s`: seconds to wait for a
    connection, and for each next byte; the whole request may take twice as long (an upload longer, by its size).
    """

    @property
    def url(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def token(self) -> TokenReader: ...
    @property
    def ca_file(self) -> Path | None: ...
    @property
    def timeout_s(self) -> float: ...


class Canvas:
    """One Canvas account. Threads may share it; their requests take turns. Raises ConfigError for a bad `ca_file`."""

    def __init__(self, settings: AccountSettings, *, user_agent: str) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._account = settings.account
        self._token: SecretStr | None = None
        self._server_time: str | None = None
        self._user_id: int | None = None
        self._transport = Transport(user_agent=user_agent, timeout_s=settings.timeout_s, ca_file=settings.ca_file)

    def __repr__(self) -> str:
        return f"Canvas({self._base}, account {self._account})"

    def __enter__(self) -> Canvas:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. May be called again, and the object used again after it."""
        self._transport.close()

    def cut(self) -> None:
        """End the request that is on its way, and make no other one, whoever asks; from any thread."""
        self._transport.cut()

    @property
    def is_cut(self) -> bool:
        """Whether `cut` was called: nothing that goes wrong from then on says anything about Canvas."""
        return self._transport.is_cut

    @property
    def server_time(self) -> str | None:
        """Canvas's own clock at its last answer (the Date header), ISO 8601; None before the first."""
        return self._server_time

    def me(self) -> CanvasUser:
        """The user the token belongs to."""
        return self._ask(ask.get_me())

    def user_id(self) -> int | None:
        """The id of the token's user, asked for once for each token; None when it may not ask for that."""
        if self._user_id is None or self._token is None:
            try:
                self._user_id = self.me().id
            except CanvasRefused as error:
                # A scoped token may import and yet not say whose it is.
                if error.kind is not RefusalKind.PERMISSION:
                    raise
        return self._user_id

    def account(self) -> dict[str, Any]:
        """The account as Canvas tells it (`name`, `root_account_id`, null for a root account, …)."""
        return self._ask(ask.get_account(self._account))

    def newest_imports(self) -> Listing:
        """The newest imports, a hundred at most; whole as far as that goes."""
        page = self._ask(ask.list_imports(self._account, {"per_page": PER_PAGE}))
        return Listing(_by_id(page), is_whole=True)

    def unfinished(self) -> list[SisImport]:
        """Everything that is not terminal, whoever started it, oldest first; unknown states included.

        Three questions, for none answers alone: what runs (leaves out what waits), the list by state (Canvas drops
        names it does not know, so a new state cannot be asked for), and the newest page whatever the state.
        """
        waiting = ask.list_imports(self._account, {"per_page": PER_PAGE}, PENDING | RUNNING)
        newest = {made.id: made for page in self._pages(waiting, MAX_LIST_PAGES) for made in page}
        # Later answers are newer: what was seen to end meanwhile is not unfinished any more.
        newest |= {made.id: made for made in self._ask(ask.list_importing(self._account))}
        newest |= {made.id: made for made in self._ask(ask.list_imports(self._account, {"per_page": PER_PAGE}))}
        return sorted((made for made in newest.values() if not made.is_terminal), key=lambda made: made.id)

    def imports_above(self, after_id: int | None) -> Listing:
        """All imports with ids above `after_id`, an import that was seen before, and some older ones; None: all.

        By their ids alone: neither our clock nor Canvas's keeps one out of it. The list is whole when it goes on down
        to that very import, or, for None, when its last page is not full: a server that leaves out the address of the
        next page, or a copy of the database that lags behind, shows less than there is.
        """
        imports: dict[int, SisImport] = {}
        page: list[SisImport] = []
        for page in self._pages(ask.list_imports(self._account, {"per_page": PER_PAGE}), MAX_LIST_PAGES):
            imports |= {made.id: made for made in page}
            # The list is newest first by time; an import's time may be that of a server whose clock is slow.
            if after_id is not None and page and page[-1].id <= after_id and _is_reached(after_id, page, imports):
                break
        is_whole = after_id in imports if after_id is not None else len(page) < int(PER_PAGE)
        return Listing(_by_id(imports.values()), is_whole)

    def get(self, import_id: int) -> SisImport:
        """One import as it stands now."""
        return self._ask(ask.get_import(self._account, import_id))

    def create(self, zip_path: Path, options: ImportOptions) -> SisImport:
        """Upload the zip as a new import with `options`; the import as Canvas has saved it.

        Sent once, streamed, never followed elsewhere. Raises OutcomeUnknown when Canvas may have it all the same.
        """
        request = ask.create_import(self._account, options)
        try:
            with zip_path.open("rb") as body:
                return self._ask(request, body, zip_path.stat().st_size)
        except OSError as error:
            raise StateError(f"The snapshot {zip_path} cannot be read: {error.strerror}.") from None

    def errors(self, import_id: int) -> Iterator[Message]:
        """All messages of the import, newest first; fetched page by page as they are taken.

        The list itself does not say which are errors and which are warnings, so the errors are asked for first.
        """
        failures = self._failures(import_id)
        listed = ask.list_errors(self._account, import_id, failures_only=False)
        for page in self._pages(listed, MAX_MESSAGE_PAGES):
            for raw in page:
                message = read_message(raw, Level.WARNING)
                is_failure = failures[message.file, message.message] > 0
                yield replace(message, level=Level.ERROR) if is_failure else message

    def _failures(self, import_id: int) -> Counter[tuple[str | None, CellText]]:
        """The errors among the messages, by file and text; those in the answer alone if the server cannot filter."""
        ended = self.get(import_id)
        expected = ended.counts.get("error_count", MAX_FAILURES)
        failures: Counter[tuple[str | None, CellText]] = Counter()
        if expected == 0:
            return failures
        listed = ask.list_errors(self._account, import_id, failures_only=True)
        for page in self._pages(listed, MAX_MESSAGE_PAGES):
            messages = (read_message(raw, Level.ERROR) for raw in page)
            failures.update((message.file, message.message) for message in messages)
            if failures.total() >= MAX_FAILURES:
                break
        if failures.total() > expected:
            # More than there are: an older server, which ignores `failure` and has listed the warnings too.
            inline = (message for message in inline_messages(ended) if message.level is Level.ERROR)
            return Counter((message.file, message.message) for message in inline)
        return failures

    def download_errors(self, ended: SisImport, to: Path) -> bool:
        """Save Canvas's error report (a CSV) of the import as `to`; False when there is none, not yet, or out of reach.

        Canvas writes it some seconds after the end, and stores it on other hosts, which a school's firewall may not
        let us reach: that is no error either. On return the file is whole and durable, or not there. The import is
        asked for again, because the report's address is good for an hour only.
        """
        fresh = self.get(ended.id)
        if fresh.errors_attachment_url is None:
            return False
        return save_report(self._transport, self._base, fresh, to)

    def abort(self, import_id: int) -> SisImport:
        """Abort the import and return it as it then stands; one that has ended already is left as it is.

        May be repeated. Work that Canvas has done already stays done.
        """
        try:
            return self._ask(ask.abort_import(self._account, import_id))
        except CanvasRefused as error:
            if error.kind is not RefusalKind.NOT_FOUND:
                raise
        except OutcomeUnknown as error:
            now = self.get(import_id)
            if now.is_terminal:
                return now
            raise CanvasUnavailable(str(error)) from None
        return self.get(import_id)

    def restore_states(self, import_id: int, *, undelete_only: bool = False, unconclude_only: bool = False) -> Progress:
        """Have Canvas put back the states that the import changed (fields stay as they are); follow it with `progress`.

        Raises OutcomeUnknown when Canvas may have begun. It forgets each change that it has put back, so that the same
        question once more does nothing that was not asked for (Canvas's public source, SIS batch).
        """
        flags = {"undelete_only": undelete_only, "unconclude_only": unconclude_only}
        return self._ask(ask.restore_states(self._account, import_id, flags))

    def progress(self, progress_id: int) -> Progress:
        """How far a `restore_states` is."""
        return self._ask(ask.get_progress(progress_id))

    def _ask(self, request: Request[T], body: BinaryIO | None = None, size_bytes: int = 0) -> T:
        return self._send(request, self._url(request), body, size_bytes)[0]

    def _pages(self, request: Request[T], most: int) -> Iterator[T]:
        """The value of each page, `most` at most."""
        url: str | None = self._url(request)
        asked: set[str] = set()
        while url and len(asked) < most:
            if url in asked:
                raise CanvasUnavailable(f"Canvas's pages go round in a circle when asked {request.what}.")
            if not same_origin(url, self._base):
                text = f"Canvas refers to another server for the next page when asked {request.what}"
                raise CanvasRefused(f"{text}; is canvas.url right?", kind=RefusalKind.ADDRESS, status=200, body="")
            asked.add(url)
            value, answer = self._send(request, url)
            yield value
            url = next_page(answer, url)

    def _send(
        self, request: Request[T], url: str, body: BinaryIO | None = None, size_bytes: int = 0
    ) -> tuple[T, Answer]:
        """What an accepted answer says, and the answer; else raises the error that it, or its absence, means.

        The token goes along, so `url` must be of Canvas's own origin. When it is refused it is read anew, and when it
        is another one then, the request is made once more: Canvas has done nothing yet.
        """
        retried = False
        while True:
            token = self._token = self._token or self._read_token()
            if body:
                body.seek(0)
            headers = {"Accept": "application/json", **request.headers}
            total_s = self._transport.total_s(size_bytes)
            answer = self._transport.ask(Call(request.method, url, total_s, headers, token, body))
            if isinstance(answer, NoResponse):
                raise judge_no_response(request, answer.reason, began=answer.began).error()
            clock = server_time(answer)
            self._server_time = iso(clock) if clock else self._server_time
            judgement = judge(request, answer)
            if judgement.verdict is Verdict.ACCEPTED:
                return judgement.value, answer
            if judgement.kind is RefusalKind.TOKEN and not retried:
                self._token = self._user_id = None  # should reading it fail now, the next request tries that again
                self._token = self._read_token()
                retried = self._token != token
                if retried:
                    continue
            raise judgement.error()

    def _read_token(self) -> SecretStr:
        """The token as it is now. Raises CanvasRefused (kind TOKEN) for one that cannot stand in a header.

        Such a token would be shown whole in the error of the HTTP library.
        """
        token = self._settings.token.read()
        if token and token.isascii() and token.isprintable() and " " not in token:
            return SecretStr(token)
        sentence = "The Canvas token is empty or holds characters that no token has; look where `canvas.token` says."
        raise CanvasRefused(sentence, kind=RefusalKind.TOKEN, status=0, body="")

    def _url(self, request: Request[Any]) -> str:
        query = f"?{urlencode(request.params)}" if request.params else ""
        return f"{self._base}{request.path}{query}"


def _by_id(imports: Iterable[SisImport]) -> tuple[SisImport, ...]:
    return tuple(sorted(imports, key=lambda made: made.id, reverse=True))


def _is_reached(after_id: int, page: Collection[SisImport], seen: Collection[int]) -> bool:
    """Whether nothing above `after_id` is to be expected behind `page`: it was seen, or the page is below it."""
    return after_id in seen or all(made.id < after_id for made in page)
