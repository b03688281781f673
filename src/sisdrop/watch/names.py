"""Which names are drops, which are temporary, and in which order people expect them. Pure."""

from __future__ import annotations

import re

from sisdrop.model import Decision, DropKind

DONE_FILE = ".done"
SPOOL = ".sisdrop"

_ENDINGS = {".csv": DropKind.FILE, ".zip": DropKind.ZIP}
_TEMPORARY = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp")
_HIDDEN = (".", "~$")
_NUMBERS = re.compile(r"(\d+)")


def kind_of(name: str) -> DropKind | None:
    """FILE or ZIP when a file of this name is a drop, else None."""
    kind = _ENDINGS.get(name[-4:].lower())
    return None if kind is None or name.startswith(_HIDDEN) else kind


def word_of(name: str) -> tuple[str, Decision] | None:
    """Which drop a file of this name is a person's word about (its name or id), and what it says; None: no word.

    Upper and lower case are the same: `Users.csv.RELEASE` is what Windows people type.
    """
    about, _, ending = name.rpartition(".")
    if not about or name.startswith(_HIDDEN) or ending.lower() not in set(Decision):
        return None
    return about, Decision(ending.lower())


def why_no_drop(name: str) -> str:
    """Why a regular file of this name, which is neither a drop nor a word, is left alone."""
    if is_temporary(name):
        return "a hidden or temporary file"
    if name.lower().endswith(".txt") and word_of(name[:-4]):
        return "not a CSV or zip; take the .txt off its end if it is a word about a held drop"
    return "not a CSV or zip"


def is_temporary(name: str) -> bool:
    """Whether this is somebody's unfinished or hidden file, never to be touched."""
    return name.startswith(_HIDDEN) or name.lower().endswith(_TEMPORARY)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `users2.csv` before `users10.csv`, and upper case with lower case."""
    parts = [part for part in _NUMBERS.split(name.casefold()) if part]
    return (*((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts), (2, 0, name))
