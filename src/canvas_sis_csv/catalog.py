"""Every message of Canvas about a SIS CSV, by its code: text, level, what to do, and who can know it.

Room: a table gathered from rules/, where the texts stand in the TOML files beside the modules. The sandbox takes its
texts from here, the preflight its findings, the reference page its rows. Source: Canvas's public source and SIS CSV
documentation; advice and notes are our own.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, Rule
from canvas_sis_csv.types import CANVAS

__all__ = ["RULES", "Known", "Rule"]

RULES = CANVAS.rules
"""All messages by code (`user.missing_login`), in the order of the types and of Canvas's questions."""
