"""The error report that Canvas keeps of an import, fetched from wherever its storage is.

Room: the network through `transport`, and the one file it writes. The address is signed (good for an hour, and a
secret for that time) and leads by redirects to other hosts; the token is never sent along, not even to Canvas itself,
which does not look at it there (Canvas's public source: bearer tokens are read under /api/ alone).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from sisdrop.canvas.transport import Call, NoResponse, TooLarge, Transport
from sisdrop.durable import draft
from sisdrop.errors import StateError
from sisdrop.protocol import SisImport
from sisdrop.protocol.answers import Answer, is_loopback

logger = logging.getLogger(__name__)

MAX_REPORT_BYTES = 256 << 20
MAX_HOPS = 6
"""Canvas, a content host, storage, and its cache have been seen: three redirects."""


def save_report(transport: Transport, base: str, ended: SisImport, to: Path) -> bool:
    """Save the report of `ended` as `to`, replacing what is there; False when it cannot be had.

    A crash leaves `to` as it was. Whatever keeps it from coming is logged and no error, for nothing depends on the
    report. Raises StateError when it cannot be written.
    """
    try:
        with draft(to, mode=0o600) as report:
            why_not = _fetch(transport, base, ended, report.file)
            if why_not:
                logger.info("error report not to be had import=%d reason=%s", ended.id, why_not)
                return False
            report.publish(overwrite=True)
    except OSError as error:
        raise StateError(f"The error report cannot be written as {to}: {error.strerror}.") from None
    return True


def _fetch(transport: Transport, base: str, ended: SisImport, file: BinaryIO) -> str:
    """Write the report into `file`; says why it cannot be had, or nothing."""
    total_s = transport.total_s(min(ended.errors_attachment_size or 0, MAX_REPORT_BYTES))
    url, following = f"{base}/", ended.errors_attachment_url or ""
    for _hop in range(MAX_HOPS):
        try:
            url = urljoin(url, following)
            parts = urlsplit(url)
            # A Canvas elsewhere has no business with this machine's own ports.
            is_near = is_loopback(url)
            schemes = {"https"} if not is_near else {"http", "https"} if is_loopback(base) else set()
        except ValueError:
            return "its address cannot be read"
        if not parts.hostname or parts.scheme not in schemes:
            return "its address is not https, or is this machine's own"
        answer = transport.ask(Call("GET", url, total_s), lambda answer: _sink(file, answer))
        if isinstance(answer, NoResponse):
            return answer.reason
        following = answer.headers.get("location", "")
        if answer.status in {301, 302, 303, 307, 308} and following:
            continue
        if answer.status != 200:
            return f"status {answer.status}"
        is_page = "text/html" in answer.headers.get("content-type", "")
        return "a web page came instead (a login page?)" if is_page else ""
    return f"more than {MAX_HOPS} redirects"


def _sink(file: BinaryIO, answer: Answer) -> Callable[[bytes], None]:
    """Where the body of `answer` goes: into the file when it is the report, nowhere when it is something else."""
    # An answer that broke off may have left its beginning there before the question was asked once more.
    file.seek(0)
    file.truncate()

    def sink(chunk: bytes) -> None:
        if answer.status != 200:
            return
        if file.tell() + len(chunk) > MAX_REPORT_BYTES:
            raise TooLarge(f"it is larger than {MAX_REPORT_BYTES >> 20} MiB")
        try:
            file.write(chunk)
        except OSError as error:
            # Not the network's trouble, for which `transport` would take an OSError.
            raise StateError(f"The error report cannot be written: {error.strerror}.") from None

    return sink
