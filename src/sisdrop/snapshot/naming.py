"""What the members of a snapshot are called, and which files are not for Canvas at all.

Room: pure. File names do not matter to Canvas (a CSV is recognised by its header), but they come back in its messages
and in the list of an import's files; so our marker stands in them. Facts: Canvas's public source (unzipping skips
links, `..` and doubles without a word; looks past dot files and what macOS leaves behind).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from canvas_sis_csv.drop import IGNORED, is_csv

MAX_NAME_BYTES = 200
"""Of the last part of a name. File systems end at 255, and Canvas adds up to 22 (`_deduplicated_filtered`)."""

_PASSED_OVER = "__MACOSX/"
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\:\ud800-\udfff]")
"""Control characters, bytes of another encoding, and what some systems take for a separator."""


def member_names(dropped: Sequence[str], marker: str) -> dict[str, str]:
    """The member's name for each dropped name (a path with `/`): `users.csv` becomes `users.<marker>.csv`.

    A file that is no CSV, a README say, goes where Canvas looks past it: its complaint would hold the queue.
    Folders stay, names are unique. With an empty marker names stay as they are, where they can.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in dropped:
        names[name] = _unused(_member_name(name, marker), taken)
        taken.add(names[name])
    return names


def _member_name(name: str, marker: str) -> str:
    plain = IGNORED.sub("_", _UNFIT.sub("_", name))
    # Canvas looks past such a folder without a word; anywhere else it complains of what is no CSV.
    folder, slash, last = (plain if is_csv(name) else f"{_PASSED_OVER}{plain}").rpartition("/")
    stem, extension = (last[:-4], last[-4:]) if is_csv(last) else (last, "")
    ending = f".{marker}{extension}" if marker and extension else extension
    stem = stem.encode()[: MAX_NAME_BYTES - len(ending)].decode(errors="ignore")  # cut between characters
    return f"{folder}{slash}{stem}{ending}"


def _unused(name: str, taken: set[str]) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, rest = last.partition(".")
    number = 2
    while name in taken:
        name = f"{folder}{slash}{stem}-{number}{dot}{rest}"
        number += 1
    return name
