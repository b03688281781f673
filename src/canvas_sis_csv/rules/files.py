"""Messages about whole files, and about comparing them with the last ones (diffing); no row check finds them.

Room: data; see rules/__init__.py.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
from canvas_sis_csv.rules.rule import Known, rule, stage

FILE_STAGES = (
    stage(
        "file",
        rule(
            "file.invalid_utf8",
            "Invalid UTF-8",
            'Save the file as UTF-8 (in Excel: "CSV UTF-8"); letters with accents are where other encodings show.',
            level=Level.ERROR,
            known=Known.FILE,
            row_is="file-dropped",
            numbered=False,
        ),
        rule(
            "file.malformed_csv",
            "Malformed CSV",
            'Look for a double quote inside a field (double it: ""), text or a space beside a closing quote, and '
            "line ends of two kinds in one file.",
            level=Level.ERROR,
            known=Known.FILE,
            row_is="file-dropped",
            numbered=False,
        ),
        rule(
            "file.unknown_headers",
            "Couldn't find Canvas CSV import headers",
            "Compare the first line with the columns of the type you mean: commas between them, no spaces, no "
            "missing column.",
            level=Level.ERROR,
            known=Known.FILE,
            row_is="file-dropped",
            numbered=False,
        ),
        rule(
            "file.unknown_type",
            "Skipping unknown file type",
            "Only .csv files belong in the zip; this one is skipped.",
            known=Known.FILE,
            row_is="file-dropped",
            numbered=False,
        ),
        rule(
            "file.generic_failure",
            "Error while importing CSV. Please contact support. (Error report {n})",
            "Canvas failed on its side. Send the file again; if it happens again, give Canvas support the number "
            "of the error report.",
            level=Level.ERROR,
            row_is="file-dropped",
            numbered=False,
        ),
    ),
    stage(
        "diff",
        rule(
            "diff.multiple_files",
            "Can't perform diffing against more than one file of the same type",
            "With diffing, send one file of each type per import. This one was imported whole, without diffing.",
            row_is="kept",
            numbered=False,
        ),
        rule(
            "diff.failed",
            "Couldn't generate diff: {reason}",
            "The file was imported whole, without diffing; the next import is compared with this one.",
            row_is="kept",
            numbered=False,
        ),
    ),
)
