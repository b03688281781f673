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
from sisdrop.config.import_options import ImportKeys, merged_problems, useless
from sisdrop.config.model import FEED_NAME, CanvasSettings, FeedKeys
from sisdrop.config.values import FolderPath
from sisdrop.config.yaml_reader import Place, dotted

Problems = Iterator[tuple[Place, str]]
FOLDERS = ("inbox", "archive", "failed", "held")
_PATH: TypeAdapter[Path] = TypeAdapter(FolderPath)


def problems(data: Any, base: Path) -> Problems:
    """(place, sentence) for every bad combination in the document `data`, whose relative paths start at `base`."""
    feeds = _group(_group(data).get("feeds"))
    for name in feeds:
        if not re.fullmatch(FEED_NAME, name):
            yield (
                ("feeds", name),
                "a feed's name consists of letters, digits, - and _ (at most 64), and begins with a letter or digit",
            )
    yield from _accounts(_group(data), feeds, base)
    yield from _overlaps(_group(data), feeds, base)
    for name, feed in feeds.items():
        yield from _options(("feeds", name), _group(feed))


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
        different = [key for key in ("token", "ca_file", "timeout_s") if getattr(settings, key) != getattr(other, key)]
        for key in different:
            yield (
                (*place, key),
                f"differs from {dotted((*other_place, key))}; feeds of one Canvas account share one queue",
            )


@dataclass(frozen=True)
class _Folder:
    place: Place
    path: Path
    chain: tuple[frozenset[object], ...]
    """What tells the folder itself (first) and each folder above it: its real path, and its identity on disk."""

    @property
    def itself(self) -> frozenset[object]:
        return self.chain[0]

    def lies_in(self, other: _Folder) -> bool:
        return any(level & other.itself for level in self.chain)


def _folder(place: Place, path: Path) -> _Folder:
    real = Path(os.path.realpath(path))
    return _Folder(place, path, tuple(_marks(level) for level in (real, *real.parents)))


def _marks(path: Path) -> frozenset[object]:
    name = os.path.normcase(path)
    name = name.casefold() if sys.platform == "darwin" else name
    try:
        # Finds one folder under two names: bind mounts, and file systems that ignore case.
        status = path.stat()
    except OSError:
        return frozenset({name})
    return frozenset({name, (status.st_dev, status.st_ino)})


def _overlaps(data: dict[str, Any], feeds: dict[str, Any], base: Path) -> Problems:
    folders = list(_folders(data, feeds, base))
    for index, folder in enumerate(folders):
        for other in folders[:index]:
            if folder.lies_in(other):
                yield folder.place, _overlap_sentence(folder, other)
            elif other.lies_in(folder):
                yield other.place, _overlap_sentence(other, folder)


def _folders(data: dict[str, Any], feeds: dict[str, Any], base: Path) -> Iterator[_Folder]:
    for name, feed in feeds.items():
        for key in FOLDERS:
            path = _path(_group(feed).get(key, FeedKeys.model_fields[key].default), base)
            if path is not None:
                yield _folder(("feeds", name, key), path)
    state = _path(data.get("state", Path("state")), base)
    if state is not None:
        yield _folder(("state",), state)


def _path(value: Any, base: Path) -> Path | None:
    try:
        return _PATH.validate_python(value, context={"base": base})
    except ValidationError:
        return None  # told with the single values


def _overlap_sentence(folder: _Folder, other: _Folder) -> str:
    where = "is the same folder as" if folder.itself & other.itself else "lies inside"
    return f"{folder.path} {where} {dotted(other.place)} ({other.path}); every folder needs a place of its own"


def _options(place: Place, feed: dict[str, Any]) -> Problems:
    """Problems of the merged options: of `import` alone, and with each override over it."""
    base = _group(feed.get("import"))
    overrides = feed.get("overrides")
    entries = [_group(entry) for entry in overrides] if isinstance(overrides, list) else []
    own = [_group(entry.get("import")) for entry in entries]
    merged = [_typed(base), *(_typed(base | options) for options in own)]
    written = [((*place, "import"), base)] + [
        ((*place, "overrides", index, "import"), options) for index, options in enumerate(own)
    ]
    reported: set[tuple[Place, str, str]] = set()
    for (where, options), variant in zip(written, merged, strict=True):
        for name, sentence in merged_problems(variant):
            blamed = where if name in options else (*place, "import")
            if (blamed, name, sentence) not in reported:
                # What `import` alone does wrong it would do again under every override.
                reported |= {(blamed, name, sentence)} if blamed == where else set()
                beside = f" (together with {dotted(where)})" if blamed != where else ""
                yield (*blamed, name), f"{sentence}{beside}"
    for where, options in written:
        for name in options:
            why = useless(name, merged)
            if why is not None:
                yield (*where, name), why


def _typed(options: dict[str, Any]) -> ImportOptions:
    """Options as they were written: what Canvas does not know is left out, and a value may be of a wrong type."""
    return ImportOptions.of({name: options[name] for name in ImportKeys.model_fields if name in options})
