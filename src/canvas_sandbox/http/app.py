"""From a request to its answer: routes, checks, faults.

Room: no socket; the server hands in requests and sends what comes back. An exception nobody expected becomes Canvas's
500, and its traceback goes to the log, never to the client.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from canvas_sandbox.clock import Clock
from canvas_sandbox.engine import Engine
from canvas_sandbox.engine.views import Views
from canvas_sandbox.faults import Fault, FaultBook
from canvas_sandbox.http import message, wire_faults
from canvas_sandbox.http.accounts import authenticate, check_sis_account, need_user
from canvas_sandbox.http.body import BodyCut, BodyRefused
from canvas_sandbox.http.control import Control
from canvas_sandbox.http.files import Files, Signer
from canvas_sandbox.http.message import ApiError, Request, Response, Wire
from canvas_sandbox.http.records import RecordEndpoints
from canvas_sandbox.http.routes import Guard, RoutedRequest, routes
from canvas_sandbox.http.sis_imports import SisImports
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.pages import Pages
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.shapes import OTHER_USER_ID, ROBOT_ID, ApiUser, with_string_ids

log = logging.getLogger(__name__)

BUCKET = 600.0
"""What Canvas's rate limit holds for a token that has not been used for a while (public source)."""
LOOPBACK_NAMES = re.compile(r"(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d{1,5})?\Z", re.IGNORECASE)


class App:
    """All endpoints of one sandbox. `storage_url` is where the files are."""

    def __init__(
        self,
        *,
        store: ImportStore,
        queue: ImportQueue,
        engine: Engine,
        faults: FaultBook,
        token: str,
        clock: Clock,
        storage_url: str,
    ) -> None:
        self.storage_url = storage_url
        self.faults = faults
        self.token = token
        self._store = store
        self.queue = queue
        self._clock = clock
        signer = Signer(secrets.token_bytes(32), lambda: clock.now().timestamp())
        self.files = Files(store, signer)
        self.imports = SisImports(store, queue, engine, signer, self.user_of)
        self.records = RecordEndpoints(engine, self._robot, token, _instance(store))
        self.control = Control(store, queue, engine, faults, lambda: self.files.leaks)
        self.pages = Pages(store, engine, self.user_of)
        self._views: Views = engine
        self._routes = routes(self.imports, self.records, self.files, self.control, self.pages)

    def user_of(self, user_id: int) -> ApiUser:
        """The person of a stored user id: the token's, or the other one."""
        if user_id == OTHER_USER_ID:
            return ApiUser(OTHER_USER_ID, "Other Admin", "Admin, Other", "other-admin")
        return self._robot()

    def _robot(self) -> ApiUser:
        sis_id = self._store.setting("runs_as")
        return ApiUser(ROBOT_ID, "Feed Robot", "Robot, Feed", "feed-robot", sis_id)

    # answering

    def respond(self, request: Request) -> Response:
        """The answer to one request, faults included. The body was read, or drained, when this returns."""
        # Once for the whole request: each of its counts goes down by one, whatever comes of it.
        struck = self.faults.strike(request.method, request.path)
        request = wire_faults.change_request(request, struck)
        for fault in struck:
            if fault.kind == "foreign_import":
                self.control.place_foreign(fault)
        answer = wire_faults.answer_before(struck)
        late_s = wire_faults.late_s(struck)
        if late_s:
            self.faults.hang(late_s)
        if answer is None:
            answer = wire_faults.change_answer(struck, self._answer(request, struck))
        elif answer.wire is not Wire.RESET:
            # A client that still writes would see its connection break instead of the answer.
            request.body.drain()
        return answer

    def respond_as_storage(self, request: Request) -> Response:
        """The answer of the file storage, which lives on another port and knows no tokens."""
        struck = self.faults.strike(request.method, request.path)
        answer = wire_faults.answer_before(struck)
        if answer is not None:
            return answer
        try:
            answer = self.files.fetch(request)
        except ApiError as error:
            answer = error.response
        request.body.drain()
        return wire_faults.change_answer(struck, answer)

    def _answer(self, request: Request, faults: Sequence[Fault]) -> Response:
        started = time.perf_counter()
        try:
            answer = self._dispatch(request, faults)
        except ApiError as error:
            answer = error.response
        except (BodyRefused, BodyCut, ConnectionError, TimeoutError):
            raise  # the server's business: the client is gone, or what follows on this connection cannot be read
        except Exception:  # the last net of the sandbox: its own bug looks like one of Canvas
            log.exception("%s %s", request.method, request.path)
            answer = message.server_error().response
        request.body.drain()
        answer = self._with_string_ids(request, answer)
        if request.segments[:1] != ("api",):
            return answer
        # The rate limit of a client that makes one request at a time: the bucket is full again before each.
        cost = time.perf_counter() - started
        return answer.with_headers(
            ("X-Request-Cost", f"{cost:.6f}"), ("X-Rate-Limit-Remaining", f"{BUCKET - cost:.6f}")
        )

    def _dispatch(self, request: Request, faults: Sequence[Fault]) -> Response:
        self._check_client(request)
        visitor = authenticate(request, self.token, self._robot())
        # A slash inside a segment (an id may have one) must not look like one between segments.
        path = "/" + "/".join(part.replace("/", "\0") for part in request.segments)
        method = "GET" if request.method == "HEAD" else request.method
        for route in self._routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match:
                args = tuple(group.replace("\0", "/") for group in match.groups())
                routed = RoutedRequest(request, args, visitor, tuple(faults), self.storage_url)
                # For a SIS-import action Canvas's checks in their order, else anybody with a token.
                if route.guard is Guard.SIS:
                    check_sis_account(self._views, args[0], visitor)
                elif route.guard is Guard.USER:
                    need_user(visitor)
                return route.work(routed)
        raise message.not_found()

    @staticmethod
    def _check_client(request: Request) -> None:
        if request.segments[:1] in (("api",), ("files",)):
            # Before the token: it is the front end that asks, announced by the vendor for 2026.
            if not request.headers.get("User-Agent", "").strip():
                raise message.no_user_agent()
        elif not LOOPBACK_NAMES.match(request.headers.get("Host", "127.0.0.1")):
            # A web page elsewhere must not read the sandbox through a name that points to loopback.
            raise message.refusal(403, {"errors": [{"message": "The sandbox answers on loopback only."}]})

    @staticmethod
    def _with_string_ids(request: Request, answer: Response) -> Response:
        if not request.string_ids or answer.content_type != message.JSON_TYPE or answer.status >= 400:
            return answer
        # Through the JSON once more: the endpoints need not know of it, and few clients ask for it.
        value: Any = json.loads(answer.body)
        return replace(answer, body=json.dumps(with_string_ids(value), ensure_ascii=False).encode())


def _instance(store: ImportStore) -> str:
    """A name of this Canvas that no other one has, kept with its data."""
    name = store.setting("instance") or secrets.token_hex(6)
    store.remember("instance", name)
    return str(name)
