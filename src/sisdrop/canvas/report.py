"""The error report that Canvas keeps of an import, fetched from wherever its storage is.

Room: the network through `transport`, and the one file it writes. The address is signed (good for an hour, and a
secret for that time) and leads by redirects to other hosts; the token is never sent along, not even to Canvas itself,
which does not look at it there (Canvas's public source: bearer tokens are read under /api/ alone).
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from sisdrop.canvas.transport import Call, Silence, TooLarge, Transport, is_loopback
from sisdrop.durable import fsync_dir
from sisdrop.errors import StateError
from sisdrop.protocol import Answer, SisImport

logger = logging.getLogger(__name__)

MAX_REPORT_BYTES = 256 << 20
MAX_HOPS = 6
"""Canvas, a content host, storage, and its cache have been seen: three redirects."""


def save_report(transport: Transport, base: str, found: SisImport, to: Path) -> bool:
    """Save the report of `found` as `to`, replacing what is there; False when it cannot be had.

    A crash leaves `to` as it was. Whatever keeps it from coming is logged and no error, for nothing depends on the
    report. Raises StateError when it cannot be written.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as file:
            if not _fetched(transport, urljoin(f"{base}/", found.errors_attachment_url or ""), found, file):
                return False
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
        fsync_dir(to.parent)
    except OSError as error:
        raise StateError(f"The error report cannot be written as {to}: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return True


def _fetched(transport: Transport, url: str, found: SisImport, file: BinaryIO) -> bool:
    total_s = transport.total_s(min(found.errors_attachment_size or 0, MAX_REPORT_BYTES))
    for _hop in range(MAX_HOPS):
        if not _is_safe(url):
            return _not_to_be_had(found, "its address is not https")
        answer = transport.stream(Call("GET", url, total_s), lambda answer: _into(file, answer))
        if isinstance(answer, Silence):
            return _not_to_be_had(found, answer.reason)
        if answer.status in {301, 302, 303, 307, 308} and answer.headers.get("location"):
            url = urljoin(url, answer.headers["location"])
            continue
        return _is_report(answer, found)
    return _not_to_be_had(found, f"more than {MAX_HOPS} redirects")


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))


def _is_report(answer: Answer, found: SisImport) -> bool:
    if answer.status != 200:
        return _not_to_be_had(found, f"status {answer.status}")
    if "text/html" in answer.headers.get("content-type", ""):
        return _not_to_be_had(found, "a web page came instead (a login page?)")
    return True


def _not_to_be_had(found: SisImport, why: str) -> bool:
    logger.info("error report not to be had import=%d reason=%s", found.id, why)
    return False


def _into(file: BinaryIO, answer: Answer) -> Callable[[bytes], None]:
    """Where the body of `answer` goes: into the file when it is the report, nowhere when it is something else."""
    room = MAX_REPORT_BYTES if answer.status == 200 else 0
    taken = 0

    def sink(chunk: bytes) -> None:
        nonlocal taken
        taken += len(chunk)
        if room and taken > room:
            raise TooLarge(f"it is larger than {MAX_REPORT_BYTES >> 20} MiB")
        if room:
            try:
                file.write(chunk)
            except OSError as error:
                raise StateError(f"The error report cannot be written: {error.strerror}.") from None

    return sink
