"""What single values cannot show: folders that overlap, contradicting options, two tokens for one account.

Room: looks at the configured folders (never writes). Works on the document as it was written, so that these problems
are told together with those of single values, and tolerates whatever is wrong with the rest.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from canvas_sis_csv.options import ImportOptions
from sisdrop.config.import_options import merged_problems, useless
from sisdrop.config.model import FEED_NAME, CanvasSettings, FeedKeys
from sisdrop.config.values import FolderPath
from sisdrop.config.yaml_reader import Place, dotted
from sisdrop.model import Decision

Problems = Iterator[tuple[Place, str]]
_PATH: TypeAdapter[Path] = TypeAdapter(FolderPath)


def problems(data: Any, base: Path) -> Problems:
    """(place, sentence) for every bad combination in the document `data`, whose relative paths start at `base`."""
    document = _group(data)
    feeds = _group(document.get("feeds"))
    allowed = "letters, digits, - and _ (at most 64), and begins with a letter or digit"
    for name in feeds:
        if not re.fullmatch(FEED_NAME, name):
            yield ("feeds", name), f"a feed's name consists of {allowed}"
    yield from _accounts(document, feeds, base)
    yield from _overlaps(document, feeds, base)
    for name, feed in feeds.items():
        yield from _options(("feeds", name), _group(feed))
        yield from _marker_or_word(("feeds", name), _group(feed))


def _group(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _accounts(data: dict[str, Any], feeds: dict[str, Any], base: Path) -> Problems:
    first: dict[str, tuple[Place, CanvasSettings]] = {}
    for name, feed in feeds.items():
        own = _group(feed).get("canvas")
        if own is None and data.get("canvas") is None:
            yield ("feeds", name, "canvas"), "there is no `canvas` at the top of the file, so the feed needs its own"
            continue
        place: Place = ("feeds", name, "canvas") if own is not None else ("canvas",)
        try:
            settings = CanvasSettings.model_validate(own or data.get("canvas"), context={"base": base})
        except ValidationError:
            continue  # told with the single values
        other_place, other = first.setdefault(settings.lane, (place, settings))
        for key in ("token", "ca_file", "timeout_s"):
            if getattr(settings, key) != getattr(other, key):
                first_written = dotted((*other_place, key))
                yield (*place, key), f"differs from {first_written}; feeds of one Canvas account share one queue"


@dataclass(frozen=True)
class _Folder:
    place: Place
    path: Path
    levels: tuple[frozenset[object], ...]
    """What tells the folder itself (first) and each folder above it: its real path, and its identity on disk."""


def _overlaps(data: dict[str, Any], feeds: dict[str, Any], base: Path) -> Problems:
    folders = list(_folders(data, feeds, base))
    for index, later in enumerate(folders):
        for earlier in folders[:index]:
            for inner, outer in ((later, earlier), (earlier, later)):
                if any(level & outer.levels[0] for level in inner.levels):
                    where = "is the same folder as" if inner.levels[0] & outer.levels[0] else "lies inside"
                    whose = f"{dotted(outer.place)} ({outer.path})"
                    yield inner.place, f"{inner.path} {where} {whose}; every folder needs a place of its own"
                    break  # two that are the same lie in each other: told once


def _folders(data: dict[str, Any], feeds: dict[str, Any], base: Path) -> Iterator[_Folder]:
    written: dict[Place, Any] = {
        ("feeds", name, key): _group(feed).get(key, FeedKeys.model_fields[key].default)
        for name, feed in feeds.items()
        for key in ("inbox", "archive", "failed", "held")
    }
    written["state",] = data.get("state", Path("state"))
    for place, value in written.items():
        try:
            path = _PATH.validate_python(value, context={"base": base})
        except ValidationError:
            continue  # told with the single values
        real = Path(os.path.realpath(path))
        yield _Folder(place, path, tuple(map(_marks, (real, *real.parents))))


def _marks(path: Path) -> frozenset[object]:
    name = os.path.normcase(path)
    name = name.casefold() if sys.platform == "darwin" else name
    try:
        # Finds one folder under two names: bind mounts, and file systems that ignore case.
        status = path.stat()
    except OSError:
        return frozenset({name})
    return frozenset({name, (status.st_dev, status.st_ino)})


def _marker_or_word(place: Place, feed: dict[str, Any]) -> Problems:
    """`users.csv.release` cannot vouch for users.csv and release it."""
    suffix = feed.get("done_suffix")
    is_word = isinstance(suffix, str) and suffix.lower() in {f".{decision}" for decision in Decision}
    if is_word and feed.get("release_by_file", True) is not False:
        yield (
            (*place, "done_suffix"),
            "such a file is a person's word about a held drop, unless release_by_file is false",
        )


def _options(place: Place, feed: dict[str, Any]) -> Problems:
    """Problems of the merged options: of `import` alone, and with each override over it."""
    base = _group(feed.get("import"))
    overrides = feed.get("overrides")
    written: list[tuple[Place, dict[str, Any]]] = [((*place, "import"), base)]
    for index, entry in enumerate(overrides if isinstance(overrides, list) else []):
        written.append(((*place, "overrides", index, "import"), _group(_group(entry).get("import"))))
    # As they were written: a value may be of a wrong type.
    merged = [ImportOptions.known_of(base | options) for _, options in written]
    reported: set[tuple[Place, str, str]] = set()
    for (where, options), variant in zip(written, merged, strict=True):
        for name, sentence in merged_problems(variant):
            blamed = where if name in options else (*place, "import")
            if (blamed, name, sentence) not in reported:
                # What `import` alone does wrong it would do again under every override.
                reported |= {(blamed, name, sentence)} if blamed == where else set()
                beside = f" (together with {dotted(where)})" if blamed != where else ""
                yield (*blamed, name), f"{sentence}{beside}"
    if feed.get("diffing_remaster", "never") != "never" and not any(variant.is_diffed for variant in merged):
        yield (*place, "diffing_remaster"), "this has no effect without diffing_data_set_identifier"
    for where, options in written:
        yield from (((*where, name), why) for name in options if (why := useless(name, merged)))
