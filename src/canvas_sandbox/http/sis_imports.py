"""Canvas's SIS import endpoints: create, list, importing, one, abort, restore, errors, progress.

Room: requests in, answers out; the store, the queue and the engine do the work. The order of checks in `create`, and
what it leaves behind when one fails, is that of Canvas's public source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from canvas_sandbox import shapes
from canvas_sandbox.clock import instant
from canvas_sandbox.engine.views import Views
from canvas_sandbox.faults import Fault
from canvas_sandbox.http import message
from canvas_sandbox.http.body import Received, receive
from canvas_sandbox.http.files import Signer
from canvas_sandbox.http.message import Request, Response, json_response
from canvas_sandbox.http.paging import link_header, wanted_page
from canvas_sandbox.import_store import RUNNING, ImportStore
from canvas_sandbox.params import IMPORT_TYPE, BadParameter, Params, TermMissing, read_batch_term, read_options
from canvas_sandbox.queue import ImportQueue
from canvas_sandbox.rows import ImportFilter, ImportRow
from canvas_sandbox.shapes import ApiUser
from canvas_sandbox.stalls import RunFaults
from canvas_sis_csv.model import Level

STATES = (
    *("initializing", "created", "importing", "cleanup_batch"),
    *("imported", "imported_with_messages", "aborted", "failed", "failed_with_messages"),
    *("restoring", "partially_restored", "restored"),
)
RESTORE_CONFLICT = "cannot set both undelete_only and unconclude_only"
RAW_TYPES = {"application/zip": "zip", "text/csv": "csv", "text/plain": "csv", "text/xml": "xml"}


@dataclass(frozen=True)
class SisImports:
    """The endpoints. `user_of` gives the person of a stored user id."""

    store: ImportStore
    queue: ImportQueue
    views: Views
    signer: Signer
    user_of: Callable[[int], ApiUser]

    # create

    def create(self, request: Request, user: ApiUser, faults: Sequence[Fault]) -> Response:
        """Take an upload and queue it: the answer is a SisImport in state `created`."""
        content_type = request.headers.get("Content-Type", "")
        received = receive(request.body, content_type, self.store.uploads)
        try:
            answer = self._create(request, received, user, faults)
        except BaseException:
            received.discard()
            raise
        return answer

    def _create(self, request: Request, received: Received, user: ApiUser, faults: Sequence[Fault]) -> Response:
        params = Params([*request.query, *received.fields])
        # The order of what follows is Canvas's, and decides what a refused request leaves behind.
        kind = params.get("import_type") or IMPORT_TYPE
        if kind != IMPORT_TYPE:
            raise message.server_error()
        is_text = received.attachment_is_text or params.get("attachment") is not None
        if received.multipart and received.filename is None and not is_text:
            raise message.refusal(400, {"error": True, "error_message": "Missing attachment"})
        filename = received.filename or _raw_name(request, params)
        try:
            term = read_batch_term(params, self._term_id)
        except TermMissing:
            raise message.not_found() from None
        except BadParameter as error:
            raise message.refusal(400, error.body) from None
        import_id = self.store.add_import(user.id, {"import_type": kind})
        if is_text:
            # A plain field where a file was expected breaks Canvas's storing of it: 500, and the row stays behind.
            raise message.server_error()
        # From here on a refusal leaves the row behind, in `initializing` for good: so does Canvas.
        self.store.change(import_id, filename=filename, upload=received.path.name if received.path else None)
        received.path = None  # the upload is the import's now: what goes wrong from here on does not remove it
        try:
            options = read_options(params, term)
        except BadParameter as error:
            raise message.refusal(400, error.body) from None
        stuck = self._prepare(import_id, options, faults)
        self.store.change(import_id, options=options)
        # Shown before it is queued: the worker may be quicker than this answer.
        created = replace(self._row(import_id), workflow_state="created")
        answer = json_response(self.render(created, request))
        self._queue_it(import_id, stuck)
        return answer

    def _prepare(self, import_id: int, options: dict[str, Any], faults: Sequence[Fault]) -> Fault | None:
        """Apply the faults that struck this import; the one that holds it back, if any."""
        stuck, run_faults = None, RunFaults()
        for fault in faults:
            match fault.kind:
                case "echo":
                    name = fault.get("option", "")
                    if name in ("skip_deletes", "update_sis_id_if_login_claimed"):
                        options[name] = False  # these two are always echoed
                    else:
                        # Asked by one name and echoed by another.
                        options.pop("diffing_remaster" if name == "diffing_remaster_data_set" else name, None)
                case "slow_progress":
                    run_faults.looks = run_faults.looks_left = fault.get("looks", 5)
                case "late_errors":
                    run_faults.errors_after = fault.get("looks", 1)
                case "fail":
                    run_faults.fails = True
                case "stuck" | "unknown_state":
                    stuck = fault
                case _:
                    pass
        self.queue.set_faults(import_id, run_faults)
        return stuck

    def _queue_it(self, import_id: int, stuck: Fault | None) -> None:
        if stuck:
            state = stuck.get("state", "created" if stuck.kind == "stuck" else "reticulating")
            self.queue.stall(import_id, state, stuck.get("looks", None))
        else:
            self.store.change(import_id, workflow_state="created")
            self.queue.wake()

    def _term_id(self, reference: str) -> int | None:
        term = self.views.find_term(reference)
        return int(term["id"]) if term else None

    # read

    def index(self, request: Request) -> Response:
        """Newest first, paged; without a total, so that the last page is the one without `next`."""
        page = wanted_page(request)
        wanted = ImportFilter(
            # Unknown states are dropped; when none is left the list is not filtered at all, which shows everything.
            states=[state for state in request.params.many("workflow_state") if state in STATES],
            since=_time(request.params.get("created_since")),
            before=_time(request.params.get("created_before")),
        )
        rows = self.store.imports(wanted, limit=page.size + 1, offset=page.offset + request.hides)
        shown = self._render_all(rows[: page.size], request)
        answer = json_response({"sis_imports": shown})
        more = len(rows) > page.size and not request.has_no_next
        return answer.with_headers(link_header(request, page, more=more))

    def importing(self, request: Request) -> Response:
        """What runs now; unpaged."""
        rows = self.store.imports(ImportFilter(states=RUNNING), limit=1000)
        return json_response({"sis_imports": self._render_all(rows, request)})

    def show(self, request: Request, import_id: str) -> Response:
        """One import."""
        return json_response(self._render_all([self._find(import_id)], request)[0])

    def errors(self, request: Request, import_id: str | None) -> Response:
        """The messages of one import, or of all; newest first."""
        row = self._find(import_id) if import_id is not None else None
        page = wanted_page(request)
        level = Level.ERROR if request.params.flag("failure") else None
        wanted = row.id if row else None
        total = self.store.count_messages(wanted, level)
        messages = self.store.messages(wanted, level=level, limit=page.size, offset=page.offset)
        answer = json_response({"sis_import_errors": [shapes.sis_import_error(item) for item in messages]})
        return answer.with_headers(link_header(request, page, more=page.offset + len(messages) < total, total=total))

    def progress(self, request: Request, progress_id: str) -> Response:
        """One restore job."""
        row = self.store.progress(_number(progress_id))
        if row is None:
            raise message.not_found()
        return json_response(shapes.progress(row, request.base_url))

    # act

    def abort(self, request: Request, import_id: str) -> Response:
        """Abort one import; 404 when it has ended already."""
        row = self._find(import_id)
        if not self.queue.abort(row.id):
            raise message.not_found()
        return json_response(self.render(self._row(row.id), request))

    def abort_all_pending(self) -> Response:
        """Abort what has not begun; true even when there was nothing."""
        self.queue.abort_all_pending()
        return json_response({"aborted": True})

    def restore_states(self, request: Request, import_id: str, user: ApiUser) -> Response:
        """Undo an import's state changes; the answer is the Progress to follow."""
        row = self._find(import_id)
        names = ("batch_mode", "undelete_only", "unconclude_only")
        flags = {name: request.params.flag(name) for name in names}
        if flags["undelete_only"] and flags["unconclude_only"]:
            # Canvas labels the bare text as JSON.
            raise message.ApiError(Response(400, RESTORE_CONFLICT.encode()))
        progress_id = self.store.add_progress(row.id, user.id)
        self.queue.restore(row.id, progress_id, flags)
        return self.progress(request, str(progress_id))

    # helpers

    def _find(self, import_id: str) -> ImportRow:
        row = self.store.get(_number(import_id))
        if row is None:
            raise message.not_found()
        return row

    def _row(self, import_id: int) -> ImportRow:
        row = self.store.get(import_id)
        if row is None:
            raise message.not_found()
        return row

    def _render_all(self, rows: Sequence[ImportRow], request: Request) -> list[dict[str, Any]]:
        shown = [self.render(row, request) for row in rows]
        # Counted when the answer is made: the third look still shows what the fault holds.
        for row in rows:
            self.queue.looked_at(row.id)
        return shown

    def render(self, row: ImportRow, request: Request) -> dict[str, Any]:
        """A SisImport as answered to this request."""
        limit = shapes.INLINE_MESSAGES
        outcome = shapes.ImportDetails(
            errors=self.store.messages(row.id, level=Level.ERROR, limit=limit, oldest_first=True),
            error_count=self.store.count_messages(row.id, Level.ERROR),
            warnings=self.store.messages(row.id, level=Level.WARNING, limit=limit, oldest_first=True),
            warning_count=self.store.count_messages(row.id, Level.WARNING),
            csv_files=[self._file(file_id, request) for file_id in row.csv_files],
            diffed_files=[self._file(file_id, request) for file_id in row.diffed_files],
            errors_file=None if row.errors_file is None else self._file(row.errors_file, request, signed=True),
        )
        return shapes.sis_import(row, self.user_of(row.user_id), outcome)

    def _file(self, file_id: int, request: Request, *, signed: bool = False) -> dict[str, Any]:
        file = self.store.file(file_id)
        if file is None:
            raise message.not_found()
        verifier = self.signer.sign(file_id) if signed else file.uuid
        url = f"{request.base_url}/files/{file_id}/download?download_frd=1&verifier={verifier}"
        return shapes.attachment(file, url)


def _raw_name(request: Request, params: Params) -> str:
    """The name of a raw upload: `sis_import.` and what `extension`, else the content type, says."""
    extension = params.get("extension")
    if extension:
        return f"sis_import.{extension}"
    kind = request.headers.get("Content-Type", "")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", kind, re.IGNORECASE)
    if charset and charset.group(1).lower() != "utf-8":
        raise message.refusal(400, {"error": "Invalid content type, UTF-8 required"})
    return f"sis_import.{RAW_TYPES.get(kind.partition(';')[0].strip().lower(), 'zip')}"


def _time(text: str | None) -> str | None:
    """A time parameter as stored; None when it cannot be read, which Canvas ignores silently."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (OverflowError, ValueError):
        return None


def _number(text: str) -> int:
    """An id; whatever is no number is not found."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise message.not_found()
    return int(text)
