"""What is no CSV is known by its first bytes, and what may be text never is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pytest

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.archives import Archive, ArchiveRefused
from canvas_sis_csv.classify import is_header_like
from canvas_sis_csv.signatures import HEAD_BYTES, signature_of

TEXT = b"user_id,login_id,status\nu1,invented.one,active\n"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, TEXT * 3)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("users.csv")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return buffer.getvalue()


FOREIGN = {
    "an Excel workbook": zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
    "an Excel workbook (or another file of Office)": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "an OpenDocument file (LibreOffice)": zipped("mimetype").replace(TEXT[:4], b"") + b"opendocument.spreadsheet",
    "a Word document": zipped("[Content_Types].xml", "word/document.xml"),
    "a zip": zipped("users.csv"),
    "a gzip file": gzip.compress(TEXT, mtime=0),
    "a bzip2 file": bz2.compress(TEXT),
    "an xz file": lzma.compress(TEXT),
    "a tar archive": tarred(),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\0\x04" + b"\0" * 40,
    "a rar archive": b"Rar!\x1a\x07\x01\0" + b"\0" * 40,
    "a picture (PNG)": b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
}


@pytest.mark.parametrize(("what", "content"), FOREIGN.items(), ids=FOREIGN)
def test_what_is_no_csv_is_refused_with_what_it_is_and_what_to_do(what: str, content: bytes) -> None:
    signature = signature_of(content[:HEAD_BYTES])
    assert signature is not None

    checked = preflight([Member("users.csv", len(content), lambda: io.BytesIO(content))])

    assert signature.what == what
    assert checked.refused
    (finding,) = checked.findings
    assert finding.hint == f"This is {what}, not a CSV: {signature.do}."


def test_a_database_is_known_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "users.csv") as database:
        database.execute("CREATE TABLE users (id)")
    database.close()

    signature = signature_of((tmp_path / "users.csv").read_bytes())

    assert signature is not None
    assert signature.what == "an SQLite database"


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        b"",
        b"P",
        b"PK,login_id\n",
        b"%PDF,login_id\n",
        b"Rar!,login_id\n",
        b"BZh9,1AY&SY\n",
        b"\xef\xbb\xbf" + TEXT,
        TEXT.decode().encode("utf-16"),
        TEXT.decode().encode("utf-16-le"),
        TEXT.decode().encode("utf-32"),
        TEXT.decode().encode("cp1252"),
        b"\0" * HEAD_BYTES,
        b"x" * 257 + b"ustar,status\n",
    ],
)
def test_text_of_any_encoding_has_none(content: bytes) -> None:
    assert signature_of(content[:HEAD_BYTES]) is None


def test_the_name_of_a_zip_on_something_else_is_told() -> None:
    with pytest.raises(ArchiveRefused, match=r"users\.zip is not a zip\. This is a gzip file, not a CSV: unpack it"):
        Archive("users.zip", io.BytesIO(gzip.compress(TEXT)))
    with pytest.raises(ArchiveRefused, match="or its end is missing"):
        Archive("users.zip", io.BytesIO(zipped("users.csv")[:-30]))


@pytest.mark.parametrize("line", ["user_id,login_id", '"User_ID";"x"', "\ufefftag_id\tx", "course_id"])
def test_a_line_with_a_column_name_is_meant_as_a_header(line: str) -> None:
    assert is_header_like(line)


@pytest.mark.parametrize("line", ["", "u1,invented.one,active", "Students of the school", "user id,x"])
def test_a_line_without_one_is_not(line: str) -> None:
    assert not is_header_like(line)
