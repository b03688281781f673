"""Two sections of docs/explanation/guards.md, made from the library of nights and what was said to each of them.

Room: `page` and `recorded` are texts; `write` puts them into a checkout. `python tools/nights_page.py` asks every bad
night anew, records what holds it, and makes the tables; tests keep record and page fresh.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the library is part of the tests, which are not installed

from tests.support.nights import Kind, nights  # noqa: E402
from tests.support.nights.verdict import reasons  # noqa: E402

from canvas_sis_csv.text import printable  # noqa: E402

PAGE = "docs/explanation/guards.md"
RECORD = "tests/conformance/nights.json"

_BAD = "## Bad nights"
_UNSEEN = "## What no guard can tell"

_BAD_INTRO = """\
<!-- Made by `python tools/nights_page.py` from tests/support/nights/, down to the end of the page. -->

What goes wrong with exports, at a school of 600 users and 1,500 enrollments whose feeds have imported three ordinary
nights before. Each is stopped before Canvas sees anything, at the default settings, with the sentence that is shown:
held by a guard, by what the preflight found (`findings`), as a file that Canvas would refuse whole (`file.…`), or filed
under failed as `unreadable`, which puts the queue on hold. The tests play all of them against the sandbox and compare
its database before and after. {good} good nights (growth, a new term, withdrawals, other quoting, a week without
changes …) pass untouched."""

_UNSEEN_INTRO = """\
Some bad nights look like good ones: nothing is missing, nothing is old, and what changed may have been meant. At the
default settings these pass."""


def sentences() -> Mapping[str, Mapping[str, str]]:
    """By the name of each bad night: the code and the sentence that holds it, asked anew."""
    said = {}
    for night in nights(Kind.BAD):
        first = reasons(night)[:1]
        assert first, f"{night.name} is not held"  # noqa: S101 - there is nothing to write then
        said[night.name] = {"code": first[0].code, "sentence": first[0].reason}
    return said


def recorded(root: Path = ROOT) -> Mapping[str, Mapping[str, str]]:
    """The same as it was recorded."""
    found: Mapping[str, Mapping[str, str]] = json.loads((root / RECORD).read_text("utf-8"))
    return found


def page(text: str, said: Mapping[str, Mapping[str, str]]) -> str:
    """The page `text` with its two last sections made anew."""
    head, _, _ = text.partition(f"{_BAD}\n")
    return (
        f"{head}{_BAD}\n\n{_BAD_INTRO.format(good=len(nights(Kind.GOOD)))}\n\n"
        + "\n".join(_bad_table(said))
        + (f"\n\n{_UNSEEN}\n\n{_UNSEEN_INTRO}\n\n" + "\n".join(_unseen_table()) + "\n")
    )


def _bad_table(said: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "| what came | held by | the sentence |"
    yield "|---|---|---|"
    for night in nights(Kind.BAD):
        verdict = said[night.name]
        yield f"| {_cell(night.tells)} | `{verdict['code']}` | {_cell(verdict['sentence'])} |"


def _unseen_table() -> Iterator[str]:
    yield "| what came | what becomes of it, and what helps |"
    yield "|---|---|"
    for night in nights(Kind.UNSEEN):
        yield f"| {_cell(night.tells)} | {_cell(night.instead)} |"


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("<", "&lt;")


def write(root: Path = ROOT) -> None:
    """Refresh record and page in a checkout."""
    said = sentences()
    (root / RECORD).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", "utf-8")
    path = root / PAGE
    path.write_text(page(path.read_text("utf-8"), said), "utf-8")


if __name__ == "__main__":
    write()
