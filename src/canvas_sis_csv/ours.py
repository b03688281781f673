"""Findings about whole files that are neither Canvas's words nor advice on what is written in them.

Room: data; see rules/ for all others.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, Rule

NEEDS_FEATURE = Rule(
    "file.needs_feature",
    "Canvas reads this file only where the account feature {feature} is on",
    "Nothing to do where it is on. With the feature off Canvas says: Couldn't find Canvas CSV import headers.",
    knowable=Known.DATABASE,
    row_is="file-dropped",
    numbered=False,
)

UNREADABLE = Rule(
    "file.unreadable",
    "{sentence}",
    "Canvas could not unpack it, or would take it for an attack.",
    knowable=Known.FILE,
    row_is="file-dropped",
    numbered=False,
)

OUR_RULES = {rule.code: rule for rule in (NEEDS_FEATURE, UNREADABLE)}
