"""What Canvas does with an upload: unpack, classify, read, import type by type, clean up, remember how to undo.

Room: its own folder (one SQLite database and temporary files). Knows nothing of HTTP, queues or time; the seam is
canvas_sandbox/report.py. Reading and every rule on a row alone come from `canvas_sis_csv`; here is only what needs a
database.
"""

from canvas_sandbox.engine.engine import Engine

__all__ = ["Engine"]
