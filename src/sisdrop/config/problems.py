"""Sentences for what pydantic finds wrong, each with the right key or value when it can be guessed.

Room: pure. A problem never shows a value from a place that may hold a secret (`token`, addresses).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sisdrop.config.import_options import ImportKeys
from sisdrop.config.model import CanvasSettings, ConfigKeys, FeedKeys, HoldKeys, Override
from sisdrop.config.token_source import TokenSource
from sisdrop.config.wording import Expected, shown
from sisdrop.config.yaml_reader import Place, Tree

_GROUPS: dict[str, tuple[type[BaseModel], str]] = {
    "": (ConfigKeys, "at the top of the file"),
    "canvas": (CanvasSettings, "under `canvas`"),
    "canvas.token": (TokenSource, "under `canvas.token`"),
    "feeds.NAME": (FeedKeys, "in a feed, under `feeds.<name>`"),
    "feeds.NAME.import": (ImportKeys, "under a feed's `import`"),
    "feeds.NAME.hold": (HoldKeys, "under a feed's `hold`"),
    "feeds.NAME.overrides[]": (Override, "in an entry of a feed's `overrides`"),
}
"""Each group of keys by its place (see `_group_name`), and that place in words."""
_SECRET_KEYS = frozenset({"token", "url"})
_OURS = {"attachment": "sisdrop sends the file itself", "extension": "sisdrop names the upload itself"}

_LATER = (
    {"status_page", "notify", "notify_on", "metrics", "heartbeat_url"}  # at the top of the file
    | {"result_page"}  # of a feed
)
"""Keys that later versions bring. Refused, so that nobody relies on a guard or a message that does not exist; when one
is built, it goes from here."""


def keys_of(group: type[BaseModel]) -> list[str]:
    """The keys of a group as they are written in the file."""
    return [field.alias or name for name, field in group.model_fields.items()]


def sentences(error: ValidationError, tree: Tree) -> Iterator[tuple[Place, str]]:
    """(place, sentence) for everything `error` holds."""
    for detail in error.errors(include_url=False, include_context=True):
        place = tuple(detail["loc"])
        yield place, _sentence(place, detail, tree)


def _sentence(place: Place, detail: ErrorDetails, tree: Tree) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        return "this key is missing"
    context = detail.get("ctx", {})
    if kind == "value_error":
        error = context["error"]
        return f"{error}, got {_got(place, detail, tree)}" if isinstance(error, Expected) else str(error)
    # pydantic writes the choices as 'auto', 'events' or 'poll'.
    expected = _EXPECTED.get(kind, "something else").format(**context).replace("'", "")
    near = ""
    if kind == "literal_error" and isinstance(detail["input"], str):
        near = _did_you_mean(detail["input"], expected.replace(" or ", ", ").split(", "))
    return f"expected {expected}, got {_got(place, detail, tree)}{near}"


_EXPECTED = {
    "greater_than_equal": "{ge:g} or more",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "{le:g} or less",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "text",
    "too_short": "at least {min_length}",
    "literal_error": "{expected}",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a group of keys",
    "mapping_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
    "tuple_type": "a list",
    "list_type": "a list",
}
"""By pydantic's kind of error, with what it tells about it in braces."""


def _got(place: Place, detail: ErrorDetails, tree: Tree) -> str:
    value = detail["input"]
    # An address may carry a password, and people write the token where its source belongs.
    if _SECRET_KEYS & {part for part in place if isinstance(part, str)} and isinstance(value, str):
        return "text (not shown here)"
    written = tree.written.get(place)
    if isinstance(value, bool) and written is not None and written.lower() not in ("true", "false"):
        return f'{written}, which YAML reads as {shown(value)}; if text is meant, write "{written}" in quotes'
    if detail["type"] == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return f'the number {written or value}; if text is meant, write "{written or value}" in quotes'
    if detail["type"] == "too_short":
        return "none"
    return shown(value)


def _group_name(place: Place) -> str:
    """Which group of keys `place` is: `feeds.NAME.hold` for `feeds.nightly.hold`."""
    parts: list[str] = []
    for index, part in enumerate(place):
        if isinstance(part, int):
            parts[-1] += "[]"
        else:
            parts.append("NAME" if index == 1 and place[0] == "feeds" else part)
    name = ".".join(parts).replace("feeds.NAME.canvas", "canvas")
    return name.replace("overrides[].import", "import")


def _unknown_key(place: Place) -> str:
    key = str(place[-1])
    here = _group_name(place[:-1])
    siblings = keys_of(_GROUPS[here][0]) if here in _GROUPS else []
    if here == "feeds.NAME.import" and key in _OURS:
        return f"this cannot be set: {_OURS[key]}"
    if key in _LATER:
        return "this version of sisdrop does not have this yet; take the key out, for nothing would come of it"
    near = _did_you_mean(key, siblings)
    if near:
        return f"unknown key{near}"
    elsewhere = _where(key, here)
    if elsewhere:
        return f"unknown key here; it belongs {elsewhere}"
    return f"unknown key; known here: {', '.join(siblings)}" if siblings else "unknown key"


def _where(key: str, here: str) -> str | None:
    """The other place a key (exactly, else nearly) belongs to, in words."""
    others = [(keys_of(group), words) for name, (group, words) in _GROUPS.items() if name != here]
    for keys, words in others:
        if key in keys:
            return words
    for keys, words in others:
        # Stricter than among neighbours: a far-fetched guess would mislead.
        near = _like(key, keys, cutoff=0.75)
        if near is not None:
            return f'{words}, written "{near}"'
    return None


def _like(word: str, choices: Iterable[str], cutoff: float = 0.65) -> str | None:
    """The one of `choices` that `word` was probably meant to be, or None; `cutoff` 1 asks for equality."""
    by_fold = {choice.casefold().replace("-", "_"): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else None


def _did_you_mean(word: str, choices: Iterable[str]) -> str:
    near = _like(word, choices)
    return f'; did you mean "{near}"?' if near is not None else ""
