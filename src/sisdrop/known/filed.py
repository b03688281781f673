"""What was filed: the results in a feed's archive and failed folders, and the files beside them.

Room: reads those folders, which may lie on a share. Result files are the contract's; one that cannot be understood is
reported, not guessed at.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canvas_sis_csv import ImportOptions, Member
from canvas_sis_csv.archives import zip_members
from canvas_sis_csv.model import Level
from sisdrop.known.verdict import Ended
from sisdrop.model import Message, Outcome

RESULT = ".result.json"
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
    """A result file in one of the folders; `place` is which, `name` the file's name."""

    source: Source
    place: str
    name: str

    @property
    def path(self) -> Path:
        """Where the result lies."""
        return self._folder / self.name

    @property
    def content(self) -> Path:
        """Where the drop itself lies: a CSV, a zip or a folder."""
        return self._folder / self.name.removesuffix(RESULT)

    @property
    def _folder(self) -> Path:
        return self.source.archive if self.place == "archive" else self.source.failed


def results_of(source: Source) -> Iterator[Filed]:
    """All results of a feed, in no order. Raises OSError when a folder cannot be listed."""
    for place, folder in (("archive", source.archive), ("failed", source.failed)):
        names = [name for name in os.listdir(folder) if name.endswith(RESULT)]  # noqa: PTH208 - by the thousand
        yield from (Filed(source, place, name) for name in names)


@dataclass(frozen=True, slots=True)
class FiledDrop:
    """A result that was read: the end of the import, and how to get at its files."""

    ended: Ended
    names: Sequence[str]
    filed: Filed

    def members(self) -> list[Member]:
        """The drop's CSVs under the names they were dropped with. Raises OSError, Illegible."""
        content = self.filed.content
        try:
            if content.is_dir():
                return [Member.of_file(name, _inside(content, name)) for name in self.names]
            if content.suffix.lower() == ".zip":
                # Results name members with `/` and without `./`, whatever wrote the zip.
                return zip_members(content, {name: name for name in self.names})
            return [Member.of_file(name, content) for name in self.names[:1]]
        except FileNotFoundError as error:
            raise Illegible(f"{error.filename} is not there any more") from error
        except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
            raise Illegible(f"{content} is not what it was: {error}") from error


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if ".." in Path(name).parts or path == folder or Path(name).is_absolute():
        raise ValueError(f"{name} would lie outside of it")
    return path


def read(filed: Filed, lane: str) -> FiledDrop | None:
    """The result; None when it is another feed's or account's, or of a drop that never ended in Canvas.

    Raises OSError when it cannot be read now, Illegible when it never can.
    """
    try:
        document = _document(filed.path)
        canvas = document["canvas"]
        source = filed.source
        of_whom = (document["feed"], str(canvas["url"]), str(canvas["account"]))
        if of_whom != (source.feed, source.url, source.account) or document["times"]["finished_at"] is None:
            return None
        names = [str(file["name"]) for file in document["files"] if file["type"] is not None]
        return FiledDrop(_ended(document, canvas, lane), names, filed)
    except (ValueError, LookupError, TypeError, AttributeError, FileNotFoundError) as error:
        raise Illegible(f"{filed.path}: {error!r}") from error


def _document(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        data = stream.read(LARGEST_RESULT + 1)
    if len(data) > LARGEST_RESULT:
        raise ValueError("too large")
    document = json.loads(data)
    if not isinstance(document, dict):
        raise TypeError("no object")
    return document


def _ended(document: Mapping[str, Any], canvas: Mapping[str, Any], lane: str) -> Ended:
    times = document["times"]
    return Ended(
        lane=lane,
        drop=str(document["drop"]),
        finished_at=str(times["finished_at"]),
        feed=str(document["feed"]),
        outcome=Outcome(document["outcome"]),
        was_sent=times["submitted_at"] is not None,
        options=ImportOptions.known_of(canvas["options"]),
        answer=dict(canvas["answer"]),
        messages=[
            Message(Level(raw["level"]), raw["file"], raw["row"], str(raw["message"])) for raw in document["messages"]
        ],
    )
