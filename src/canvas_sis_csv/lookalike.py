"""What a file with unknown headers looks like, in a sentence for the person who has to mend it.

Room: pure. What it quotes of the file may be cells, as nobody knows whether the first line is a header at all.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.classify import classify
from canvas_sis_csv.near_names import near_columns, tidy_name
from canvas_sis_csv.text import listed
from canvas_sis_csv.types import CANVAS, CsvType, Registry
from canvas_sis_csv.values import clean

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SHOWN = 8
"""Column names that are listed."""

_USUAL = frozenset({"account", "term", "course", "section", "user", "enrollment", "group", "group_membership"})
"""Types that are meant rather than others that have the same columns."""

TOP_LINES = 20
"""Lines at the top of a file among which its header is looked for."""

_DATA_CELL = re.compile(
    r"[^@\s]+@[^@\s]+|[\d./:+-]*\d[\d./:+-]*|"
    r"(?:active|inactive|deleted|suspended|completed|concluded|available|accepted|published|student|teacher|observer)",
    re.IGNORECASE,
)
"""What no column is called: an address, a number or date, a status, a role."""


def describe_header(header: Sequence[str | None], top: Sequence[str], registry: Registry = CANVAS) -> CellText:
    """What the header looks like and what to do about it; empty when there is nothing to go by.

    `header` are its cells as Canvas reads them, none when they cannot be read; `top` the first lines of the file from
    the header on, at most `TOP_LINES` of them.
    """
    first = top[0] if top else ""
    if first.lower().startswith("sep="):
        return CellText.plain("The first line is Excel's sep=: Canvas takes it for the header. Remove that line.")
    plain = _header_further_down(top, registry)
    names = [name or "" for name in header]
    if not plain and not any(names):
        plain = "The first line is only commas: put the column names there." if names else ""
    if plain or not names:
        return CellText.plain(plain)
    plain = _other_separator(first, registry)
    if plain:
        return CellText.plain(plain)
    found = _other_spelling(names, registry)
    if found:
        return found
    plain = _feature_off(names, registry)
    if plain:
        return CellText.plain(plain)
    return _other_names(first, names, registry)


def _header_further_down(top: Sequence[str], registry: Registry) -> str:
    """Whether a line below the first is a header: titles and dates stand above it."""
    for place, line in enumerate(islice(top, 1, TOP_LINES), 1):
        for sign in (",", *_SEPARATORS):
            kind = _kind_of(_split(line, sign), registry)
            if kind:
                above = "the line" if place == 1 else f"the {place} lines"
                rest = "" if sign == "," else f", with {_SEPARATORS[sign]} between the columns: save it with commas"
                return f"Line {place + 1} looks like the header of {_a(kind)} file{rest}: remove {above} above it."
    return ""


def _kind_of(cells: Sequence[str], registry: Registry) -> str | None:
    # A single cell is no line of names, though it may be a type's whole test.
    if len(cells) < 2:
        return None
    return classify(cells, (), registry) or classify([tidy_name(cell) for cell in cells], (), registry)


def _split(line: str, sign: str) -> list[str]:
    return next(csv.reader([line], delimiter=sign), [])


def _other_separator(line: str, registry: Registry) -> str:
    for sign, name in _SEPARATORS.items():
        cells = _split(line, sign)
        kind = classify(cells, (), registry) or classify([tidy_name(cell) for cell in cells], (), registry)
        # Without the separator the line is one cell, which may be a type's whole test.
        if sign in line and kind:
            return f"It looks like {_a(kind)} file with {name} between the columns: save it with commas."
    return ""


def _other_spelling(names: Sequence[str], registry: Registry) -> CellText | None:
    tidied = [tidy_name(name) for name in names]
    kind = classify(tidied, (), registry)
    if kind is None:
        return None
    # Canvas itself forgives capitals, and blanks around a name.
    wrong = [name for name, tidy in zip(names, tidied, strict=True) if (clean(name.lower()) or "") != tidy]
    says = f"It looks like {_a(kind)} file, but some names are not spelled as Canvas knows them"
    return _quoting(says, listed(map(ascii, wrong), _SHOWN))


def _feature_off(names: Sequence[str], registry: Registry) -> str:
    kind = classify(names, registry.features, registry)
    feature = registry[kind].feature if kind else None
    if feature is None:
        return ""
    return f"It is a file of {_words(feature)}; Canvas reads it only with the feature {feature} on."


def _other_names(first: str, names: Sequence[str], registry: Registry) -> CellText:
    """Names that Canvas does not know: what they are, which type is nearest, and whether they are names at all."""
    sign = max(_SEPARATORS, key=first.count)
    parts: list[CellText | str] = []
    if first.count(sign) > first.count(","):
        parts.append(f"There are {_SEPARATORS[sign]} between the columns: save it with commas.")
        names = _split(first, sign)
    names = [name for name in names if name.strip()]
    if _is_data(names, registry):
        says = "The first line looks like a row, not like column names: put a line with them above it"
        return CellText.joined([*parts, _quoting(says, listed(names, _SHOWN))])
    if len(names) == 1 and " " in names[0].strip() and _nearest(names, registry) is None:
        says = "The first line is a sentence and no line of column names; it may be an error message"
        return CellText.joined([*parts, _quoting(says, names[0])])
    parts.append(_quoting("The columns are called", listed(names, _SHOWN), ""))
    nearest = _nearest(names, registry)
    if nearest is None:
        missing = _missing_column(names, registry)
        parts.append(missing or "None of the columns is called as Canvas knows it.")
        return CellText.joined(parts)
    type_, meant = nearest
    looks = listed([f"{name} looks like {column}" for name, column in meant.items()], _SHOWN)
    parts.append(_quoting(f"Nearest is {_a(type_.name)} file", looks, f"Nearest is {_a(type_.name)} file."))
    present = {*meant.values(), *map(tidy_name, names)}
    lacking = [name for name in type_.header.usual if name not in present]
    if lacking:
        parts.append(f"It needs {' and '.join(lacking)}, too.")
    return CellText.joined(parts)


def _is_data(names: Sequence[str], registry: Registry) -> bool:
    known = {column.name for type_ in registry.types for column in type_.columns}
    is_known = any(tidy_name(name) in known for name in names)
    return not is_known and any(_DATA_CELL.fullmatch(name.strip()) for name in names)


def _nearest(names: Sequence[str], registry: Registry) -> tuple[CsvType, dict[str, str]] | None:
    """The type that most of the names are near to, and what each of those that it does not have may mean."""
    best: tuple[tuple[int, int, bool], CsvType, dict[str, str]] | None = None
    present = set(map(tidy_name, names))
    for type_ in registry.types:
        if type_.feature is not None:
            continue
        meant = near_columns(names, type_)
        has = (present & type_.column_names) | set(meant.values())
        score = len(has & set(type_.header.usual)), len(has), type_.name in _USUAL
        if meant and score[0] and (best is None or score > best[0]):
            best = score, type_, meant
    return (best[1], best[2]) if best else None


def _missing_column(names: Sequence[str], registry: Registry) -> str:
    present = set(map(tidy_name, names))
    missing: dict[str, set[str]] = {}
    for type_ in registry.types:
        usual = set(type_.header.usual)
        # Types that need a feature are too rare to be guessed at.
        if type_.feature is None and usual & present:
            missing[type_.name] = usual - present
    near = sorted(missing, key=lambda kind: len(registry[kind].column_names & present), reverse=True)
    if not near:
        return ""
    options = [f"{_words(kind)} needs {' and '.join(sorted(missing[kind]))}" for kind in near]
    return f"A column is missing: {listed(options, 3, sep='; ')}."


def _quoting(says: str, quoted: str, masked: str | None = None) -> CellText:
    return CellText(f"{says}: {quoted}.", f"{says}." if masked is None else masked)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _a(kind: str) -> str:
    words = _words(kind)
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"
