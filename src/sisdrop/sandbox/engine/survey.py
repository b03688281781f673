"""Files become CSVs of known types: repeated lines taken out, refused files reported, rows counted.

Room: reads files, writes copies below a folder it is given. What a file is, and why Canvas drops it, comes from
`sis_csv`. Source: Canvas's public source (the importer's file loop, its de-duplication and its filtered copies).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sisdrop.sandbox.engine.unpack import UploadedFile
from sisdrop.sandbox.report import UnpackedFile
from sisdrop.sis_csv.reading import FileRefused, read_csv
from sisdrop.sis_csv.types import ORDER

REPEATS = 100
"""From so many repeated lines on, Canvas imports a copy without them."""

_LONGEST_LINE = 4 << 20
_SECRETS = frozenset({"password", "ssha_password"})

Tell = Callable[[str, str | None], None]
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


def find_csvs(files: Iterable[UploadedFile], folder: Path, features: Collection[str], tell: Tell) -> list[TypedCsv]:
    """The CSVs among `files` that will be imported, in Canvas's order: by type, then as listed.

    Every file that is left out is told with the reason; one without any record is left out without a word.
    """
    found = [typed for file in files if (typed := _look_at(file, folder, features, tell))]
    return sorted(found, key=lambda typed: ORDER[typed.type])


def _look_at(file: UploadedFile, folder: Path, features: Collection[str], tell: Tell) -> TypedCsv | None:
    if not file.is_csv:
        tell("file.unknown_type", file.name)
        return None
    lines, repeats = _count(file.path)
    if repeats >= REPEATS:
        file = _without_repeats(file, folder)
        lines -= repeats
    try:
        with file.path.open("rb") as stream:
            found = read_csv(stream, features)
    except FileRefused as refused:
        tell(refused.code, file.name)
        return None
    if found.type is None:
        return None
    return TypedCsv(file.name, file.path, found.type, found.header, max(0, lines - 1), _holds_nul(file.path))


def _holds_nul(path: Path) -> bool:
    with path.open("rb") as stream:
        return any(b"\0" in block for block in iter(lambda: stream.read(1 << 20), b""))


class _TooLong(csv.Error):
    """A line that nobody compares."""


def _lines(stream: io.TextIOBase) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE):
        if len(line) >= _LONGEST_LINE:
            raise _TooLong
        yield line


def plain_records(path: Path) -> Iterator[list[str]]:
    """The records of a CSV as lists of raw cells, an empty list for an empty line. Quick, and lenient about quoting.

    Raises csv.Error (a cell or line of absurd length) or UnicodeDecodeError where a file cannot be read this way.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.reader(_lines(stream))


def _count(path: Path) -> tuple[int, int]:
    """How many records (empty lines left out) a file has, and how many lines repeat an earlier one."""
    records = 0
    lines = 0
    seen: set[int] = set()
    try:
        for record in plain_records(path):
            lines += 1
            records += bool(record)
            seen.add(hash(tuple(record)))
    except (csv.Error, UnicodeDecodeError):
        return records, 0
    return records, lines - len(seen)


def _without_repeats(file: UploadedFile, folder: Path) -> UploadedFile:
    """A copy that keeps the last of equal lines. Its empty lines are gone but for one, as they are lines too."""
    last = {hash(tuple(record)): place for place, record in enumerate(plain_records(file.path))}
    kept = set(last.values())
    name = PurePosixPath(file.name)
    copy = UploadedFile(
        str(name.with_name(f"{name.stem}_deduplicated{name.suffix}")), folder / f"{file.path.name}.deduplicated"
    )
    with copy.path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerows(record for place, record in enumerate(plain_records(file.path)) if place in kept)
    return copy


def attachments(csvs: Iterable[TypedCsv], folder: Path) -> list[UnpackedFile]:
    """The CSVs as Canvas keeps them for download: of user files with passwords, a copy without those columns."""
    return [_attachment(typed, folder) for typed in csvs]


def _attachment(typed: TypedCsv, folder: Path) -> UnpackedFile:
    if typed.type not in {"user", "login"} or _SECRETS.isdisjoint(typed.header):
        return UnpackedFile(typed.name, typed.path.stat().st_size, typed.path)
    name = PurePosixPath(typed.name)
    copy = folder / f"{typed.path.name}.filtered"
    with copy.open("w", encoding="utf-8", newline="") as target, suppress(csv.Error):
        csv.writer(target, lineterminator="\n").writerows(_without_secrets(typed))
    return UnpackedFile(str(name.with_name(f"{name.stem}_filtered{name.suffix}")), copy.stat().st_size, copy)


def _without_secrets(typed: TypedCsv) -> Iterator[list[str]]:
    kept = [place for place, column in enumerate(typed.header) if column not in _SECRETS]
    for record in filter(None, plain_records(typed.path)):
        yield [record[place] for place in kept if place < len(record)]
