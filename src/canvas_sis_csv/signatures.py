"""What a file is by its first bytes, whatever its name says: a workbook, an archive, a PDF is no CSV.

Room: pure; a table. Only binary formats stand in it: text that is no CSV is judged by its header, and UTF-16 is text.
Sources: the published specifications of the formats, and the magic numbers that file(1) documents.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 4096
"""How much of a file's beginning tells: the first names in a zip say which program made it."""

_SAVE = "save it as CSV UTF-8 (comma delimited), and drop that"
_UNPACK = "unpack it, and drop the CSV in it"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a file is, with its article, and what its owner should do instead."""

    what: str
    do: str

    @property
    def sentence(self) -> str:
        """Both, for people."""
        return f"This is {self.what}, not a CSV: {self.do}."


_ZIP = Signature("a zip", "give it the ending .zip, or drop the CSV in it")
_IN_ZIP = (
    (b"word/", Signature("a Word document", "put its table into a spreadsheet and save that as CSV UTF-8")),
    (b"ppt/", Signature("a PowerPoint document", "export the table again, as CSV UTF-8")),
    (b"opendocument", Signature("an OpenDocument file (LibreOffice)", _SAVE)),
    (b".iwa", Signature("a Numbers document", "export it to CSV in UTF-8, and drop that")),
    (b"xl/work", Signature("an Excel workbook", _SAVE)),
    (b"docProps/", Signature("an Excel workbook", _SAVE)),
    (b"[Content_Types].xml", Signature("an Excel workbook", _SAVE)),
)
"""A workbook is a zip as well: what the files in it are called tells, in this order."""
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Signature("an Excel workbook (or another file of Office)", _SAVE)),
    # Excel 2 to 4: the record that begins a sheet, its length, its version.
    (b"\x09\x00\x04\x00", Signature("an Excel workbook", _SAVE)),
    (b"\x09\x02\x06\x00", Signature("an Excel workbook", _SAVE)),
    (b"\x09\x04\x06\x00", Signature("an Excel workbook", _SAVE)),
    (b"\x1f\x8b", Signature("a gzip file", _UNPACK)),
    (b"\x1f\x9d", Signature("a compressed file (.Z)", _UNPACK)),
    (b"%PDF-", Signature("a PDF", "export the table again, as CSV UTF-8")),
    (b"7z\xbc\xaf\x27\x1c", Signature("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", Signature("a rar archive", _UNPACK)),
    (b"\xfd7zXZ\x00", Signature("an xz file", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Signature("a zstd file", _UNPACK)),
    (b"SQLite format 3\x00", Signature("an SQLite database", "export its table as CSV UTF-8")),
    (b"\x00\x01\x00\x00Standard ", Signature("an Access database", "export its table as CSV UTF-8")),
    (b"PAR1\x15", Signature("a Parquet file", "export it as CSV UTF-8")),
    (b"\x89PNG\r\n\x1a\n", Signature("a picture (PNG)", "export the table again, as CSV UTF-8")),
    (b"\xff\xd8\xff", Signature("a picture (JPEG)", "export the table again, as CSV UTF-8")),
    (b"{\\rtf", Signature("a text document (RTF)", "export the table again, as CSV UTF-8")),
    (b"-----BEGIN PGP MESSAGE", Signature("a file encrypted with PGP", "decrypt it, and drop the CSV in it")),
)
_BZIP2 = (b"BZh", b"1AY&SY")
_TAR = (b"ustar\x00", b"ustar ")
_TAR_AT = 257


def signature_of(head: bytes) -> Signature | None:
    """What a file that begins with `head` (its first HEAD_BYTES, or all of it) is; None when it may be text."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return next((signature for mark, signature in _IN_ZIP if mark in head), _ZIP)
    # The digit between the two is how hard it was packed.
    if head.startswith(_BZIP2[0]) and head[4:10] == _BZIP2[1]:
        return Signature("a bzip2 file", _UNPACK)
    if head.startswith(_TAR, _TAR_AT):
        return Signature("a tar archive", _UNPACK)
    return next((signature for mark, signature in _SIGNATURES if head.startswith(mark)), None)
