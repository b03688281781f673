"""Files nobody should send: one record of megabytes, ten thousand columns. Memory stays bounded, the verdict exact."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from canvas_sis_csv.pieces import MAX_RECORD
from canvas_sis_csv.reading import FileRefused, read_csv


class Endless(io.RawIOBase):
    """A seekable stream that makes its bytes up: a head, then one block over and over, then a tail."""

    def __init__(self, head: bytes, block: bytes, times: int, tail: bytes = b"") -> None:
        self._parts = (head, block, times, tail)
        self.seek(0)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        head, block, times, tail = self._parts
        self._left = iter([head, *[block] * times, tail])
        self._held = b""
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self._held) < size and (more := next(self._left, None)) is not None:
            self._held += more
        data, self._held = self._held[:size], self._held[size:]
        return data


def peak_of_reading(stream: Endless) -> tuple[int, FileRefused | None]:
    tracemalloc.start()
    refused = None
    try:
        read_csv(stream)
    except FileRefused as error:
        refused = error
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, refused


LONG_TIMES = 8  # MB of one record: eight times what is kept of it


@pytest.mark.parametrize(
    ("head", "block", "tail", "code"),
    [
        (b"user_id,login_id\n", b"x" * (1 << 20), b"\n", None),
        (b'user_id,login_id\na,"', b"x\n" * (1 << 19), b"", "file.malformed_csv"),
        (b'user_id,login_id\na,"', b"x\n" * (1 << 19), b'"\nb,c\n', None),
        (b'user_id,login_id\na,"', b'""' * (1 << 19), b'"\nb,c\n', None),
        (b'user_id,login_id\na,"', b"x\n" * (1 << 19), b'"x\nb,c\n', "file.malformed_csv"),
        pytest.param(b"user_id,login_id", b",xyz" * (1 << 18), b"\na,b\n", None, marks=pytest.mark.long),
        pytest.param(b"colour", b"," * (1 << 20), b"", "file.unknown_headers", marks=pytest.mark.long),
    ],
    ids=["line", "unclosed", "quoted", "quotes", "text after", "header", "commas"],
)
def test_one_gigantic_record_is_followed_in_bounded_memory(
    head: bytes, block: bytes, tail: bytes, code: str | None
) -> None:
    peak, refused = peak_of_reading(Endless(head, block, LONG_TIMES, tail))
    assert (refused.code if refused else None) == code
    assert peak < 48 * MAX_RECORD


def test_the_place_where_a_gigantic_quote_was_opened_is_told() -> None:
    stream = Endless(b'user_id,login_id\na,b\nc,"', b"x\n" * (1 << 19), LONG_TIMES)
    _, refused = peak_of_reading(stream)
    assert refused is not None
    assert (refused.line, refused.column, refused.why) == (3, 3, "this quote is never closed")


def test_rows_after_a_gigantic_record_keep_their_numbers() -> None:
    stream = Endless(b'user_id,login_id\na,"', b"x\n" * (1 << 19), 6, b'"\nb,c\n')
    rows = list(read_csv(stream).rows())
    assert [(row.number, row.line) for row in rows] == [(2, 2), (3, 2 + 6 * (1 << 19) + 1)]
    assert rows[1].cells == ("b", "c")


def test_ten_thousand_columns_are_read() -> None:
    names = ["user_id", "login_id", *(f"extra{place}" for place in range(10_000))]
    text = ",".join(names) + "\n" + ",".join(["a", "b"] + ["x"] * 10_000) + "\n"
    row = next(read_csv(io.BytesIO(text.encode())).rows())
    assert row.get("extra9999") == "x"


@pytest.mark.parametrize(
    ("head", "block", "tail"),
    [
        (b"u1,", b"x" * (1 << 20), b",active\n"),
        (b'u1,"', b"xy" * (1 << 19), b'",active\n'),
        (b'u1,"', b'x""' * (1 << 18), b'",active\n'),
    ],
    ids=["bare", "quoted", "quotes"],
)
def test_the_cells_behind_a_gigantic_one_are_read(head: bytes, block: bytes, tail: bytes) -> None:
    stream = Endless(b"user_id,login_id,status\n" + head, block, LONG_TIMES, tail + b"u2,b,gone\n")
    first, second = read_csv(stream).rows()
    assert (first.get("user_id"), first.get("status")) == ("u1", "active")
    assert len(first.get("login_id") or "") > 1000
    assert (second.number, second.get("status")) == (3, "gone")
