"""What a drop would change in Canvas, compared with what was accepted before."""

from __future__ import annotations

from dataclasses import dataclass

from canvas_sis_csv.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Plan:
    """One comparison for each CSV type of a drop. `against`: the drops that it is compared with, as a rule one."""

    against: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def is_compared(self) -> bool:
        """Whether there was anything to compare with."""
        return any(comparison.before is not None for comparison in self.comparisons)
