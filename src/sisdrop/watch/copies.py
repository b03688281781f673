"""Which names are those of copies: what sync programs leave beside a file they cannot merge, what people duplicate.

Pure. Imported after its original, such a copy would bring old rows back. Some forms nobody else writes; others may be
a file's own name (browsers number downloads as Google Drive numbers copies), so that those count only beside the
original, or after it. Forms: as documented by the programs, and as users of them report.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_ANY_FORM = re.compile(r"[(\[]|conflict|cop|cóp|kopi|top-|macbook|variant-")
"""In every form, lower-cased: a quick look at thousands of names of which most are no copies."""

_BY_SYNC = re.compile(
    r"""(?P<original>.+?)(?:
        \.sync-conflict-\d{8}-\d{6}(?:-\w+)?                                      # Syncthing
      | [ ]?[\[(][^\[\]()]*(?:conflict(?!s\b)|konflikt|conflit)[^\[\]()]*[\])](?:[ ]?\(\d+\))?
                                                  # Dropbox, Nextcloud, Seafile, Box, Egnyte, pCloud, Unison
      | _conflict-(?:.+-)?\d{8}-\d{6}                                             # ownCloud
      | _[^_]+_[A-Z][a-z]{2}-\d\d-\d{6}-\d{4}_(?:case)?conflict(?:\(\d+\))?       # Synology Drive
      | \.conflict\d*                                                             # Resilio, rclone
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MAYBE = (
    re.compile(r"(?P<original>.+?) - (?:copy|kopie|kopia|copie|copia|cópia)(?: ?\(\d+\))?", re.IGNORECASE),  # Windows
    re.compile(r"(?:copy|kopie|kopia|copie|copia|cópia)(?: \(\d+\))? (?:of|von|de|di) (?P<original>.+)", re.IGNORECASE),
    re.compile(r"(?P<original>.+?) (?:copy|kopie|copie|copia)(?: \d+)?", re.IGNORECASE),  # macOS
    re.compile(r"(?P<original>.+?) \((?:another |\d+(?:st|nd|rd|th) )?copy\)", re.IGNORECASE),  # GNOME
    re.compile(r"(?P<original>.+?)-(?:DESKTOP|LAPTOP)-[A-Z0-9]{4,12}(?:-\d+)?"),  # OneDrive: the computer's name
    re.compile(r"(?P<original>.+?)-.*MacBook.*"),
    re.compile(r"(?P<original>.+?)\.variant-[0-9a-f]{4,}"),  # git-annex
    re.compile(r"(?P<original>.+?) ?\(\d{1,3}\)"),  # Google Drive, browsers
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A name that is, or may be, that of a copy of `original`. `is_certain`: nothing else is called so."""

    original: str
    is_certain: bool

    @property
    def why(self) -> str:
        """Why it is left alone."""
        if self.is_certain:
            return f"a conflict copy of {self.original} that a sync program made"
        return f"looks like a copy of {self.original}; rename it if it is meant to be imported"


def copy_of(name: str) -> Copy | None:
    """What `name` (with its ending of four characters) is a copy of; None for a name like any other."""
    if not _ANY_FORM.search(name.lower()):
        return None
    stem, ending = name[:-4], name[-4:]
    if match := _BY_SYNC.fullmatch(stem):
        return Copy(match["original"] + ending, is_certain=True)
    matches = (pattern.fullmatch(stem) for pattern in _MAYBE)
    match = next((match for match in matches if match), None)
    return Copy(match["original"] + ending, is_certain=False) if match else None


def certain_copy(name: str, is_known: Callable[[str], bool]) -> Copy | None:
    """The copy that `name` is for certain: by its form, or because `is_known` says so of what it would be a copy of."""
    copy = copy_of(name)
    while copy is not None and not copy.is_certain and not is_known(copy.original):
        copy = copy_of(copy.original)  # of a copy: `users (1) (1).csv`
    return copy
