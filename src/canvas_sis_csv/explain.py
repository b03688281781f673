"""What a code of a finding means, for a person or a program.

Room: pure texts made from the catalog.
"""

from __future__ import annotations

import difflib
from typing import Any

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.rules.files import OUR_RULES
from canvas_sis_csv.rules.rule import Known, Rule

_EVERY_RULE = {**RULES, **OUR_RULES}

_FATES = {
    "skip": "not imported",
    "kept": "imported all the same",
    "partial": "imported in part",
    "file-dropped": "not imported, nor is any other of its file",
}

_KNOWN = {
    Known.ROW: "the row itself",
    Known.FILE: "the file",
    Known.FILE_SOMETIMES: "the file when the clash is in it, else only Canvas's database",
    Known.IMPORT_SOMETIMES: "the drop when the clash is in it, else only Canvas's database",
    Known.DATABASE: "Canvas's database only",
    Known.DATABASE_OR_NONE: "Canvas's database only, but the drop can prove that there is no error",
}


class UnknownCode(LookupError):
    """There is no such code; the sentence names those that were probably meant."""


def find_rule(code: str) -> Rule:
    """The rule of a code. Raises UnknownCode."""
    rule = _EVERY_RULE.get(code)
    if rule is None:
        near = difflib.get_close_matches(code, _EVERY_RULE, n=3, cutoff=0.5)
        near = near or [each for each in _EVERY_RULE if code in each][:3]
        raise UnknownCode(f"there is no code {code}." + (f" Is it one of {', '.join(near)}?" if near else ""))
    return rule


def explained(rule: Rule) -> str:
    """Some lines for a person."""
    who = "We say     " if rule.is_ours or rule.code in OUR_RULES else "Canvas says"
    return "\n".join(
        (
            f"{rule.code}\n",
            f"  {who}   {rule.message}",
            f"  What to do    {rule.hint}",
            f"  The row is    {_FATES[rule.row_is]}",
            f"  Known from    {_KNOWN[rule.knowable]}",
        )
    )


def explained_as_data(rule: Rule) -> dict[str, Any]:
    """The same for a program."""
    return {name: getattr(rule, name) for name in ("code", "message", "level", "hint", "knowable", "row_is")}
