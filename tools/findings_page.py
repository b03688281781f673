"""The reference page of CSV types, columns and findings, made from the tables: docs/reference/findings.md.

Room: a pure text; `python tools/findings_page.py` prints it. A test keeps the file equal to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from canvas_sis_csv.catalog import RULES, Known, Rule
from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.files import OUR_RULES
from canvas_sis_csv.types import CANVAS, CsvType

_INTRO = """\
# CSV types, columns and findings

<!-- Made by `python tools/findings_page.py`; change the tables in src/canvas_sis_csv/, then run it again. -->

`sisdrop check` reads CSVs the way Canvas does and says beforehand what Canvas would say. Every finding has a code,
which is stable, and one of three levels:

| level | means |
|---|---|
| `error` | Canvas would give this message: it would not import the row, or the file, as it stands |
| `warning` | advice of sisdrop's own: Canvas takes it without a word, and hardly does what was meant |
| `note` | only Canvas can know; worth a look when something is missing afterwards |

*Known from* says what certainty takes. What only Canvas's own data can decide is not a finding of `sisdrop check`; its
message is listed all the same, as it may come back from an import, and the sandbox gives it, too. Names in braces
stand for the values of the row.

Types are listed in the order in which Canvas tries to recognise a file by its header, which is also the order in which
it imports them, whatever the files are called."""

_KNOWN = {
    Known.ROW: "row",
    Known.FILE: "file",
    Known.FILE_SOMETIMES: "file, when both rows are in it; else Canvas",
    Known.IMPORT_SOMETIMES: "upload, when both rows are in it; else Canvas",
    Known.DATABASE: "Canvas",
    Known.DATABASE_OR_NONE: "Canvas",
}
_ROW_IS = {"skip": "left out", "kept": "imported", "partial": "imported in part", "file-dropped": "whole file left out"}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(_cell, row)) + " |"
    yield ""


def _cell(text: str) -> str:
    """Text that Markdown leaves alone: code as it is, anything else with its `<delete>` kept from being HTML."""
    return text if text.startswith("`") else text.replace("|", "\\|").replace("<", "&lt;")


def _messages(rules: Iterable[Rule]) -> Iterator[str]:
    rows = (
        (f"`{rule.code}`", f"`{rule.message}`", rule.hint, _KNOWN[rule.knowable], _ROW_IS[rule.row_is])
        for rule in rules
    )
    return _table(("code", "message", "what to do", "known from", "the row is"), rows)


def _own(rules: Iterable[Rule]) -> Iterator[str]:
    rows = ((f"`{rule.code}`", rule.level.value, rule.message, rule.hint) for rule in rules)
    return _table(("code", "level", "finding", "what to do"), rows)


def _rules_of(*areas: str) -> list[Rule]:
    return [rule for rule in RULES.values() if rule.code.split(".")[0] in areas]


def _type(number: int, type_: CsvType) -> Iterator[str]:
    yield f"## {number}. {type_.name}"
    yield ""
    if type_.feature:
        yield f"Recognised only where the account feature `{type_.feature}` is on."
        yield ""
    columns = ((f"`{column.name}`", column.need, column.remark) for column in type_.columns)
    yield from _table(("column", "needed", "remark"), columns)
    yield from _messages(_rules_of(type_.name))


def _lines() -> Iterator[str]:
    """The page, line by line."""
    yield from _INTRO.splitlines()
    yield ""
    yield "## Files"
    yield ""
    yield from _messages(_rules_of("file", "diff"))
    yield "Findings of sisdrop's own about whole files:"
    yield ""
    about_files = ((f"`{rule.code}`", rule.message, rule.hint) for rule in OUR_RULES.values())
    yield from _table(("code", "finding", "what to do"), about_files)
    for number, type_ in enumerate(CANVAS.types, 1):
        yield from _type(number, type_)
    own = _rules_of("advice", "note")
    yield "## Advice"
    yield ""
    yield from _own(rule for rule in own if rule.level is Level.WARNING)
    yield "## Notes"
    yield ""
    yield "Said once for a file and column, and only of kinds of things that the drop itself brings."
    yield ""
    yield from _own(rule for rule in own if rule.level is Level.NOTE)


def page() -> str:
    """The whole page, as it stands in docs/reference/findings.md."""
    return "\n".join(_lines()).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page())
