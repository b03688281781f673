"""Reading request bodies: by length or chunked, always streamed, always bounded.

Room: one connection's reading end, and the upload folder. Memory use does not depend on the size of an upload.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import IO, Protocol

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

BLOCK = 1 << 16
MAX_BODY = 8 << 30
"""Canvas names no limit; this one keeps a runaway client from filling the disk."""
MAX_FIELD = 1 << 16
MAX_PARTS = 200


class BodyCut(Exception):
    """The client stopped in the middle: there is nobody to answer."""


class BodyRefused(Exception):
    """The body cannot be read; `status` is 400, 411 or 413."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


class ByteSource(Protocol):
    """The reading end of a connection."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Body:
    """One request body. Reading past its end gives empty bytes; a client that leaves early raises BodyCut."""

    def __init__(self, source: ByteSource, headers: Message) -> None:
        self._source = source
        self._seen = 0
        length, coding = headers.get_all("Content-Length"), headers.get("Transfer-Encoding")
        if coding is not None:
            # Both at once is how requests are smuggled past a proxy; RFC 9112, 6.1, lets a server refuse it.
            if length is not None or coding.strip().lower() != "chunked":
                raise BodyRefused(400, "Transfer-Encoding must be chunked, without Content-Length")
            self._blocks = self._read_chunks()
        else:
            self._blocks = self._read_length(_length(length))
        self._rest = b""

    def read(self, size: int = BLOCK) -> bytes:
        """Up to `size` bytes."""
        if not self._rest:
            self._rest = next(self._blocks, b"")
        block, self._rest = self._rest[:size], self._rest[size:]
        return block

    def read_all(self, limit: int) -> bytes:
        """The whole body, refused when it is longer than `limit`."""
        blocks, total = list[bytes](), 0
        while block := self.read():
            total += len(block)
            if total > limit:
                raise BodyRefused(413, f"at most {limit} bytes are accepted here")
            blocks.append(block)
        return b"".join(blocks)

    def drain(self) -> None:
        """Drop what is left, so that a client which is still sending gets its answer."""
        while self.read():
            pass

    def _count(self, size: int) -> None:
        # By what is announced, before it is read: a refusal that comes after eight gigabytes helps nobody.
        self._seen += size
        if self._seen > MAX_BODY:
            raise BodyRefused(413, f"at most {MAX_BODY} bytes are accepted")

    def _read_length(self, length: int) -> Iterator[bytes]:
        self._count(length)
        while length:
            block = self._source.read(min(BLOCK, length))
            if not block:
                raise BodyCut
            length -= len(block)
            yield block

    def _read_chunks(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            self._count(size)
            while size:
                block = self._source.read(min(BLOCK, size))
                if not block:
                    raise BodyCut
                size -= len(block)
                yield block
            if self._source.readline(3) not in (b"\r\n", b"\n"):
                raise BodyRefused(400, "a chunk is longer than it says")
        for _ in range(100):  # trailers
            if self._source.readline(BLOCK) in (b"\r\n", b"\n", b""):
                return
        raise BodyRefused(400, "too many trailers")

    def _chunk_size(self) -> int:
        line = self._source.readline(1024)
        if not line:
            raise BodyCut
        match = re.match(rb"([0-9a-fA-F]{1,15})[ \t]*(;[^\r\n]*)?\r?\n\Z", line)
        if match is None:
            raise BodyRefused(400, "a chunk has no size")
        return int(match.group(1), 16)


def _length(values: list[str] | None) -> int:
    if values is None:
        return 0
    if len(set(values)) != 1 or not re.fullmatch(r"[0-9]{1,18}", values[0].strip()):
        raise BodyRefused(400, "Content-Length is not a number")
    return int(values[0])


@dataclass
class Received:
    """An upload on disk. `filename` is None for a raw body; `attachment_is_text`: sent as a plain field, not a file."""

    path: Path | None = None
    filename: str | None = None
    multipart: bool = False
    attachment_is_text: bool = False
    fields: list[tuple[str, str]] = field(default_factory=list)

    def discard(self) -> None:
        """Remove the file, if there is one."""
        if self.path:
            self.path.unlink(missing_ok=True)
            self.path = None


def receive(body: Body, content_type: str, folder: Path) -> Received:
    """Stream an upload into `folder`. When this raises, nothing is left there."""
    kind, options = parse_options_header(content_type)
    if kind.lower() == "multipart/form-data":
        received = Received(multipart=True)
        with _discarding(received):
            _fill(received, body, options.get("boundary", ""), folder)
        return received
    received = Received()
    with _discarding(received), _new_file(folder, received) as out:
        while block := body.read():
            out.write(block)
    return received


def read_form(body: Body, content_type: str) -> list[tuple[str, str]]:
    """The fields of a small multipart form; files in it are dropped."""
    _, options = parse_options_header(content_type)
    received = Received(multipart=True)
    _fill(received, body, options.get("boundary", ""), None)
    return received.fields


def _fill(received: Received, body: Body, boundary: str, folder: Path | None) -> None:
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            sink = _Sink(received, folder)
            try:
                while not parser.closed:
                    for event in parser.parse(body.read()):
                        sink.take(event)
            finally:
                sink.close()
    except MultipartError as error:
        raise BodyRefused(400, f"multipart: {error}") from error
    # What stands behind the last boundary belongs to the body: left unread it would be taken for the next request.
    body.drain()


class _Sink:
    """Where the parts of a multipart body go: the attachment to disk, plain fields to memory, other files nowhere."""

    def __init__(self, received: Received, folder: Path | None) -> None:
        self._received = received
        self._folder = folder
        self._name = ""
        self._text: list[bytes] | None = None
        self._size = 0
        self._out: IO[bytes] | None = None

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """One event of the parser: a part begins, bytes of it, or its end."""
        if event is None:
            self._end()
        elif isinstance(event, (bytes, bytearray)):
            self._write(bytes(event))
        else:
            self._begin(event)

    def _begin(self, part: MultipartSegment) -> None:
        self._name, self._size = part.name, 0
        self._text = [] if part.filename is None else None
        if part.filename is not None and part.name == "attachment" and self._folder:
            # Of two attachments the last one counts, as of two parameters.
            self._received.discard()
            # Old browsers sent the whole path.
            self._received.filename = re.split(r"[\\/]", part.filename)[-1]
            self._out = _new_file(self._folder, self._received)

    def _write(self, block: bytes) -> None:
        if self._out:
            self._out.write(block)
        elif self._text is not None:
            self._size += len(block)
            if self._size > MAX_FIELD:
                raise BodyRefused(400, f"the field {self._name!r:.40} is too long")
            self._text.append(block)

    def _end(self) -> None:
        if self._text is not None:
            if self._name == "attachment":
                self._received.attachment_is_text = True
            self._received.fields.append((self._name, b"".join(self._text).decode("utf-8", "replace")))
        self.close()

    def close(self) -> None:
        """Close the file that is being written, if any."""
        if self._out:
            self._out.close()
            self._out = None


def _new_file(folder: Path, received: Received) -> IO[bytes]:
    out = tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False)  # noqa: SIM115 - the caller closes it
    received.path = Path(out.name)
    return out


@contextlib.contextmanager
def _discarding(received: Received) -> Iterator[None]:
    """Remove what was written when the work inside fails."""
    try:
        yield
    except BaseException:
        received.discard()
        raise
