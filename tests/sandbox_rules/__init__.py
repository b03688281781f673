"""Cases for every rule that needs Canvas's database, a file for each family of types."""

from __future__ import annotations

from tests.sandbox_rules.case import Case
from tests.sandbox_rules.enrollments import ENROLLMENT
from tests.sandbox_rules.grouping import GROUPING
from tests.sandbox_rules.people import PEOPLE
from tests.sandbox_rules.structure import STRUCTURE

CASES = (*STRUCTURE, *PEOPLE, *ENROLLMENT, *GROUPING)

__all__ = ["CASES", "Case"]
