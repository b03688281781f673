"""The documents made from the configuration's classes: the commented example, and docs/reference/configuration.md.

Room: pure texts; `write` puts them into a checkout. What a key means is said once, in its class. The example stands
twice: config.example.yaml for readers, and in the package, where `sisdrop init` takes it from.
`python tools/config_documents.py` refreshes all of them in the working folder; a test keeps them fresh.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic.fields import FieldInfo

from sisdrop.config.group import Group
from sisdrop.config.import_options import ImportKeys
from sisdrop.config.model import CanvasSettings, ConfigKeys, FeedKeys, HoldKeys, Override
from sisdrop.config.token_source import TokenSource

EXAMPLE = "config.example.yaml"
PACKAGED_EXAMPLE = "src/sisdrop/config/example.yaml"
REFERENCE = "docs/reference/configuration.md"

_WIDTH = 118
_COLUMN = 38
_SHOWN = frozenset({(TokenSource, "env"), (ImportKeys, "skip_deletes")})
"""Keys without a default that the example sets nevertheless; the others with an example stand there as comments."""

_HEAD = """\
# The configuration of sisdrop: every key, with its default or an example. Only `canvas` and `feeds` must be there.
# Relative paths start at the folder of this file. Check it with `sisdrop doctor`.
# What each key means in full: docs/reference/configuration.md
"""


def example() -> str:
    """The text of config.example.yaml, which is also what `sisdrop init` writes."""
    return _HEAD + "\n" + "\n".join(_top_lines()) + "\n"


def _top_lines() -> Iterator[str]:
    """Blank lines stand around what has keys of its own."""
    blank = False
    for name, field in ConfigKeys.model_fields.items():
        lines = list(_lines(ConfigKeys, name, field, 0))
        if blank or (len(lines) > 4 and name != "canvas"):
            yield ""
        blank = len(lines) > 4
        yield from lines


def _lines(group: type[Group], name: str, field: FieldInfo, depth: int) -> Iterator[str]:
    key = field.alias or name
    text = str(field.description)
    inner = _group_of(field)
    if name == "feeds":
        yield _line(depth, "feeds:", text)
        yield _line(depth + 1, "nightly:", "the name of a feed: letters, digits, - and _")
        yield from _group_lines(FeedKeys, depth + 2)
    elif name == "overrides":
        yield from _override_lines(depth, text)
    elif inner is not None and (group, name) != (FeedKeys, "canvas"):
        yield _line(depth, f"{key}:", text)
        yield from _group_lines(inner, depth + 1)
    else:
        off = _without_value(field) and (group, name) not in _SHOWN
        yield _line(depth, f"{'# ' if off else ''}{key}: {_scalar(_value(field))}", text)


def _group_lines(group: type[Group], depth: int) -> Iterator[str]:
    for name, field in group.model_fields.items():
        yield from _lines(group, name, field, depth)


def _override_lines(depth: int, text: str) -> Iterator[str]:
    pad = "  " * (depth + 1)
    options = "{diffing_data_set_identifier: sis-enrollments, change_threshold: 10}"
    yield _line(depth, "overrides: []", f"{text}; in place of [] for example:")
    yield f'{pad}# - files: "{Override.model_fields["files"].examples[0]}"'  # type: ignore[index] # it has one
    yield f"{pad}#   import: {options}"


def _line(depth: int, text: str, comment: str) -> str:
    """A key and its comment: beside it where there is room, else in lines of its own below it."""
    start = f"{'  ' * depth}{text}"
    parts = [f"{' ' * _COLUMN}# {part}" for part in textwrap.wrap(comment, _WIDTH - _COLUMN - 2)]
    if len(start) < _COLUMN:
        return "\n".join([start + parts[0][len(start) :], *parts[1:]])
    return "\n".join([start, *parts])


def _group_of(field: FieldInfo) -> type[Group] | None:
    """The class of the group of keys that `field` is, or None."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Group):
            return kind
    return None


def _without_value(field: FieldInfo) -> bool:
    """Whether leaving the key out says nothing, so that an example is shown in place of a default."""
    return field.default is None and bool(field.examples)


def _value(field: FieldInfo) -> Any:
    if field.examples and (field.is_required() or field.default is None):
        return field.examples[0]
    return field.default


def _scalar(value: Any) -> str:
    """`value` as one would write it in YAML."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, tuple):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=1000)
    return text.removesuffix("\n").removesuffix("\n...")


_INTRO = """\
# Configuration

<!-- Made by `python tools/config_documents.py`; change the descriptions in src/sisdrop/config, not this file. -->

One YAML file: `--config PATH`, else the environment variable `SISDROP_CONFIG`, else `config.yaml` in the working
folder. `sisdrop init` writes one to start from; it is the same as [config.example.yaml](../../config.example.yaml).

- Relative paths start at the folder of the file. `~` is the home folder.
- Unknown keys, keys written twice, wrong types and bad combinations are errors. All of them are told at once, each with
  its place: `feeds.nightly.hold.messages_over: expected a whole number, got "ten"`.
- YAML's surprises are told too: text such as `on`, `010` or `1:30` needs quotes where text is meant.
- A running service reads the file again on SIGHUP. When the new text has a problem, it keeps the old configuration.
- `sisdrop schema` prints the JSON Schema: editors complete and check keys with it.
- A key of a later version is an error too: what is not built does not look as if it were switched on.
"""

_SECTIONS: tuple[tuple[str, type[Group], str], ...] = (
    ("At the top of the file", ConfigKeys, ""),
    (
        "canvas",
        CanvasSettings,
        "At the top for all feeds, or in a feed for that feed alone (several schools on one server).\n"
        "Feeds of one Canvas account share one queue, and must name the same token.",
    ),
    (
        "canvas.token",
        TokenSource,
        "Exactly one of the three. The token is read when sisdrop starts and again when Canvas refuses it;\n"
        "it stands in no log, result or journal. On Linux and macOS the file must be readable by its owner\n"
        "alone (`chmod 600`); systemd's `LoadCredential=` is understood. The command runs without a shell,\n"
        "and is killed after 30 seconds.",
    ),
    ("feeds.NAME", FeedKeys, "The folders of all feeds, and `state`, must lie beside each other, none inside another."),
    (
        "feeds.NAME.import",
        ImportKeys,
        "Canvas's own parameter names and values. An option that is left out, or `null`, is not sent.\n"
        "Combinations that Canvas would refuse or silently ignore (diffing together with batch mode, for one)\n"
        "are errors here.",
    ),
    (
        "feeds.NAME.overrides[]",
        Override,
        "The first entry whose pattern fits is merged over the feed's `import`. A zip or a folder is matched by\n"
        "its own name; CSVs that go together (`combine: true`) must all fit.",
    ),
    ("feeds.NAME.hold", HoldKeys, ""),
)


def reference() -> str:
    """The text of docs/reference/configuration.md."""
    parts = [_INTRO]
    for title, group, prose in _SECTIONS:
        heading = f"## `{title}`" if title != _SECTIONS[0][0] else f"## {title}"
        table = "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *_rows(group)])
        parts += [heading, *([prose] if prose else []), table]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _rows(group: type[Group]) -> Iterator[str]:
    properties = group.model_json_schema(by_alias=True)["properties"]
    for name, field in group.model_fields.items():
        key = field.alias or name
        meaning = str(field.description).replace("|", "\\|")
        yield f"| `{key}` | {_kind(properties[key], field)} | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*must be there*"
    if field.default_factory is not None:
        return ""
    if field.default is None and field.examples:
        return "*not set*"
    return f"`{_scalar(field.default)}`"


_KINDS = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text", "array": "list"}


def _kind(schema: dict[str, Any], field: FieldInfo) -> str:
    """What may be written, in words."""
    inner = _group_of(field)
    if inner is not None or "$ref" in schema or schema.get("type") == "object":
        return "list of groups" if schema.get("type") == "array" else "group of keys"
    if "anyOf" in schema:
        return " or ".join(_kind(option, field) for option in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join("`null`" if kind == "null" else _KINDS[kind] for kind in types) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("maxLength"):
        return f", at most {schema['maxLength']} characters"
    if low is None and high is None:
        return ""
    if high is None:
        return f", {low:g} or more"
    return f", {low:g} to {high:g}" if low is not None else f", up to {high:g}"


def documents() -> dict[str, str]:
    """The text of each document, by its path in the checkout."""
    return {EXAMPLE: example(), PACKAGED_EXAMPLE: example(), REFERENCE: reference()}


def write(root: Path) -> None:
    """Put the documents into the checkout at `root`."""
    for name, text in documents().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path())
