"""Two sets of CSVs of one type, compared by key.

Room: words only so far.
"""

from canvas_sis_csv.comparison.result import Comparison, Emptied, GroupChange

__all__ = ["Comparison", "Emptied", "GroupChange"]
