"""What a file with unknown headers looks like, in a sentence for the person who has to mend it.

Room: pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from canvas_sis_csv.classify import classify
from canvas_sis_csv.types import CANVAS, Registry
from canvas_sis_csv.values import clean

_JUNK = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff\"']+")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def describe_header(header: Sequence[str | None], first_line: str, registry: Registry = CANVAS) -> str:
    """What the header looks like and what to do about it; empty when there is nothing to go by.

    `header` are its cells as Canvas reads them, `first_line` is the line they were read from.
    """
    names = [name or "" for name in header]
    if not any(names):
        return "The first line is only commas: put the column names there."
    if first_line.lower().startswith("sep="):
        return "The first line is Excel's sep=: Canvas takes it for the header. Remove that line."
    return (
        _other_separator(first_line, registry)
        or _other_spelling(names, registry)
        or _feature_off(names, registry)
        or _missing_column(names, registry)
    )


def _other_separator(line: str, registry: Registry) -> str:
    for sign, name in _SEPARATORS.items():
        cells = line.split(sign)
        kind = classify(cells, (), registry) or classify([_tidy(cell) for cell in cells], (), registry)
        # Without the separator the line is one cell, which may be a type's whole test.
        if sign in line and kind:
            return f"It looks like a {_words(kind)} file with {name} between the columns: save it with commas."
    return ""


def _other_spelling(names: Sequence[str], registry: Registry) -> str:
    tidied = [_tidy(name) for name in names]
    kind = classify(tidied, (), registry)
    if kind is None:
        return ""
    # Canvas itself forgives capitals, and blanks around a name.
    wrong = [name for name, tidy in zip(names, tidied, strict=True) if (clean(name.lower()) or "") != tidy]
    shown = ", ".join(ascii(name) for name in wrong[:3])
    return f"It looks like a {_words(kind)} file, but these names are not spelled as Canvas knows them: {shown}."


def _tidy(name: str) -> str:
    """A column name as it was probably meant: `User ID` is user_id."""
    return re.sub(r"[\s\u00a0-]+", "_", _JUNK.sub(" ", name).strip().lower())


def _feature_off(names: Sequence[str], registry: Registry) -> str:
    kind = classify(names, registry.features, registry)
    feature = registry[kind].feature if kind else None
    if feature is None:
        return ""
    return f"It is a file of {_words(feature)}; Canvas reads it only with the feature {feature} on."


def _missing_column(names: Sequence[str], registry: Registry) -> str:
    present = {_tidy(name) for name in names}
    missing: dict[str, set[str]] = {}
    for type_ in registry.types:
        usual = set(type_.header.usual)
        # Types that need a feature are too rare to be guessed at.
        if type_.feature is None and usual & present:
            missing[type_.name] = usual - present
    near = sorted(missing, key=lambda kind: len(registry[kind].column_names & present), reverse=True)
    if not near:
        return ""
    options = "; ".join(f"{_words(kind)} needs {' and '.join(sorted(missing[kind]))}" for kind in near[:3])
    return f"A column is missing: {options}."


def _words(name: str) -> str:
    return name.replace("_", " ")
