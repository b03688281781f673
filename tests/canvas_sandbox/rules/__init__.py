"""Cases for every rule that needs Canvas's database, a file for each family of types."""

from __future__ import annotations

from tests.canvas_sandbox.rules.case import Case
from tests.canvas_sandbox.rules.enrollments import ENROLLMENT
from tests.canvas_sandbox.rules.grouping import GROUPING
from tests.canvas_sandbox.rules.people import PEOPLE
from tests.canvas_sandbox.rules.structure import STRUCTURE

CASES = (*STRUCTURE, *PEOPLE, *ENROLLMENT, *GROUPING)

__all__ = ["CASES", "Case"]
