"""What the preflight is given: the files of a drop, and what is known of Canvas from earlier ones.

Room: words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

_IGNORED = re.compile(r"__macosx|desktop db|desktop df", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a drop. `name` is its path inside the upload; `open` gives a seekable stream, as often as asked."""

    name: str
    size: int
    open: Callable[[], BinaryIO]

    @property
    def is_csv(self) -> bool:
        """Whether Canvas reads it: the extension decides, in any case."""
        return self.name.lower().endswith(".csv")

    @property
    def is_ignored(self) -> bool:
        """Whether Canvas passes over it without a word: what macOS leaves in archives, and dot files."""
        return bool(_IGNORED.search(self.name)) or any(part.startswith(".") for part in self.name.split("/"))

    @property
    def is_read(self) -> bool:
        """Whether Canvas opens it as a CSV."""
        return self.is_csv and not self.is_ignored


class KnownIds(Protocol):
    """What earlier accepted files said exists in Canvas."""

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - SIS ids are called so everywhere
        """Whether a `kind` (a CSV type: `user`, `course` …) of this SIS id is known to exist; None = cannot say."""
        ...
