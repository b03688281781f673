"""Findings about whole files that are neither Canvas's words nor advice on what is written in them.

Room: data; see rules/ for all others.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, rule

NEEDS_FEATURE = rule("file.needs_feature", known=Known.DATABASE, row_is="file-dropped", numbered=False)
UNREADABLE = rule("file.unreadable", known=Known.FILE, row_is="file-dropped", numbered=False)

OUR_RULES = {each.code: each for each in (NEEDS_FEATURE, UNREADABLE)}
