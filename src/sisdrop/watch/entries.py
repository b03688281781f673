"""Sort a listing out into what may become a drop: files, files with their marker, subfolders. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sisdrop.model import DropKind
from sisdrop.watch.listing import Entry, Listing, Sight

MOST_FOLDERS = 500
"""Subfolders that are opened in one look."""


@dataclass(slots=True)
class Entries:
    """What of a listing is to be observed, and what is missing something."""

    entries: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Sight] = field(default_factory=dict)
    """What was seen in the subfolders that are drops."""
    incomplete: dict[str, str] = field(default_factory=dict)
    """Names that wait for another one, and why."""


def sort_out(listing: Listing, done_suffix: str | None, see_folder: Callable[[str], Sight | None]) -> Entries:
    """What may become a drop. Subfolders that are none are added to the listing's ignored names, with a slash."""
    sorted_out = Entries()
    if done_suffix is None:
        sorted_out.entries = {name: Entry(name, kind, (name,)) for name, kind in listing.files.items()}
    else:
        _pair_with_markers(sorted_out, listing, done_suffix)
    for number, name in enumerate(listing.folders):
        sight = see_folder(name) if number < MOST_FOLDERS else None
        if sight is None:
            listing.ignore(f"{name}/")
        else:
            sorted_out.folders[name] = sight
            sorted_out.entries[name] = Entry(name, DropKind.FOLDER, (name,))
    return sorted_out


def _pair_with_markers(sorted_out: Entries, listing: Listing, done_suffix: str) -> None:
    for name, kind in listing.files.items():
        if name + done_suffix in listing.markers:
            sorted_out.entries[name] = Entry(name, kind, (name, name + done_suffix))
        else:
            sorted_out.incomplete[name] = f"waits for {name}{done_suffix}"
    for marker in listing.markers.difference(name + done_suffix for name in listing.files):
        sorted_out.incomplete[marker] = f"marker without {marker.removesuffix(done_suffix)}"
