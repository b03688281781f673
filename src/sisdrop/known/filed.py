"""What was filed: the results in a feed's archive and failed folders, and the files beside them.

Room: reads those folders, which may lie on a share. Result files are the contract's; one that cannot be understood is
reported, not guessed at.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from canvas_sis_csv import ImportOptions, Member
from canvas_sis_csv.archives import zip_members
from canvas_sis_csv.cell_text import CellText
from sisdrop.folders.layout import LOST, RESULT
from sisdrop.folders.result import Result
from sisdrop.known.verdict import Ended
from sisdrop.model import Message

LARGEST_RESULT = 256 << 20


class Illegible(Exception):
    """What was filed cannot be read any more: a damaged result, files that are gone or not what they were."""


@dataclass(frozen=True, slots=True)
class Source:
    """The folders of one feed, and the Canvas account its drops go to. `is_pruned`: old drops are removed from them."""

    feed: str
    archive: Path
    failed: Path
    url: str
    account: str
    is_pruned: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """A result file of a feed; `place` is the folder it lies in, "archive" or "failed"."""

    source: Source
    place: str
    path: Path

    @property
    def content(self) -> Path:
        """Where the drop itself lies: a CSV, a zip or a folder."""
        return self.path.with_name(self.path.name.removesuffix(RESULT))


def results_of(source: Source) -> Iterator[Filed]:
    """All results of a feed, in no order. Raises OSError when a folder cannot be listed."""
    for place, folder in (("archive", source.archive), ("failed", source.failed)):
        names = [name for name in os.listdir(folder) if name.endswith(RESULT)]  # noqa: PTH208 - by the thousand
        yield from (Filed(source, place, folder / name) for name in names)


@dataclass(frozen=True, slots=True)
class FiledDrop:
    """A result that was read: the end of the import, and how to get at its files."""

    ended: Ended
    names: Sequence[str]
    content: Path

    def members(self) -> list[Member]:
        """The drop's CSVs under the names they were dropped with. Raises OSError, Illegible."""
        return members_at_rest(self.content, self.names)


def members_at_rest(content: Path, names: Sequence[str]) -> list[Member]:
    """The files of these names in what was filed at `content`: a CSV, a zip or a folder. Raises OSError, Illegible."""
    try:
        if content.is_dir():
            return [Member.of_file(name, _inside(content, name)) for name in names]
        if content.suffix.lower() == ".zip":
            # Results name members with `/` and without `./`, whatever wrote the zip.
            return zip_members(content, {name: name for name in names})
        return [Member.of_file(name, content) for name in names[:1]]
    except FileNotFoundError as error:
        raise Illegible(f"{error.filename} is not there any more") from error
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise Illegible(f"{content} is not what it was: {error}") from error


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder. A result is only a file, which anybody may have written: it names nothing outside."""
    path = folder / name
    if ".." in Path(name).parts or path == folder or Path(name).is_absolute():
        raise ValueError(f"{name} would lie outside of it")
    return path


def read(filed: Filed, lane: str) -> FiledDrop | None:
    """The result; None when it is another feed's or account's, or of a drop that never ended in Canvas.

    Raises OSError when it cannot be read now, Illegible when it never can.
    """
    try:
        with filed.path.open("rb") as stream:
            data = stream.read(LARGEST_RESULT + 1)
        if len(data) > LARGEST_RESULT:
            raise Illegible(f"{filed.path} is too large")
        # Not pydantic's own reading of JSON, which refuses file names that are no valid text.
        result = Result.model_validate(json.loads(data))
        if filed.content.name.endswith(LOST):
            raise Illegible(f"{filed.content} is all that is left of {result.name!r}")
        source, finished_at = filed.source, result.times.finished_at
        of_whom = (result.feed, result.canvas.url, result.canvas.account)
        if of_whom != (source.feed, source.url, source.account) or finished_at is None:
            return None
        ended = Ended(
            lane=lane,
            drop=result.drop,
            finished_at=finished_at,
            feed=result.feed,
            outcome=result.outcome,
            was_sent=result.times.submitted_at is not None,
            options=ImportOptions.known_of(result.canvas.options),
            answer=result.canvas.answer,
            messages=[Message(raw.level, raw.file, raw.row, CellText(raw.message)) for raw in result.messages],
        )
        return FiledDrop(ended, [file.name for file in result.files if file.type is not None], filed.content)
    except (ValueError, FileNotFoundError) as error:
        raise Illegible(f"{filed.path}: {error!r}") from error
