"""Read one YAML document as plain values, and say what YAML would have understood differently from its writer.

Room: pure, text in and values out. YAML 1.1 has surprises (`no` is false, `010` is eight, `1:30` is ninety, a repeated
key silently wins); each is either kept as it was written or refused with a sentence. Nothing of the document's text is
repeated in an error but keys and the surprising scalars themselves: the document may hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

MAX_BYTES = 1_000_000
_MAX_NODES = 20_000
_MAX_DEPTH = 30

_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = {_TAG + name for name in ("null", "bool", "int", "float", "str", "timestamp", "map", "seq", "merge")}


def dotted(place: Place) -> str:
    """`place` as people write it: `feeds.nightly.overrides[0].files`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


class NotYaml(Exception):
    """The text is no YAML document at all; its text says why."""


def read(raw: bytes) -> Tree:
    """The document in `raw`. Raises `NotYaml` when there is none; smaller problems are in the tree's `problems`."""
    node = _compose(_decode(raw))
    if node is None:
        raise NotYaml("the file is empty; `sisdrop init` writes a commented one to start from")
    if not isinstance(node, yaml.MappingNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
        raise NotYaml(f"expected keys such as `canvas:` and `feeds:` at the top of the file, got {kind}")
    tree = Tree()
    tree.data = tree.value(node, ())
    return tree


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise NotYaml(f"the file has {len(raw):,} bytes; a configuration has a few thousand. Is it the right file?")
    codec = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotYaml(f"line {line} is not UTF-8 text; save the file as UTF-8") from None


def _compose(text: str) -> yaml.Node | None:
    try:
        # Only nodes, which know their lines and how they were written; `Tree` makes the values.
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise NotYaml(_syntax_sentence(error, text)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(f"line {line}: control character U+{ord(text[error.position]):04X} is not allowed") from None
    except RecursionError:
        raise NotYaml("values are nested too deeply; is it the right file?") from None


def _syntax_sentence(error: yaml.MarkedYAMLError, text: str) -> str:
    """What is wrong and where, without the snippet PyYAML would print (it may hold a secret)."""
    what = error.problem or "not valid YAML"
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    if "expected a single document" in f"{error.context} {what}":
        return f"{where}a second document begins here (`---`); a configuration is one document"
    if mark and "\t" in "".join(text.splitlines()[mark.line : mark.line + 1])[: mark.column + 1]:
        return f"{where}there is a tab here; YAML wants spaces for indentation"
    if "found undefined alias" in what or error.context == "while scanning an alias":
        what = "an alias (*name) without its anchor (&name); text that begins with * needs quotes"
    if "mapping values are not allowed" in what:
        indented = "is the line indented as its neighbours"
        what = f"a colon is not allowed here; {indented}, and is text with a colon in quotes?"
    if "cannot start any token" in what:
        what = "text cannot begin with this character unless it is in quotes"
    return where + what


@dataclass
class Tree:
    """A document: its values, and for each place the line it stands on and the scalar as it was written."""

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)
    problems: list[tuple[Place, str]] = field(default_factory=list)
    _count: int = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        """What `node`, which stands at `place`, says; lines, scalars as written and problems are noted on the way."""
        self._count += 1
        if self._count > _MAX_NODES or len(place) > _MAX_DEPTH:
            raise NotYaml("too many or too deeply nested values (do aliases repeat each other?)")
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _KNOWN_TAGS:
            short = node.tag.replace(_TAG, "!!")
            self.problems.append((place, f"the YAML tag {short} is not allowed; write a plain value"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        self.written[place] = str(node.value)
        try:
            return _SCALARS.get(node.tag.removeprefix(_TAG), str)(node.value)
        except _Surprise as surprise:
            self.problems.append((place, str(surprise)))
            return None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first_line: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append((place, f"a key must be a plain word (line {line})"))
            elif key_node.tag == f"{_TAG}merge":
                merged = {**self._merge(value_node, place), **merged}
            elif key_node.value in first_line:
                both = f"lines {first_line[key_node.value]} and {line}"
                self.problems.append(((*place, key_node.value), f"this key is written twice ({both}); keep one"))
            else:
                first_line[key_node.value] = line
                self.lines[(*place, key_node.value)] = line
                own[key_node.value] = self.value(value_node, (*place, key_node.value))
        return {**merged, **own}

    def _merge(self, node: yaml.Node, place: Place) -> dict[str, Any]:
        """The keys that `<<: *anchor` brings in; the keys written beside it win."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        keys: dict[str, Any] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self.problems.append((place, f"`<<` needs a group of keys (line {node.start_mark.line + 1})"))
                continue
            value = self.value(source, place)
            keys = {**value, **keys} if isinstance(value, dict) else keys
        return keys


class _Surprise(Exception):
    """YAML reads this scalar as something its writer hardly meant."""


def _refuse_base_60(text: str) -> None:
    if ":" in text:
        raise _Surprise(f'YAML reads {text} as a number in base 60; write "{text}" in quotes, or plain seconds')


def _bool(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "yes", "on", "false", "no", "off"):
        raise _Surprise("expected true or false")
    return word in ("true", "yes", "on")


def _int(text: str) -> int:
    plain = text.replace("_", "")
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", plain):
        if len(plain) > 18:
            raise _Surprise("this number is too large")
        return int(plain)
    _refuse_base_60(text)
    if re.fullmatch(r"[-+]?0[0-7]+", plain):
        without = re.sub(r"^([-+]?)0+(?=.)", r"\1", plain)
        raise _Surprise(f'YAML reads {text} as octal {int(plain, 8)}; write {without}, or "{text}" in quotes')
    raise _Surprise(f'{text} is not a decimal number; write it in decimal, or "{text}" in quotes')


def _float(text: str) -> float:
    _refuse_base_60(text)
    plain = text.replace("_", "")
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", plain) or abs(float(plain)) > 1e15:
        raise _Surprise(f"{text} is not a number that can be used here")
    return float(plain)


def _timestamp(text: str) -> Any:
    raise _Surprise(f'YAML reads {text} as a date; write "{text}" in quotes if text is meant')


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "timestamp": _timestamp,
}
