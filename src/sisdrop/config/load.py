"""The configuration file as a `Config`, or everything that is wrong with it at once.

Room: reads that one file, and looks at the folders it names. Never opens the token.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sisdrop.config import checks
from sisdrop.config.model import Config, ConfigKeys, Feed, FeedKeys
from sisdrop.config.problems import sentences
from sisdrop.config.wording import is_secret
from sisdrop.config.yaml_reader import MAX_BYTES, Place, Tree, Unreadable, dotted, read
from sisdrop.errors import ConfigError, ConfigProblem

VARIABLE = "SISDROP_CONFIG"


def config_path(path: Path | None = None) -> Path:
    """The absolute path of the configuration file: `path`, else $SISDROP_CONFIG, else ./config.yaml."""
    chosen = Path(path or os.environ.get(VARIABLE) or "config.yaml").expanduser()
    return Path(os.path.abspath(chosen))  # noqa: PTH100 - `..` goes, symbolic links stay


def load(path: Path | None = None) -> Config:
    """The configuration in `path`, else $SISDROP_CONFIG, else ./config.yaml. Raises `ConfigError` with all problems."""
    file = config_path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(str(file), (ConfigProblem("", _cannot_read(error)),)) from None
    return parse(raw, file)


def _cannot_read(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; `sisdrop init` writes a commented one, --config PATH names another"
    return f"the file cannot be read: {error.strerror}"


def parse(raw: bytes, path: Path) -> Config:
    """The configuration in the text `raw`, as if it stood in `path`. Raises `ConfigError` with all problems."""
    base = path.absolute().parent.resolve()
    try:
        tree = read(raw)
    except Unreadable as error:
        raise ConfigError(str(path), (error.problem,)) from None
    written, found = _validate(tree, base)
    found += checks.problems(tree.data, base)
    if found or written is None:
        raise ConfigError(str(path), _in_order(found, tree))
    return _ready(written, path.absolute())


def _validate(tree: Tree, base: Path) -> tuple[ConfigKeys | None, list[tuple[Place, str]]]:
    found = list(tree.problems)
    told = {place for place, _ in found}
    try:
        return ConfigKeys.model_validate(tree.data, context={"base": base}), found
    except ValidationError as error:
        # What YAML could not read has no value, which is no second problem.
        found += [(place, text) for place, text in sentences(error, tree) if place not in told]
    return None, found


def _in_order(found: list[tuple[Place, str]], tree: Tree) -> tuple[ConfigProblem, ...]:
    """The problems in the order of the file; each once."""

    def line(problem: tuple[Place, str]) -> int:
        place = problem[0]
        while place and place not in tree.lines:
            place = place[:-1]
        return tree.lines.get(place, 0)

    unique = dict.fromkeys(found)
    return tuple(ConfigProblem(_shown_place(place), text) for place, text in sorted(unique, key=line))


def _shown_place(place: Place) -> str:
    """`place`, without a token that was written where a key belongs."""
    return dotted(tuple("(not shown)" if isinstance(part, str) and is_secret(part) else part for part in place))


def _ready(written: ConfigKeys, path: Path) -> Config:
    feeds = {name: _ready_feed(name, feed, written) for name, feed in written.feeds.items()}
    return Config.model_construct(
        _fields_set=set(written.model_fields_set), **{**_values(written), "path": path, "feeds": feeds}
    )


def _ready_feed(name: str, written: FeedKeys, config: ConfigKeys) -> Feed:
    values = {**_values(written), "name": name, "canvas": written.canvas or config.canvas}
    return Feed.model_construct(_fields_set=set(written.model_fields_set), **values)


def _values(group: ConfigKeys | FeedKeys) -> dict[str, Any]:
    """The validated values by the names they have in the file, as `model_construct` wants them."""
    return {field.alias or name: getattr(group, name) for name, field in type(group).model_fields.items()}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    schema = ConfigKeys.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "sisdrop configuration"}
