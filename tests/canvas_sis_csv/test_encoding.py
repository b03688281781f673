"""Guessing encodings: the usual ones are told, and a guess is never better than what the bytes allow."""

from __future__ import annotations

import io

import pytest

from canvas_sis_csv.encoding import converted, first_invalid_byte, likely_encoding, shown_name, wide_encoding

HEADER = "user_id,login_id,full_name,status\n"


def stream(text: str, encoding: str) -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


@pytest.mark.parametrize("name", ["José Peña", "Zoë Müller", "O’Neil “Bo”", "Ångström", "Renée – Façade"])
def test_western_names_are_windows_1252(name: str) -> None:
    text = f"{HEADER}p-1,x,{name},active\n"
    data = stream(text, "cp1252")
    offset = first_invalid_byte(data)
    assert likely_encoding(data, offset or 0) == "cp1252"
    assert b"".join(converted(data, "cp1252")).decode() == text


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32")],
)
def test_wide_encodings_show_in_their_first_bytes(encoding: str, found: str) -> None:
    data = stream(HEADER, encoding)
    assert wide_encoding(data) == likely_encoding(data) == found
    assert b"".join(converted(data, found)).decode() == HEADER


@pytest.mark.parametrize(("name", "encoding"), [("Иван Петров", "cp1251"), ("山田太郎 東京都", "shift_jis")])
def test_other_scripts_are_not_taken_for_western(name: str, encoding: str) -> None:
    assert likely_encoding(stream(HEADER + f"p-1,x,{name},active\n", encoding), len(HEADER)) != "cp1252"


def test_the_first_invalid_byte_is_found_across_blocks() -> None:
    data = b"a" * (1 << 20) + "é".encode()[:1] + "é".encode() + b"\xff"
    assert first_invalid_byte(io.BytesIO(data)) == 1 << 20
    assert first_invalid_byte(io.BytesIO(b"a" * ((1 << 20) - 1) + "é".encode())) is None
    assert first_invalid_byte(io.BytesIO(b"ab\xc3")) == 2


def test_a_sample_is_taken_where_the_file_stops_being_utf8() -> None:
    text = HEADER + "p,x,N,active\n" * 20_000 + "p,x,José,active\n"
    data = stream(text, "cp1252")
    assert likely_encoding(data, first_invalid_byte(data) or 0) == "cp1252"


def test_encodings_are_shown_as_people_know_them() -> None:
    assert [shown_name(name) for name in ("cp1252", "utf-16", "utf-16-le", "big5")] == [
        "Windows-1252",
        "UTF-16",
        "UTF-16-LE",
        "big5",
    ]
