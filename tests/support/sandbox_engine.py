"""What the tests of the sandbox's engine share: uploads made of texts, and a report that remembers everything."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from canvas_sandbox.engine import Engine
from canvas_sandbox.report import Aborted, ImportJob, RunResult, UnpackedFile
from canvas_sis_csv.model import Level


@dataclass
class Recorded:
    """A RunReport that keeps what it is told. With `abort_after`, the n-th `check_abort` raises."""

    messages: list[tuple[Level, str | None, int | None, str]] = field(default_factory=list)
    row_infos: list[str | None] = field(default_factory=list)
    supplied: list[str] | None = None
    total_rows: int = 0
    files: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    segments: list[int] = field(default_factory=list)
    cleaned: bool = False
    diffed_against: int | None = None
    diffs: dict[str, str] = field(default_factory=dict)
    threshold_exceeded: bool = False
    abort_after: int | None = None

    @property
    def texts(self) -> list[str]:
        return [text for _, _, _, text in self.messages]

    def message(self, level: Level, file: str | None, row: int | None, text: str, row_info: str | None = None) -> None:
        self.messages.append((level, file, row, text))
        self.row_infos.append(row_info)

    def unpacked(self, supplied: Sequence[str], total_rows: int, files: Sequence[UnpackedFile]) -> None:
        self.supplied, self.total_rows = list(supplied), total_rows
        self.files = {file.name: file.content.read_text("utf-8") for file in files}
        assert all(file.size == file.content.stat().st_size for file in files)

    def type_done(self, type: str, counts: Mapping[str, int]) -> None:  # noqa: A002 - the word of the CSV format
        self.counts.update(counts)

    def rows_done(self, rows: int) -> None:
        self.segments.append(rows)

    def cleaning(self) -> None:
        self.cleaned = True

    def diffed(self, against: int, files: Sequence[UnpackedFile]) -> None:
        self.diffed_against = against
        self.diffs = {file.name: file.content.read_text("utf-8") for file in files}

    def diffing_threshold_exceeded(self) -> None:
        self.threshold_exceeded = True

    def check_abort(self) -> None:
        if self.abort_after is not None:
            self.abort_after -= 1
            if self.abort_after < 0:
                raise Aborted


class Bench:
    """An engine with a folder to make uploads in; every import gets the next number."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.uploads: dict[int, Path] = {}
        self.result = RunResult()
        self.imports = 0

    def upload(self, files: Mapping[str, str | bytes], number: int) -> tuple[Path, str]:
        """One CSV as it is, anything else as a zip without compression; the path and the name it goes by."""
        contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        if len(contents) == 1 and next(iter(contents)).endswith(".csv"):
            name, content = next(iter(contents.items()))
            path = self.folder / f"{number}.csv"
            path.write_bytes(content)
            return path, name
        path = self.folder / f"{number}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return path, "feed.zip"

    def run(
        self,
        files: Mapping[str, str | bytes],
        *,
        base: int | None = None,
        abort_after: int | None = None,
        features: Sequence[str] = (),
        **options: Any,
    ) -> Recorded:
        """Import the files; `base` is the number of an earlier import to diff against."""
        self.imports += 1
        path, name = self.upload(files, self.imports)
        self.uploads[self.imports] = path
        return self.perform(path, name, base=base, abort_after=abort_after, features=features, options=options)

    def perform(
        self,
        path: Path,
        name: str,
        *,
        base: int | None = None,
        abort_after: int | None = None,
        features: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> Recorded:
        """Import an upload that lies at `path`."""
        report = Recorded(abort_after=abort_after)
        before = self.uploads[base] if base else None
        job = ImportJob(
            id=max(1, self.imports),
            upload=path,
            filename=name,
            features=frozenset(features),
            options=options or {},
            base=before,
            base_id=base,
            base_filename=f"base{before.suffix}" if before else None,
        )
        self.result = self.engine.perform(job, report)
        return report


_made: dict[tuple[tuple[str, str], ...], tuple[bytes, RunResult]] = {}


@contextmanager
def bench_after(folder: Path, files: Mapping[str, str]) -> Iterator[Bench]:
    """A bench whose import 1 has brought `files` without a message; made once in a test run, then copied."""
    path = folder / "engine" / "canvas.sqlite"
    path.parent.mkdir()
    key = tuple(files.items())
    if key not in _made:
        with Engine(path) as engine:
            first = Bench(engine, folder)
            assert first.run(files).messages == []
        _made[key] = path.read_bytes(), first.result
    content, result = _made[key]
    path.write_bytes(content)
    with Engine(path) as engine:
        bench = Bench(engine, folder)
        bench.imports, bench.result = 1, result
        bench.uploads[1], _ = bench.upload(files, 1)
        yield bench


def csv(*lines: str) -> str:
    """Lines as a CSV."""
    return "".join(f"{line}\n" for line in lines)
