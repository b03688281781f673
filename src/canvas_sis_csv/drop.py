"""What the preflight is given: the files of a drop, and what is known of Canvas from earlier ones.

Room: words, and what Canvas makes of names. Source: its public source (it looks at the extension alone, looks past dot
files and what macOS leaves in archives, and skips an archive within an archive).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

IGNORED = re.compile(r"__macosx|desktop db|desktop df", re.IGNORECASE)
"""Canvas passes over a path with this in it, without a word."""

ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst")
_TEMPORARY = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".done")
_LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini", "@eadir"})


def is_csv(name: str) -> bool:
    """Whether Canvas would read it as a CSV; it looks at the extension, in any case."""
    return name.lower().endswith(".csv")


def is_archive(name: str) -> bool:
    """Whether `name` is that of an archive or a packed file; Canvas skips such a file in a zip."""
    return name.lower().endswith(ARCHIVES)


def is_leftover(name: str) -> bool:
    """Whether `name` (a path with `/`) is nothing anybody meant to import: hidden, or left by an operating system."""
    parts = name.lower().split("/")
    hidden = any((part.startswith(".") and part != "..") or part in _LEFT_BY_SYSTEMS for part in parts)
    return hidden or IGNORED.search(name) is not None


def is_temporary(name: str) -> bool:
    """Whether `name` is that of a file on its way, or of one that vouches for others (`.done`)."""
    last = name.lower().rpartition("/")[2]
    return last.startswith("~$") or last.endswith(_TEMPORARY)


NO_CSV = "It holds no CSV file."


def why_empty(csvs: Sequence[str]) -> str:
    """What to say of a drop of which no CSV has any content; Canvas would ignore all of it without a word."""
    if len(csvs) == 1:
        return f"{csvs[0]} is empty: it holds no header and no rows."
    return "All its CSV files are empty: they hold no header and no rows."


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a drop. `name` is its path inside the upload; `open` gives a seekable stream, as often as asked."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    @classmethod
    def of_file(cls, name: str, path: Path) -> Self:
        """The file at `path` as a member. Raises OSError when it is not there."""
        return cls(name, path.stat().st_size, lambda: path.open("rb"))

    @property
    def is_csv(self) -> bool:
        """Whether Canvas reads it: the extension decides, in any case."""
        return is_csv(self.name)

    @property
    def is_ignored(self) -> bool:
        """Whether Canvas passes over it without a word: what macOS leaves in archives, and dot files."""
        return bool(IGNORED.search(self.name)) or any(part.startswith(".") for part in self.name.split("/"))

    @property
    def is_read(self) -> bool:
        """Whether Canvas opens it as a CSV."""
        return self.is_csv and not self.is_ignored


class KnownIds(Protocol):
    """What earlier accepted files said exists in Canvas."""

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - SIS ids are called so everywhere
        """Whether a `kind` (a CSV type: `user`, `course` …) of this SIS id is known to exist; None = cannot say."""
        ...

    def count(self, kind: str, at_most: int) -> int:
        """How many ids of a kind accepted files brought, counted no further than `at_most`."""
        ...

    def may_come(self, kind: str) -> bool:
        """Whether files that nobody has read yet may bring ids of this kind: `has` may know more later."""
        ...
