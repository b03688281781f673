"""Files become CSVs of known types: repeated lines taken out, refused files reported, rows counted.

Room: reads files, writes copies below a folder it is given. What a file is, which of its lines repeat, and why Canvas
drops it, comes from `canvas_sis_csv`. Source: Canvas's public source (the importer's file loop and its filtered
copies).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from canvas_sandbox.engine.unpack import UploadedFile
from canvas_sandbox.report import UnpackedFile
from canvas_sis_csv.decoding import text_blocks
from canvas_sis_csv.pieces import Piece, pieces
from canvas_sis_csv.reading import FileRefused, read_csv
from canvas_sis_csv.repeats import Repeats, deduplicated_name, find_repeats
from canvas_sis_csv.types import ORDER

_SECRETS = frozenset({"password", "ssha_password"})

Say = Callable[[str, str | None], None]
"""Called with a rule's code and the file's name."""


@dataclass(frozen=True, slots=True)
class TypedCsv:
    """A CSV that Canvas would import. `rows` counts its data rows, `holds_nul` says that U+0000 is in it."""

    name: str
    path: Path
    type: str
    header: tuple[str, ...]
    rows: int
    holds_nul: bool = False


def find_csvs(files: Iterable[UploadedFile], folder: Path, features: Collection[str], say: Say) -> list[TypedCsv]:
    """The CSVs among `files` that will be imported, in Canvas's order: by type, then as listed.

    Every file that is left out is reported with the reason; one without any record is left out without a word.
    """
    csvs = [typed for file in files if (typed := _look_at(file, folder, features, say))]
    # Within a type the order of the upload stays: of two rows of one id the later one wins.
    return sorted(csvs, key=lambda typed: ORDER[typed.type])


def _look_at(file: UploadedFile, folder: Path, features: Collection[str], say: Say) -> TypedCsv | None:
    if not file.is_csv:
        say("file.unknown_type", file.name)
        return None
    # Before anything else, as in Canvas: messages name the copy, and count its rows.
    file = _without_repeats(file, folder)
    try:
        with file.path.open("rb") as stream:
            contents = read_csv(stream, features)
    except FileRefused as refused:
        say(refused.code, file.name)
        return None
    if contents.type is None:
        return None  # no record at all, not even a header
    records, holds_nul = _count(file.path)
    return TypedCsv(file.name, file.path, contents.type, contents.header, records - 1, holds_nul)


def _count(path: Path) -> tuple[int, bool]:
    """How many records a file in order has, and whether there is U+0000 in it."""
    records, holds_nul = 0, False
    with path.open("rb") as stream:
        for piece in pieces(text_blocks(stream)):
            records += sum(1 for _ in _records_of(piece))
            holds_nul = holds_nul or "\0" in piece.text
    return records, holds_nul


def plain_records(path: Path) -> Iterator[list[str]]:
    """The records of a CSV that is in order, as lists of cells as they are written, an empty text for a blank one."""
    with path.open("rb") as stream:
        for piece in pieces(text_blocks(stream)):
            # Without a quote in it a piece can be split at commas, which is far cheaper than reading its records.
            if '"' in piece.text:
                yield from ([cell or "" for cell in record.cells] for record in piece.records())
            else:
                yield from (text.split(",") for text in _records_of(piece))


def _records_of(piece: Piece) -> Iterator[str]:
    """The text of each record of a piece that is in order."""
    if '"' in piece.text:
        return (piece.text[record.start : record.end] for record in piece.records())
    return filter(None, piece.text.split(piece.separator))


def _without_repeats(file: UploadedFile, folder: Path) -> UploadedFile:
    """The file; its copy without repeated lines, when Canvas makes one."""
    with file.path.open("rb") as stream:
        repeats = _repeats_in(stream)
        if repeats is None:
            return file
        # The last of equal lines is kept, so the copy has them in another order than the file.
        copy = UploadedFile(deduplicated_name(file.name), folder / f"{file.path.name}.deduplicated")
        with copy.path.open("w", encoding="utf-8", newline="") as target:
            for piece in pieces(repeats.blocks(stream)):
                target.writelines(piece.text[record.start : record.end] for record in piece.records())
    return copy


def _repeats_in(stream: BinaryIO) -> Repeats | None:
    """What Canvas leaves out of the file. One that it cannot read is as it is."""
    try:
        for piece in pieces(text_blocks(stream)):
            piece.check()
    except FileRefused:
        return None
    return find_repeats(stream)


def attachments(csvs: Iterable[TypedCsv], folder: Path) -> list[UnpackedFile]:
    """The CSVs as Canvas keeps them for download: of user files with passwords, a copy without those columns."""
    return [_attachment(typed, folder) for typed in csvs]


def _attachment(typed: TypedCsv, folder: Path) -> UnpackedFile:
    if typed.type not in {"user", "login"} or _SECRETS.isdisjoint(typed.header):
        return UnpackedFile(typed.name, typed.path.stat().st_size, typed.path)
    name = PurePosixPath(typed.name)
    copy = folder / f"{typed.path.name}.filtered"
    with copy.open("w", encoding="utf-8", newline="") as target:
        kept = [place for place, column in enumerate(typed.header) if column not in _SECRETS]
        csv.writer(target, lineterminator="\n").writerows(
            [record[place] for place in kept if place < len(record)] for record in plain_records(typed.path)
        )
    return UnpackedFile(str(name.with_name(f"{name.stem}_filtered{name.suffix}")), copy.stat().st_size, copy)
