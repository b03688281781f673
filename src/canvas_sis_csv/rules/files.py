"""Messages about whole files, and about comparing them with the last ones (diffing); no row check finds them.

Room: data; see rules/__init__.py. Two of them are ours: neither Canvas's words nor advice on what is written in a file.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.rule import Known, rule, stage

FILE_STAGES = (
    stage(
        "file",
        rule("file.invalid_utf8", level=Level.ERROR, known=Known.FILE, row_is="file-dropped", numbered=False),
        rule("file.malformed_csv", level=Level.ERROR, known=Known.FILE, row_is="file-dropped", numbered=False),
        rule("file.unknown_headers", level=Level.ERROR, known=Known.FILE, row_is="file-dropped", numbered=False),
        rule("file.unknown_type", known=Known.FILE, row_is="file-dropped", numbered=False),
        rule("file.generic_failure", level=Level.ERROR, row_is="file-dropped", numbered=False),
    ),
    stage(
        "diff",
        rule("diff.multiple_files", row_is="kept", numbered=False),
        rule("diff.failed", row_is="kept", numbered=False),
    ),
)

NEEDS_FEATURE = rule("file.needs_feature", known=Known.DATABASE, row_is="file-dropped", numbered=False)
UNREADABLE = rule("file.unreadable", known=Known.FILE, row_is="file-dropped", numbered=False)

OUR_RULES = {each.code: each for each in (NEEDS_FEATURE, UNREADABLE)}
"""By code, what the catalog does not have, as Canvas never says it."""
