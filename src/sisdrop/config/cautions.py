"""What a configuration may say and is dangerous all the same: told by `doctor`, and in the log at each start.

Room: pure. What Canvas refuses or silently ignores is an error (`import_options`) and never comes here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from canvas_sis_csv.options import ImportOptions
from sisdrop.config.import_options import merged
from sisdrop.config.model import Config, Feed


@dataclass(frozen=True, slots=True)
class Caution:
    """Something worth a second look: its place in the file, one sentence, and what to do."""

    place: str
    text: str
    do: str


def cautions(config: Config) -> Iterator[Caution]:
    """Every caution, feed by feed in the order of the file."""
    for feed in config.feeds.values():
        for place, options in _variants(feed):
            yield from _of_options(place, options, contents=feed.contents)
        yield from _one_identifier_twice(feed)
    for lane, feeds in config.lanes().items():
        yield from _shared_identifiers(lane, feeds)


def _variants(feed: Feed) -> Iterator[tuple[str, ImportOptions]]:
    """The merged options of `import` alone and of each override, with their places."""
    yield f"feeds.{feed.name}.import", merged(feed.import_)
    for index, override in enumerate(feed.overrides):
        yield f"feeds.{feed.name}.overrides[{index}]", merged(feed.import_, override.import_)


def _of_options(place: str, options: ImportOptions, *, contents: str) -> Iterator[Caution]:
    if options.is_batch_mode and options.change_threshold is None:
        text = "batch mode without change_threshold: a file that was cut off deletes what it lacks"
        yield Caution(place, text, "set change_threshold, e.g. 10")
    # Canvas looks at the term only when `batch_mode` itself is on.
    if options.batch_mode and options.batch_mode_term_id == "default":
        text = "batch mode on the default term, where all that names no term is: what the file lacks of it is deleted"
        yield Caution(place, text, "name the term of the file, e.g. batch_mode_term_id: sis_term_id:2026-FALL")
    if contents == "delta" and options.deletes_what_is_absent:
        how = "batch mode" if options.is_batch_mode else "diffing"
        text = f"{how} with `contents: delta`: what did not change is not in the file, and Canvas deletes it"
        yield Caution(place, text, f"take {how} out, or set contents: full if each file holds everything")


def _one_identifier_twice(feed: Feed) -> Iterator[Caution]:
    """Two patterns with one identifier: two kinds of files that Canvas compares with each other."""
    places: dict[str, str] = {}
    for index, override in enumerate(feed.overrides):
        identifier = override.import_.diffing_data_set_identifier
        if identifier is None or not merged(feed.import_, override.import_).is_diffed:
            continue
        place = f"feeds.{feed.name}.overrides[{index}]"
        first = places.setdefault(identifier, place)
        if first != place:
            yield Caution(place, f"the diffing identifier {identifier} is that of {first}, too: {_HARM}", _DO)


def _shared_identifiers(lane: str, feeds: tuple[Feed, ...]) -> Iterator[Caution]:
    users: dict[str, set[str]] = defaultdict(set)
    for feed in feeds:
        for _, options in _variants(feed):
            if options.is_diffed and options.diffing_data_set_identifier is not None:
                users[options.diffing_data_set_identifier].add(feed.name)
    for identifier, names in sorted(users.items()):
        if len(names) > 1:
            which = ", ".join(sorted(names))
            yield Caution(lane, f"the diffing identifier {identifier} is used by several feeds ({which}): {_HARM}", _DO)


_HARM = "Canvas compares their files with each other; of the same type, it deletes rows that only the earlier one has"
_DO = "give each an identifier of its own"
