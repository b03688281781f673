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
from sisdrop.config.yaml_reader import MAX_BYTES, NotYaml, Place, Tree, dotted, read
from sisdrop.errors import ConfigError, ConfigProblem


def load(path: Path | None = None) -> Config:
    """The configuration in `path`, else $SISDROP_CONFIG, else ./config.yaml. Raises `ConfigError` with all problems."""
    chosen = Path(path or os.environ.get("SISDROP_CONFIG") or "config.yaml").expanduser()
    file = Path(os.path.abspath(chosen))  # noqa: PTH100 - `..` goes, symbolic links stay
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # one more, which shows that it is too large
    except FileNotFoundError:
        why = "there is no such file; `sisdrop init` writes a commented one, --config PATH names another"
        raise ConfigError(str(file), (ConfigProblem("", why),)) from None
    except OSError as error:
        raise ConfigError(str(file), (ConfigProblem("", f"the file cannot be read: {error.strerror}"),)) from None
    return parse(raw, file)


def parse(raw: bytes, path: Path) -> Config:
    """The configuration in the text `raw`, as if it stood in `path`. Raises `ConfigError` with all problems."""
    # Real, so that folders written relatively compare with those reached by a symbolic link.
    base = path.absolute().parent.resolve()
    try:
        tree = read(raw)
    except NotYaml as error:
        raise ConfigError(str(path), (ConfigProblem("", str(error)),)) from None
    written, problems = None, list(tree.problems)
    try:
        written = ConfigKeys.model_validate(tree.data, context={"base": base})
    except ValidationError as error:
        # What YAML could not read has no value, which is no second problem.
        unread = {place for place, _ in tree.problems}
        problems += [(place, text) for place, text in sentences(error, tree) if place not in unread]
    problems += checks.problems(tree.data, base)
    if problems or written is None:
        raise ConfigError(str(path), _in_order(problems, tree))
    return _ready(written, path.absolute())


def _in_order(problems: list[tuple[Place, str]], tree: Tree) -> tuple[ConfigProblem, ...]:
    """The problems in the order of the file; each once."""

    def line(problem: tuple[Place, str]) -> int:
        place = problem[0]
        while place and place not in tree.lines:
            place = place[:-1]
        return tree.lines.get(place, 0)

    def shown(place: Place) -> Place:
        # A token may have been written where a key belongs.
        return tuple("(not shown)" if isinstance(part, str) and is_secret(part) else part for part in place)

    unique = dict.fromkeys(problems)
    return tuple(ConfigProblem(dotted(shown(place)), text) for place, text in sorted(unique, key=line))


def _ready(written: ConfigKeys, path: Path) -> Config:
    """`written` with what is not written: every feed knows its name and its Canvas. Validated already."""
    feeds = {
        name: Feed.model_construct(**_values(feed) | {"name": name, "canvas": feed.canvas or written.canvas})
        for name, feed in written.feeds.items()
    }
    return Config.model_construct(**_values(written) | {"path": path, "feeds": feeds})


def _values(group: ConfigKeys | FeedKeys) -> dict[str, Any]:
    """The validated values by the names they have in the file, as `model_construct` wants them."""
    return {field.alias or name: getattr(group, name) for name, field in type(group).model_fields.items()}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    schema = ConfigKeys.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "sisdrop configuration"}
