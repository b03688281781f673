"""Which rule a message of Canvas comes from, so that the message can carry the rule's hint.

Room: pure. A message is matched against the texts of the catalog with anything in the place of their values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.rules.rule import Rule

_PREFIX = 6
"""Messages are sorted by their first letters, so that only a few texts are tried for each."""
_PLACEHOLDER = re.compile(r"\{\w+\}")


def recognise(message: str) -> Rule | None:
    """The rule whose message this is; None when the catalog has none like it."""
    texts = _texts()
    for pattern, rule in [*texts.get(message[:_PREFIX], []), *texts.get("", [])]:
        if pattern.fullmatch(message):
            return rule
    return None


@cache
def _texts() -> dict[str, list[tuple[re.Pattern[str], Rule]]]:
    """The catalog's texts as patterns by their first letters; those that begin with a value stand under ""."""
    sorted_out: dict[str, list[tuple[re.Pattern[str], Rule]]] = defaultdict(list)
    for rule in RULES.values():
        # A message of nothing but values would fit every text.
        literals = _PLACEHOLDER.split(rule.message)
        if rule.is_ours or not any(part.strip() for part in literals):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in literals), re.DOTALL)
        key = literals[0][:_PREFIX] if len(literals[0]) >= _PREFIX else ""
        sorted_out[key].append((pattern, rule))
    for texts in sorted_out.values():
        # The text that says most goes first: `… for institutional tag {x}` fits what is said of an association, too.
        texts.sort(key=lambda text: len(_PLACEHOLDER.sub("", text[1].message)), reverse=True)
    return dict(sorted_out)
