"""Downloads of attachments: a short-lived signed address on Canvas, and the storage on another port it leads to.

Room: pure but for the time. The signed word is good for an hour, as in Canvas; the storage wants no token, and being
sent one is an error of the client that is recorded and refused.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from urllib.parse import quote

from canvas_sandbox.http import message
from canvas_sandbox.http.message import Request, Response
from canvas_sandbox.import_store import ImportStore
from canvas_sandbox.rows import FileRow

GOOD_FOR_S = 3600


class Signer:
    """Makes and checks signed words; `seconds` tells the time as a number."""

    def __init__(self, secret: bytes, seconds: Callable[[], float]) -> None:
        self._secret = secret
        self._seconds = seconds

    def sign(self, file_id: int) -> str:
        """A word that opens this file for an hour."""
        return self._word(file_id, int(self._seconds()) + GOOD_FOR_S)

    def opens(self, file_id: int, word: str) -> bool:
        """Whether the word is ours, for this file, and not too old."""
        ends, _, _ = word.partition(".")
        # `int` would take digits of other scripts, and numbers of any length.
        if not ends.isascii() or not ends.isdigit() or len(ends) > 12:
            return False
        return (
            hmac.compare_digest(self._word(file_id, int(ends)).encode(), word.encode()) and int(ends) > self._seconds()
        )

    def _word(self, file_id: int, ends: int) -> str:
        digest = hmac.new(self._secret, f"{file_id}.{ends}".encode(), hashlib.sha256).hexdigest()
        return f"{ends}.{digest}"


class Files:
    """The download address on Canvas, and the storage."""

    def __init__(self, store: ImportStore, signer: Signer) -> None:
        self._store = store
        self._signer = signer
        self._lock = threading.Lock()
        self._leaks = 0

    @property
    def leaks(self) -> int:
        """How often the storage was sent an Authorization header. A good client keeps it at 0."""
        with self._lock:
            return self._leaks

    def download(self, request: Request, file_id: str, storage_url: str) -> Response:
        """Send the client on to the storage; the token is not looked at here, only the verifier."""
        row = self._store.file(int(file_id)) if file_id.isascii() and file_id.isdigit() and len(file_id) < 18 else None
        if row is None:
            raise message.not_found()
        verifier = request.params.get("verifier") or ""
        # Of an `errors_attachment` it is a signed word, good for an hour; of a `csv_attachment` the uuid, for ever.
        if not (self._signer.opens(row.id, verifier) or hmac.compare_digest(row.uuid.encode(), verifier.encode())):
            raise message.not_permitted()
        place = f"{storage_url}/storage/{row.id}/{quote(row.display_name)}?token={self._signer.sign(row.id)}"
        return Response(302, b"", "text/html; charset=utf-8", (("Location", place),))

    def fetch(self, request: Request) -> Response:
        """The storage: the bytes of a file for a signed address. Refuses whoever shows it a token."""
        if "Authorization" in request.headers:
            with self._lock:
                self._leaks += 1
            text = b"The storage was sent an Authorization header; it belongs to Canvas alone.\n"
            raise message.ApiError(Response(400, text, "text/plain; charset=utf-8"))
        row = self._stored(request)
        disposition = f"attachment; filename*=UTF-8''{quote(row.display_name)}"
        return Response(
            200,
            content_type="text/csv",
            headers=(("Content-Disposition", disposition),),
            file=self._store.file_path(row.id),
        )

    def _stored(self, request: Request) -> FileRow:
        match request.segments:
            case ("storage", file_id, _) if file_id.isascii() and file_id.isdigit() and len(file_id) < 18:
                row = self._store.file(int(file_id))
            case _:
                row = None
        if row is None:
            raise message.not_found()
        if not self._signer.opens(row.id, request.params.get("token") or ""):
            raise message.not_permitted(403)
        return row
