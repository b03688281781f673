"""What a file with unknown headers looks like, in a sentence for the person who has to mend it.

Room: pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from canvas_sis_csv.classify import classify, matching_types
from canvas_sis_csv.columns import COLUMNS
from canvas_sis_csv.types import FEATURE_OF, INSTITUTIONAL_TAGS
from canvas_sis_csv.values import clean

IDENTIFYING_COLUMNS: dict[str, tuple[str, ...]] = {
    "change_sis_id": ("old_id",),
    "account": ("account_id", "parent_account_id"),
    "term": ("term_id", "name"),
    "abstract_course": ("abstract_course_id", "short_name"),
    "course": ("course_id", "short_name"),
    "section": ("section_id", "name"),
    "xlist": ("xlist_course_id", "section_id"),
    "user": ("user_id", "login_id"),
    "login": ("existing_user_id",),
    "enrollment": ("course_id", "user_id"),
    "admin": ("account_id", "user_id"),
    "group_category": ("group_category_id", "category_name"),
    "differentiation_tag_set": ("tag_set_id", "set_name"),
    "group": ("group_id", "name"),
    "differentiation_tag": ("tag_id", "name"),
    "group_membership": ("group_id", "user_id"),
    "differentiation_tag_membership": ("tag_id", "user_id"),
    "grade_publishing_results": ("enrollment_id", "grade_publishing_status"),
    "user_observer": ("observer_id", "student_id"),
}
"""A set of columns by which each type is recognised, for telling what is missing."""

_JUNK = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff\"']+")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def describe_header(header: Sequence[str | None], first_line: str) -> str:
    """What the header looks like and what to do about it; empty when there is nothing to go by.

    `header` are its cells as Canvas reads them, `first_line` is the line they were read from.
    """
    names = [name or "" for name in header]
    if not any(names):
        return "The first line is only commas: put the column names there."
    if first_line.lower().startswith("sep="):
        return "The first line is Excel's sep=: Canvas takes it for the header. Remove that line."
    return _other_separator(first_line) or _other_spelling(names) or _feature_off(names) or _missing_column(names)


def _other_separator(line: str) -> str:
    for sign, name in _SEPARATORS.items():
        kind = classify(line.split(sign)) or classify([_tidy(cell) for cell in line.split(sign)])
        if sign in line and kind:
            return f"It looks like a {_words(kind)} file with {name} between the columns: save it with commas."
    return ""


def _other_spelling(names: Sequence[str]) -> str:
    tidied = [_tidy(name) for name in names]
    kind = classify(tidied)
    if kind is None:
        return ""
    wrong = [name for name, tidy in zip(names, tidied, strict=True) if (clean(name.lower()) or "") != tidy]
    shown = ", ".join(ascii(name) for name in wrong[:3])
    return f"It looks like a {_words(kind)} file, but these names are not spelled as Canvas knows them: {shown}."


def _tidy(name: str) -> str:
    """A column name as it was probably meant: `User ID` is user_id."""
    return re.sub(r"[\s\u00a0-]+", "_", _JUNK.sub(" ", name).strip().lower())


def _feature_off(names: Sequence[str]) -> str:
    found = matching_types(names, {INSTITUTIONAL_TAGS})
    if found and found[0] in FEATURE_OF:
        return f"It is a file of institutional tags; Canvas reads it only with the feature {INSTITUTIONAL_TAGS} on."
    return ""


def _missing_column(names: Sequence[str]) -> str:
    present = {_tidy(name) for name in names}
    missing = {kind: set(needed) - present for kind, needed in IDENTIFYING_COLUMNS.items()}
    near = [kind for kind in missing if len(missing[kind]) < len(IDENTIFYING_COLUMNS[kind])]
    near.sort(key=lambda kind: len(_columns_of(kind) & present), reverse=True)
    if not near:
        return ""
    options = "; ".join(f"{_words(kind)} needs {' and '.join(sorted(missing[kind]))}" for kind in near[:3])
    return f"A column is missing: {options}."


def _columns_of(kind: str) -> set[str]:
    return {column.name for column in COLUMNS[kind]}


def _words(kind: str) -> str:
    return kind.replace("_", " ")
